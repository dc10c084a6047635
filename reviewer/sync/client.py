"""Speaking to a server in the messages of `wire`: bounded in time and size, repeated where that is safe."""

from __future__ import annotations

import gzip
import ssl
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import stamina
from pydantic import ValidationError
from stamina import instrumentation

from reviewer import __version__
from reviewer.errors import WrongUsage
from reviewer.sync import trouble, wire
from reviewer.sync.events import Event, events_in
from reviewer.sync.trouble import RemoteTrouble
from reviewer.text.sanitise import visible

MOST_BYTES = 192 << 20
"""The largest answer that is read, decompressed."""

ATTEMPTS = 4
"""How often a request is sent before the server counts as out of reach. All of them may arrive twice."""

_LONGEST_WAIT = 30.0
_LONGEST_ANSWER = 600.0
_COMPRESSED_FROM = 1024
_PIECE = 1 << 16
_TIMEOUT = httpx.Timeout(20.0, connect=5.0, pool=5.0)
_PATIENT = httpx.Timeout(60.0, connect=5.0, pool=5.0)
_LISTENING = httpx.Timeout(30.0, connect=5.0, pool=5.0)
"""A server that tells events gives a sign of life every ten seconds."""

_SMALL = 64 << 10
_FEW = 50
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_M = TypeVar("_M", bound=wire.Message)

# Its log goes to standard error where nobody has set one up, and tells each attempt.
instrumentation.set_on_retry_hooks([])


class Client:
    """The way to one server. Every method raises RemoteTrouble; of requests that fail, all can be sent again."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        attempts: int = ATTEMPTS,
        timeout: httpx.Timeout | float | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.url = url
        self._most = most_bytes
        self._token = token
        self._timeout = _TIMEOUT if timeout is None else timeout
        self._patient = _PATIENT if timeout is None else timeout
        self._retrying = stamina.RetryingCaller(
            attempts=attempts, timeout=_LONGEST_ANSWER, wait_initial=0.2, wait_max=5.0
        )
        try:
            self._http = httpx.Client(base_url=f"{url}/", timeout=self._timeout, follow_redirects=False)
        except (OSError, ssl.SSLError) as error:
            raise RemoteTrouble(
                "the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read.", mend="Set it right."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def hello(self) -> wire.Hello:
        """Who the server is. Raises RemoteTrouble also where it speaks no version that this program does."""
        hello = self._ask(wire.Hello, "GET", "v1", open_to_all=True)
        if hello.oldest > wire.VERSION or hello.newest < wire.OLDEST:
            newer = hello.oldest > wire.VERSION
            raise RemoteTrouble(
                f"the server speaks {'newer' if newer else 'older'} versions of the protocol ({hello.oldest} to "
                f"{hello.newest}) than this program ({wire.OLDEST} to {wire.VERSION}).",
                mend="Update this program." if newer else "Have the server updated.",
                code="other_version",
            )
        return hello

    def me(self) -> wire.Me:
        """Whom the token belongs to."""
        return self._ask(wire.Me, "GET", "v1/me")

    def queues(self) -> list[wire.Queue]:
        """What there is to pull, and what was pulled."""
        return self._ask(wire.Queues, "GET", "v1/queues").queues

    def lease(self, queue: str, request: wire.LeaseRequest) -> wire.Leased:
        """Leases tasks of a queue."""
        path = f"v1/queues/{quote(queue, safe='')}/leases"
        return self._ask(wire.Leased, "POST", path, request, patient=request.wanted > _FEW)

    def give_back(self, queue: str, request: wire.ReturnRequest) -> int:
        """Gives leases back; returns how many."""
        return self._ask(wire.Returned, "POST", f"v1/queues/{quote(queue, safe='')}/returns", request).returned

    def progress(self, queue: str) -> wire.Progress:
        """How far the team is in a queue; for leads."""
        return self._ask(wire.Progress, "GET", f"v1/queues/{quote(queue, safe='')}/progress")

    def live(self, *, last: str = "", progress: str | None = None) -> Iterator[Event | None]:
        """What happens to queues, as it happens, after the place `last`; None for a sign of life. Ends with the server.

        `progress` is a queue whose progress is told as well, to leads.
        """
        query = {} if progress is None else {"progress": progress}
        headers = self._headers() | {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if last:
            headers["Last-Event-ID"] = last
        with (
            self._told(),
            self._http.stream("GET", "v1/live", headers=headers, params=query, timeout=_LISTENING) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise trouble.of_status(response.status_code, self._read(response), response.headers, self.url)
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise trouble.not_ours(self.url)
            try:
                yield from events_in(response.iter_raw())
            except ValueError as error:
                raise trouble.not_ours(self.url) from error

    def changes(self, queue: str, device: str) -> wire.Changes:
        """What has happened to what this device holds of a queue."""
        path = f"v1/queues/{quote(queue, safe='')}/changes"
        return self._ask(wire.Changes, "GET", path, query={"device": device})

    def panel(self, queue: str, known: str = "", *, whole: bool = False) -> wire.PanelAnswer:
        """What the members of a revealed round said, unless that is `known`, with the items themselves where `whole`;
        nothing of a server that is older."""
        path = f"v1/queues/{quote(queue, safe='')}/panel"
        try:
            return self._ask(
                wire.PanelAnswer,
                "GET",
                path,
                query={"known": known} | ({"whole": "true"} if whole else {}),
                patient=True,
            )
        except RemoteTrouble as trouble:
            if trouble.status == HTTPStatus.NOT_FOUND:
                return wire.PanelAnswer()
            raise

    def send(self, request: wire.LabelsRequest) -> wire.LabelsAnswer:
        """Sends labels with the events that vouch for them."""
        return self._ask(wire.LabelsAnswer, "POST", "v1/labels", request)

    # -- one request ---------------------------------------------------------------------------------------

    def _ask(
        self,
        answer: type[_M],
        method: str,
        path: str,
        message: wire.Message | None = None,
        *,
        query: dict[str, str] | None = None,
        open_to_all: bool = False,
        patient: bool = False,
    ) -> _M:
        headers = self._headers(open_to_all=open_to_all)
        content = message.model_dump_json().encode() if message else None
        if content is not None:
            headers["Content-Type"] = "application/json"
            # Much to do takes a server long; one that is silent about little is gone, and is to be said so.
            patient = patient or len(content) > _SMALL
            if len(content) > _COMPRESSED_FROM:
                content = gzip.compress(content, compresslevel=3, mtime=0)
                headers["Content-Encoding"] = "gzip"

        def once() -> bytes:
            return self._once(method, path, headers, content, query, self._patient if patient else self._timeout)

        body = self._retrying(_worth_waiting, once)
        try:
            return answer.model_validate_json(body)
        except ValidationError as error:
            raise trouble.not_ours(self.url) from error

    def _headers(self, *, open_to_all: bool = False) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Reviewer-Wire": str(wire.VERSION),
            "User-Agent": f"reviewer/{__version__}",
        }
        if not open_to_all:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _once(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        content: bytes | None,
        query: dict[str, str] | None,
        timeout: httpx.Timeout | float,
    ) -> bytes:
        with (
            self._told(),
            self._http.stream(
                method, path, headers=headers, content=content, params=query, timeout=timeout
            ) as response,
        ):
            body = self._read(response)
            if response.status_code != httpx.codes.OK:
                raise trouble.of_status(response.status_code, body, response.headers, self.url)
            return body

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except httpx.DecodingError as error:
            raise trouble.not_ours(self.url) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise trouble.of_way(error, self.url) from error

    def _read(self, response: httpx.Response) -> bytes:
        """The body, unpacked here: a small answer that unpacks to a huge one is let go of in time."""
        unpack = _unpacking(response.headers.get("content-encoding", "").strip().lower())
        if unpack is None:
            raise trouble.not_ours(self.url)
        end = time.monotonic() + _LONGEST_ANSWER
        parts: list[bytes] = []
        got = 0
        for piece in response.iter_raw(_PIECE):
            try:
                part = unpack(piece, self._most - got + 1)
            except zlib.error as error:
                raise trouble.not_ours(self.url) from error
            got += len(part)
            parts.append(part)
            if got > self._most:
                raise trouble.too_large(self._most)
            if time.monotonic() > end:
                raise httpx.ReadTimeout("the answer drips")
        if not unpack.complete:
            raise trouble.cut_off()
        return b"".join(parts)


class _Plain:
    complete = True

    def __call__(self, piece: bytes, most: int) -> bytes:
        return piece[:most]


class _Unpacking:
    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    @property
    def complete(self) -> bool:
        return self._inflate.eof

    def __call__(self, piece: bytes, most: int) -> bytes:
        return self._inflate.decompress(piece, most)


def _unpacking(encoding: str) -> _Plain | _Unpacking | None:
    if encoding in ("", "identity"):
        return _Plain()
    return _Unpacking() if encoding == "gzip" else None


def _worth_waiting(error: Exception) -> bool | float:
    """Whether to send the request again, and after how many seconds where the server says so."""
    if not isinstance(error, RemoteTrouble) or not error.offline:
        return False
    if error.wait is not None:
        return error.wait if error.wait <= _LONGEST_WAIT else False
    return True


def address(url: str, *, insecure_http: bool = False) -> str:
    """The address as it is kept: scheme, host, port and path, without an end that names the version.

    Raises WrongUsage for one that is none, holds a password, or would send the token over the network in the clear.
    """
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise WrongUsage("that is no address of a server.", mend="Give one such as https://server.example.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        bare = url.strip().partition("://")[2] or url.strip()
        raise WrongUsage(
            "the address of a server begins with https:// (or http://, on this machine).",
            mend=f"Give one such as https://{visible(bare[:100]) or 'server.example'}.",
        )
    if parsed.userinfo:
        raise WrongUsage("a password has no place in the address.", mend="The token alone tells who you are.")
    if parsed.query or parsed.fragment:
        raise WrongUsage("the address of a server ends with its path.", mend="Leave out what follows ? or #.")
    if parsed.scheme == "http" and not insecure_http and not is_loopback(parsed.host):
        raise WrongUsage(
            "over plain http everybody on the way can read the token and the labels.",
            mend="Use https://, or --insecure-http where the way is safe by itself, such as a tunnel.",
        )
    path = parsed.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return str(parsed.copy_with(path=path or "/")).rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether that host is this machine."""
    import ipaddress

    if host in _LOOPBACK or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Progress = Callable[[int, int], None]
"""Told while something long goes on: how much is done, and how much there is; 0 where that is not known."""


def unheard(_done: int, _of: int) -> Any:
    """Progress that nobody looks at."""
