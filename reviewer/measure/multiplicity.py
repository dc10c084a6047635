"""The correction for many tests at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reviewer.measure.arrays import Floats


def holm(p_values: ArrayLike) -> Floats:
    """P-values adjusted for the family-wise error rate (Holm 1979 Scand. J. Stat. 6): monotone, cut at 1."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(raised)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
