"""What several people said of the same task, side by side: whose it is, how far apart it lies, what comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.rubric import Criterion
from reviewer.rubric.questions import comparison_questions
from reviewer.rubric.stored import stored_rubric
from reviewer.session import rounds
from reviewer.session.panel import TaskPanel, panels_by_task, read_panels
from reviewer.session.revealing import open_sitting
from reviewer.session.sitting import Sitting
from reviewer.session.spreads import spread_of, value_told
from reviewer.store import golden, queues
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from tests.session.rounds_played import as_round, give, reveal, say, why
from tests.store.comparing import pairs_queue
from tests.store.filling import QUEUE, fill, put_rubric, rate, record, sit
from tests.store.test_commit import rater_of

RUBRIC: dict[str, Any] = {
    "name": "panel",
    "criteria": [
        {"id": "score", "label": "Score", "type": "scale", "min": 1, "max": 5, "allow_na": True},
        {"id": "safe", "label": "Safe", "type": "boolean", "required": False},
        {"id": "words", "label": "Words", "type": "text", "required": False},
    ],
}
ANA, BEN, CHI = "ana", "ben", "chi"


def panels_of(store: Store, queue: QueueRecord | str = QUEUE, **options: Any) -> list[TaskPanel]:
    found = record(store, queue) if isinstance(queue, str) else queue
    with store.reading() as connection:
        return read_panels(connection, found, **{"named": True, **options})


def rated(store: Store, said: Sequence[dict[str, Any]], *, items: int = 4, shown: bool = True) -> QueueRecord:
    """A round of as many raters as `said`, each of whom says the same values of every item, but a score of their own
    that grows with the position where it is a list."""
    fill(store, items=items, rubric=RUBRIC)
    names = [ANA, BEN, CHI, "dov", "eli"][: len(said)]
    queue = as_round(store, QUEUE, names)
    for name, values in zip(names, said, strict=True):
        scores = values["score"]
        say(store, QUEUE, name, lambda at, v=values, s=scores: v | {"score": s[at] if isinstance(s, list) else s})  # type: ignore[misc]
    return reveal(store, QUEUE) if shown else queue


def test_the_most_disputed_comes_first_and_ties_stand_by_position(store: Store) -> None:
    rated(store, [{"score": [3, 1, 2, 3], "safe": True}, {"score": [3, 5, 3, 4], "safe": True}])
    found = panels_of(store)
    assert [panel.position for panel in found] == [1, 2, 3, 0]
    assert [panel.dispute for panel in found] == [1.0, 0.25, 0.25, 0.0]
    assert [panel.told for panel in found] == ["Score: 1–5", "Score: 2–3", "Score: 3–4", "everybody agrees"]


def test_between_equal_disputes_the_mean_decides(store: Store) -> None:
    fill(store, items=2, rubric=RUBRIC)
    as_round(store, QUEUE, [ANA, BEN])
    say(store, QUEUE, ANA, {"score": 1, "safe": True})
    say(store, QUEUE, BEN, lambda at: {"score": 3, "safe": at == 0})
    reveal(store, QUEUE)
    first, second = panels_of(store)
    assert (first.position, second.position) == (1, 0)
    assert first.dispute == second.dispute == 0.5
    assert first.mean_reach > second.mean_reach


def test_a_label_is_told_whole_and_mine_is_marked(store: Store) -> None:
    fill(store, items=1, rubric=RUBRIC)
    as_round(store, QUEUE, [ANA, BEN])
    answer = {
        "values": {"score": 2, "words": "too short"},
        "rationale": {"score": why("A figure is wrong.", "wrong figure")},
        "correction": {"@output:1": "Better."},
        "notes": "for the lead",
        "flags": ["flagged"],
    }
    say(store, QUEUE, ANA, answer)
    say(store, QUEUE, BEN, {"score": 4})
    reveal(store, QUEUE)
    (panel,) = panels_of(store, me=rater_of(store, BEN))
    ana, ben = panel.labels
    assert (ana.rater, ana.mine, ben.rater, ben.mine) == (ANA, False, BEN, True)
    assert ana.values == answer["values"]
    assert ana.rationale == answer["rationale"]
    assert ana.correction == answer["correction"]
    assert (ana.notes, ana.flags, ana.phase, ana.outcome, ana.counts) == (
        "for the lead",
        ("flagged",),
        "independent",
        "submitted",
        True,
    )
    assert panel.flagged
    assert [spread.key for spread in panel.spreads] == ["score"], "texts are read, not measured"
    assert list(panel.questions) == ["score", "words"]


def test_unnamed_raters_have_letters_drawn_for_each_task_that_stay(store: Store) -> None:
    rated(store, [{"score": number} for number in (1, 2, 3, 4, 5)], items=12)
    by_task = {panel.task: {label.rater: label.rater_id for label in panel.labels} for panel in panels_of(store)}
    unnamed = {
        panel.task: {label.rater: label.rater_id for label in panel.labels} for panel in panels_of(store, named=False)
    }
    again = {
        panel.task: {label.rater: label.rater_id for label in panel.labels} for panel in panels_of(store, named=False)
    }
    assert unnamed == again
    letters = [f"rater {letter}" for letter in "ABCDE"]
    assert all(sorted(found) == letters for found in unnamed.values())
    assert all(sorted(found.values()) == sorted(by_task[task].values()) for task, found in unnamed.items())
    assert len({found["rater A"] for found in unnamed.values()}) > 1, "a letter is nobody's for good"


def test_what_is_blind_is_refused_open_and_locked(store: Store) -> None:
    queue = rated(store, [{"score": 1}, {"score": 2}], shown=False)
    with store.reading() as connection, pytest.raises(BadInput, match="open"):
        read_panels(connection, queue, named=True)
    rounds.lock(store, QUEUE, "lead")
    with store.reading() as connection, pytest.raises(BadInput, match="locked"):
        next(panels_by_task(connection, record(store), named=False))


def test_skipped_and_missing_labels_are_told_and_not_compared(store: Store) -> None:
    fill(store, items=2, rubric=RUBRIC, shuffle=False)
    as_round(store, QUEUE, [ANA, BEN, CHI])
    say(store, QUEUE, ANA, {"score": 4})
    say(store, QUEUE, BEN, lambda at: "It is garbled." if at == 0 else {"score": 1})
    reveal(store, QUEUE, incomplete=True)
    panels = {panel.position: panel for panel in panels_of(store)}
    skipped = panels[0].labels[1]
    assert (skipped.outcome, skipped.counts, skipped.rationale["label"]["text"]) == ("skipped", False, "It is garbled.")
    assert panels[0].missing == panels[1].missing == (CHI,)
    assert panels[0].told == "one label alone"
    assert [spread.told for spread in panels[1].spreads] == ["1–4"]
    assert panels_of(store, named=False)[0].missing == (), "who said nothing would be told by that"


def test_an_empty_round_has_its_tasks_and_nothing_in_them(store: Store) -> None:
    fill(store, items=3, rubric=RUBRIC)
    as_round(store, QUEUE, [ANA])
    reveal(store, QUEUE, incomplete=True)
    found = panels_of(store)
    assert [panel.position for panel in found] == [0, 1, 2]
    assert all(not panel.labels and not panel.spreads and panel.told == "nobody has rated it blind" for panel in found)


def test_of_another_queue_only_tasks_with_labels_come(store: Store) -> None:
    fill(store, items=5, rubric=RUBRIC, shuffle=False)
    sitting = sit(store)
    rate(sitting, 3, 4)
    sitting.close()
    assert [panel.position for panel in panels_of(store)] == [0, 1]
    task = panels_of(store)[1].task
    assert [panel.task for panel in panels_of(store, tasks=[task, "nowhere"])] == [task]


def test_a_second_vote_stands_beside_the_first_and_moves_no_dispute(store: Store) -> None:
    rated(store, [{"score": 1}, {"score": 5}], items=1)
    sitting = open_sitting(store, QUEUE, ANA)
    give(sitting, {"score": 4})
    sitting.close()
    (panel,) = panels_of(store)
    ana, ben = panel.labels
    assert (ana.values, ana.revote, ana.latest.phase) == ({"score": 1}, {"score": 4}, "revote")
    assert (ben.revote, ben.latest) == (None, ben)
    assert panel.dispute == 1.0
    assert [spread.told for spread in panel.after] == ["4–5"]


def test_labels_that_are_no_primary_ones_are_told_and_not_compared(store: Store) -> None:
    queue = fill(store, items=1, rubric=RUBRIC, overlap=1)
    first, second, third = sit(store, ANA), sit(store, BEN), sit(store, CHI)
    for sitting, score in ((first, 1), (second, 5)):
        rate(sitting, score)
        sitting.close()
    assert third.view is not None
    task = third.view.task
    third.close()
    known = rater_of(store, CHI)
    with store.writing() as connection:
        golden.expose(connection, known, task, exposure="peers", queue=queue.id)
    third = sit(store, CHI)
    third.go_to(0)
    rate(third, 3)
    third.close()
    (panel,) = panels_of(store)
    told = {label.rater: (label.counts, label.surplus, label.exposure) for label in panel.labels}
    assert told == {ANA: (True, False, "none"), BEN: (False, True, "none"), CHI: (False, False, "peers")}
    assert panel.told == "one label alone"


def test_a_value_under_another_scale_is_told_and_not_compared(store: Store) -> None:
    queue = fill(store, items=1, rubric=RUBRIC)
    for name, score in ((ANA, 1), (BEN, 2)):
        sitting = sit(store, name)
        rate(sitting, score)
        sitting.close()
    example = [{"output": "No.", "why": "It is right."}, {"output": "Yes.", "why": "It is right too."}]
    same_scale = {**RUBRIC["criteria"][0], "levels": {"1": {"label": "", "examples": example}}}
    put_rubric(store, queue, {**RUBRIC, "criteria": [same_scale, *RUBRIC["criteria"][1:]]})
    assert panels_of(store)[0].told == "Score: 1–2", "an example changes no scale"
    put_rubric(store, queue, {**RUBRIC, "criteria": [{**RUBRIC["criteria"][0], "max": 7}, *RUBRIC["criteria"][1:]]})
    (panel,) = panels_of(store)
    assert panel.spreads == ()
    assert [label.values for label in panel.labels] == [{"score": 1}, {"score": 2}]


def test_repeats_gold_and_recalled_tasks_are_nobodys_dispute(store: Store) -> None:
    fill(store, items=3, rubric=RUBRIC, shuffle=False)
    sitting = sit(store)
    rate(sitting, 1, 2, 3)
    sitting.close()
    with store.writing() as connection:
        connection.execute("UPDATE task SET gold = 1 WHERE position = 0")
        connection.execute("UPDATE task SET state = 'recalled' WHERE position = 1")
    assert [panel.position for panel in panels_of(store)] == [2]


# -- comparisons ---------------------------------------------------------------------------------------


def shown_to(store: Store, rater: str, task: str) -> list[str]:
    with store.reading() as connection:
        known = queues.rater_called(connection, rater)
        (order,) = connection.execute(
            "SELECT shown_order FROM assignment WHERE task = ? AND rater = ?", (task, known)
        ).fetchone()
    return [part.strip('"') for part in order.strip("[]").split(",")]


def compare(store: Store, queue: str, rater: str, best: str, *, ranking: bool = False) -> None:
    """Prefers the output with the public id that sorts first or last, wherever it is shown."""

    sitting = Sitting.open(store, queue, rater)
    for _ in range(sitting.size):
        view = sitting.view
        assert view is not None
        ids = [output.public_id for output in view.outputs]
        order = sorted(ids, reverse=best == "last")
        places = [ids.index(one) + 1 for one in order]
        if ranking:
            values: dict[str, Any] = {"ranking": [[place] for place in places]}
        else:
            values = {"preference": -2 if places[0] == 1 else 2}
        give(sitting, {"values": values, "rationale": {f"@output:{places[0]}": why("the better one")}})
        sitting.drain(10)
    assert sitting.close()


@pytest.mark.parametrize("kind", ["pairwise", "ranking"])
def test_mirrored_views_are_compared_in_one_order(store: Store, kind: str) -> None:
    ranking = kind == "ranking"
    systems = ("alpha", "beta") if not ranking else ("alpha", "beta", "gamma")
    pairs_queue(store, items=12, systems=systems, kind=kind)
    as_round(store, "pairs", [ANA, BEN, CHI])
    for name, best in ((ANA, "first"), (BEN, "first"), (CHI, "last")):
        compare(store, "pairs", name, best, ranking=ranking)
    reveal(store, "pairs")
    mirrored = 0
    for viewer in ("", ANA, CHI):
        me = rater_of(store, viewer) if viewer else ""
        for panel in panels_of(store, "pairs", me=me):
            ana, ben, chi = panel.labels
            mirrored += shown_to(store, ANA, panel.task) != shown_to(store, BEN, panel.task)
            assert ana.values == ben.values, "both prefer the same output"
            assert ana.rationale == ben.rationale
            (best,) = ana.rationale
            if ranking:
                assert chi.values["ranking"] == ana.values["ranking"][::-1]
                assert best == f"@output:{ana.values['ranking'][0][0]}"
            else:
                assert chi.values["preference"] == -ana.values["preference"]
                assert best == ("@output:1" if ana.values["preference"] < 0 else "@output:2")
            assert panel.dispute == 1.0
            if viewer == ANA:
                ids = shown_to(store, ANA, panel.task)
                assert ids[int(best[-1]) - 1] == min(ids), "in the order in which she sees them"
    assert mirrored, "somebody saw them the other way round"


def test_a_score_of_one_output_follows_it_and_keeps_its_sign(store: Store) -> None:
    rubric = {
        "name": "each",
        "preference": {"scale": 5},
        "criteria": [{"id": "fit", "type": "scale", "min": 1, "max": 5}],
    }
    pairs_queue(store, items=8, systems=("alpha", "beta"), rubric=rubric)
    as_round(store, "pairs", [ANA, BEN])
    for name in (ANA, BEN):
        sitting = Sitting.open(store, "pairs", name)
        while sitting.view is not None:
            ids = [output.public_id for output in sitting.view.outputs]
            values = {f"fit@output:{ids.index(one) + 1}": 2 + number for number, one in enumerate(sorted(ids))}
            give(sitting, {"preference": 0} | values)
            sitting.drain(10)
        sitting.close()
    reveal(store, "pairs")
    for panel in panels_of(store, "pairs", me=rater_of(store, ANA)):
        assert panel.labels[0].values == panel.labels[1].values
        assert sorted(panel.labels[0].values.values()) == [0, 2, 3]
        assert panel.dispute == 0


# -- spreads -------------------------------------------------------------------------------------------

SCALE = Criterion.model_construct(id="score", type="scale", min=1, max=5, allow_na=True)
YES = Criterion.model_construct(id="safe", type="boolean")
OPEN = Criterion.model_construct(id="minutes", type="number")
PREFERENCE = dict(comparison_questions(stored_rubric({"name": "p"}), "pairwise", 2))["preference"]
RANKING = dict(comparison_questions(stored_rubric({"name": "r"}), "ranking", 3))["ranking"]


def reach(question: Criterion, *values: Any) -> float:
    return round(spread_of("k", question, [(f"r{number}", value) for number, value in enumerate(values)]).reach, 6)


def test_the_reach_by_type() -> None:
    assert reach(SCALE, 1, 3, 2) == 0.5
    assert reach(SCALE, 4, 4) == 0
    assert reach(SCALE, None, 4, 4, 4) == 0.25
    assert reach(YES, True, True, False) == round(1 / 3, 6)
    assert reach(OPEN, 10, 10, 12) == round(1 / 3, 6)
    assert reach(PREFERENCE, -2, 2) == 1
    assert reach(PREFERENCE, 0, 1) == 0.25
    assert reach(PREFERENCE, "both_bad", 1) == 0.5
    assert reach(RANKING, [[1], [2], [3]], [[3], [2], [1]]) == 1
    assert reach(RANKING, [[1], [2], [3]], [[1, 2, 3]]) == 0.5
    assert reach(RANKING, [[1], [2], [3]], [[1], [3], [2]]) == round(1 / 3, 6)


def test_the_reach_in_words() -> None:
    def told(question: Criterion, *values: Any) -> str:
        return spread_of("k", question, [("r", value) for value in values]).told

    assert told(SCALE, 1, 5, 2) == "1–5"
    assert told(SCALE, 4, 4) == "all 4"
    assert told(SCALE, 4) == "4"
    assert told(SCALE, 4, None) == "4 · n/a ×1"
    assert told(YES, True, False, True) == "yes ×2 · no ×1"
    assert told(PREFERENCE, -2, 1) == "left much better ×1 · right slightly better ×1"
    assert told(RANKING, [[1], [2, 3]], [[2], [1, 3]]) == "2 orders"
    assert value_told(RANKING, [[1], [2, 3]]) == "1 > 2 = 3"


@given(st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=1, max_size=12))
def test_a_reach_is_a_share_and_nought_only_where_all_say_the_same(values: list[int | None]) -> None:
    spread = spread_of("k", SCALE, [("r", value) for value in values])
    assert 0 <= spread.reach <= 1
    assert (spread.reach > 0) == spread.differ == (len(set(values)) > 1)
    numbers = [value for value in values if value is not None]
    assert (spread.low, spread.high) == ((min(numbers), max(numbers)) if numbers else (None, None))


@given(st.lists(st.integers(1, 5), min_size=2, max_size=6), st.integers(1, 5))
def test_one_more_answer_between_the_ends_widens_nothing(values: list[int], more: int) -> None:
    before = spread_of("k", SCALE, [("r", value) for value in values])
    after = spread_of("k", SCALE, [("r", value) for value in [*values, more]])
    assert after.reach >= before.reach
    if min(values) <= more <= max(values):
        assert after.reach == before.reach


def test_the_order_of_disputes_is_one_of_descending_reach(store: Store) -> None:
    rated(store, [{"score": [1, 2, 3, 4, 5, 1]}, {"score": [1, 3, 5, 1, 5, 2]}, {"score": 3}], items=6)
    disputes = [(panel.dispute, panel.mean_reach) for panel in panels_of(store)]
    assert all(one >= other for one, other in pairwise(disputes))
    assert replace(panels_of(store)[0], spreads=()).dispute == 0
