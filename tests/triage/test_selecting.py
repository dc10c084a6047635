"""Drawing a queue from another one by what checks and judges said, and estimating the whole from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import orjson
import pytest

from reviewer.errors import BadInput, WrongUsage
from reviewer.store import machines, queues, selected
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.store.machines import MachineLabel, MachineTask
from reviewer.store.selected import Draw
from reviewer.triage.estimating import BY_LOT, estimate
from reviewer.triage.selecting import Wanted, draw_from, open_as
from tests.store.filling import add_items, ask, fill, fresh, new_item, rate, record, sit

pytestmark = pytest.mark.both_databases
ITEMS = 120


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A hundred and twenty tasks with texts that differ."""
    store = fresh(tmp_path / "home")
    made = fill(store, items=0)
    words = Random(1)
    texts = [" ".join(str(words.randrange(10**6)) for _ in range(30)) for _ in range(ITEMS)]
    add_items(store, made, [new_item(number, text=text, prompt=text[:80]) for number, text in enumerate(texts)])
    return store


def tasks(store: Store, queue: str = "kyc") -> list[MachineTask]:
    with store.reading() as connection:
        return machines.tasks(connection, record(store, queue), most=10_000)


def says(
    store: Store, kind: Any, name: str, values: dict[int, dict[str, Any]], *, sample: int = 0, **more: Any
) -> None:
    """What a machine said of the tasks at these positions; of an empty answer that it abstained."""
    with store.reading() as connection:
        rubric = queues.rubrics_of(connection, record(store).id)[-1][0]
    said = [
        MachineLabel(
            task=task.id,
            position=task.position,
            rubric=rubric,
            outcome="submitted" if values[task.position] else "abstained",
            values=values[task.position],
            shown_order=[output.public_id for output in task.outputs],
            sample=sample,
            **more,
        )
        for task in tasks(store)
        if task.position in values
    ]

    def job(driver: Any) -> int:
        rater = machines.ensure(driver, kind, name, {"name": name}, name)
        return machines.take(driver, record(store), rater, kind, said, stream=store.device, actor=rater)

    store.transact(job)


def opened(store: Store, wanted: Wanted, name: str = "experts") -> Any:
    found = draw_from(store, "kyc", wanted)
    open_as(store, found, wanted, name, "lead")
    return found


def test_conflict_doubt_and_abstention_are_drawn_before_what_nothing_points_at(store: Store) -> None:
    says(store, "code", "checks", {at: {"negation": at % 10 != 0} for at in range(ITEMS)})
    says(store, "judge", "careful", {at: {"score": 5} if at % 12 else {} for at in range(ITEMS)})
    says(store, "judge", "careful", {at: {"score": 1 if at in (7, 17, 27) else 5} for at in range(ITEMS)}, sample=2)
    found = opened(store, Wanted(n=30, seed=3))
    kinds = found.plan.by_kind
    assert kinds["check against judge"] >= 8
    assert found.signals["check negation"] == 12
    reasons = {task.position: reason for task, _, _, reason in found.drawn}
    conflicts = [at for at, reason in reasons.items() if "negation failed" in reason]
    assert all(at % 10 == 0 for at in conflicts)
    assert any("disagree" in reason for reason in reasons.values())
    chances = np.array([chance for _, chance, _, _ in found.drawn])
    assert (chances > 0).all()
    assert (chances <= 1).all()
    assert {finding.status for finding in list(examine(store))[1:]} == {"ok"}


def test_what_was_drawn_is_recorded_and_raters_see_none_of_it(store: Store) -> None:
    says(store, "code", "checks", {at: {"negation": at % 10 != 0} for at in range(ITEMS)})
    found = opened(store, Wanted(n=20, seed=5))
    made = record(store, "experts")
    with store.reading() as connection:
        kept = selected.drawn(connection, made)
        events = ask(connection, "SELECT data FROM event WHERE action = 'queue.selected'").fetchall()
    assert len(kept) == made.size == 20
    assert {one.key: one.probability for one in kept} == {task.key: chance for task, chance, _, _ in found.drawn}
    draw = Draw.of(made)
    assert draw is not None
    assert (draw.digest, draw.seed, draw.floor, draw.size) == (found.plan.frame_hash, 5, 0.2, ITEMS)
    assert orjson.loads(events[0][0])["frame"] == draw.digest
    # The order of the new queue tells nothing of the chances.
    order = [one.probability for one in kept]
    assert order != sorted(order)
    assert order != sorted(order, reverse=True)
    sitting = sit(store, "ana", "experts")
    shown = repr(sitting.view)
    assert sitting.close()
    assert "negation" not in shown
    assert "random floor" not in shown
    assert not {one.id for one in tasks(store)} & {one.id for one in kept}


def test_the_same_seed_draws_the_same_and_names_are_taken_once(store: Store) -> None:
    one, other = (draw_from(store, "kyc", Wanted(n=15, seed=9)) for _ in range(2))
    assert one.plan.chosen.tolist() == other.plan.chosen.tolist()
    assert draw_from(store, "kyc", Wanted(n=15, seed=10)).plan.chosen.tolist() != one.plan.chosen.tolist()
    open_as(store, one, Wanted(n=15, seed=9), "experts", "lead")
    with pytest.raises(BadInput, match="there is a queue 'experts' already"):
        open_as(store, one, Wanted(n=15, seed=9), "experts", "lead")


def test_what_people_labelled_is_out_of_the_frame(store: Store) -> None:
    rate(sit(store, "ana"), *([3] * 50))
    found = draw_from(store, "kyc", Wanted(n=200, seed=1))
    assert len(found.plan.chosen) == ITEMS - 50
    assert found.plan.left_out == {"already labelled": 50}
    assert len(draw_from(store, "kyc", Wanted(n=200, seed=1, again=True)).plan.chosen) == ITEMS


def test_near_duplicates_are_drawn_once(store: Store) -> None:
    text = "The client has no prior sanctions and the account was opened in March with a deposit of twenty thousand."
    add_items(
        store,
        record(store),
        [new_item(500 + at, prompt="What of it?", text=f"{text}{' ' * at}{at % 2}") for at in range(6)],
    )
    says(store, "code", "checks", {at: {"negation": at < ITEMS} for at in range(ITEMS + 6)})
    found = draw_from(store, "kyc", Wanted(n=30, seed=1))
    assert found.plan.left_out["near-duplicates"] >= 4
    copies = [task for task, _, _, _ in found.drawn if task.position >= ITEMS]
    assert 1 <= len(copies) <= 2
    assert len(draw_from(store, "kyc", Wanted(n=30, seed=1, alike=None)).plan.left_out) == 0


def test_the_estimate_is_of_the_whole_queue_and_the_naive_mean_is_not(store: Store) -> None:
    truth = [1 if at % 5 == 0 else 4 for at in range(ITEMS)]
    # The judge misses half of the bad ones, and a check catches most of these.
    says(store, "judge", "careful", {at: {"score": 4 if at % 10 else 1} for at in range(ITEMS)})
    says(store, "code", "checks", {at: {"negation": truth[at] == 4} for at in range(ITEMS)})
    found = opened(store, Wanted(n=60, seed=11))
    by_key = {task.key: truth[task.position] for task in tasks(store)}
    sitting = sit(store, "ana", "experts")
    for _ in range(60):
        rate(sitting, by_key[_key(store, sitting)])
    told = estimate(store, "experts")
    assert (told.of, told.frame, told.selected, told.labelled, told.judge) == ("kyc", ITEMS, 60, 60, "careful")
    (system,) = told.systems
    whole = sum(truth) / ITEMS
    assert system.estimate.low is not None
    assert system.estimate.high is not None
    assert system.estimate.low - 1e-9 <= whole <= system.estimate.high + 1e-9
    assert system.naive is not None
    assert system.naive < whole - 0.3, "what was selected is worse than the whole"
    assert system.by_total is not None
    assert system.by_weight is not None
    assert system.by_weight.value == pytest.approx(whole, abs=0.3)
    assert len(found.plan.chosen) == 60


def _key(store: Store, sitting: Any) -> str:
    with store.reading() as connection:
        (key,) = ask(connection, f"SELECT key FROM task WHERE id = '{sitting.view.task}'").fetchone()
    return str(key)


def test_tasks_without_a_label_are_told(store: Store) -> None:
    says(store, "judge", "careful", {at: {"score": 3} for at in range(ITEMS)})
    opened(store, Wanted(n=40, seed=2))
    with pytest.raises(BadInput, match="0 tasks of 'experts' have a person's label"):
        estimate(store, "experts")
    rate(sit(store, "ana", "experts"), *([3] * 20))
    told = estimate(store, "experts")
    assert (told.selected, told.labelled) == (40, 20)
    assert told.systems[0].estimate.value == pytest.approx(3.0)
    assert told.systems[0].estimate.dropped


def test_a_queue_that_was_not_drawn_says_what_it_takes_for_granted(store: Store) -> None:
    says(store, "judge", "careful", {at: {"score": 1 + at % 5} for at in range(ITEMS)})
    rate(sit(store, "ana"), *([3] * 40))
    told = estimate(store, "kyc")
    assert not told.drawn
    assert BY_LOT in told.notes
    assert told.systems[0].estimate.n >= 40


def test_what_is_not_there_is_refused(store: Store) -> None:
    for wanted, why in (
        (Wanted(n=5, seed=1, criterion="nothing"), "no criterion"),
        (Wanted(n=5, seed=1, judge="nobody"), "no judge"),
        (Wanted(n=5, seed=1, risk=("nothing",)), "no item has the tag"),
        (Wanted(n=5, seed=1, by="nothing"), "no item has"),
    ):
        with pytest.raises(WrongUsage, match=why):
            draw_from(store, "kyc", wanted)
    with pytest.raises(BadInput, match="no queue"):
        draw_from(store, "elsewhere", Wanted(n=5, seed=1))
    with pytest.raises(BadInput, match="no queue"):
        estimate(store, "elsewhere")


def test_risk_is_drawn_surely_and_strata_share(store: Store) -> None:
    made = fill(store, queue="two", items=0)
    tagged = [
        replace(
            new_item(number),
            meta=orjson.dumps(
                {"metadata": {"country": "IR" if number < 3 else "DE"}, "tags": ["pep"] if number == 9 else []}
            ).decode(),
        )
        for number in range(30)
    ]
    add_items(store, made, tagged)
    found = draw_from(store, "two", Wanted(n=10, seed=1, risk=("country=IR", "pep"), alike=None))
    certain = {task.position: chance for task, chance, kind, _ in found.drawn if kind == "risk tag"}
    assert certain == {0: 1.0, 1: 1.0, 2: 1.0, 9: 1.0}
    halves = draw_from(store, "two", Wanted(n=6, seed=1, by="country", allocation="equal", alike=None))
    assert sum(task.position < 3 for task, *_ in halves.drawn) == 3
