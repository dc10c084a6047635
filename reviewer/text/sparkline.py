"""Figures in one row of characters: a course of them, or one with its limits."""

from __future__ import annotations

from collections.abc import Sequence

_STEPS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """One character a figure, from the lowest to the highest of them; level ones stand half high."""
    least, most = min(values, default=0.0), max(values, default=0.0)
    if most - least < 1e-12:
        return _STEPS[3] * len(values)
    last = len(_STEPS) - 1
    return "".join(_STEPS[round((value - least) / (most - least) * last)] for value in values)


def interval(value: float, low: float | None, high: float | None, span: tuple[float, float], columns: int) -> str:
    """A value and its limits on one line of `columns` characters that stands for the values of `span`."""
    least, most = span
    if most - least < 1e-12 or columns < 1:
        return ""
    line, left, right, dot = "─", "├", "┤", "●"

    def at(one: float) -> int:
        return round((min(max(one, least), most) - least) / (most - least) * (columns - 1))

    cells = [" "] * columns
    if low is not None and high is not None:
        cells[at(low) : at(high) + 1] = line * (at(high) - at(low) + 1)
        cells[at(low)], cells[at(high)] = left, right
    cells[at(value)] = dot
    return "".join(cells)
