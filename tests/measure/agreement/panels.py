"""Panels to test with: tables of numbers with gaps, drawn or published."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from reviewer.measure.agreement.agree import measure_agreement
from reviewer.measure.agreement.ratings import Ratings
from reviewer.measure.agreement.report import Report, Settings
from reviewer.measure.arrays import Floats
from tests.measure.material import shared

QUICK = Settings(rounds=0)
Table = list[list[float | None]]


def ratings_of(table: Sequence[Sequence[float | None]], names: Sequence[str] = ()) -> Ratings:
    """The ratings of a table, a row an item and a column a rater."""
    cells = [
        (str(item), names[rater] if names else f"r{rater}", str(value))
        for item, row in enumerate(table)
        for rater, value in enumerate(row)
        if value is not None and not np.isnan(value)
    ]
    items, raters, values = zip(*cells, strict=True)
    return Ratings.of(items, raters, values)


def report_of(table: Sequence[Sequence[float | None]], **settings: Any) -> Report:
    """The report on a table, without intervals unless `rounds` says so."""
    return measure_agreement(ratings_of(table), Settings(**({"rounds": 0} | settings))).criteria["score"]


def values_of(report: Report) -> dict[str, float | None]:
    """The measures alone."""
    return {name: figure.value for name, figure in report.measures.items()}


def matrix(table: Sequence[Sequence[float | None]]) -> Floats:
    """The table with NaN for what is missing."""
    return np.array(table, dtype=np.float64)


def published(name: str) -> Table:
    """A published table of items and raters."""
    with shared("textbook", name).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    return [[float(cell) if cell else None for cell in row[1:]] for row in rows[1:]]


def tables(
    *, raters: int | None = None, gaps: bool = True, points: int = 5, least: int = 2
) -> st.SearchStrategy[Table]:
    """Tables of whole numbers from 1 to `points`, with or without gaps, that hold a rating at least."""
    cell: st.SearchStrategy[float | None] = st.integers(1, points).map(float)
    if gaps:
        cell = st.none() | cell | cell
    width = st.integers(2, 5) if raters is None else st.just(raters)
    return width.flatmap(
        lambda m: st.lists(st.lists(cell, min_size=m, max_size=m), min_size=least, max_size=14)
    ).filter(lambda table: any(value is not None for row in table for value in row))
