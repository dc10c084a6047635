"""Pace: the median of the times that are known."""

from __future__ import annotations

import numpy as np

from reviewer.measure.pace import paces


def test_median_and_quartiles_of_known_times() -> None:
    rater = np.array([0, 0, 0, 0, 0, 2], dtype=np.int32)
    taken = np.array([1000, 2000, 3000, 4000, 0, 0], dtype=np.int64)
    ana, eva = paces({0: "ana", 2: "eva"}, rater, taken)
    assert (ana.rater, ana.labels, ana.untimed) == ("ana", 4, 1)
    assert (ana.low, ana.median, ana.high) == (1.75, 2.5, 3.25)
    assert ana.to_json()["quartiles"] == [1.75, 3.25]
    assert (eva.labels, eva.median, eva.untimed) == (0, None, 1)
    assert eva.to_json()["why"] == "no label of theirs knows its time"
