"""The table: one figure a line, its spread, its bound, and whether it held."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from tests.pty.timing import summarise

COLUMNS: Final = ("n", "p50", "p95", "p99", "max")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: values by column, upper bounds by column, and a remark. A case that did not run has no values."""

    name: str
    unit: str = "ms"
    values: Mapping[str, float] = field(default_factory=dict)
    bounds: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def verdict(self) -> str:
        """`held` or `MISSED` against the bounds, `not run` without values, blank without bounds."""
        if not self.values:
            return "not run"
        if not self.bounds:
            return ""
        kept = all(self.values.get(column, float("inf")) <= bound for column, bound in self.bounds.items())
        return "held" if kept else "MISSED"


def spread(
    name: str, values: Sequence[float], bounds: Mapping[str, float] | None = None, note: str = "", unit: str = "ms"
) -> Figure:
    """A figure of all `values`, the first and the outliers among them."""
    return Figure(name, unit, asdict(summarise(values)), bounds or {}, note)


def render(figures: Sequence[Figure]) -> str:
    """The figures as a plain table."""
    head = ["what", "unit", *COLUMNS, "bound", ""]
    lines = [
        [
            figure.name,
            figure.unit,
            *(_cell(column, figure.values.get(column)) for column in COLUMNS),
            " ".join(f"{column}≤{bound:g}" for column, bound in figure.bounds.items()) or "-",
            " ".join(part for part in (figure.verdict, f"({figure.note})" if figure.note else "") if part),
        ]
        for figure in figures
    ]
    widths = [max(len(line[index]) for line in [head, *lines]) for index in range(len(head))]

    def set_out(line: Sequence[str]) -> str:
        cells = [
            cell.rjust(width) if 2 <= index <= 6 else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    return "\n".join([set_out(head), "  ".join("-" * width for width in widths[:-1]), *map(set_out, lines)])


def surroundings() -> dict[str, Any]:
    """What the figures depend on: the load before the first of them, the machine, the versions."""
    return {
        "load": [round(value, 2) for value in os.getloadavg()],
        "processors": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("textual", "rich", "pyte")},
    }


def as_json(figures: Sequence[Figure], around: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a program."""
    return {"surroundings": dict(around), "figures": [{**asdict(one), "verdict": one.verdict} for one in figures]}


def _cell(column: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if column == "n" else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
