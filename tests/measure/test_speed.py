"""Speed: single labels, runs, and the panel's time; no verdict where too little is known."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pytest

from reviewer.measure.arrays import Ints
from reviewer.measure.speed import ALONE, RARE, Speed, median_limits, speeds


def one(milliseconds: Ints) -> Speed:
    """The speed of a rater who is alone."""
    n = len(milliseconds)
    return speeds({0: "ana"}, np.arange(n), np.zeros(n, dtype=np.int64), milliseconds)[0]


def taken(rng: np.random.Generator, n: int, median: float = 20.0) -> Ints:
    """Times as people have them, in milliseconds."""
    return np.maximum(1, rng.lognormal(np.log(median * 1000), 0.5, n)).astype(np.int64)


def test_steady_raters_are_hardly_ever_named() -> None:
    rng = np.random.default_rng(1)
    found = [one(taken(rng, 200)) for _ in range(300)]
    labels = sum(len(speed.quick) + len(speed.slow) for speed in found)
    # Beyond ± 3.5 standard deviations lies one in 2,150; the estimate of the spread adds some.
    assert labels < 60_000 / 2150 * 3
    assert sum(bool(speed.runs) for speed in found) <= 300 * 3 * RARE + 2


def test_labels_far_from_the_others_are_named_by_their_place() -> None:
    times = taken(np.random.default_rng(2), 100)
    times[[7, 30]] = 150
    times[50] = 3_600_000
    times[60] = 0
    found = one(times)
    assert {7, 30} <= set(found.quick)
    assert 50 in found.slow
    assert (found.labels, found.untimed) == (99, 1)
    assert found.quick_below is not None
    assert found.quick_below > 0.15
    assert any("far less time than this rater's others" in note for note in found.notes)
    assert "prove" not in " ".join(found.notes)
    assert json.loads(json.dumps(found.to_json()))["quick"]["labels"] == len(found.quick)


def test_a_run_of_quick_labels_is_named_with_its_chance() -> None:
    times = taken(np.random.default_rng(3), 200)
    times[120:132] = np.linspace(2000, 2400, 12).astype(np.int64)
    found = one(times)
    (run,) = found.runs
    assert run.first <= 121
    assert run.first + run.labels >= 133
    assert run.median == pytest.approx(2.2, abs=0.5)
    assert run.p_value < RARE
    assert any("labels in a row" in note for note in found.notes)


def test_the_chance_of_a_run_bounds_the_exact_one() -> None:
    quick, slow, least = 4, 5, 3
    orders = set(permutations([1] * quick + [0] * slow))
    held = sum("1" * least in "".join(map(str, order)) for order in orders) / len(orders)
    bound = (slow + 1) * np.prod([(quick - at) / (quick + slow - at) for at in range(least)])
    assert held <= bound < 1.3 * held


def test_a_rater_far_off_the_panel_is_named() -> None:
    rng = np.random.default_rng(4)
    n = 60
    item = np.tile(np.arange(n), 4)
    rater = np.repeat(np.arange(4), n)
    length = rng.lognormal(0, 1, n)
    times = np.concatenate([length * taken(rng, n, median) for median in (20.0, 22.0, 24.0, 5.0)]).astype(np.int64)
    times[:5] = 0
    ana, ben, eva = speeds({0: "ana", 1: "ben", 3: "eva"}, item, rater, times)
    assert (ana.far_off, ben.far_off, eva.far_off) == (False, False, True)
    ratio = eva.against_panel
    assert ratio.value is not None
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.low < ratio.value < ratio.high < 0.5
    assert ratio.n == n
    assert any("times the others' median" in note for note in eva.notes)
    assert ana.against_panel.n == n - 5


def test_too_little_gives_no_verdict_with_a_reason() -> None:
    few = one(np.full(19, 1000))
    assert few.why == "19 labels with a time are too few; 20 are the least"
    assert few.median == pytest.approx(1.0)
    assert (few.quick, few.slow, few.runs, few.notes, few.far_off) == ((), (), (), [], None)
    assert few.against_panel.dropped == {ALONE: 19}
    assert one(np.full(40, 1000)).why == "half of the labels or more took the same time"
    none = one(np.zeros(3, dtype=np.int64))
    assert (none.median, none.untimed) == (None, 3)
    nothing = np.zeros(0, dtype=np.int64)
    assert speeds({9: "eva"}, nothing, nothing, nothing)[0].labels == 0


def test_limits_of_a_median_are_those_of_the_tables() -> None:
    # The 6th and the 15th of 20 hold the median with 95.9 %.
    assert median_limits(np.arange(1.0, 21.0)) == (6.0, 15.0)
    assert median_limits(np.arange(1.0, 7.0)) == (1.0, 6.0)
    with pytest.raises(ValueError, match="too few"):
        median_limits(np.arange(5.0))
