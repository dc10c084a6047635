"""What a request is answered from: the store, the settings, and whoever asks."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from logging import Logger
from time import monotonic
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response

from reviewer.server.grouped import work_on
from reviewer.server.limits import Buckets
from reviewer.server.settings import ServerSettings
from reviewer.server.tasks import Rubrics
from reviewer.store import accounts
from reviewer.store.accounts import Caller
from reviewer.store.connection import Store
from reviewer.store.prepared import Connection
from reviewer.sync import signing, wire

_R = TypeVar("_R")
_COMPRESSED_FROM = 2048
_DEVICE_SECONDS = 300.0
_MOST_DEVICES = 10_000
_STRANGERS_RATE, _STRANGERS_BURST = 10.0, 200


class Serving:
    """What all requests to one server process share. Nothing here would be missed by another process."""

    def __init__(self, store: Store, settings: ServerSettings, log: Logger) -> None:
        self.store = store
        self.settings = settings
        self.log = log
        self.work = work_on(store)
        self.rubrics = Rubrics()
        self.key = signing.server_key(store)
        self.callers = Buckets(settings.rate, settings.burst)
        self._devices: dict[tuple[str, str], float] = {}
        self._threads = ThreadPoolExecutor(settings.threads, "reviewer-server")
        self.strangers = Buckets(min(settings.rate, _STRANGERS_RATE), _STRANGERS_BURST)

    def note_device(self, device: str, rater: str, moment: str) -> None:
        """Keeps which devices speak, and when they did last, to a few minutes: each request need not write for it."""
        at = monotonic()
        known = self._devices.get((device, rater))
        if known is not None and at - known < _DEVICE_SECONDS:
            return
        if len(self._devices) >= _MOST_DEVICES:
            self._devices.clear()
        self._devices[device, rater] = at
        self.work.transact(lambda connection: accounts.spoke(connection, device, rater, moment))

    async def off_the_loop(self, function: Callable[..., _R], *arguments: Any) -> _R:
        """What `function` returns, which may wait for the store, on one of the server's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def close(self) -> None:
        """Lets what is under way end, and closes the connections to the store."""
        self._threads.shutdown()
        self.work.close()
        self.store.close()


@dataclass(frozen=True, slots=True)
class Desk:
    """One request's way to the store."""

    serving: Serving
    compressed: bool
    _caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who asks; there is one on every route that names roles."""
        assert self._caller is not None
        return self._caller

    @property
    def store(self) -> Store:
        """The store."""
        return self.serving.store

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that cannot write, for the length of the block."""
        return self.serving.work.reading()

    def transact(self, job: Callable[[Connection], _R]) -> _R:
        """What `job` returns, once it is safe; it may be called again."""
        return self.serving.work.transact(job)

    def answer(self, message: wire.Message) -> Response:
        """The message as an answer; it is not validated again."""
        body = message.model_dump_json().encode()
        headers = {"Cache-Control": "no-store"}
        if self.compressed and len(body) >= _COMPRESSED_FROM:
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(body, headers=headers, media_type="application/json")


def desk_for(request: Request) -> Desk:
    """The desk of one request."""
    accepted = request.headers.get("accept-encoding", "")
    return Desk(request.app.state.serving, "gzip" in accepted, getattr(request.state, "caller", None))


async def _desk(request: Request) -> Desk:
    return desk_for(request)


AtDesk = Annotated[Desk, Depends(_desk)]
"""The parameter by which a route is given its desk."""
