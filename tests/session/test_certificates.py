"""What a round shows of its members, and to whom a certificate opens a queue."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput
from reviewer.exchange.round_votes import RoundVotes, read_round_votes
from reviewer.ids import new_id
from reviewer.rubric import Rubric
from reviewer.rubric.questions import scale_of_answer
from reviewer.session import rounds
from reviewer.session.certificates import DISCUSSED, Outcome, outcome_of, scales_of, why_not
from reviewer.session.sitting import Sitting
from reviewer.session.starting import Plan, start
from reviewer.store import golden, queues
from reviewer.store import rounds as kept_rounds
from reviewer.store.connection import Store
from reviewer.store.golden import GoldenValue
from reviewer.store.labels import NewLabel
from reviewer.store.rounds import KeptCertificate
from tests.exchange.judging import judge
from tests.homes import SHORT, own_rubric
from tests.session.rounds_played import LEAD, say
from tests.session.test_rounds import ROUND
from tests.store.comparing import faults, pairs_queue
from tests.store.filling import QUEUE, SCORE, add_items, fill, new_item, put_rubric, record
from tests.store.test_commit import commit, label, rater_of

ITEMS = 14
MEMBERS = ("ana", "ben", "chi")


def score_of(name: str, at: int) -> int:
    """Ana and ben mostly agree; chi turns the scale around."""
    score = 1 + at % 5
    if name == "chi":
        return 6 - score
    return min(5, score + 1) if name == "ben" and at == 7 else score


def play(store: Store, *, items: int = ITEMS, members: tuple[str, ...] = MEMBERS, **plan: Any) -> None:
    """A round whose members have rated; it is revealed."""
    start(store, QUEUE, Plan(members=members, items=items, **plan), LEAD)
    for name in members:
        say(store, ROUND, name, lambda at, name=name: {"score": score_of(name, at)})  # type: ignore[misc]
    rounds.reveal(store, ROUND, LEAD)


def outcome(store: Store, name: str = ROUND) -> Outcome:
    with store.reading() as connection:
        return outcome_of(connection, kept_rounds.get(connection, name))


def certificate(store: Store, rater: str) -> dict[str, Any]:
    return dict(outcome(store).documents)[rater]


def certify(store: Store, rater: str = "ana", **said: Any) -> None:
    """A certificate that was passed for the rubric in force, but for what is `said`."""
    fill(store, items=1, queue="before", rubric=SCORE)
    card = start(store, "before", Plan(members=(rater, "other"), items=1), LEAD).card
    with store.writing() as connection:
        found = kept_rounds.get(connection, card.name)
        document = {
            "certificate": new_id(),
            "round": card.name,
            "passed": True,
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2999-01-01T00:00:00.000000Z",
            "scales": scales_of(Rubric.from_document(SCORE), "rating"),
        }
        known = queues.ensure_rater(connection, rater)
        kept_rounds.keep_certificate(connection, found, known, document | said, stream=store.device, actor=known)


def test_a_certificate_goes_by_the_lower_limit_of_each_criterion(store: Store) -> None:
    fill(store, items=ITEMS)
    play(store, members=("ana", "ben"))
    told = certificate(store, "ana")
    assert (told["passed"], told["why_not"]) == (True, [])
    score = told["criteria"]["score"]
    assert score["measure"] == "gwet_ac2"
    assert 0.6 <= score["panel"]["low"] < score["panel"]["value"] < 1
    assert [one["rater"] for one in score["panel"]["beside"]] == ["ben"]
    assert score["gold"]["value"] is None
    assert score["gold"]["why"] == "no item of the round has a gold value"
    assert score["severity"]["value"] is not None
    assert score["scale_hash"] == told["scales"]["score"]
    # Nobody has to answer what is not required.
    assert told["criteria"]["safe"]["why_not"] == ""
    assert told["scales"].keys() == {"score"}
    assert (told["votes"], told["items"], told["panel"]) == (ITEMS, ITEMS, ["ben"])
    assert told["rubric"]["content_hash"] == Rubric.from_document(SCORE).content_hash
    assert told["expires_at"] > told["issued_at"]
    assert told["void_when"][0] == f"it expires, at {told['expires_at']}"


def test_who_differs_from_the_panel_does_not_pass_and_is_told_why(store: Store) -> None:
    fill(store, items=ITEMS)
    play(store)
    told = certificate(store, "chi")
    assert not told["passed"]
    (why,) = told["why_not"]
    assert why.startswith("score: agreement with the panel is -")
    assert why.endswith("at least, below 0.6")


def test_severity_says_who_rates_higher(store: Store) -> None:
    fill(store, items=ITEMS)
    start(store, QUEUE, Plan(members=MEMBERS, items=ITEMS), LEAD)

    def said(name: str, at: int) -> dict[str, Any]:
        above = {"ana": 0, "ben": -(at == 5), "chi": 1 + (at % 4 > 0)}[name]
        yes = {"ana": at % 3 == 0, "ben": at % 3 == 0 or at == 1, "chi": at != 7}[name]
        return {"score": 1 + at % 3 + above, "safe": yes}

    for name in MEMBERS:
        say(store, ROUND, name, lambda at, name=name: said(name, at))  # type: ignore[misc]
    rounds.reveal(store, ROUND, LEAD)
    documents = outcome(store).documents
    for criterion in ("score", "safe"):
        severities = {name: told["criteria"][criterion]["severity"] for name, told in documents}
        assert severities["chi"]["low"] > severities["ana"]["value"]
    assert documents[0][1]["criteria"]["safe"]["level"] == "nominal"


def test_second_votes_change_no_certificate_and_are_told_apart(store: Store) -> None:
    fill(store, items=ITEMS)
    play(store)
    before = outcome(store)
    assert (before.discussed, before.revotes) == ((), 0)
    sitting = Sitting.open(store, ROUND, "chi")
    for seq in range(ITEMS):
        sitting.go_to(seq)
        sitting.work.values["score"] = score_of("ana", sitting.order.position(seq))
        sitting.touch()
        assert sitting.submit().moved
        sitting.drain(5)
    assert sitting.close()
    after = outcome(store)
    for (_, one), (_, other) in zip(before.documents, after.documents, strict=True):
        assert one["criteria"] == other["criteria"]
        assert one["passed"] == other["passed"]
    assert after.revotes == ITEMS
    score = next(one for one in after.discussed if one.criterion == "score")
    assert score.after["value"] > score.before["value"]
    assert after.to_json()["consensus_after_discussion"]["means"] == DISCUSSED
    assert "fresh batch" in DISCUSSED


def test_what_was_rated_after_seeing_others_is_no_blind_vote(store: Store) -> None:
    queue = fill(store, items=ITEMS)
    with store.writing() as connection:
        ana = queues.ensure_rater(connection, "ana")
        task = connection.execute("SELECT id FROM task WHERE queue = ? LIMIT 1", (queue.id,)).fetchone()[0]
        golden.expose(connection, ana, task, exposure="peers", queue=queue.id)
    play(store, members=("ana", "ben"), seen=True)
    told = certificate(store, "ana")
    assert told["votes"] == ITEMS - 1
    assert told["left_out"] == {"seen others' judgment before": 1}


def test_few_items_give_no_interval_and_so_no_certificate(store: Store) -> None:
    fill(store, items=4)
    play(store, items=4, members=("ana", "ben"))
    told = certificate(store, "ana")
    assert not told["passed"]
    assert "has no lower limit" in told["why_not"][0]
    assert told["criteria"]["score"]["panel"]["low"] is None
    assert told["criteria"]["score"]["panel"]["why"]


def test_who_rated_nothing_gets_a_certificate_that_says_so(store: Store) -> None:
    fill(store, items=3)
    start(store, QUEUE, Plan(members=("ana", "ben"), items=3), LEAD)
    rounds.reveal(store, ROUND, LEAD, incomplete=True)
    told = certificate(store, "ben")
    assert (told["passed"], told["votes"]) == (False, 0)
    assert told["why_not"] == ["score: nobody answered it"]


def decide(store: Store, value: int) -> None:
    """Golden values of all items, decided in another queue of the same items."""
    queue = record(store)
    lead = rater_of(store, "arbiter")
    with store.reading() as connection:
        rubric = Rubric.from_document(queues.rubrics_of(connection, queue.id)[-1][1])
    scale = rubric.scale_hash_of("score")
    assert scale is not None
    with store.reading() as connection:
        rows = connection.execute("SELECT id FROM task WHERE queue = ? ORDER BY position", (queue.id,)).fetchall()
    for position, (task,) in enumerate(rows):
        said = {"task": task, "phase": "adjudication", "values": orjson.dumps({"score": value}).decode()}
        new = label(store, queue, lead, position, **said)
        commit(store, NewLabel(new.columns, position, new.sitting, False, (GoldenValue("score", scale, value),)))


@pytest.mark.parametrize(("value", "passes"), [(3, True), (1, False)])
def test_gold_decides_too_where_there_is_enough_of_it(store: Store, value: int, *, passes: bool) -> None:
    fill(store, items=ITEMS)
    decide(store, value)
    start(store, QUEUE, Plan(members=("ana", "ben"), items=ITEMS), LEAD)
    for name in ("ana", "ben"):
        say(store, ROUND, name, lambda at: {"score": 3 if at else 4})
    rounds.reveal(store, ROUND, LEAD)
    told = certificate(store, "ana")
    gold = told["criteria"]["score"]["gold"]
    assert gold["n"] == ITEMS
    assert (gold["low"] >= 0.6) == passes
    assert told["passed"] == passes or "panel" in told["why_not"][0]
    assert any("gold" in why for why in told["why_not"]) != passes


def decide_for_beta(store: Store) -> None:
    """Golden preferences for beta in all comparisons, said of the sides now one way round, now the other."""
    queue = record(store, "pairs")
    lead = rater_of(store, "arbiter")
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT t.id, o.public_id FROM task t JOIN task_output o ON o.task = t.id WHERE t.queue = ?"
            " ORDER BY t.position, o.slot",
            (queue.id,),
        ).fetchall()
        rubric = Rubric.from_document(queues.rubrics_of(connection, queue.id)[-1][1])
    scale = scale_of_answer(rubric, "pairwise", "preference")
    assert scale is not None
    for position, ((task, alpha), (_, beta)) in enumerate(zip(rows[::2], rows[1::2], strict=True)):
        mirrored = position % 2
        value = -2 if mirrored else 2
        new = label(
            store,
            queue,
            lead,
            position,
            task=task,
            phase="adjudication",
            values=orjson.dumps({"preference": value}).decode(),
            shown_order=orjson.dumps([beta, alpha] if mirrored else [alpha, beta]).decode(),
        )
        commit(store, NewLabel(new.columns, position, new.sitting, False, (GoldenValue("preference", scale, value),)))


def test_mirrored_comparisons_agree_and_gold_is_read_the_same_way(store: Store) -> None:
    pairs_queue(store, items=ITEMS, systems=("alpha", "beta"))
    decide_for_beta(store)
    card = start(store, "pairs", Plan(members=("ana", "ben"), items=ITEMS, threshold=0.3), LEAD).card
    for name in ("ana", "ben"):
        judge(store, name, lambda systems: {"preference": 2 if systems[1] == "beta" else -2}, queue=card.name)
    rounds.reveal(store, card.name, LEAD)
    with store.reading() as connection:
        said = connection.execute("SELECT DISTINCT \"values\" FROM label WHERE phase = 'independent'").fetchall()
    assert len(said) == 2, "both sides were shown first"
    told = dict(outcome(store, card.name).documents)["ana"]
    preference = told["criteria"]["preference"]
    assert (preference["panel"]["value"], preference["gold"]["value"], preference["gold"]["n"]) == (1, 1, ITEMS)
    assert told["scales"].keys() == {"preference"}


def test_gold_of_a_turn_reads_the_same_whatever_was_shown_first(store: Store) -> None:
    rubric = {
        "name": "turns",
        "preference": {"scale": 5},
        "criteria": [{"id": "fit", "type": "scale", "min": -2, "max": 2, "per": "turn"}],
    }
    queue = pairs_queue(store, items=ITEMS, systems=("alpha", "beta"), rubric=rubric)
    lead = rater_of(store, "arbiter")
    with store.reading() as connection:
        asked = Rubric.from_document(queues.rubrics_of(connection, queue.id)[-1][1])
        rows = connection.execute(
            "SELECT t.id, x.public_id FROM task t JOIN task_output x ON x.task = t.id JOIN output o ON o.id = x.output"
            " WHERE t.queue = (SELECT id FROM queue) ORDER BY t.position, o.content_hash DESC"
        ).fetchall()
    key = "fit@turn:1"
    scale = scale_of_answer(asked, "pairwise", key)
    assert scale == asked.scale_hash_of("fit")
    for position, ((task, later), (_, earlier)) in enumerate(zip(rows[::2], rows[1::2], strict=True)):
        shown, values = orjson.dumps([later, earlier]).decode(), orjson.dumps({key: 1 + position % 2}).decode()
        new = label(store, queue, lead, position, task=task, phase="adjudication", values=values, shown_order=shown)
        decided = (GoldenValue(key, scale or "", 1 + position % 2),)
        commit(store, NewLabel(new.columns, position, new.sitting, False, decided))
    card = start(store, "pairs", Plan(members=("ana", "ben"), items=ITEMS), LEAD).card
    judge(store, "ana", lambda _systems: {"preference": 0}, queue=card.name)
    votes = votes_once_revealed(store, card.name)
    assert len(votes.gold["fit@turn"]) == ITEMS
    assert set(votes.gold["fit@turn"].values()) == {"1", "2"}


def votes_once_revealed(store: Store, name: str) -> RoundVotes:
    rounds.reveal(store, name, LEAD, incomplete=True)
    with store.reading() as connection:
        return read_round_votes(connection, record(store, name))


def test_items_with_rubrics_of_their_own_are_certified_by_what_is_met(store: Store) -> None:
    queue = fill(store, items=0)
    own = own_rubric(store, {"name": "own", "criteria": [{"id": "a", "type": "boolean"}, SHORT["criteria"][1]]})
    items = [new_item(number) for number in range(ITEMS)]
    for one in items:
        one.rubric = own
    add_items(store, queue, items)
    start(store, QUEUE, Plan(members=("ana", "ben"), items=ITEMS), LEAD)
    for name in ("ana", "ben"):
        say(store, ROUND, name, lambda at: {"a": at % 2 == 0, "safe": at % 3 == 0})
    rounds.reveal(store, ROUND, LEAD)
    told = certificate(store, "ana")
    assert list(told["criteria"]) == ["met"]
    assert told["criteria"]["met"]["panel"]["n"] == 2 * ITEMS
    assert told["passed"]


def test_finishing_keeps_a_certificate_for_each_member(store: Store) -> None:
    fill(store, items=ITEMS)
    play(store)
    done = rounds.finish(store, ROUND, LEAD)
    with store.reading() as connection:
        kept = kept_rounds.certificates(connection, kept_rounds.get(connection, ROUND))
    assert [one.rater for one in kept] == list(MEMBERS)
    assert [one.document for one in kept] == [document for _, document in done.outcome.documents]
    assert faults(store) == []


def test_a_queue_that_asks_for_a_certificate_lets_nobody_else_in(store: Store) -> None:
    fill(store, items=2, certificate=True)
    with pytest.raises(BadInput) as told:
        Sitting.open(store, QUEUE, "ana")
    assert told.value.what == "the queue 'kyc' asks for a certificate, and ana has none."
    assert "round start kyc" in told.value.mend
    certify(store)
    sitting = Sitting.open(store, QUEUE, "ana")
    assert sitting.close()
    with pytest.raises(BadInput, match="and ben has none"):
        Sitting.open(store, QUEUE, "ben")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"passed": False}, "was not passed"),
        ({"expires_at": "2026-02-01T00:00:00.000000Z"}, "expired at 2026-02-01"),
        ({"scales": {"score": "another", "safe": "another"}}, "is void: the scale of score, safe has changed"),
        ({"scales": {}}, "does not cover score[.]"),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused_with_the_reason(
    store: Store, said: dict[str, Any], why: str
) -> None:
    fill(store, items=2, certificate=True)
    certify(store, **said)
    with pytest.raises(BadInput, match=why):
        Sitting.open(store, QUEUE, "ana")


def changed(**to: Any) -> dict[str, Any]:
    """The rubric with its first criterion changed so."""
    return {**SCORE, "criteria": [{**SCORE["criteria"][0], **to}, SCORE["criteria"][1]]}


@pytest.mark.parametrize(
    ("rubric", "holds"),
    [
        (changed(help="Judge it well.", weight=2), True),
        (changed(levels={"3": {"examples": [{"output": "So.", "why": "So."}]}}), True),
        ({**SCORE, "criteria": [*SCORE["criteria"], {"id": "words", "type": "text"}]}, True),
        (changed(max=7), False),
        (changed(levels={"3": {"label": "Middling"}}), False),
        ({**SCORE, "criteria": [*SCORE["criteria"], {"id": "tone", "type": "boolean"}]}, False),
    ],
)
def test_a_changed_scale_voids_it_and_a_better_explanation_does_not(
    store: Store, rubric: dict[str, Any], *, holds: bool
) -> None:
    queue = fill(store, items=2, certificate=True)
    certify(store)
    put_rubric(store, queue, rubric)
    if holds:
        assert Sitting.open(store, QUEUE, "ana").close()
    else:
        with pytest.raises(BadInput, match=r"the scale of score|cover tone"):
            Sitting.open(store, QUEUE, "ana")


def test_the_best_of_several_certificates_counts(store: Store) -> None:
    fill(store, items=2, certificate=True)
    certify(store)
    kept = KeptCertificate("a", "ana", False, {"scales": {}}, "2026", "2027")
    assert why_not(kept, {}, (), "2026-06") == "was not passed"
    assert Sitting.open(store, QUEUE, "ana").close()


def test_a_certificate_for_ratings_opens_no_comparison() -> None:
    rubric = Rubric.from_document({**SCORE, "preference": {"scale": 5}})
    rating, pairwise = scales_of(rubric, "rating"), scales_of(rubric, "pairwise")
    assert pairwise.keys() == {"preference", "score", "safe"}
    assert rating["score"] != pairwise["score"]
    kept = KeptCertificate("a", "ana", True, {"scales": rating}, "2026", "2027")
    assert why_not(kept, pairwise, (), "2026-06").startswith("is void")


def test_whoever_takes_part_in_a_round_needs_no_certificate(store: Store) -> None:
    fill(store, items=3, certificate=True)
    start(store, QUEUE, Plan(members=("ana", "ben"), items=2), LEAD)
    assert Sitting.open(store, ROUND, "ana").close()
