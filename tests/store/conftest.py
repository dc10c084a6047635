from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.store.connection import Store
from tests.store.filling import fresh


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")
