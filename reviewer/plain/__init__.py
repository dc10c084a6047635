"""Plain mode: a sitting line by line, for screen readers, braille lines, dumb terminals and pipes."""

from __future__ import annotations

from reviewer.plain.dialogue import run

__all__ = ["run"]
