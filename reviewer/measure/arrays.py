"""Names for the kinds of arrays that this room hands about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Outcomes = NDArray[np.int8]
Flags = NDArray[np.bool_]


def compacted(keys: Ints, bound: int) -> tuple[Ints, Ints]:
    """The distinct keys in order, and each key's place among them; keys lie in 0 … bound − 1."""
    if bound > 4 * len(keys) + 1_000_000:
        distinct, place = np.unique(keys, return_inverse=True)
        return distinct, place.reshape(-1)
    distinct = np.flatnonzero(np.bincount(keys, minlength=bound))
    places = np.zeros(bound, dtype=np.int64)
    places[distinct] = np.arange(len(distinct))
    return distinct, places[keys]
