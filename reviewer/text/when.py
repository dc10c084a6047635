"""Moments as people read them."""

from __future__ import annotations

from datetime import datetime


def moment(at: str) -> str:
    """A moment as people read it, in their own time."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%a %d %b %H:%M")
    except ValueError:
        return at
