"""The six intraclass correlations (Shrout & Fleiss 1979 Psych. Bull. 86; McGraw & Wong 1996 Psych. Methods 1).

Limits are the exact ones of F under normal scores; they want no resampling, and hold for few items too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reviewer.measure.arrays import Floats

NAMES: Final = ("icc_1_1", "icc_2_1", "icc_3_1", "icc_1_k", "icc_2_k", "icc_3_k")
FLAT: Final = "all values are the same"
NO_ITEM_VARIANCE: Final = "the items do not differ in their means"


@dataclass(frozen=True, slots=True)
class Anova:
    """Mean squares of a complete table: of items, raters, the rest, and within items."""

    items: int
    raters: int
    rows: float
    columns: float
    rest: float
    within: float


@dataclass(frozen=True, slots=True)
class Correlation:
    """One intraclass correlation, its limits, and the F test that it is 0; None and `why` where undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None
    f: float | None = None
    df: tuple[int, int] | None = None
    p_value: float | None = None
    why: str = ""


def anova(table: Floats, repeats: Floats) -> Anova:
    """Mean squares of rows that stand for `repeats` items each.

    Raises ValueError for fewer than two items or two raters.
    """
    k = table.shape[1]
    n = int(repeats.sum())
    if n < 2 or k < 2:
        raise ValueError("an analysis of variance needs two items and two raters")
    table = table - (repeats @ table).sum() / (n * k)
    means = table.mean(axis=1)
    by_rater = repeats @ table / n
    whole = float((repeats @ np.square(table)).sum())
    between = k * float(repeats @ np.square(means))
    columns = n * float(np.square(by_rater).sum())
    rest = float((repeats @ np.square(table - means[:, None] - by_rater)).sum())
    within = float((repeats @ np.square(table - means[:, None])).sum())
    floor = 1e-13 * whole
    parts = [0.0 if part <= floor else part for part in (between, columns, rest, within)]
    degrees = (n - 1, k - 1, (n - 1) * (k - 1), n * (k - 1))
    return Anova(n, k, *(part / freedom for part, freedom in zip(parts, degrees, strict=True)))


def one_way(table: Floats, repeats: Floats, alpha: float) -> dict[str, Correlation]:
    """ICC(1,1) and ICC(1,k): raters may be others on every item. Raises ValueError as `anova` does."""
    found = anova(table, repeats)
    n, k = found.items, found.raters
    if not found.rows and not found.within:
        return dict.fromkeys(("icc_1_1", "icc_1_k"), Correlation(None, why=FLAT))
    single, average = _of_f(found.rows, found.within, (n - 1, n * (k - 1)), k, alpha)
    return {"icc_1_1": single, "icc_1_k": average}


def two_way(table: Floats, repeats: Floats, alpha: float) -> dict[str, Correlation]:
    """ICC(2,·) for absolute agreement and ICC(3,·) for consistency. Raises ValueError as `anova` does."""
    found = anova(table, repeats)
    n, k = found.items, found.raters
    if not found.rows and not found.rest and not found.columns:
        return dict.fromkeys(("icc_2_1", "icc_2_k", "icc_3_1", "icc_3_k"), Correlation(None, why=FLAT))
    single, average = _of_f(found.rows, found.rest, (n - 1, (n - 1) * (k - 1)), k, alpha)
    agreed, agreed_average = _absolute(found, single, alpha)
    return {"icc_2_1": agreed, "icc_2_k": agreed_average, "icc_3_1": single, "icc_3_k": average}


def _of_f(over: float, under: float, df: tuple[int, int], k: int, alpha: float) -> tuple[Correlation, Correlation]:
    """Single and average correlation from a ratio of mean squares."""
    from scipy.special import fdtrc, fdtri

    if not over:
        nothing = Correlation(None, why=NO_ITEM_VARIANCE)
        if not under:
            return nothing, nothing
        return Correlation(-1 / (k - 1), f=0.0, df=df, p_value=1.0, why="no interval: " + NO_ITEM_VARIANCE), nothing
    if not under:
        perfect = Correlation(1.0, 1.0, 1.0, df=df, p_value=0.0)
        return perfect, perfect
    f = over / under
    p = float(fdtrc(*df, f))
    low = f / float(fdtri(*df, 1 - alpha / 2))
    high = f * float(fdtri(df[1], df[0], 1 - alpha / 2))
    single = [(one - 1) / (one + k - 1) for one in (f, low, high)]
    average = [1 - 1 / one for one in (f, low, high)]
    return (
        Correlation(single[0], single[1], single[2], f, df, p),
        Correlation(average[0], average[1], average[2], f, df, p),
    )


def _absolute(found: Anova, consistent: Correlation, alpha: float) -> tuple[Correlation, Correlation]:
    from scipy.special import fdtri

    n, k = found.items, found.raters
    rows, columns, rest = found.rows, found.columns, found.rest
    under = rows + (k - 1) * rest + k * (columns - rest) / n
    under_average = rows + (columns - rest) / n
    test = consistent.f, consistent.df, consistent.p_value
    largest = max(rows, columns, rest)
    if abs(under) < 1e-12 * largest or abs(under_average) < 1e-12 * largest:
        nothing = Correlation(None, why=NO_ITEM_VARIANCE)
        return nothing, nothing
    r, average = (rows - rest) / under, (rows - rest) / under_average
    if not rest and not columns:
        return Correlation(1.0, 1.0, 1.0, *test), Correlation(1.0, 1.0, 1.0, *test)
    limits: tuple[float | None, float | None] = (None, None)
    if rest:
        a = k * r * (columns / rest)
        b = n * (1 + (k - 1) * r) - k * r
        v = (k - 1) * (n - 1) * (a + b) ** 2 / ((n - 1) * a**2 + b**2) if a or b else 0.0
        if v > 0:
            f1, f2 = float(fdtri(n - 1, v, 1 - alpha / 2)), float(fdtri(v, n - 1, 1 - alpha / 2))
            also = k * columns + (k * n - k - n) * rest
            limits = (n * (rows - f1 * rest) / (f1 * also + n * rows), n * (f2 * rows - rest) / (also + n * f2 * rows))
    low, high = limits
    if low is None or high is None or not np.isfinite([low, high]).all() or not low <= r <= high:
        why = "no interval: the approximation by F fails here"
        return Correlation(r, None, None, *test, why), Correlation(average, None, None, *test, why)
    single = Correlation(r, low, high, *test)
    ends = _stepped_up(low, k), _stepped_up(high, k)
    if ends[0] is None or ends[1] is None or not ends[0] <= average <= ends[1]:
        why = "no interval: a limit for one rater is less than any that a mean of raters can come from"
        return single, Correlation(average, None, None, *test, why)
    return single, Correlation(average, ends[0], ends[1], *test)


def _stepped_up(x: float, k: int) -> float | None:
    """The correlation of a mean of k raters (Spearman 1910; Brown 1910); None from -1 / (k - 1) down, where none is."""
    under = 1 + (k - 1) * x
    return k * x / under if under > 1e-12 else None
