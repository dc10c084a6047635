"""Adding a server to work for, and coming to it again: the same server, with the token that is kept."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches

from reviewer.config import ensure_private
from reviewer.errors import BadInput, WrongUsage
from reviewer.ids import now
from reviewer.store import remotes
from reviewer.store.connection import Store
from reviewer.store.packs import PACK_URL
from reviewer.store.remotes import RemoteRecord
from reviewer.sync import tokens, wire
from reviewer.sync.client import ATTEMPTS, Client, address
from reviewer.sync.trouble import RemoteTrouble
from reviewer.text.sanitise import visible

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_TOKEN = re.compile(r"[!-~]{1,500}")
_WAIT = 30.0
_LOOK_AGAIN = 0.1


def add(store: Store, name: str, url: str, token: str, *, insecure_http: bool = False) -> RemoteRecord:
    """Asks the server who it is and whose token this is, and keeps both; for a remote that is there, its new address
    and token.

    Raises WrongUsage for a name, an address or a token that is none, BadInput where the server is known under another
    name or is this store's own, and RemoteTrouble where it cannot be asked.
    """
    refuse_unfit_name(name)
    if not _TOKEN.fullmatch(token):
        raise WrongUsage("that is no token.", mend="Give it whole, as `reviewer user add` printed it.")
    url = address(url, insecure_http=insecure_http)
    with Client(url, token) as client:
        hello = client.hello()
        known = _fitting(store, name, hello)
        me = client.me()
    if known and known.rater != me.rater:
        raise BadInput(
            f"the remote '{name}' works as '{known.rater_name}', and this token is of somebody else.",
            mend=f"`reviewer remote remove {name}` forgets it; two people take two homes (--home).",
        )
    if not _presentable(me.name):
        raise BadInput("the server has a name for you that cannot be shown.", mend="Have it changed there.")
    made = RemoteRecord(
        name=name,
        url=url,
        server=hello.server,
        server_key=(known.server_key if known else None) or hello.key,
        rater=me.rater,
        rater_name=me.name,
        role=me.role,
        stream=known.stream if known else remotes.new_stream(store.device),
        stream_sent=known.stream_sent if known else 0,
        added_at=known.added_at if known else now(),
        synced_at=known.synced_at if known else None,
        document={"insecure_http": insecure_http, "token": tokens.keep(store, name, token), "server_name": hello.name},
    )
    store.transact(lambda driver: remotes.put(driver, made, stream=store.device))
    return made


def refuse_unfit_name(name: str) -> None:
    """Raises WrongUsage for what cannot name a remote."""
    if not _NAME.fullmatch(name):
        raise WrongUsage(
            f"'{visible(name)}' cannot name a remote.", mend="Take letters, digits, '-', '_' and '.', 40 at most."
        )


def _fitting(store: Store, name: str, hello: wire.Hello) -> RemoteRecord | None:
    if hello.server == store.identity:
        raise BadInput(
            "that server serves this very store.",
            mend="Rate its queues here as they are, or add it in another home (--home).",
        )
    with store.reading() as connection:
        all_ = remotes.every(connection)
    for remote in all_:
        if remote.name != name and remote.server == hello.server:
            raise BadInput(f"that server is the remote '{remote.name}' already.", mend=f"Use '{remote.name}'.")
        if remote.name == name and remote.server != hello.server:
            raise BadInput(
                f"the remote '{name}' is another server.",
                mend=f"Choose another name, or `reviewer remote remove {name}` first.",
            )
    known = next((remote for remote in all_ if remote.name == name), None)
    if known:
        check_server(known, hello)
    return known


def find(store: Store, name: str) -> RemoteRecord:
    """The remote of that name. Raises BadInput where there is none."""
    with store.reading() as connection:
        found = {remote.name: remote for remote in remotes.every(connection)}
    if name not in found:
        near = get_close_matches(name, found, n=1)
        mend = f"Did you mean '{near[0]}'?" if near else "`reviewer remote add NAME URL` adds one."
        raise BadInput(f"there is no remote '{visible(name)}'.", mend=mend)
    return found[name]


def connect(store: Store, remote: RemoteRecord, *, attempts: int = ATTEMPTS) -> Client:
    """The way to a remote, once it has shown that it is the server that was added. The token goes to no other.

    Raises RemoteTrouble where it is another, cannot be reached, or the token is gone.
    """
    if remote.url == PACK_URL:
        raise RemoteTrouble(
            f"'{remote.name}' is reached by packs alone.",
            mend=f"`reviewer pack export {remote.name} -o FILE` writes what waits; `reviewer remote add {remote.name} "
            "URL` gives it an address.",
            code="packs",
        )
    token = tokens.read(store, remote.name, str(remote.document.get("token", "file")))
    client = Client(remote.url, token, attempts=attempts)
    try:
        hello = client.hello()
        check_server(remote, hello)
        if remote.server_key is None and hello.key is not None:
            pinned = replace(remote, server_key=hello.key)
            store.transact(lambda driver: remotes.put(driver, pinned, stream=store.device))
    except BaseException:
        client.close()
        raise
    return client


def check_server(remote: RemoteRecord, hello: wire.Hello) -> None:
    """Raises RemoteTrouble where another server answers than was added."""
    if hello.server != remote.server or (remote.server_key and hello.key and hello.key != remote.server_key):
        raise RemoteTrouble(
            f"another server answers at '{remote.url}' than was added as '{remote.name}'.",
            mend="It was told nothing. Check the address; one that was set up anew is removed first and added again.",
            code="other_server",
        )


def remove(store: Store, name: str) -> None:
    """Forgets a remote and its token; its queues and labels stay, and nothing more is sent of them."""
    store.transact(lambda driver: remotes.remove(driver, name, stream=store.device))
    tokens.forget(store, name)


@contextmanager
def alone(store: Store, remote: str, *, wait: float = _WAIT) -> Iterator[None]:
    """Lets no other program of this home push, pull or sync with the remote in the block.

    Raises RemoteTrouble where another one is at it for longer than `wait` seconds.
    """
    folder = tokens.folder_of(store)
    ensure_private(folder)
    lock = os.open(folder / f"{remote}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        end = time.monotonic() + wait
        while not _locked(lock):
            if time.monotonic() >= end:
                raise RemoteTrouble(
                    f"another program is syncing with '{remote}' just now.",
                    mend="Wait for it, then try again.",
                    code="busy",
                )
            time.sleep(_LOOK_AGAIN)
        yield
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _presentable(name: str) -> bool:
    return bool(name.strip()) and name.isprintable()
