from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.blinding.trails import cycles, oriented

systems = st.sampled_from("abcdefgh")
graphs = st.lists(st.tuples(systems, systems), max_size=80)


@settings(max_examples=150, deadline=None)
@given(graphs, st.integers(0, 9))
def test_any_sequence_of_pairs_can_be_shown_evenly_at_every_point(pairs: list[tuple[str, str]], seed: int) -> None:
    lead: Counter[str] = Counter()
    for (first, second), forward in zip(pairs, oriented(pairs, random.Random(seed)), strict=True):
        lead[first if forward else second] += 1
        lead[second if forward else first] -= 1
        assert all(-1 <= value <= 1 for value in lead.values())


@settings(max_examples=150, deadline=None)
@given(graphs)
def test_cycles_are_even_and_hold_all_but_paths_between_odd_systems(pairs: list[tuple[str, str]]) -> None:
    closed, left_over = cycles(pairs)
    assert sorted([*(number for cycle in closed for number in cycle), *left_over]) == list(range(len(pairs)))
    for cycle in closed:
        degrees = Counter(system for number in cycle for system in pairs[number])
        assert set(degrees.values()) == {2}
    odd = Counter(system for pair in pairs for system in pair)
    ends = sum(value % 2 for value in odd.values())
    assert len(left_over) <= ends // 2 * (len(odd) - 1)
    if not ends:
        assert left_over == []
