from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewer.store.connection import Store
from tests.server.serving import Server, served
from tests.store.filling import fresh


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[Server]:
    """A real `reviewer serve` over `store`, which may be filled before and after it starts."""
    with served(store, tmp_path / "logs") as running:
        yield running
