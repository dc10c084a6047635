"""Corrections for many tests at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reviewer.measure.arrays import Floats


def holm(p_values: ArrayLike) -> Floats:
    """P-values adjusted for the family-wise error rate (Holm 1979 Scand. J. Stat. 6): monotone, cut at 1."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    raised = p[order] * np.arange(len(p), 0, -1)
    return _back(np.maximum.accumulate(raised), order)


def bonferroni(p_values: ArrayLike) -> Floats:
    """P-values times their number, cut at 1."""
    p = np.asarray(p_values, dtype=float)
    adjusted: Floats = np.minimum(p * len(p), 1.0)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """P-values adjusted for the false discovery rate (Benjamini & Hochberg 1995 JRSS B 57)."""
    return _stepped_up(np.asarray(p_values, dtype=float), 1.0)


def benjamini_yekutieli(p_values: ArrayLike) -> Floats:
    """The same under any dependence (Benjamini & Yekutieli 2001 Ann. Stat. 29)."""
    p = np.asarray(p_values, dtype=float)
    return _stepped_up(p, float((1 / np.arange(1, len(p) + 1)).sum()))


def _stepped_up(p: Floats, factor: float) -> Floats:
    order = np.argsort(p, kind="stable")[::-1]
    raised = p[order] * factor * len(p) / np.arange(len(p), 0, -1)
    return _back(np.minimum.accumulate(raised), order)


def _back(sorted_values: Floats, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    adjusted = np.empty_like(sorted_values)
    adjusted[order] = np.minimum(sorted_values, 1.0)
    return adjusted
