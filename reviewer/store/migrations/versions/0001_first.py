"""The first schema. A new store is made whole from the tables; the later steps start here."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: no store is older."""
