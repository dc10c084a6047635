"""Golden values stick to outputs, whatever the order in which these were shown, and are vouched for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.store import events, golden
from reviewer.store.connection import Store
from reviewer.store.golden import GoldenValue, canonical_order, canonical_value, hash_of_outputs
from reviewer.store.labels import NewLabel
from tests.store.comparing import faults, tampered
from tests.store.filling import fill
from tests.store.test_commit import commit, label, rater_of

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


def decided(store: Store) -> list[str]:
    """Two items decided, the golden value of the first retired; their identifiers."""
    queue = fill(store, items=2, shuffle=False)
    judge = rater_of(store, "judge")
    for seq in (0, 1):
        new = label(store, queue, judge, seq, phase="adjudication")
        commit(store, NewLabel(new.columns, 0, new.sitting, False, (GoldenValue("score", "h", 3),)))
    with store.writing() as connection:
        found = [row[0] for row in connection.execute("SELECT id FROM golden ORDER BY id").fetchall()]
        (item,) = connection.execute("SELECT item FROM golden ORDER BY id LIMIT 1").fetchone()
        golden.retire(connection, item, "out of date", stream=store.device, actor=judge)
    return found


def test_what_is_retired_is_vouched_for(store: Store) -> None:
    first, second = decided(store)
    assert faults(store) == []
    other = ("UPDATE golden SET retired = ? WHERE id = ?", "another reason", first)
    (fault,) = tampered(store, "UPDATE golden SET retired = NULL WHERE id = ?", first)
    assert fault.endswith("are not out of use as was told")
    assert tampered(store, *other) == [fault]
    silently = tampered(store, "UPDATE golden SET retired = ? WHERE id = ?", "silently", second)
    assert silently == ["1 golden values count no more, and no event tells of it"]
    assert faults(store) == []


def test_what_was_retired_before_events_told_of_it_holds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    append = events.append

    def as_before(driver: Any, **said: Any) -> str:
        if said["action"] == events.RETIRED:
            return ""
        said["data"] = {name: value for name, value in said["data"].items() if name != "retired"}
        return append(driver, **said)

    monkeypatch.setattr(events, "append", as_before)
    decided(store)
    monkeypatch.undo()
    assert faults(store) == []
    with store.reading() as connection:
        assert [event for event in events.events(connection) if event["action"] == events.RETIRED] == []


@pytest.mark.parametrize(("moments", "stands"), [((1, 2), "4"), ((2, 1), "3"), ((1, 1), "4")])
def test_the_later_decision_stands_whichever_is_filed_first(
    store: Store, moments: tuple[int, int], stands: str
) -> None:
    queue = fill(store, items=1, shuffle=False)
    for name, value, moment in zip(("eva", "fay"), (3, 4), moments, strict=True):
        at = f"2026-01-0{moment}T00:00:00.000000Z"
        new = label(store, queue, rater_of(store, name), 0, phase="adjudication", committed_at=at)
        commit(store, NewLabel(new.columns, 0, new.sitting, False, (GoldenValue("score", "h", value),)))
    with store.reading() as connection:
        rows = connection.execute("SELECT id, value, supersedes FROM golden").fetchall()
    over = {supersedes for _, _, supersedes in rows}
    assert [value for identifier, value, _ in rows if identifier not in over] == [stands]
    assert faults(store) == []
