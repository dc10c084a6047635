"""Golden values stick to outputs, whatever the order in which these were shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.store.golden import canonical_order, canonical_value, hash_of_outputs

pytestmark = pytest.mark.both_databases


def test_the_order_counts_by_sorted_hashes() -> None:
    assert canonical_order(["b", "a", "c"]) == [1, 0, 2]
    assert canonical_order(["x"]) == [0]


@pytest.mark.parametrize(
    ("value", "shown", "canonical"),
    [
        (-2, ["b", "a"], 2),
        (-2, ["a", "b"], -2),
        (0, ["b", "a"], 0),
        ("both_bad", ["b", "a"], "both_bad"),
        ([[2], [1, 3]], ["b", "a", "c"], [[1], [2, 3]]),
        (True, ["b", "a"], True),
        (4, ["b"], 4),
        (["money", "time"], ["b"], ["money", "time"]),
    ],
)
def test_a_value_reads_in_canonical_order(value: Any, shown: list[str], canonical: Any) -> None:
    assert canonical_value(value, canonical_order(shown)) == canonical


@given(st.permutations(["a", "b", "c", "d"]), st.permutations([1, 2, 3, 4]))
def test_one_ranking_reads_the_same_however_it_was_shown(shown: list[str], ranks: list[int]) -> None:
    best_first = [shown[number - 1] for number in ranks]
    canonical = canonical_value([[number] for number in ranks], canonical_order(shown))
    assert [sorted(shown)[tier[0] - 1] for tier in canonical] == best_first


def test_a_comparison_is_known_whatever_its_order() -> None:
    assert hash_of_outputs(["a"]) == "a"
    assert hash_of_outputs(["a", "b"]) == hash_of_outputs(["b", "a"]) != hash_of_outputs(["a", "c"])
