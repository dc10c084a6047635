"""The version of the schema: the number of the last Alembic revision."""

from __future__ import annotations

SCHEMA_VERSION = 4
