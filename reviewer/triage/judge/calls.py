"""Asking a judge's endpoint: within its limits, again after what passes, and never twice for an answer that came."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from types import TracebackType

import httpx

from reviewer.errors import RemoteFailed
from reviewer.text.sanitise import visible
from reviewer.triage.judge import providers
from reviewer.triage.judge.cache import AnswerCache
from reviewer.triage.judge.prompt import Asked
from reviewer.triage.judge.providers import Exchange, NoReply, Reply
from reviewer.triage.judge.spec import JudgeSpec

_LARGEST = 4 << 20
_CONNECT_SECONDS = 15.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_LONGEST_ADVISED = 600.0
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_TURNED_AWAY = frozenset({429, 503, 529})
_KEY_REFUSED = frozenset({401, 403})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Unanswered(Exception):
    """A question has no answer after all attempts, or was refused; the text says why."""


class Refused(Unanswered):
    """The endpoint will not take this question, however often it is asked."""


class OutOfBudget(Exception):
    """The next call might cost more than is left."""


@dataclass(slots=True)
class Account:
    """What calls came to. `unknown` counts those whose cost nobody told: broken off, or without counted tokens.

    `spent` begins with what earlier runs of the same judge in the same queue cost.
    """

    budget: float | None = None
    spent: float = 0.0
    reserved: float = 0.0
    calls: int = 0
    kept: int = 0
    again: int = 0
    unknown: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0

    def reserve(self, most: float) -> None:
        """Sets aside what a call may cost. Raises OutOfBudget."""
        if self.budget is not None and self.spent + self.reserved + most > self.budget + 1e-12:
            raise OutOfBudget
        self.reserved += most

    def settle(self, most: float, cost: float | None) -> None:
        """Books what a call cost in place of what was set aside; all of that is spent where nobody knows."""
        self.reserved -= most
        self.spent += most if cost is None else cost
        self.cost += cost or 0.0


def tokens_in(text: str) -> int:
    """About how many tokens a text has: four ASCII characters make one, any other character one by itself."""
    plain = sum(map(str.isascii, text)) if not text.isascii() else len(text)
    return plain // 4 + (len(text) - plain) + 1


class _Passing(Exception):
    """A call failed in a way that may pass. `charged` is whether it may have cost something, `turned_away` whether the
    endpoint has too much to do, `wait` the seconds that it advises."""

    def __init__(self, told: str, *, charged: bool, turned_away: bool = False, wait: float | None = None) -> None:
        super().__init__(told)
        self.charged = charged
        self.turned_away = turned_away
        self.wait = wait


class Caller:
    """Asks one judge's questions; to be entered as a context. Raises RemoteFailed where the key or address is wrong."""

    def __init__(self, spec: JudgeSpec, key: str, cache: AnswerCache, job: str, account: Account) -> None:
        self._spec = spec
        self._cache = cache
        self._job = job
        self._account = account
        self._address = providers.address(spec)
        self._headers = providers.headers(spec, key)
        self._clients: list[httpx.AsyncClient] = []
        self._open = AsyncExitStack()
        self._not_before = self._next_turn = 0.0
        self._settled = asyncio.Event()
        self._under_way: dict[str, asyncio.Future[bytes]] = {}
        self._random = Random()  # spreads attempts, guards nothing

    async def __aenter__(self) -> Caller:
        # Nothing is followed: a redirect would take the key and the texts to another host.
        seconds = httpx.Timeout(self._spec.limits.timeout, connect=min(_CONNECT_SECONDS, self._spec.limits.timeout))
        # A client for each worker: a pool of several connections looks through all of them on every call.
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        trusted = httpx.create_ssl_context()
        for _ in range(self._spec.limits.concurrency):
            client = httpx.AsyncClient(
                headers=self._headers, timeout=seconds, limits=limits, verify=trusted, follow_redirects=False
            )
            self._clients.append(await self._open.enter_async_context(client))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def ask(self, asked: Asked, sample: int, worker: int = 0, before: Sequence[Exchange] = ()) -> Reply:
        """The model's answer, from what was kept where it was asked before.

        Raises Unanswered, Refused, OutOfBudget; RemoteFailed where no question will be answered; BadInput where
        answers cannot be kept.
        """
        body = providers.request(self._spec, asked, sample, before)
        request = providers.request_hash(self._spec, sample, body)
        content = self._cache.find(request)
        if content is None and (other := self._under_way.get(request)) is not None:
            content = await asyncio.shield(other)
        if content is not None:
            self._account.kept += 1
            return providers.read(self._spec, content)
        future = self._under_way[request] = asyncio.get_running_loop().create_future()
        try:
            content, reply = await self._answered(request, body, self._clients[worker])
        except BaseException as error:
            future.set_exception(error if isinstance(error, Exception) else Unanswered("it was broken off"))
            future.exception()  # nobody may have waited for it
            raise
        finally:
            del self._under_way[request]
        future.set_result(content)
        return reply

    async def _answered(self, request: str, body: bytes, client: httpx.AsyncClient) -> tuple[bytes, Reply]:
        most = self._most(body)
        attempts = self._spec.limits.attempts
        for attempt in range(1, attempts + 1):
            await self._turn()
            await self._afford(most)
            call = self._cache.begin(self._job, request, most)
            self._account.calls += 1
            cost: float | None = None
            try:
                content, reply = await self._once(body, client)
                cost = self._whole(call, content, reply)
                return content, reply
            except _Passing as error:
                failure, cost = error, self._broken(call, charged=error.charged)
            except (Refused, RemoteFailed):
                cost = self._broken(call, charged=False)
                raise
            except BaseException:
                cost = self._broken(call, charged=True)
                raise
            finally:
                self._account.settle(most, cost)
                self._settled.set()
            if attempt == attempts:
                raise Unanswered(str(failure)) from failure
            self._account.again += 1
            await self._wait(attempt, failure)
        raise AssertionError

    async def _once(self, body: bytes, client: httpx.AsyncClient) -> tuple[bytes, Reply]:
        content = bytearray()
        try:
            async with (
                asyncio.timeout(self._spec.limits.timeout),
                client.stream("POST", self._address, content=body) as response,
            ):
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > _LARGEST:
                        raise _Passing("the response is longer than any answer", charged=True)
        except TimeoutError:
            raise _Passing(f"no answer within {self._spec.limits.timeout:g} s", charged=True) from None
        except httpx.InvalidURL as error:
            raise RemoteFailed(f"the address is none ({error}).", mend="Mend base_url in the judge's file.") from error
        except httpx.HTTPError as error:
            told = visible(str(error)) or type(error).__name__
            raise _Passing(told, charged=not isinstance(error, _NOT_SENT)) from error
        self._check(response, bytes(content))
        try:
            return bytes(content), providers.read(self._spec, bytes(content))
        except NoReply as error:
            raise _Passing(str(error), charged=True) from error

    def _check(self, response: httpx.Response, content: bytes) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            return
        told = f"{self._spec.host} says {status}: {_said(content)}".rstrip(": ")
        if status in _PASSING:
            raise _Passing(
                told,
                charged=status in (500, 502, 504),
                turned_away=status in _TURNED_AWAY,
                wait=_advised(response.headers.get("retry-after")),
            )
        if status in _KEY_REFUSED:
            raise RemoteFailed(
                f"the key is refused ({told}).", mend=f"Give another one: `reviewer judge key {self._spec.host}`."
            )
        if status == httpx.codes.NOT_FOUND or response.is_redirect or response.is_success:
            raise RemoteFailed(f"nothing answers there ({told}).", mend="Check base_url and model in the judge's file.")
        raise Refused(told)

    async def _afford(self, most: float) -> None:
        """Sets aside what a call may cost, once calls under way have come out cheaper if need be."""
        while True:
            try:
                self._account.reserve(most)
            except OutOfBudget:
                if self._account.reserved <= 1e-12:
                    raise
                self._settled.clear()
                await self._settled.wait()
            else:
                return

    async def _turn(self) -> None:
        """Waits until the next call may be sent."""
        loop = asyncio.get_running_loop()
        while (pause := self._not_before - loop.time()) > 0:
            await asyncio.sleep(pause)
        if self._spec.limits.requests_per_minute:
            at = max(loop.time(), self._next_turn)
            self._next_turn = at + 60 / self._spec.limits.requests_per_minute
            await asyncio.sleep(at - loop.time())

    async def _wait(self, attempt: int, failure: _Passing) -> None:
        """Waits before the next attempt, drawn from twice as long each time; where one call is turned away, the others
        would be, too, and all wait."""
        pause = self._random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (attempt - 1)))
        if failure.wait is not None:
            pause = min(failure.wait, _LONGEST_ADVISED) + self._random.uniform(0, _FIRST_WAIT / 10)
        if failure.turned_away:
            self._not_before = max(self._not_before, asyncio.get_running_loop().time() + pause)
        else:
            await asyncio.sleep(pause)

    def _most(self, body: bytes) -> float:
        """The most that a call may cost, about; 0 where nobody said what tokens cost."""
        prices = self._spec.prices
        return 0.0 if prices is None else prices.of(tokens_in(body.decode()), self._spec.parameters.longest)

    def _whole(self, call: int, content: bytes, reply: Reply) -> float | None:
        """Keeps an answer; returns what it cost, None where nobody said."""
        cost = None
        if reply.tokens_in is not None and reply.tokens_out is not None:
            self._account.tokens_in += reply.tokens_in
            self._account.tokens_out += reply.tokens_out
            cost = self._spec.prices.of(reply.tokens_in, reply.tokens_out) if self._spec.prices else None
        elif self._spec.prices:
            self._account.unknown += 1
        self._cache.keep(call, content, (reply.tokens_in, reply.tokens_out), cost)
        return cost

    def _broken(self, call: int, *, charged: bool) -> float | None:
        """Books a call that brought no answer; returns what it cost, None where that is unknown."""
        self._account.unknown += charged
        self._cache.end(call, "unknown" if charged else "refused")
        return None if charged else 0.0


def _advised(header: str | None) -> float | None:
    """The seconds that a Retry-After header names, as a number or as a date (RFC 9110, section 10.2.3)."""
    if not header:
        return None
    try:
        return max(0.0, float(header)) if header.strip().isdecimal() else _until(header)
    except (ValueError, OverflowError):
        return None


def _until(header: str) -> float:
    at = parsedate_to_datetime(header)
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _said(content: bytes) -> str:
    """What a server says of a failure, on a line that steers no terminal."""
    text = " ".join(visible(content[:2000].decode("utf-8", "replace")).split())
    return text if len(text) <= 200 else f"{text[:200]}…"
