"""A revealed round in which something became of the tasks since."""

from __future__ import annotations

from reviewer.session import rounds
from reviewer.session.revealing import Revealing, open_sitting
from reviewer.session.starting import Plan, start
from reviewer.store.connection import Store
from tests.session.rounds_played import LEAD, say
from tests.session.test_rounds import ROUND
from tests.store.filling import ask, fill


def test_drafts_and_second_votes_on_a_task_that_was_recalled_have_no_place(store: Store) -> None:
    fill(store, items=6)
    start(store, "kyc", Plan(members=("ana", "ben"), items=3), LEAD)
    for name in ("ana", "ben"):
        say(store, ROUND, name, lambda at: {"score": 1 + at})
    rounds.reveal(store, ROUND, LEAD)
    sitting = open_sitting(store, ROUND, "ana")
    sitting.work.values["score"] = 5
    sitting.touch()
    assert sitting.submit().moved
    sitting.drain(10)
    sitting.work.values["score"] = 5
    sitting.touch()
    assert sitting.close()
    with store.writing() as connection:
        (drafted,) = ask(connection, "SELECT task FROM draft").fetchone()
        (voted,) = ask(connection, "SELECT task FROM label WHERE phase = 'revote'").fetchone()
        assert drafted != voted
        ask(connection, "UPDATE task SET state = 'recalled' WHERE id IN (?, ?)", drafted, voted)
    again = open_sitting(store, ROUND, "ana")
    assert isinstance(again, Revealing)
    assert again.view is not None
    assert again.view.task not in (drafted, voted)
    assert again.walk.drafted() == []
    assert again.walk.done_before(None) is None
    assert not again.undo().moved
    assert again.close()
