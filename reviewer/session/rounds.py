"""What a group does with a calibration round: rate it blind, lock it, reveal it, discuss it, and end it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from reviewer.errors import BadInput
from reviewer.session.promoting import Proposal, promote, propose_example
from reviewer.store import holding, queues, remotes, rounds
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.queues import CANCELLED
from reviewer.store.rounds import RoundRecord

if TYPE_CHECKING:
    from reviewer.session.certificates import Outcome

__all__ = [
    "Finished",
    "Member",
    "Proposal",
    "RoundCard",
    "add_note",
    "cancel",
    "finish",
    "lock",
    "notes",
    "promote",
    "propose_example",
    "reveal",
    "round_card",
    "round_cards",
]

_DONE_BY = {
    "locked": "was locked",
    "revealed": "was revealed",
    "finished": "was finished",
    CANCELLED: "was cancelled",
}


class Member(NamedTuple):
    """A member of a round: how many of its items they are through with, skips among them."""

    name: str
    done: int
    size: int

    @property
    def left(self) -> int:
        """How many items wait for them."""
        return max(0, self.size - self.done)


@dataclass(frozen=True, slots=True)
class RoundCard:
    """A round as everybody may see it at any time: who is how far, and nothing of what was said."""

    name: str
    parent: str
    number: int
    state: str
    members: tuple[Member, ...]
    items: int
    settings: dict[str, Any]
    started_by: str
    started_at: str
    locked_at: str | None
    revealed_at: str | None
    finished_at: str | None
    """When it ended: was finished, or cancelled."""

    @property
    def waiting_for(self) -> tuple[Member, ...]:
        """The members who are not done."""
        return tuple(member for member in self.members if member.left)

    @property
    def is_blind(self) -> bool:
        """Whether nobody sees another's labels yet."""
        return self.state in ("open", "locked")

    def to_json(self) -> dict[str, Any]:
        """The card for a program."""
        return {
            "name": self.name,
            "queue": self.parent,
            "number": self.number,
            "state": self.state,
            "items": self.items,
            "members": [
                {"rater": member.name, "done": member.done, "left": member.left, "items": member.size}
                for member in self.members
            ],
            "settings": self.settings,
            "started_by": self.started_by,
            "started_at": self.started_at,
            "locked_at": self.locked_at,
            "revealed_at": self.revealed_at,
            "finished_at": self.finished_at,
        }


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a round."""

    card: RoundCard
    outcome: Outcome


def round_card(store: Store, name: str) -> RoundCard:
    """The round of that name. Raises BadInput where there is none."""
    with store.reading() as connection:
        return _card(connection, rounds.get(connection, name))


def round_cards(store: Store, queue: str | None = None) -> list[RoundCard]:
    """Every round, or those of the queue of that name, oldest first. Raises BadInput where there is no such queue."""
    with store.reading() as connection:
        parent = None
        if queue is not None:
            found = queues.find(connection, queue)
            if found is None:
                rounds.get(connection, queue)
            parent = found.id if found else None
        return [_card(connection, one) for one in rounds.all_rounds(connection, parent=parent)]


def lock(store: Store, name: str, actor_name: str) -> RoundCard:
    """Ends the rating: from now on the round takes no more labels, and nobody sees them yet.

    Raises BadInput where it is not open.
    """
    with _acting(store, name, actor_name) as (connection, found, actor):
        _refuse_other(found, "open", f"`reviewer round status {name}` shows how it stands.")
        rounds.advance(connection, found, "locked", stream=store.device, actor=actor)
        return _card(connection, rounds.get(connection, name))


def reveal(store: Store, name: str, actor_name: str, *, incomplete: bool = False) -> RoundCard:
    """Shows every member what all said, and locks the round before where that is still to be done.

    Raises BadInput where somebody is not done, unless `incomplete`, and where the round was revealed before.
    """
    with _acting(store, name, actor_name) as (connection, found, actor):
        if found.state not in ("open", "locked"):
            _refuse_other(found, "open", f"`reviewer round show {name}` shows what everybody said.")
        waiting = _card(connection, found).waiting_for
        told = ", ".join(f"{member.name} ({member.left} left)" for member in waiting)
        if waiting and not incomplete:
            raise BadInput(
                f"the round '{name}' is not complete: {told}.",
                mend="Wait for them, or reveal it as it is with --incomplete: they can rate nothing blind then.",
            )
        said = {"stream": store.device, "actor": actor}
        if found.state == "open":
            rounds.advance(connection, found, "locked", **said)
        locked = rounds.get(connection, name)
        rounds.advance(connection, locked, "revealed", **said, reason=f"incomplete: {told}" if told else "")
        return _card(connection, rounds.get(connection, name))


def cancel(store: Store, name: str, actor_name: str, *, reason: str = "") -> RoundCard:
    """Ends a round that was started by mistake: it takes no more labels, those given stay and nobody sees another's,
    and its items may be drawn again.

    Raises BadInput where it was revealed: what was seen cannot be unseen.
    """
    with _acting(store, name, actor_name) as (connection, found, actor):
        if found.state not in ("open", "locked"):
            _refuse_other(found, "open", f"`reviewer round start {found.parent}` starts another.")
        rounds.cancel(connection, found, reason.strip(), stream=store.device, actor=actor)
        return _card(connection, rounds.get(connection, name))


def finish(store: Store, name: str, actor_name: str) -> Finished:
    """Ends a revealed round and writes a certificate for each member.

    Raises BadInput where the round is not revealed.
    """
    from reviewer.session.certificates import outcome_of

    with store.reading() as connection:
        found = rounds.get(connection, name)
        _refuse_unrevealed(found)
        outcome = outcome_of(connection, found)
    with _acting(store, name, actor_name) as (connection, found, actor):
        _refuse_unrevealed(found)
        for rater, document in outcome.documents:
            known = queues.ensure_rater(connection, rater)
            rounds.keep_certificate(connection, found, known, document, stream=store.device, actor=actor)
        rounds.advance(connection, found, "finished", stream=store.device, actor=actor)
        return Finished(_card(connection, rounds.get(connection, name)), outcome)


def add_note(store: Store, name: str, actor_name: str, text: str, task: str | None = None) -> None:
    """Adds what the group noted, of a task of the round or of the whole round.

    Raises BadInput for an empty note, and where the round is not under discussion.
    """
    if not text.strip():
        raise BadInput("the note is empty.", mend="Say what was agreed, or what stays open.")
    with _acting(store, name, actor_name) as (connection, found, actor):
        _refuse_unrevealed(found)
        if task is not None and all(one.id != task for one in rounds.batch(connection, found.child)):
            raise BadInput(f"the round '{name}' has no such task.", mend="Name one of its items.")
        rounds.note(connection, found, text.strip(), task=task, stream=store.device, author=actor)


def notes(store: Store, name: str) -> list[tuple[str | None, str, str, str]]:
    """What was noted: task or None, author, text and time, oldest first. Raises BadInput where there is no round."""
    with store.reading() as connection:
        found = rounds.get(connection, name)
        return [(one.task, one.author, one.text, one.at) for one in rounds.notes(connection, found)]


@contextmanager
def _acting(store: Store, name: str, actor: str) -> Iterator[tuple[Driver, RoundRecord, str]]:
    """One transaction on the round of that name, and the identifier of who acts."""
    with store.writing() as connection:
        found = rounds.get(connection, name)
        _refuse_remote(connection, found)
        holding.queue(connection, found.child)
        yield connection, found, queues.ensure_rater(connection, actor)


def _card(driver: Driver, found: RoundRecord) -> RoundCard:
    standings = rounds.standings(driver, found.child)
    return RoundCard(
        name=found.name,
        parent=found.parent,
        number=found.number,
        state=found.state,
        members=tuple(Member(one.name, one.done, found.size) for one in standings),
        items=found.size,
        settings=found.settings,
        started_by=found.started_by,
        started_at=found.started_at,
        locked_at=found.locked_at,
        revealed_at=found.revealed_at,
        finished_at=found.finished_at,
    )


def _refuse_other(found: RoundRecord, state: str, mend: str) -> None:
    """Raises BadInput where the round is in another state: what was done to it last is never done again or undone."""
    if found.state != state:
        at = {"locked": found.locked_at, "revealed": found.revealed_at}.get(found.state, found.finished_at)
        if found.state == CANCELLED:
            mend = f"`reviewer round start {found.parent}` starts another."
        raise BadInput(f"the round '{found.name}' {_DONE_BY[found.state]} at {at}.", mend=mend)


def _refuse_remote(driver: Driver, found: RoundRecord) -> None:
    """Raises BadInput for a server's round: what is decided about it is decided there."""
    queue = queues.find(driver, found.name)
    assert queue is not None
    remotes.refuse_remote(driver, queue)


def _refuse_unrevealed(found: RoundRecord) -> None:
    if found.state in ("open", "locked"):
        raise BadInput(
            f"the round '{found.name}' is {found.state}: what was said is not revealed yet.",
            mend=f"`reviewer round reveal {found.name}` reveals it.",
        )
    _refuse_other(found, "revealed", f"`reviewer round show {found.name}` shows it; start another for more.")
