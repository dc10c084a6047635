"""Raters over time: raters of known ways, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_raters import Wanted, read_queue_raters
from reviewer.exchange.raters_report import RaterOverTime, RatersReport
from reviewer.exchange.raters_words import heading, lines_of
from reviewer.ids import now
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from tests.exchange.judging import add_repeat
from tests.exchange.rating import Given, decide, give, scored, tasks_of
from tests.store.comparing import faults, pairs_queue
from tests.store.filling import SCORE, fill, fresh, put_rubric, record

ONE_SCALE: dict[str, Any] = {"name": "one", "criteria": [SCORE["criteria"][0]]}


@pytest.fixture
def store(tmp_path: Any) -> Store:
    return fresh(tmp_path / "home")


def report(store: Store, queue: str = "kyc", **wanted: Any) -> RatersReport:
    with store.reading() as connection:
        return read_queue_raters(connection, record(store, queue), Wanted(**wanted))


def of(found: RatersReport, rater: str) -> RaterOverTime:
    return next(one for one in found.raters if one.rater == rater)


def noisy(tasks: list[str], rater: str, seed: int, *, level: float = 0.0, from_label: int = 0) -> list[Given]:
    """Scores about each task's own, `level` higher from a label on."""
    random = Random(seed)
    scores = []
    for number, task in enumerate(tasks):
        usual = Random(task).choice((2, 3, 4)) + random.gauss(0, 0.6)
        scores.append(min(5, max(1, round(usual + (level if number >= from_label else 0)))))
    return scored(rater, tasks, scores)


def test_every_figure_has_its_n_and_what_is_undefined_says_why(store: Store) -> None:
    queue = fill(store, items=4, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    give(store, queue, scored("ana", tasks, (1, 2, 3, 4)))
    found = report(store)
    ana = of(found, "ana")
    assert (ana.labels, dict(ana.outcomes), ana.pace.median) == (4, {"submitted": 4}, 20.0)
    assert found.watched == "score"
    told = found.to_json()
    for figure in figures_in(told["raters"]):
        assert "n" in figure
        assert figure["value"] is not None or figure["why"], figure
    assert "alone has rated" in found.why_no_severity
    assert told["severity"] == {}
    assert ana.drift.drift.verdict is None
    assert ana.drift.drift.why == "nobody else rated what this rater did"
    assert found.notes(ana) == []
    assert orjson.dumps(told)


def figures_in(told: object) -> Iterator[dict[str, Any]]:
    if isinstance(told, dict):
        if {"value", "low", "high"} <= told.keys():
            yield told
        for inner in told.values():
            yield from figures_in(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from figures_in(inner)


def test_nobody_rated_and_nobody_of_that_name(store: Store) -> None:
    queue = fill(store)
    with pytest.raises(BadInput, match="nobody has rated in 'kyc' yet"):
        report(store)
    give(store, queue, scored("ana", tasks_of(store, queue)[:1], (3,)))
    with pytest.raises(WrongUsage, match="no label of 'kyc' is by a rater 'bob'") as refused:
        report(store, rater="bob")
    assert "ana" in refused.value.mend


def test_a_blind_round_tells_nothing(store: Store) -> None:
    queue = fill(store)
    give(store, queue, scored("ana", tasks_of(store, queue)[:1], (3,)))
    with store.writing() as connection:
        connection.execute("UPDATE queue SET purpose = 'calibration'")
    with pytest.raises(BadInput, match="nobody sees another's labels yet"):
        report(store)


def test_severity_is_told_against_the_panel(store: Store) -> None:
    queue = fill(store, items=40, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    given = noisy(tasks, "ana", 1) + noisy(tasks, "ben", 2) + noisy(tasks, "chi", 3, level=1.0)
    give(store, queue, given)
    found = report(store)
    chi = of(found, "chi").severity["score"]
    assert chi.severity.value is not None
    assert chi.severity.value > 0.4
    assert chi.n == 40
    (said,) = found.notes(of(found, "chi"))
    assert "above the panel's" in said
    assert "more lenient" in said
    assert "level" in found.flags(of(found, "chi"))


def test_a_scale_whose_lower_end_is_better_turns_lenient_round(store: Store) -> None:
    lower = {"name": "one", "criteria": [SCORE["criteria"][0] | {"direction": "lower"}]}
    queue = fill(store, items=40, rubric=lower)
    tasks = tasks_of(store, queue)
    give(store, queue, noisy(tasks, "ana", 1) + noisy(tasks, "ben", 2) + noisy(tasks, "chi", 3, level=1.0))
    found = report(store)
    assert any("more severe" in note for note in found.notes(of(found, "chi")))


def test_an_adjusted_score_takes_severity_out(store: Store) -> None:
    queue = fill(store, items=12, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    usual = [1, 2, 3, 4] * 3
    given = scored("ana", tasks, usual) + scored("ben", tasks[:8], usual[:8])
    given += scored("chi", tasks[4:], [min(5, one + 1) for one in usual[4:]])
    give(store, queue, given)
    told = report(store, adjusted=True).to_json()
    assert told["model"] == told["severity"]["score"]["model"] == "additive mixed model, REML"
    assert len(told["severity"]["score"]["scores"]) == 12
    assert "scores" not in report(store).to_json()["severity"]["score"]


def test_a_shift_is_found_with_its_label_and_its_stated_rate(store: Store) -> None:
    queue = fill(store, items=220, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    given = [noisy(tasks, rater, seed) for seed, rater in enumerate(("ana", "ben", "dan"))]
    given.append(noisy(tasks, "chi", 9, level=1.3, from_label=120))
    give(store, queue, [one for rows in given for one in rows])
    found = report(store)
    chi = of(found, "chi")
    first = chi.drift.alarms[0]
    assert 121 <= first.label <= 160
    assert 100 <= first.since <= first.label
    assert first.direction == "more lenient"
    (said,) = (note for note in found.notes(chi) if "Drift" in note)
    assert f"since label {first.since}" in said
    assert "one false alarm in 2,0" in said
    assert "4 steady raters together" in said
    assert len(chi.drift.course) == 40
    assert any("▁" in line or "▂" in line for line in lines_of(chi))


def test_the_rate_of_false_alarms_is_shared_by_who_is_watched(store: Store) -> None:
    queue = fill(store, items=70, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    give(store, queue, noisy(tasks, "ana", 1) + noisy(tasks, "ben", 2) + noisy(tasks[:20], "chi", 3))
    found = report(store, every=300)
    assert of(found, "ana").drift.drift.raters == 2
    assert of(found, "ana").drift.drift.one_in == pytest.approx(600, rel=0.02)
    assert "20 ratings are too few" in of(found, "chi").drift.drift.why


@pytest.fixture
def decided(store: Store) -> QueueRecord:
    """A queue whose items were decided in another one: 1 to 5, and safe."""
    fill(store, items=5, queue="source")
    source = record(store, "source")
    tasks = tasks_of(store, source)
    give(store, source, [decide(task, {"score": at, "safe": True}) for at, task in enumerate(tasks, 1)])
    return fill(store, items=8)


def test_accuracy_goes_by_what_was_decided_elsewhere(store: Store, decided: QueueRecord) -> None:
    tasks = tasks_of(store, decided)
    said = [(1, True), (2, True), (5, False), (4, None), (3, True), (1, True)]
    give(
        store,
        decided,
        [Given("ana", task, {"score": score, "safe": safe}) for task, (score, safe) in zip(tasks, said, strict=False)],
    )
    ana = of(report(store), "ana")
    assert ana.gold_labels == 5
    assert (ana.gold["score"].accuracy.value, ana.gold["score"].accuracy.n) == (3 / 5, 5)
    assert ana.gold["score"].error.value == pytest.approx((5 - 3 + 3 - 5) / 5)
    # Not applicable is no answer, and does not count.
    assert (ana.gold["safe"].accuracy.value, ana.gold["safe"].accuracy.n) == (3 / 4, 4)
    assert (ana.accuracy.value, ana.accuracy.n) == (3 / 5, 5)
    low, high = ana.accuracy.low, ana.accuracy.high
    assert low == pytest.approx(0.2307, abs=1e-3)  # Wilson
    assert high == pytest.approx(0.8824, abs=1e-3)


def test_evidence_exposed_labels_and_other_scales_do_not_count_as_accuracy(store: Store, decided: QueueRecord) -> None:
    source = record(store, "source")
    evidence = tasks_of(store, source)
    give(store, source, scored("ana", evidence, (1, 2, 3, 4, 5)))
    assert of(report(store, "source"), "ana").gold_labels == 0
    tasks = tasks_of(store, decided)
    exposed = [one._replace(columns={"exposure": "peers"}) for one in scored("ben", tasks[:3], (1, 2, 3))]
    give(store, decided, exposed + scored("cem", tasks[:2], (1, 2)))
    found = report(store)
    assert of(found, "ben").gold_labels == of(found, "ben").labels == 0
    assert of(found, "ben").dropped == {"seen others' judgment before": 3}
    assert of(found, "cem").gold_labels == 2
    put_rubric(store, decided, SCORE | {"criteria": [SCORE["criteria"][0] | {"max": 7}]})
    assert of(report(store), "cem").gold_labels == 0


def test_golden_preferences_are_read_whatever_was_shown_first(store: Store) -> None:
    pairs_queue(store, items=3, systems=("alpha", "beta"), name="source")
    source = record(store, "source")
    first, second, third = tasks_of(store, source)
    give(
        store,
        source,
        [decide(first, {"preference": 2}), decide(second, {"preference": -1}), decide(third, {"preference": 0})],
    )
    queue = pairs_queue(store, items=3, systems=("alpha", "beta"))
    with store.writing() as connection:  # the same items and outputs as in the source
        for (task, _), (other, known) in zip(
            *(
                connection.execute("SELECT id, item FROM task WHERE queue = ? ORDER BY position", (one.id,)).fetchall()
                for one in (queue, source)
            ),
            strict=True,
        ):
            connection.execute("UPDATE task SET item = ? WHERE id = ?", (known, task))
            connection.execute(
                "UPDATE task_output SET output = (SELECT output FROM task_output AS o WHERE o.task = ? AND o.slot ="
                " task_output.slot) WHERE task = ?",
                (other, task),
            )
    tasks = tasks_of(store, queue)
    ids = {task: ids_of(store, task) for task in tasks}
    given = [
        Given("ana", tasks[0], {"preference": -2}, shown=tuple(ids[tasks[0]][::-1])),
        Given("ana", tasks[1], {"preference": -1}, shown=tuple(ids[tasks[1]])),
        Given("ana", tasks[2], {"preference": 1}, shown=tuple(ids[tasks[2]][::-1])),
    ]
    give(store, queue, given)
    found = report(store, "pairs")
    accuracy = of(found, "ana").gold["preference"].accuracy
    assert (accuracy.value, accuracy.n) == (2 / 3, 3)
    assert found.watched == ""
    assert "speaks of one output by itself" in found.why_unwatched
    assert of(found, "ana").severity == {}
    assert "none" in " ".join(heading(found))


def ids_of(store: Store, task: str) -> list[str]:
    with store.reading() as connection:
        rows = connection.execute("SELECT public_id FROM task_output WHERE task = ? ORDER BY slot", (task,))
        return [public_id for (public_id,) in rows]


def test_hidden_repeats_tell_how_consistent_a_rater_is(store: Store) -> None:
    queue = fill(store, items=3, repeats=0.5)
    tasks = tasks_of(store, queue)
    first, second = (add_repeat(store, queue, task)["task"] for task in tasks[:2])
    given = [Given("ana", task, {"score": 3, "safe": True}) for task in tasks]
    given += [Given("ana", first, {"score": 3, "safe": False}), Given("ana", second, {"score": 3, "safe": True})]
    give(store, queue, given)
    ana = of(report(store), "ana")
    assert (ana.consistency.value, ana.consistency.n) == (3 / 4, 4)
    assert ana.labels == 5
    assert ana.pace.labels == 3
    assert report(store).others == {}


def test_what_an_adjudicator_did_is_counted(store: Store) -> None:
    queue = fill(store, items=4)
    tasks = tasks_of(store, queue)
    give(store, queue, scored("ana", tasks, (1, 2, 3, 4)) + scored("ben", tasks[:1], (5,)))
    decisions = [decide(tasks[0], {"score": 5}), decide(tasks[1], {"score": 2})]
    back = Given("judy", tasks[2], {}, columns={"phase": "adjudication", "outcome": "sent_back", "exposure": "peers"})
    give(store, queue, [*decisions, back])
    found = report(store)
    ana, ben = of(found, "ana"), of(found, "ben")
    assert (ana.against.value, ana.against.n, ana.sent_back) == (1 / 2, 2, 1)
    assert (ben.against.value, ben.against.n, ben.sent_back) == (0.0, 1, 0)
    assert {one.rater for one in found.raters} == {"ana", "ben"}
    assert faults(store) == []


def test_the_training_record_names_rounds_and_certificates(store: Store) -> None:
    queue = fill(store, items=2)
    child = fill(store, items=2, queue="kyc-round-1")
    give(store, queue, scored("ana", tasks_of(store, queue), (1, 2)))
    with store.writing() as connection:
        ana = queues.rater_called(connection, "ana")
        connection.execute("UPDATE queue SET purpose = 'calibration', state = 'finished' WHERE id = ?", (child.id,))
        connection.execute(
            "INSERT INTO round (id, parent, child, number, settings, started_by, started_at) VALUES"
            " ('r', ?, ?, 1, '{}', ?, '2026-01-02T00:00:00Z')",
            (queue.id, child.id, ana),
        )
        connection.execute("INSERT INTO round_member VALUES ('r', ?)", (ana,))
    (round_,) = of(report(store), "ana").training
    assert (round_.round, round_.queue, round_.passed) == ("kyc-round-1", "kyc", None)
    with store.writing() as connection:
        connection.execute(
            "INSERT INTO certificate VALUES ('c', 'r', ?, 1, '{}', '2026-01-03T00:00:00Z', '2026-02-03T00:00:00Z')",
            (ana,),
        )
    found = report(store)
    assert of(found, "ana").training[0].passed is True
    assert found.notes(of(found, "ana")) == ["The certificate of the round 'kyc-round-1' expired on 2026-02-03."]
    assert found.at <= now()


@pytest.mark.usefixtures("decided")
def test_a_raters_own_figures_grow_by_full_tens(store: Store) -> None:
    queue = fill(store, items=40, queue="long", rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    give(store, queue, noisy(tasks, "ben", 1))
    mine = noisy(tasks, "ana", 2)
    seen = []
    for end in range(8, 23):
        give(store, queue, mine[end - 1 : end] if end > 8 else mine[:8], after=20 * end)
        seen.append(own(store))
    assert len(set(seen)) == 3
    assert seen[:2] == [seen[0]] * 2
    assert seen[2:12] == [seen[2]] * 10
    assert seen[12:] == [seen[12]] * 3


def own(store: Store) -> str:
    try:
        found = report(store, "long", rater="ana", in_tens=True)
    except WrongUsage:
        return "nothing"
    assert set(found.severities) == {"score"}
    return "\n".join(lines_of(of(found, "ana"), charts=False))


def test_names_that_try_to_leave_their_place_stay_texts(store: Store) -> None:
    queue = fill(store, items=2)
    name = "[bold]x[/] \x1b[31m=cmd()"
    give(store, queue, scored(name, tasks_of(store, queue), (1, 2)))
    assert of(report(store), name).labels == 2
