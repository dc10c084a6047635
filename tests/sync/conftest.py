from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import null

from reviewer.store.connection import Store
from tests.store.filling import fresh


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Tokens of tests go into files, and never into the keyring of whoever runs them."""
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring's own
    yield
    keyring.set_keyring(before)
