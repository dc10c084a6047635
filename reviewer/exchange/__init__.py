"""File formats in and out: one module a format, one registry."""

from __future__ import annotations
