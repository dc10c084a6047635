"""Calibration rounds: a batch that its members label blind, then see together, discuss and label again."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import orjson

from reviewer.errors import BadInput
from reviewer.ids import canonical_json, digest, new_id, now
from reviewer.store import events, holding, queues
from reviewer.store.prepared import Driver
from reviewer.store.queues import CALIBRATION, CANCELLED, QueueRecord
from reviewer.store.statements import statements

STATES = ("open", "locked", "revealed", "finished")
"""What becomes of a round, in this order and never back; before it is revealed it may be cancelled instead."""

_sql = statements("rounds")


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """A round as it is stored: `name` and `child` are its batch's, `settings` say how that was drawn and what a
    certificate asks for."""

    id: str
    name: str
    parent: str
    parent_id: str
    child: str
    number: int
    state: str
    size: int
    settings: dict[str, Any]
    started_by: str
    started_at: str
    locked_at: str | None
    revealed_at: str | None
    finished_at: str | None
    started_by_id: str


@dataclass(frozen=True, slots=True)
class MemberStanding:
    """How far a member is; `at` is when they were at work last."""

    name: str
    done: int
    at: str | None


@dataclass(frozen=True, slots=True)
class BatchTask:
    """A task of the batch; `rubric` is one of its own."""

    id: str
    key: str
    item: str
    rubric: str | None
    state: str
    position: int


@dataclass(frozen=True, slots=True)
class KeptNote:
    """What the group noted, of a task or of the whole round."""

    task: str | None
    author: str
    text: str
    at: str


class NoteRow(NamedTuple):
    """A note as it is stored: its task and its author by their identifiers."""

    id: str
    task: str | None
    author: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class KeptCertificate:
    """A certificate as it was issued."""

    id: str
    rater: str
    passed: bool
    document: dict[str, Any]
    issued_at: str
    expires_at: str


def refuse_while_blind(queue: QueueRecord) -> None:
    """Raises BadInput where `queue` is a calibration round whose labels nobody but their author may read yet."""
    if queue.is_blind_round:
        raise _blind(queue.name, queue.state)


def refuse_blind_labels(driver: Driver, queue: str) -> None:
    """As `refuse_while_blind`, of the queue with this identifier: every query for others' labels asks it first."""
    found = _sql.blind.first(driver, queue=queue)
    if found is not None:
        raise _blind(*found)


def _blind(name: str, state: str) -> BadInput:
    if state == CANCELLED:
        return BadInput(
            f"the calibration round '{name}' was cancelled before its reveal: nobody sees another's labels.",
            mend="Start another round; each rater's own labels export with --rater.",
        )
    return BadInput(
        f"the calibration round '{name}' is {state}: nobody sees another's labels yet.",
        mend=f"`reviewer round reveal {name}` ends the blind part once everybody is done.",
    )


def refuse_round(queue: QueueRecord, what: str, mend: str) -> None:
    """Raises BadInput where `queue` is the batch of a round, with which `what` may not be done."""
    if queue.purpose == CALIBRATION:
        raise BadInput(f"'{queue.name}' is the batch of a calibration round: {what}.", mend=mend)


def refuse_labels(queue: QueueRecord) -> None:
    """Raises BadInput where `queue` is a round that takes no more labels of any kind from elsewhere."""
    if queue.purpose == CALIBRATION and queue.state in ("locked", "finished", CANCELLED):
        raise BadInput(
            f"the calibration round '{queue.name}' is {queue.state} and takes no more labels.",
            mend=f"`reviewer round status {queue.name}` says since when.",
        )


def refuse_moved(driver: Driver, queue: QueueRecord) -> None:
    """Raises BadInput where `queue` is a round that has moved on since it was looked at; holds it
    where it is a round. To be called in a transaction."""
    if queue.purpose != CALIBRATION:
        return
    holding.queue(driver, queue.id)
    if (state := get(driver, queue.name).state) != queue.state:
        raise BadInput(
            f"the calibration round '{queue.name}' was {queue.state} and is {state} now: the rest is not taken.",
            mend=f"`reviewer round status {queue.name}` says since when.",
        )


def members(driver: Driver, child: str) -> list[str]:
    """The names of those who take part in the round whose batch is the queue `child`."""
    return [name for (name,) in _sql.members.rows(driver, child=child)]


def find(driver: Driver, name: str) -> RoundRecord | None:
    """The round whose batch is the queue called `name`."""
    row = _sql.by_name.first(driver, name=name)
    return _record(row) if row else None


def get(driver: Driver, name: str) -> RoundRecord:
    """The round of that name. Raises BadInput where there is none, and names what there is."""
    found = find(driver, name)
    if found is None:
        known = [one.name for one in all_rounds(driver)]
        there = f"There are {', '.join(known[:8])}{' and more' if len(known) > 8 else ''}."
        mend = there if known else "`reviewer round start QUEUE --raters NAME,NAME` starts one."
        raise BadInput(f"there is no calibration round '{name}'.", mend=mend)
    return found


def all_rounds(driver: Driver, *, parent: str | None = None) -> list[RoundRecord]:
    """Every round, or those of the queue with the identifier `parent`, oldest first."""
    found = _sql.every.rows(driver) if parent is None else _sql.of_parent.rows(driver, parent=parent)
    return [_record(row) for row in found]


def next_number(driver: Driver, parent: str) -> int:
    """The number that the next round of a queue gets."""
    return int(_sql.last_number.first(driver, parent=parent)[0]) + 1


def standings(driver: Driver, child: str) -> list[MemberStanding]:
    """How far each member is, by name."""
    return [MemberStanding(*row) for row in _sql.standings.rows(driver, child=child)]


def batch(driver: Driver, child: str) -> list[BatchTask]:
    """The tasks of a round by their position."""
    return [BatchTask(*row) for row in _sql.tasks.rows(driver, queue=child)]


def advance(driver: Driver, found: RoundRecord, state: str, *, stream: str, actor: str, reason: str = "") -> None:
    """Moves a round on to its next state, with its event. To be called in a transaction.

    From `revealed` on every member was shown the others' judgment of every item.
    """
    assert STATES.index(state) == STATES.index(found.state) + 1
    holding.queue(driver, found.child)
    queue = queues.find(driver, found.name)
    assert queue is not None
    times = {f"to_{name}_at": getattr(found, f"{name}_at") for name in STATES[1:]} | {f"to_{state}_at": now()}
    _sql.set_times.run(driver, of_round=found.id, **times)
    said = {"reason": reason} if reason else {}
    if state == "revealed":
        _sql.expose_members.run(driver, child=found.child, at=now())
    queues.change(driver, queue, stream=stream, actor=actor, action=f"round.{state}", state=state, **said)


def cancel(driver: Driver, found: RoundRecord, reason: str, *, stream: str, actor: str) -> None:
    """Ends a round before its reveal, for good, with its event: its labels stay and stay blind, and its items may be
    drawn again. To be called in a transaction."""
    assert found.state in STATES[: STATES.index("revealed")]
    holding.queue(driver, found.child)
    queue = queues.find(driver, found.name)
    assert queue is not None
    times = {f"to_{name}_at": getattr(found, f"{name}_at") for name in STATES[1:]} | {"to_finished_at": now()}
    _sql.set_times.run(driver, of_round=found.id, **times)
    said = {"reason": reason} if reason else {}
    queues.change(driver, queue, stream=stream, actor=actor, action=events.CANCELLED, state=CANCELLED, **said)


def note(driver: Driver, found: RoundRecord, text: str, *, task: str | None, stream: str, author: str) -> None:
    """Adds what the group noted, with its event. To be called in a transaction."""
    keep_note(driver, found, {"id": new_id(), "task": task, "author": author, "text": text, "at": now()}, stream=stream)


def keep_note(driver: Driver, found: RoundRecord, row: dict[str, Any], *, stream: str) -> None:
    """Keeps a note with its event: its identifier, its task or None, the identifier of its author, text and moment. To
    be called in a transaction."""
    _sql.insert_note.run(driver, **row, round=found.id)
    events.append(
        driver,
        stream=stream,
        actor=row["author"],
        action="round.noted",
        subject=found.child,
        content=note_digest(driver, row["id"]),
        data={"note": row["id"], "task": row["task"]},
    )


def note_digest(driver: Driver, identifier: str) -> str:
    """What the event of a note vouches for."""
    row = _sql.note.first(driver, note=identifier)
    return digest(dict(zip(("id", "round", "task", "author", "text", "at"), row, strict=True)) if row else None)


def started_digest(driver: Driver, identifier: str) -> str:
    """What the event of a round's start vouches for: what it is drawn from, its settings, who takes part, and the
    tasks of its batch."""
    row = _sql.started.first(driver, round=identifier)
    if row is None:
        return digest(None)
    batch = [list(task) for task in _sql.in_batch.rows(driver, queue=row[2])]
    taking = [rater for (rater,) in _sql.taking_part.rows(driver, round=identifier)]
    return digest({"round": list(row), "tasks": sorted(batch), "members": sorted(taking)})


def notes(driver: Driver, found: RoundRecord) -> list[KeptNote]:
    """All that was noted in a round, oldest first."""
    return [KeptNote(*row) for row in _sql.notes.rows(driver, round=found.id)]


def is_noted(driver: Driver, note: str) -> bool:
    """Whether the note with that identifier is here."""
    return _sql.note.first(driver, note=note) is not None


def kept_notes(driver: Driver, found: RoundRecord) -> list[NoteRow]:
    """As `notes`, as they are stored."""
    return [NoteRow._make(row) for row in _sql.kept_notes.rows(driver, round=found.id)]


def member_ids(driver: Driver, found: RoundRecord) -> list[str]:
    """The identifiers of those who take part in a round."""
    return sorted(rater for (rater,) in _sql.taking_part.rows(driver, round=found.id))


def keep_certificate(
    driver: Driver, found: RoundRecord, rater: str, document: dict[str, Any], *, stream: str, actor: str
) -> None:
    """Keeps a certificate for the rater with this identifier; its event vouches for it.

    `document` says `passed`, `issued_at` and `expires_at` among other things. To be called in a transaction.
    """
    row = {
        "id": document["certificate"],
        "round": found.id,
        "rater": rater,
        "passed": int(document["passed"]),
        "document": canonical_json(document).decode(),
        "issued_at": document["issued_at"],
        "expires_at": document["expires_at"],
    }
    _sql.insert_certificate.run(driver, **row)
    events.append(
        driver,
        stream=stream,
        actor=actor,
        action="certificate.issued",
        subject=row["id"],
        content=certificate_digest(driver, row["id"]),
        data={"round": found.child, "rater": rater},
    )


def is_certified(driver: Driver, certificate: str) -> bool:
    """Whether the certificate with that identifier is here."""
    return _sql.certificate.first(driver, certificate=certificate) is not None


def certificate_digest(driver: Driver, certificate: str) -> str:
    """What the event of a certificate vouches for."""
    row = _sql.certificate.first(driver, certificate=certificate)
    return digest(list(row) if row else None)


def certificates(driver: Driver, found: RoundRecord) -> list[KeptCertificate]:
    """The certificates that a round issued, by rater."""
    return [_certificate(row) for row in _sql.certificates.rows(driver, round=found.id)]


def certificates_of(driver: Driver, rater: str) -> list[KeptCertificate]:
    """All certificates of the person of that name, the newest first."""
    return [_certificate(row) for row in _sql.certificates_of.rows(driver, rater=rater)]


def _record(row: Any) -> RoundRecord:
    values = dict(zip((entry.name for entry in fields(RoundRecord)), row, strict=True))
    return RoundRecord(**values | {"settings": orjson.loads(values["settings"])})


def _certificate(row: Any) -> KeptCertificate:
    identifier, rater, passed, document, issued, expires = row
    return KeptCertificate(identifier, rater, bool(passed), orjson.loads(document), issued, expires)
