"""What happens to the queues, told as it happens: server-sent events over the end of the event log.

The format is that of HTML Living Standard, section 9.2 (server-sent events).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Annotated, Any

from fastapi import Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Send

from reviewer.ids import now
from reviewer.server.access import LEADS, Declared, declare, no_queue
from reviewer.server.desk import AtDesk, Desk, Serving
from reviewer.server.routes import OWN
from reviewer.server.troubles import Refusal
from reviewer.store import accounts, serving, tail, team_progress
from reviewer.store.accounts import Caller
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.sync import wire

ROUTES: list[Declared] = []

EVERY = 0.3
"""So many seconds lie between two looks at the log."""

HEARTBEAT = 10.0
"""So many seconds after the last event a listener gets a sign of life; and it is seen whether they may still listen."""

MOST_LISTENERS = 500
"""How many may listen to one process."""

MOST_OF_ONE = 10
"""How many streams one token may listen to."""

_RECOUNTED = 5.0
"""Leases and states are no part of what is looked at for progress: it is reckoned anew after so many seconds."""

_MOST_WAITING = 500
_FURTHEST_BACK = 10_000
_SEND_SECONDS = 60.0
_LONGEST = 7 * 24 * 3600
_ENDING = "reviewer.ending"
_LATER = {"Retry-After": "30"}


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it goes out. `seq` is its place in the stream that is followed, 0 for what has none."""

    name: str
    data: wire.Message
    seq: int = 0

    def as_bytes(self) -> bytes:
        """The event in the format of the standard."""
        place = str(self.seq) if self.seq else None
        return format_sse_event(data_str=self.data.model_dump_json(), event=self.name, id=place)


@dataclass(eq=False, slots=True)
class Listener:
    """Somebody who listens, until `ended`. `token` is what they proved themselves by, `progress` the queue whose
    progress they want to be told."""

    token: str = field(repr=False)
    progress: QueueRecord | None
    waiting: asyncio.Queue[Told | None] = field(default_factory=lambda: asyncio.Queue(_MOST_WAITING))
    ended: bool = False

    def tell(self, told: Told) -> None:
        """Puts an event into the line; who lets the line grow too long is told no more, and may come again."""
        try:
            self.waiting.put_nowait(told)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Lets the stream end."""
        self.ended = True
        with suppress(asyncio.QueueFull):  # then it is seen at the next event
            self.waiting.put_nowait(None)


@dataclass(slots=True)
class _Seen:
    """What one look at the store has found, for whom."""

    at: int
    told: list[tuple[Listener, Told]] = field(default_factory=list)
    strangers: list[Listener] = field(default_factory=list)


class Tail:
    """Follows the log of the store for all who listen to this process, with one query a look while nothing happens."""

    def __init__(self, served: Serving) -> None:
        self._serving = served
        self._listeners: set[Listener] = set()
        self._running: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._counted: dict[str, tuple[float, tuple[Any, ...], wire.Progress]] = {}

    def refuse_too_many(self, token: str) -> None:
        """Raises Refusal where all who listen, or all with this token, are as many as may be."""
        of_one = sum(listener.token == token for listener in self._listeners)
        if of_one >= MOST_OF_ONE:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS, "listeners", "you listen too often already.", "Ask later.", _LATER
            )
        if len(self._listeners) >= MOST_LISTENERS:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, "listeners", "too many listen already.", "Ask again later.", _LATER
            )

    async def begin(self, listener: Listener, last: int | None) -> tuple[Told, list[Told]]:
        """Tells the listener of all from now on. Returns what to say first, and what happened after `last`."""
        self._listeners.add(listener)
        if self._running is None:
            self._ready.clear()
            self._running = asyncio.create_task(self._run())
        async with asyncio.timeout(_SEND_SECONDS):
            await self._ready.wait()
        return await self._serving.off_the_loop(self._since, listener, last)

    def leave(self, listener: Listener) -> None:
        """Tells the listener no more."""
        self._listeners.discard(listener)

    async def _run(self) -> None:
        """Looks again and again, until nobody listens."""
        at: int | None = None
        checked = monotonic()
        try:
            while self._listeners:
                check = monotonic() - checked > HEARTBEAT
                try:
                    seen = await self._serving.off_the_loop(self._look, at, frozenset(self._listeners), check)
                except Exception as error:
                    # What was told is not lost: the next look goes on from the same place.
                    self._serving.log.error("live", extra={"fields": {"error": type(error).__name__}})
                    await asyncio.sleep(EVERY)
                    continue
                at = seen.at
                self._ready.set()
                if check:
                    checked = monotonic()
                for listener, told in seen.told:
                    listener.tell(told)
                for listener in seen.strangers:
                    listener.end()
                await asyncio.sleep(EVERY)
        finally:
            self._running = None
            self._counted.clear()
            for listener in self._listeners:
                listener.end()

    def _look(self, at: int | None, listeners: frozenset[Listener], check: bool) -> _Seen:
        store = self._serving.store
        with self._serving.work.reading() as driver:
            head = tail.head(driver, store.device)
            seen = _Seen(head)
            found = tail.news(driver, store.device, at, head) if at is not None and head > at else []
            if found or check:
                for listener in listeners:
                    self._tell_news(driver, listener, found, seen)
            self._tell_progress(driver, [listener for listener in listeners if listener.progress], seen)
            return seen

    def _tell_news(self, driver: Driver, listener: Listener, found: list[tail.News], seen: _Seen) -> None:
        caller = accounts.who(driver, listener.token, now())
        if caller is None or (listener.progress and caller.role not in LEADS):
            seen.strangers.append(listener)
            return
        seen.told += [(listener, told) for told in _for_caller(driver, caller, found)]

    def _tell_progress(self, driver: Driver, leads: list[Listener], seen: _Seen) -> None:
        for queue in {listener.progress.id: listener.progress for listener in leads if listener.progress}.values():
            told = self._progress(driver, queue)
            if told is not None:
                seen.told += [(one, told) for one in leads if one.progress and one.progress.id == queue.id]

    def _progress(self, driver: Driver, queue: QueueRecord) -> Told | None:
        """How far the team is in a queue, where that is another than was told last."""
        moment, counted = monotonic(), tail.counted(driver, queue.id)
        last = self._counted.get(queue.id)
        if last is not None and counted == last[1] and moment - last[0] < _RECOUNTED:
            return None
        told = _progress_of(driver, queue)
        self._counted[queue.id] = (moment, counted, told)
        return None if last is not None and told == last[2] else Told("progress", told)

    def _since(self, listener: Listener, last: int | None) -> tuple[Told, list[Told]]:
        stream = self._serving.store.device
        with self._serving.work.reading() as driver:
            head = tail.head(driver, stream)
            known = last is not None and head - _FURTHEST_BACK <= last <= head
            first = Told("listening", wire.Listening(missed=not known), head)
            told: list[Told] = []
            if known and last is not None:
                caller = accounts.who(driver, listener.token, now())
                if caller is not None:
                    told += _for_caller(driver, caller, tail.news(driver, stream, last, head))
            if listener.progress is not None:
                told.append(Told("progress", _progress_of(driver, listener.progress)))
        return first, told


class EventStream(StreamingResponse):
    """Server-sent events; who reads nothing is given up."""

    media_type = "text/event-stream"

    async def stream_response(self, send: Send) -> None:
        """Sends events as they come."""

        async def in_time(message: Any) -> None:
            async with asyncio.timeout(_SEND_SECONDS):
                await send(message)

        with suppress(TimeoutError):
            await super().stream_response(in_time)


@declare(
    ROUTES,
    "GET",
    "/v1/live",
    "What happens to the queues, as it happens",
    access=OWN,
    answer=EventStream,
    errors=frozenset({404, 422}),
)
async def live(
    request: Request,
    desk: AtDesk,
    progress: Annotated[
        str | None, Query(max_length=100, description="A queue whose progress is told as well, for leads.")
    ] = None,
    seconds: Annotated[
        int, Query(ge=0, le=_LONGEST, description="For how long; 0 tells what was missed and ends.")
    ] = _LONGEST,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> Response:
    """Server-sent events, until the client or the server has enough.

    First "listening", with `missed`: whether something may have happened of which nothing is told. Then "queue" for
    each change to a queue that the caller sees, with `queue`, `name`, `what` and `state`; and "progress" where that was
    asked for, with a `Progress`. The header Last-Event-ID asks for what happened after that event.
    """
    tail_: Tail = request.app.state.tail
    token = request.headers["authorization"].partition(" ")[2].strip()
    tail_.refuse_too_many(token)
    watched = None
    if progress is not None:
        watched = await desk.serving.off_the_loop(_watched, desk, progress)
    listener = Listener(token, watched)
    request.scope[_ENDING] = listener.end
    until = monotonic() + seconds
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(_events(tail_, listener, _place(last_event_id), until), headers=headers)


def end_stream(scope: Any) -> None:
    """Lets a request that is told events end, where it is one."""
    ending = scope.get(_ENDING)
    if ending is not None:
        ending()


async def _events(tail_: Tail, listener: Listener, last: int | None, until: float) -> AsyncIterator[bytes]:
    try:
        first, missed = await tail_.begin(listener, last)
        yield first.as_bytes()
        for told in missed:
            yield told.as_bytes()
        while not listener.ended and (left := until - monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, HEARTBEAT)):
                    next_ = await listener.waiting.get()
            except TimeoutError:
                yield b": \n\n"
                continue
            # What happened while it began is in what was missed.
            if next_ is not None and not 0 < next_.seq <= first.seq:
                yield next_.as_bytes()
    except TimeoutError:
        return  # the store does not answer
    finally:
        tail_.leave(listener)


def _for_caller(driver: Driver, caller: Caller, found: list[tail.News]) -> list[Told]:
    """The news of queues that the caller sees; of a queue that they see, nothing but that it changed, and its state."""
    told = []
    for one in found:
        if caller.queues is not None and one.queue not in caller.queues:
            continue
        queue = serving.seen_one(driver, one.queue, caller.rater, caller.name)
        if queue is not None:
            news = wire.QueueNews(queue=queue.id, name=queue.name, what=one.action, state=queue.state)
            told.append(Told("queue", news, one.seq))
    return told


def _progress_of(driver: Driver, queue: QueueRecord) -> wire.Progress:
    record = serving.served_one(driver, queue.id) or queue
    return wire.Progress.model_validate(asdict(team_progress.progress(driver, record)))


def _watched(desk: Desk, queue: str) -> QueueRecord:
    caller = desk.caller
    if caller.role not in LEADS:
        raise Refusal(HTTPStatus.FORBIDDEN, "role", "how far a team is, is for leads.", "Ask those who run it.")
    with desk.reading() as driver:
        found = serving.served_one(driver, queue) if caller.queues is None or queue in caller.queues else None
    if found is None:
        raise no_queue()
    return found


def _place(last: str | None) -> int | None:
    return int(last) if last and last.isascii() and last.isdecimal() else None
