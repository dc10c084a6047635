"""The routes of version 1 of the wire, which `reviewer.sync.wire` describes message by message."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import Path, Query, Response
from pydantic import Field

from reviewer import __version__
from reviewer.ids import now
from reviewer.server.access import EVERYBODY, LEADS, RATERS, Access, Declared, declare, no_queue
from reviewer.server.binding import unfit
from reviewer.server.desk import AtDesk, Desk
from reviewer.server.panels import panel_told
from reviewer.server.tasks import queue_told, tasks_told
from reviewer.session.certificates import refuse_uncertified
from reviewer.store import leases, receiving, serving, team_progress
from reviewer.store.leases import Granted
from reviewer.store.prepared import Connection, Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.version import SCHEMA_VERSION
from reviewer.sync import wire

ROUTES: list[Declared] = []

_MOST_NUMBER = 2**30
"""The highest number of a lease that a device may say it has: what it is given next must fit the column."""

OPEN = Access(EVERYBODY, "nobody", versioned=False)
OWN = Access(RATERS, "own")
TEAM = Access(LEADS, "team")
OWN_LABELS = Access(RATERS, "own", most=None)
"""As `OWN`, for messages as large as the settings allow."""

QueueId = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[0-9A-Za-z-]+$", description="Its identifier.")]
DeviceId = Annotated[str, Query(min_length=1, max_length=100, description="The identifier of the device's store.")]

Version = Annotated[str, Query(max_length=100, description="The version of the answer that the device has.")]

Whole = Annotated[bool, Query(description="Whether the tasks themselves are told, too.")]


class Health(wire.Message):
    """Whether the server can do its work. `store` is what the store lies in, `schema_version` that of its tables."""

    status: str = Field(examples=["ok"])
    store: str = Field(examples=["file", "postgresql"])
    schema_version: int
    program: str


@declare(ROUTES, "GET", "/health", "Whether the server and its store work", access=OPEN, answer=Health)
def health(desk: AtDesk) -> Response:
    """Asks the store, and answers 503 where that does not answer. For those who watch over the server."""
    with desk.reading() as connection:
        connection.execute("SELECT 1").fetchone()
    kind = "file" if desk.store.is_file else "postgresql"
    return desk.answer(Health(status="ok", store=kind, schema_version=SCHEMA_VERSION, program=__version__))


@declare(ROUTES, "GET", "/v1", "Who this server is, and what it speaks", access=OPEN, answer=wire.Hello)
async def hello(desk: AtDesk) -> Response:
    """Asks for no token, and answers in every version."""
    name = desk.serving.settings.name
    return desk.answer(wire.Hello(server=desk.store.identity, name=name, program=__version__, key=desk.serving.key))


@declare(ROUTES, "GET", "/v1/me", "Whom the token belongs to", access=OWN, answer=wire.Me)
async def me(desk: AtDesk) -> Response:
    """The rater's name and identifier, their role, and what the token is good for."""
    caller = desk.caller
    return desk.answer(
        wire.Me.model_construct(
            rater=caller.rater,
            name=caller.name,
            role=cast("wire.Role", caller.role),
            queues=None if caller.queues is None else sorted(caller.queues),
            expires_at=caller.expires_at,
        )
    )


@declare(ROUTES, "GET", "/v1/queues", "The queues that are the rater's", access=OWN, answer=wire.Queues)
def queues(desk: AtDesk) -> Response:
    """Each with its rubrics, and where the rater stands in it; of a sealed one no more than a rater may see."""
    caller, moment = desk.caller, now()
    with desk.reading() as connection:
        found = [
            queue_told(connection, desk.serving.rubrics, queue, caller.rater, moment)
            for queue in serving.seen(connection, caller.rater, caller.name)
            if caller.queues is None or queue.id in caller.queues
        ]
    return desk.answer(wire.Queues.model_construct(queues=found))


@declare(ROUTES, "POST", "/v1/queues/{queue}/leases", "Leases tasks to a device", access=OWN, answer=wire.Leased)
def lease(queue: QueueId, asked: wire.LeaseRequest, desk: AtDesk) -> Response:
    """Renews what the device holds, then leases until it was given as many as it wanted, or says why there are no more.

    Safe to repeat: what an answer that was cut off never brought comes again.
    """
    caller, moment = desk.caller, now()
    device = _device(asked.device, desk)
    with desk.reading() as connection:
        found = _queue(connection, queue, desk)

    def job(connection: Connection) -> Granted:
        return leases.grant(
            connection,
            found,
            caller.rater,
            device,
            asked.wanted,
            after=min(asked.after, _MOST_NUMBER),
            take_over=asked.take_over,
            moment=moment,
            seconds=desk.serving.settings.lease_seconds,
            certificate=refuse_uncertified,
        )

    desk.serving.note_device(device, caller.rater, moment)
    try:
        granted = desk.transact(job)
    except Exception:
        leases.forget()
        raise
    with desk.reading() as connection:
        rubrics = desk.serving.rubrics
        tasks = tasks_told(connection, rubrics, found, granted.leases)
        own = [task.rubric for task in tasks if task.rubric]
        told = queue_told(connection, rubrics, found, caller.rater, moment, own)
    why = granted.why
    return desk.answer(
        wire.Leased.model_construct(
            queue=told,
            tasks=tasks,
            until=granted.until,
            why=wire.Why(code=why.code, what=why.what, until=why.until) if why else None,
        )
    )


@declare(ROUTES, "POST", "/v1/queues/{queue}/returns", "Gives leases back", access=OWN, answer=wire.Returned)
def give_back(queue: QueueId, asked: wire.ReturnRequest, desk: AtDesk) -> Response:
    """Those listed, or all that the device holds and has not labelled; what it does not hold is passed over."""
    device = _device(asked.device, desk)
    with desk.reading() as connection:
        found = _queue(connection, queue, desk)
    returned = desk.transact(
        lambda connection: leases.give_back(connection, found.id, desk.caller.rater, device, asked.tasks)
    )
    return desk.answer(wire.Returned(returned=returned))


@declare(
    ROUTES,
    "GET",
    "/v1/queues/{queue}/changes",
    "What happened to a device's tasks",
    access=OWN,
    answer=wire.Changes,
)
def changes(queue: QueueId, device: DeviceId, desk: AtDesk) -> Response:
    """What was recalled, sent back, taken over by another device or opened again, and which tasks two devices of the
    rater labelled differently."""
    caller, moment = desk.caller, now()
    device = _device(device, desk)
    with desk.reading() as connection:
        found = _queue(connection, queue, desk)
        happened = leases.changes(connection, found.id, caller.rater, device, moment=moment)
        told = [
            wire.Change(
                task=one.lease,
                what=one.what,
                reason=one.reason,
                labels=_own_labels(connection, one.lease, caller.rater) if one.what == "conflict" else [],
            )
            for one in happened
        ]
        described = queue_told(connection, desk.serving.rubrics, found, caller.rater, moment)
    return desk.answer(wire.Changes.model_construct(queue=described, changes=told, until=None))


@declare(
    ROUTES,
    "GET",
    "/v1/queues/{queue}/panel",
    "What the members of a revealed round said",
    access=OWN,
    answer=wire.PanelAnswer,
)
def panel(queue: QueueId, desk: AtDesk, known: Version = "", whole: Whole = False) -> Response:
    """All members' labels of the tasks that the rater was leased, and what the group noted; nothing before the reveal,
    and nothing where it is `known`."""
    with desk.reading() as connection:
        found = _queue(connection, queue, desk)
        told = panel_told(connection, desk.serving.rubrics, found, desk.caller.rater, now(), known, whole=whole)
    return desk.answer(told)


@declare(ROUTES, "GET", "/v1/queues/{queue}/progress", "How far the team is", access=TEAM, answer=wire.Progress)
def progress(queue: QueueId, desk: AtDesk) -> Response:
    """Counts by rater, for leads: nothing of what was said of any task."""
    with desk.reading() as connection:
        found = serving.served_one(connection, queue)
        if found is None:
            raise no_queue()
        told = team_progress.progress(connection, found)
    return desk.answer(wire.Progress.model_validate(asdict(told)))


@declare(
    ROUTES,
    "POST",
    "/v1/labels",
    "Sends labels",
    access=OWN_LABELS,
    answer=wire.LabelsAnswer,
)
def labels(sent: wire.LabelsRequest, desk: AtDesk) -> Response:
    """Each label is answered by itself: accepted, known already, or refused with the reason. Safe to repeat.

    A fault in the device's event stream refuses no label; it is told in `head`.
    """
    caller = desk.caller
    device = _device(sent.device, desk)
    if not sent.stream.startswith(f"{device}/") or not sent.stream.isprintable():
        raise unfit("stream: it begins with the device's identifier and '/'")
    events = [event.model_dump() for event in sent.events]
    given = [label.model_dump() for label in sent.labels]
    desk.serving.note_device(device, caller.rater, now())
    received = desk.transact(
        lambda connection: receiving.receive(
            connection,
            rater=caller.rater,
            device=device,
            stream=sent.stream,
            events=events,
            labels=given,
            server_stream=desk.store.device,
            queues=caller.queues,
        )
    )
    head = received.head
    return desk.answer(
        wire.LabelsAnswer.model_construct(
            answers=[
                wire.Answer.model_construct(
                    id=one.id,
                    answer=one.answer,
                    surplus=one.surplus,
                    conflict=one.conflict,
                    reason=one.reason,
                    mend=one.mend,
                )
                for one in received.answers
            ],
            head=wire.StreamHead.model_construct(stream=head.stream, seq=head.seq, hash=head.hash, fault=head.fault),
        )
    )


def _queue(driver: Driver, queue: str, desk: Desk) -> QueueRecord:
    """The queue, where the caller sees it. Raises Refusal."""
    found = serving.seen_one(driver, queue, desk.caller.rater, desk.caller.name)
    if found is None:
        raise no_queue()
    return found


def _own_labels(driver: Driver, lease: str, rater: str) -> list[wire.Mine]:
    known = leases.known(driver, lease)
    assert known is not None, "a change tells of a lease that there is"
    return [wire.Mine(**one) for one in receiving.mine(driver, known.task, rater)]


def _device(device: str, desk: Desk) -> str:
    """The device's identifier. Raises Refusal for what is none, and for the server's own: its events are not to be
    written by others."""
    if not (device.isascii() and device.isprintable()) or "/" in device or device == desk.store.device:
        raise unfit("device: it is the identifier of the store on the device")
    return device
