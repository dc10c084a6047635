"""What a group does with a round: start it, wait, reveal, note, promote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reviewer.errors import BadInput, WrongUsage
from reviewer.rubric import Rubric
from reviewer.session import rounds
from reviewer.session.deciding import Deciding
from reviewer.session.panel import read_panels
from reviewer.session.sitting import Sitting
from reviewer.session.starting import Plan, Started, start
from reviewer.session.work import LABEL
from reviewer.store import events, golden, queues
from reviewer.store.connection import Store
from tests.session.rounds_played import LEAD, say, why
from tests.store.comparing import faults, pairs_queue
from tests.store.filling import SCORE, ask, fill, put_rubric, rate, record, sit

pytestmark = pytest.mark.both_databases

ROUND = "kyc-round-1"
MEMBERS = ("ana", "ben")


def started(store: Store, *, items: int = 3, **plan: Any) -> Started:
    return start(store, "kyc", Plan(members=MEMBERS, items=items, **plan), LEAD)


def rated(store: Store, scores: tuple[int, ...] = (4, 2), items: int = 3) -> None:
    """A round whose members are done."""
    fill(store, items=items + 2)
    started(store, items=items)
    for name, score in zip(MEMBERS, scores, strict=True):
        say(store, ROUND, name, lambda at, score=score: {"score": score if at else 3})  # type: ignore[misc]


def tasks_of(store: Store, name: str = ROUND) -> list[str]:
    with store.reading() as connection:
        rows = ask(
            connection,
            "SELECT t.id FROM task t JOIN queue q ON t.queue = q.id WHERE q.name = ? ORDER BY t.position",
            name,
        )
        return [task for (task,) in rows]


def rubric_of(store: Store, queue: str) -> Rubric:
    with store.reading() as connection:
        return Rubric.from_document(queues.rubrics_of(connection, record(store, queue).id)[-1][1])


def test_a_round_is_started_under_a_name_and_number_of_its_own(store: Store) -> None:
    fill(store, items=9)
    first = started(store, seed=7)
    assert (first.card.name, first.card.parent, first.card.number, first.card.state) == (ROUND, "kyc", 1, "open")
    assert first.card.members == (("ana", 0, 3), ("ben", 0, 3))
    assert [member.left for member in first.card.waiting_for] == [3, 3]
    assert first.card.settings["seed"] == 7
    assert first.card.started_by == LEAD
    second = started(store, name="may")
    assert (second.card.name, second.card.number) == ("may", 2)
    assert second.card.settings["seed"] >= 0
    assert [card.name for card in rounds.round_cards(store)] == [ROUND, "may"]
    assert [card.name for card in rounds.round_cards(store, "kyc")] == [ROUND, "may"]
    assert faults(store) == []


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"members": ("ana",)}, "two members"),
        ({"members": ("ana", "ben", "ana")}, "'ana' is named twice"),
        ({"members": ("ana", "")}, "'' cannot be a name"),
        ({"members": ("ana", "b\x1b[2Jen")}, r"'b\\x1b\[2Jen' cannot be a name"),
        ({"members": ("ana", "b" * 101)}, "cannot be a name"),
        ({"items": 0}, "one item or more"),
        ({"threshold": 1.5}, "between 0 and 1"),
        ({"valid_days": 0}, "one day or more"),
        ({"measure": "kappa"}, "no measure 'kappa'"),
        ({"name": " x"}, "cannot be a name"),
        ({"by": "colour"}, "no item has the metadata 'colour'"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_before_anything_is_written(
    store: Store, plan: dict[str, Any], said: str
) -> None:
    fill(store, items=3)
    with pytest.raises(WrongUsage, match=said):
        start(store, "kyc", Plan(**{"members": MEMBERS, "items": 2, **plan}), LEAD)
    assert rounds.round_cards(store) == []


def test_too_few_items_are_told_with_why_and_what_can_be_done(store: Store) -> None:
    fill(store, items=5)
    started(store, items=2)
    say(store, "kyc", "ana", {0: {"score": 3}}.get)
    with pytest.raises(BadInput) as told:
        started(store, items=5)
    assert "items of 'kyc' are left to draw, and 5 were asked for" in told.value.what
    assert "2 in an earlier round" in told.value.what
    assert "--items" in told.value.mend
    assert "import FILE -q kyc" in told.value.mend


def test_a_round_needs_a_queue_that_is_no_round_and_a_free_name(store: Store) -> None:
    fill(store, items=5)
    started(store, items=2)
    with pytest.raises(BadInput, match="there is no queue 'kycc'"):
        start(store, "kycc", Plan(members=MEMBERS), LEAD)
    with pytest.raises(BadInput, match="is the batch of a calibration round itself"):
        start(store, ROUND, Plan(members=MEMBERS), LEAD)
    with pytest.raises(BadInput, match="there is a queue 'kyc' already"):
        started(store, items=2, name="kyc")
    with pytest.raises(BadInput, match="there is no calibration round 'nix'"):
        rounds.round_card(store, "nix")


def test_strangers_are_refused_and_a_locked_round_too(store: Store) -> None:
    fill(store, items=3)
    started(store)
    with pytest.raises(BadInput, match="is for ana, ben"):
        Sitting.open(store, ROUND, "zoe")
    rounds.lock(store, ROUND, LEAD)
    with pytest.raises(BadInput, match="is locked"):
        Sitting.open(store, ROUND, "ana")


def noted(store: Store, name: str, actor: str) -> None:
    rounds.add_note(store, name, actor, "a note")


def test_states_go_forward_only_and_every_wrong_step_says_what_is_the_case(store: Store) -> None:
    rated(store)
    for early in (rounds.finish, noted):
        with pytest.raises(BadInput, match="is open: what was said is not revealed yet"):
            early(store, ROUND, LEAD)
    assert rounds.lock(store, ROUND, "ana").state == "locked"
    with pytest.raises(BadInput, match="was locked at"):
        rounds.lock(store, ROUND, LEAD)
    assert rounds.reveal(store, ROUND, LEAD).state == "revealed"
    for again in (rounds.lock, rounds.reveal):
        with pytest.raises(BadInput, match="was revealed at"):
            again(store, ROUND, LEAD)
    assert rounds.finish(store, ROUND, LEAD).card.state == "finished"
    late: tuple[Callable[[Store, str, str], object], ...] = (rounds.lock, rounds.reveal, rounds.finish, noted)
    for step in late:
        with pytest.raises(BadInput, match="was finished at"):
            step(store, ROUND, LEAD)
    with store.reading() as connection:
        assert not events.verify(connection).faults
    assert faults(store) == []


def test_an_incomplete_round_is_revealed_only_where_that_is_meant(store: Store) -> None:
    fill(store, items=4)
    started(store)
    say(store, ROUND, "ana", lambda _: {"score": 3})
    sitting = sit(store, "ben", ROUND)
    rate(sitting, 3)
    assert sitting.close()
    with pytest.raises(BadInput) as told:
        rounds.reveal(store, ROUND, LEAD)
    assert "ben (2 left)" in told.value.what
    assert "--incomplete" in told.value.mend
    assert rounds.round_card(store, ROUND).state == "open"
    card = rounds.reveal(store, ROUND, LEAD, incomplete=True)
    assert card.locked_at is not None
    with store.reading() as connection:
        (event,) = [one for one in events.events(connection) if one["action"] == "round.revealed"]
    assert "ben (2 left)" in events.event_data(event)["reason"]


def test_after_the_reveal_a_vote_is_a_revote_and_the_first_one_stays(store: Store) -> None:
    rated(store)
    rounds.reveal(store, ROUND, LEAD)
    sitting = Sitting.open(store, ROUND, "ana")
    sitting.go_to(0)
    assert sitting.phase == "revote"
    sitting.work.values["score"] = 1
    sitting.touch()
    assert sitting.submit().moved
    sitting.drain(5)
    assert sitting.close()
    with store.reading() as connection:
        panels = read_panels(connection, record(store, ROUND), named=True)
    (voted,) = [label for panel in panels for label in panel.labels if label.after]
    assert (voted.rater, voted.revote) == ("ana", {"score": 1})
    assert voted.values["score"] in (3, 4)
    rounds.finish(store, ROUND, LEAD)
    sitting = Sitting.open(store, ROUND, "ana")
    sitting.go_to(1)
    sitting.work.values["score"] = 5
    sitting.touch()
    sitting.submit()
    sitting.drain(5)
    assert "finished" in sitting.saving.trouble
    sitting.close()


def test_notes_are_kept_in_order_and_never_replaced(store: Store) -> None:
    rated(store)
    rounds.reveal(store, ROUND, LEAD)
    task = tasks_of(store)[0]
    rounds.add_note(store, ROUND, "ana", " \x1b[31m[bold]first[/] ")
    rounds.add_note(store, ROUND, "ben", "second", task=task)
    rounds.add_note(store, ROUND, "ana", "third", task=task)
    kept = rounds.notes(store, ROUND)
    assert [(one, author, text) for one, author, text, _ in kept] == [
        (None, "ana", "\x1b[31m[bold]first[/]"),
        (task, "ben", "second"),
        (task, "ana", "third"),
    ]
    for text, of_task, said in (("  ", None, "note is empty"), ("x", "nix", "no such task")):
        with pytest.raises(BadInput, match=said):
            rounds.add_note(store, ROUND, "ana", text, task=of_task)


def test_an_item_becomes_an_example_and_leaves_gold_and_later_rounds(store: Store) -> None:
    rated(store)
    rounds.reveal(store, ROUND, LEAD)
    task = tasks_of(store)[0]
    before, first = rubric_of(store, "kyc"), rubric_of(store, ROUND)
    proposal = rounds.propose_example(store, ROUND, task, "score", 4, "  It says what the note says. ")
    assert rubric_of(store, "kyc") == before
    with store.reading() as connection:
        item, key = ask(connection, "SELECT item, key FROM task WHERE id = ?", task).fetchone()
        text = ask(connection, "SELECT text FROM output WHERE item = ?", item).fetchone()[0]
    assert (proposal.queue, proposal.key, proposal.criterion, proposal.level) == ("kyc", key, "score", "4")
    assert f"+   output: {text}" in proposal.lines
    assert "+   why: It says what the note says." in proposal.lines
    assert proposal.lines[0] == "  Score (score)"
    with store.writing() as connection:
        ask(
            connection,
            "INSERT INTO golden (id, item, output_hash, scale_hash, criterion, value, source_label, approved_by, at)"
            " SELECT 'g', ?, 'h', 's', 'score', '4', l.id, l.rater, 'now' FROM label l LIMIT 1",
            item,
        )
    rounds.promote(store, proposal, "ana")
    for queue in ("kyc", ROUND):
        after = rubric_of(store, queue)
        criterion = after.criterion("score")
        assert criterion is not None
        (example,) = criterion.levels["4"].examples
        assert (example.output, example.why) == (text, "It says what the note says.")
        assert after.scale_hash == before.scale_hash
        assert after.content_hash != first.content_hash
    with store.reading() as connection:
        assert connection.execute("SELECT retired FROM golden").fetchone()[0].startswith("promoted")
        (event,) = [one for one in events.events(connection) if one["action"] == "round.promoted"]
    assert events.event_data(event)["criterion"] == "score"
    again = started(store, items=2)
    assert item not in _items(store, again.card.name)
    # Another queue with the same output and rubric does not ask what everybody can read in it.
    fill(store, queue="other", items=5, rubric=rubric_of(store, "kyc").document())
    with pytest.raises(BadInput, match=r"4 items .* left to draw.*\(1 an example of the rubric\)"):
        start(store, "other", Plan(members=MEMBERS, items=5, seen=True), LEAD)
    other = start(store, "other", Plan(members=MEMBERS, items=4, seen=True), LEAD)
    assert item not in _items(store, other.card.name)


def test_what_is_decided_later_of_a_promoted_item_is_filed_and_never_golden(store: Store) -> None:
    fill(store, items=3, shuffle=False)
    for name, score in (("eva", 1), ("fay", 5)):
        say(store, "kyc", name, {"score": score})
    started(store)
    for name in MEMBERS:
        say(store, ROUND, name, {"score": 3})
    rounds.reveal(store, ROUND, LEAD)
    task = tasks_of(store)[0]
    with store.reading() as connection:
        key = ask(connection, "SELECT key FROM task WHERE id = ?", task).fetchone()[0]
    rounds.promote(store, rounds.propose_example(store, ROUND, task, "score", 3, "as agreed"), LEAD)
    sitting = Deciding.decide(store, "kyc", "gus")
    for _ in range(3):
        sitting.work.values["score"] = 3
        sitting.work.write_rationale(LABEL, "so says the note")
        sitting.touch()
        assert sitting.submit().moved
        sitting.drain(10)
    assert sitting.close()
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT t.key, g.retired FROM golden g JOIN label l ON l.id = g.source_label JOIN task t ON t.id = l.task"
        ).fetchall()
    assert len(rows) == 3
    assert [name for name, retired in rows if retired == golden.PROMOTED] == [key]
    assert faults(store) == []


def _items(store: Store, queue: str) -> set[str]:
    with store.reading() as connection:
        rows = ask(connection, "SELECT item FROM task WHERE queue = ?", record(store, queue).id)
        return {item for (item,) in rows}


@pytest.mark.parametrize(
    ("criterion", "level", "reason", "said"),
    [
        ("score", 9, "why", "has no level '9'"),
        ("nix", 3, "why", "is none of the rubric of 'kyc'"),
        ("safe", "perhaps", "why", "has no level 'perhaps'"),
        ("score", 3, " ", "needs a reason"),
    ],
)
def test_what_cannot_be_an_example_is_refused(
    store: Store, criterion: str, level: object, reason: str, said: str
) -> None:
    rated(store)
    rounds.reveal(store, ROUND, LEAD)
    with pytest.raises(BadInput, match=said):
        rounds.propose_example(store, ROUND, tasks_of(store)[0], criterion, level, reason)


def test_a_boolean_level_is_read_as_it_is_said(store: Store) -> None:
    rated(store)
    rounds.reveal(store, ROUND, LEAD)
    task = tasks_of(store)[0]
    for said, level in ((True, "true"), ("no", "false"), ("1", "true")):
        assert rounds.propose_example(store, ROUND, task, "safe", said, "why").level == level


def test_an_example_is_promoted_once_and_not_over_a_changed_rubric(store: Store) -> None:
    rated(store)
    with pytest.raises(BadInput, match="is open"):
        rounds.propose_example(store, ROUND, tasks_of(store)[0], "score", 3, "why")
    rounds.reveal(store, ROUND, LEAD)
    first, second = tasks_of(store)[:2]
    one = rounds.propose_example(store, ROUND, first, "score", 3, "why")
    other = rounds.propose_example(store, ROUND, second, "score", 3, "why")
    rounds.promote(store, one, LEAD)
    with pytest.raises(BadInput, match="has changed meanwhile"):
        rounds.promote(store, other, LEAD)
    with pytest.raises(BadInput, match="is an example of score 3 already"):
        rounds.propose_example(store, ROUND, first, "score", 3, "another reason")
    rounds.promote(store, rounds.propose_example(store, ROUND, second, "score", 3, "why"), LEAD)
    criterion = rubric_of(store, "kyc").criterion("score")
    assert criterion is not None
    assert len(criterion.levels["3"].examples) == 2
    rounds.finish(store, ROUND, LEAD)
    with pytest.raises(BadInput, match="is finished"):
        rounds.propose_example(store, ROUND, second, "score", 4, "why")


def test_the_round_keeps_its_own_rubric_where_that_of_its_queue_has_moved_on(store: Store) -> None:
    rated(store)
    rounds.reveal(store, ROUND, LEAD)
    moved = {**SCORE, "instructions": "Another sentence."}
    put_rubric(store, record(store), moved)
    proposal = rounds.propose_example(store, ROUND, tasks_of(store)[0], "score", 3, "why")
    rounds.promote(store, proposal, LEAD)
    assert rubric_of(store, "kyc").instructions == "Another sentence."
    assert rubric_of(store, ROUND).instructions == SCORE["instructions"]
    for queue in ("kyc", ROUND):
        criterion = rubric_of(store, queue).criterion("score")
        assert criterion is not None
        assert "3" in criterion.levels


def test_comparisons_have_no_example_to_promote(store: Store) -> None:
    pairs_queue(store, items=3, rubric={**SCORE, "preference": {"scale": 5}})
    card = start(store, "pairs", Plan(members=MEMBERS, items=2), LEAD).card
    rounds.reveal(store, card.name, LEAD, incomplete=True)
    with pytest.raises(BadInput, match="shows one output, and this round compares several"):
        rounds.propose_example(store, card.name, tasks_of(store, card.name)[0], "score", 3, "why")


def test_rationales_and_notes_of_a_round_come_with_the_panel(store: Store) -> None:
    fill(store, items=4)
    started(store)
    for name in MEMBERS:
        said = {"values": {"score": 2}, "rationale": {"score": why(f"{name} says so")}, "notes": f"{name} notes"}
        say(store, ROUND, name, lambda _, said=said: said)  # type: ignore[misc]
    rounds.reveal(store, ROUND, LEAD)
    with store.reading() as connection:
        panel = read_panels(connection, record(store, ROUND), named=True)[0]
    assert [label.rationale["score"]["text"] for label in panel.labels] == ["ana says so", "ben says so"]


def test_a_batch_may_be_named_task_by_task(store: Store) -> None:
    queue = fill(store, items=4, outputs=2)
    with store.reading() as connection:
        rows = ask(connection, "SELECT id FROM task WHERE queue = ? ORDER BY position", queue.id).fetchall()
    chosen = tuple(task for (task,) in rows)[2:5]
    done = start(store, "kyc", Plan(members=MEMBERS, tasks=chosen), LEAD)
    assert done.drawn.tasks == list(chosen)
    assert (done.card.items, done.card.settings["items"]) == (3, 3)
    with pytest.raises(BadInput, match="no open task 'nix'"):
        start(store, "kyc", Plan(members=MEMBERS, tasks=("nix",)), LEAD)
