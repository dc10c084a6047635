"""What can go wrong on the way to a server, each in one sentence with its mend."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx
from pydantic import ValidationError

from reviewer.errors import RemoteFailed
from reviewer.sync import wire
from reviewer.text.sanitise import visible

_LONGEST = 600
_NO_ANSWER = "not_ours"
_MENDS = {
    401: "Ask for another token, then run `reviewer remote add NAME URL` again with it.",
    403: "Ask those who run the server.",
    413: "Ask those who run the server.",
    426: "Update this program, or have the server updated.",
    429: "Try again later.",
}


class RemoteTrouble(RemoteFailed):
    """A server, or the way to it, failed; nothing that is here is lost.

    `code` is the server's word for it, or ours: offline, not_ours, other_server, other_version, too_large, busy. `wait`
    is how many seconds the server asks to be left alone.
    """

    def __init__(
        self,
        what: str,
        *,
        mend: str = "",
        where: str = "",
        code: str = "",
        status: int | None = None,
        wait: float | None = None,
    ) -> None:
        super().__init__(what, mend=mend, where=where)
        self.code = code
        self.status = status
        self.wait = wait

    @property
    def offline(self) -> bool:
        """Whether the server cannot be reached or cannot answer now: what was to be done can be tried again later."""
        return self.code == "offline" or self.status == 429 or (self.status is not None and self.status >= 500)

    @property
    def shut_out(self) -> bool:
        """Whether the server lets nobody in with this token."""
        return self.status == 401 or self.code in ("no_token", "other_server")


def of_way(error: Exception, url: str) -> RemoteTrouble:
    """What an error of the connection means."""
    where = httpx.URL(url).host
    causes = list(_causes(error))
    told = " ".join(str(cause) for cause in causes)
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or "CERTIFICATE_VERIFY_FAILED" in told:
        if "WRONG_VERSION_NUMBER" in told or "wrong version number" in told:
            return _offline(f"'{where}' answers, but not in TLS.", mend="Its address may begin with http://.")
        return _offline(
            f"the certificate of '{where}' does not hold, and nothing was sent.",
            mend="Check the address; where its certificate is the house's own, SSL_CERT_FILE names who signed it.",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return _offline(
            f"the name '{where}' cannot be found on the network.", mend="Check the address and your connection."
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return _offline(f"nothing answers at '{url}'.", mend="Check that the server runs there, then try again.")
    if isinstance(error, httpx.TimeoutException):
        return _offline(f"the server at '{where}' takes too long to answer.", mend="Try again later.")
    if isinstance(error, httpx.ConnectError):
        return _offline("there is no network, or no way to the server.", mend="Try again once there is.")
    return _offline("the connection to the server broke off.", mend="Try again; nothing is sent or kept twice.")


def of_status(status: int, body: bytes, headers: httpx.Headers, url: str) -> RemoteTrouble:
    """What an answer means that is not the one that was asked for."""
    wait = _seconds(headers.get("retry-after", ""))
    told = _told(body)
    if told is not None:
        mend = _plain(told.mend) or _MENDS.get(status, "")
        return RemoteTrouble(_plain(told.what), mend=mend, code=told.code, status=status, wait=wait)
    what = {
        401: "the server does not take this token: it was revoked, has expired, or never was one.",
        403: "the server does not allow this.",
        413: "the server takes no message of that size.",
        426: "the server speaks another version than this program.",
        429: "the server asks to be left alone for a while.",
    }.get(status)
    if what is not None:
        return RemoteTrouble(what, mend=_MENDS.get(status, ""), status=status, wait=wait)
    if 300 <= status < 400:
        to = visible(headers.get("location", ""))[:200]
        mend = f"Add the remote by the address that it names: {to}" if to else "Check the address."
        return RemoteTrouble("the server sends on to another address.", mend=mend, status=status, code=_NO_ANSWER)
    if status >= 500:
        return RemoteTrouble(f"the server fails at it (status {status}).", mend="Try again later.", status=status)
    return not_ours(url, status=status)


def not_ours(url: str, *, status: int | None = None) -> RemoteTrouble:
    """What is said of an answer that no Reviewer server gives."""
    return RemoteTrouble(
        f"what answers at '{url}' is no Reviewer server, or one that is broken.",
        mend="Check the address: `reviewer serve` prints it, with nothing after the port.",
        status=status,
        code=_NO_ANSWER,
    )


def cut_off() -> RemoteTrouble:
    """What is said of an answer that ends too early."""
    return _offline("the server's answer was cut off.", mend="Try again; nothing is sent or kept twice.")


def too_large(most: int) -> RemoteTrouble:
    """What is said of an answer that nobody should have to hold."""
    return RemoteTrouble(
        f"the server's answer is larger than {most >> 20} MB, and was not read.",
        mend="Pull fewer items at once (-n).",
        code="too_large",
    )


def _offline(what: str, *, mend: str) -> RemoteTrouble:
    return RemoteTrouble(what, mend=mend, code="offline")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _told(body: bytes) -> wire.Trouble | None:
    try:
        return wire.Trouble.model_validate_json(body)
    except ValidationError:
        return None


def _plain(text: str) -> str:
    return " ".join(visible(text[:_LONGEST]).split())


def _seconds(text: str) -> float | None:
    try:
        return max(0.0, float(text))
    except ValueError:
        return None
