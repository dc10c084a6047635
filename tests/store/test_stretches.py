from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reviewer.store import passing, stretches
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from tests.store.filling import fresh

SIZE = 40
places = st.integers(0, SIZE - 1)
_stores: list[Store] = []


@pytest.fixture(scope="module", autouse=True)
def _one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    _stores.append(fresh(Path(tmp_path_factory.mktemp("stretches")) / "home"))
    yield
    _stores.clear()


@contextmanager
def rolled_back() -> Iterator[Driver]:
    """A connection whose writes are forgotten; the rows refer to nobody, so references are not held."""
    connection = _stores[0].connect(durable=False)
    connection.execute("PRAGMA foreign_keys=0")
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def kept(driver: Driver, rater: str = "ana") -> list[tuple[int, int]]:
    rows = driver.execute("SELECT first, last FROM stretch WHERE queue='q' AND rater=? ORDER BY first", (rater,))
    return [(first, last) for first, last in rows]


def runs_of(covered: set[int]) -> list[tuple[int, int]]:
    return list(passing.runs(iter(sorted(covered))))


class StretchesAgainstASet(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._context = rolled_back()
        self.driver = self._context.__enter__()
        self.covered: set[int] = set()

    def teardown(self) -> None:
        self._context.__exit__(None, None, None)

    @rule(seq=places)
    def cover(self, seq: int) -> None:
        assert stretches.cover(self.driver, "q", "ana", seq) == (seq not in self.covered)
        self.covered.add(seq)

    @rule(first=places, length=st.integers(1, 12))
    def cover_a_run(self, first: int, length: int) -> None:
        for seq in range(first, min(first + length, SIZE)):
            self.cover(seq)

    @rule(seq=places)
    def uncover(self, seq: int) -> None:
        assert stretches.uncover(self.driver, "q", "ana", seq) == (seq in self.covered)
        self.covered.discard(seq)

    @rule(seq=places)
    def somebody_else(self, seq: int) -> None:
        stretches.cover(self.driver, "q", "bob", seq)
        stretches.cover(self.driver, "other", "ana", seq)

    @invariant()
    def runs_are_whole_and_apart(self) -> None:
        assert kept(self.driver) == runs_of(self.covered)

    @invariant()
    def the_next_open_place_is_found(self) -> None:
        for seq in range(0, SIZE, 3):
            expected = next(place for place in range(seq, SIZE + 1) if place not in self.covered)
            assert stretches.next_uncovered(self.driver, "q", "ana", seq) == expected

    @invariant()
    def all_open_places_are_found(self) -> None:
        for start in (0, 7, SIZE - 1, SIZE):
            found = list(stretches.uncovered(self.driver, "q", "ana", start, SIZE))
            assert found == [place for place in range(start, SIZE) if place not in self.covered]


StretchesAgainstASet.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestStretches = StretchesAgainstASet.TestCase


@given(st.sets(places))
def test_runs_hold_what_was_put_in(covered: set[int]) -> None:
    found = runs_of(covered)
    assert {place for first, last in found for place in range(first, last + 1)} == covered
    assert all(second[0] > first[1] + 1 for first, second in pairwise(found))


@settings(deadline=None)
@given(st.permutations(range(30)))
def test_whatever_the_order_all_becomes_one_run(order: list[int]) -> None:
    with rolled_back() as driver:
        for seq in order:
            assert stretches.cover(driver, "q", "ana", seq)
        assert kept(driver) == [(0, 29)]
        assert stretches.next_uncovered(driver, "q", "ana", 0) == 30
