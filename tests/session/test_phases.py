"""Where a label belongs: independent, a re-vote after others' judgment was shown, rework after a task came back."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from reviewer.session.sitting import Sitting
from reviewer.store import golden, labels
from reviewer.store.connection import Store
from reviewer.store.golden import GoldenValue
from reviewer.store.queues import QueueRecord
from tests.store.comparing import faults
from tests.store.filling import ask, fill, rate, sit
from tests.store.test_commit import commit, label, rater_of

pytestmark = pytest.mark.both_databases


def heads(store: Store) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Phase, outcome, exposure and values of every label that counts, in the order of their making."""
    with store.reading() as connection:
        rows = connection.execute(
            'SELECT l.phase, l.outcome, l.exposure, l."values" FROM label_head h JOIN label l ON l.id = h.label '
            "ORDER BY l.id"
        ).fetchall()
    return [(phase, outcome, exposure, orjson.loads(values)) for phase, outcome, exposure, values in rows]


def show_peers(store: Store, queue: QueueRecord, task: str, rater: str = "ana") -> None:
    known = rater_of(store, rater)
    with store.writing() as connection:
        golden.expose(connection, known, task, exposure="peers", queue=queue.id)


def send_back(store: Store, queue: QueueRecord, seq: int = 0, reason: str = "Look at the date.") -> None:
    """As an adjudicator does."""
    judge = rater_of(store, "lead")
    rationale = orjson.dumps({"label": {"text": reason, "reasons": []}}).decode()
    commit(
        store,
        label(store, queue, judge, seq, phase="adjudication", outcome="sent_back", values="{}", rationale=rationale),
    )


def test_once_others_judgment_was_shown_a_change_is_a_revote(store: Store) -> None:
    queue = fill(store, items=2, shuffle=False)
    sitting = sit(store)
    rate(sitting, 2)
    assert sitting.undo().moved
    assert (sitting.phase, sitting.exposure) == ("independent", "none")
    assert sitting.view is not None
    show_peers(store, queue, sitting.view.task)
    sitting.go_to(0)
    assert (sitting.phase, sitting.exposure) == ("revote", "peers")
    assert sitting.work.values == {"score": 2}
    rate(sitting, 4)
    sitting.go_to(0)
    assert sitting.work.values == {"score": 4}
    assert sitting.close()
    assert heads(store) == [
        ("independent", "submitted", "none", {"score": 2}),
        ("revote", "submitted", "peers", {"score": 4}),
    ]
    assert faults(store) == []


def test_a_vote_that_stands_is_a_revote_too(store: Store) -> None:
    queue = fill(store, items=1, shuffle=False)
    sitting = sit(store)
    rate(sitting, 2)
    sitting.undo()
    assert sitting.view is not None
    show_peers(store, queue, sitting.view.task)
    sitting.go_to(0)
    assert sitting.submit().moved
    sitting.drain(5)
    assert [phase for phase, *_ in heads(store)] == ["independent", "revote"]
    sitting.go_to(0)
    assert sitting.submit().moved
    sitting.drain(5)
    assert len(heads(store)) == 2
    assert not sitting.skip("too hard").moved
    assert sitting.close()


def test_a_first_label_on_an_item_that_was_seen_elsewhere_says_so(store: Store) -> None:
    queue = fill(store, items=1, shuffle=False)
    sitting = sit(store)
    assert sitting.view is not None
    show_peers(store, queue, sitting.view.task)
    sitting.go_to(0)
    rate(sitting, 3)
    assert sitting.close()
    assert heads(store) == [("independent", "submitted", "peers", {"score": 3})]


def test_a_task_that_was_sent_back_comes_again_as_rework(store: Store) -> None:
    queue = fill(store, items=2, shuffle=False)
    for name in ("ana", "bob"):
        sitting = sit(store, name)
        rate(sitting, 2, 3)
        assert sitting.view is None
        assert sitting.close()
    send_back(store, queue)
    assert faults(store) == []
    sitting = sit(store)
    assert sitting.view is not None
    assert (sitting.state, sitting.phase, sitting.work.values) == ("sent_back", "rework", {"score": 2})
    assert (sitting.standing.done, sitting.standing.left) == (1, 1)
    rate(sitting, 5)
    assert sitting.view is None
    assert (sitting.standing.done, sitting.standing.left) == (2, 0)
    sitting.undo()
    assert (sitting.phase, sitting.work.values) == ("rework", {"score": 5})
    assert sitting.close()
    assert faults(store) == []
    assert [entry[0] for entry in heads(store)].count("rework") == 1


def test_a_round_that_is_locked_takes_no_label_and_keeps_what_was_typed(store: Store) -> None:
    queue = fill(store, items=2, shuffle=False)
    sitting = sit(store)
    with store.writing() as connection:
        ask(connection, "UPDATE queue SET state = 'locked' WHERE id = ?", queue.id)
    sitting.work.values["score"] = 4
    sitting.touch()
    sitting.submit()
    sitting.drain(5)
    assert "locked" in sitting.saving.trouble
    # No try can ever succeed, and the draft holds what was typed: the rater is not held here.
    assert sitting.can_close()
    assert sitting.close()
    assert heads(store) == []
    again: Sitting = sit(store)
    again.go_to(0)
    assert again.work.values == {"score": 4}
    again.close()


def test_a_decision_has_no_assignment_and_makes_golden_values(store: Store) -> None:
    queue = fill(store, items=1, shuffle=False)
    sitting = sit(store)
    rate(sitting, 2)
    sitting.close()
    judge = rater_of(store, "lead")
    for value in (4, 5):
        new = label(store, queue, judge, 0, phase="adjudication", values=orjson.dumps({"score": value}).decode())
        decided = labels.NewLabel(new.columns, 0, new.sitting, False, (GoldenValue("score", "scale", value),))
        assert commit(store, decided).surplus is False
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM assignment").fetchone() == (1,)
        rows = connection.execute("SELECT id, value, supersedes FROM golden ORDER BY id").fetchall()
        exposed = connection.execute("SELECT rater, exposure FROM exposure").fetchall()
    assert [(value, supersedes) for _, value, supersedes in rows] == [("4", None), ("5", rows[0][0])]
    assert exposed == [(judge, "peers")]
    assert faults(store) == []
    with store.writing() as connection:
        connection.execute("UPDATE golden SET value = '1' WHERE value = '5'")
    assert any("golden" in fault for fault in faults(store))


def test_a_slip_in_a_first_label_that_is_no_independent_one_is_mended_in_place(store: Store) -> None:
    queue = fill(store, items=2, shuffle=False)
    sitting = sit(store)
    assert sitting.view is not None
    show_peers(store, queue, sitting.view.task)
    sitting.go_to(0)
    rate(sitting, 3)
    assert sitting.undo().moved
    assert (sitting.phase, sitting.work.values) == ("independent", {"score": 3})
    rate(sitting, 4)
    assert sitting.close()
    assert heads(store) == [("independent", "submitted", "peers", {"score": 4})]
    assert faults(store) == []


def test_in_a_revealed_round_every_first_label_stands_beside_a_second_vote(store: Store) -> None:
    queue = fill(store, items=1, shuffle=False)
    sitting = sit(store)
    assert sitting.view is not None
    show_peers(store, queue, sitting.view.task)
    sitting.go_to(0)
    rate(sitting, 3)
    with store.writing() as connection:
        ask(connection, "UPDATE queue SET purpose = 'calibration', state = 'revealed' WHERE id = ?", queue.id)
    sitting.go_to(0)
    assert sitting.phase == "revote"
    rate(sitting, 4)
    assert sitting.close()
    assert [entry[0] for entry in heads(store)] == ["independent", "revote"]
