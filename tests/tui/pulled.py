"""A store into which items of a server's queue came, without the server: pages are stored as its answers are."""

from __future__ import annotations

from typing import Any

from reviewer.store.connection import Store
from reviewer.store.remotes import RemoteRecord
from reviewer.sync import wire
from reviewer.sync.pulling import store_page
from tests.homes import SHORT
from tests.sync.wired import QUEUE_ID as THEIRS
from tests.sync.wired import join, leased, queue, rubric, task

__all__ = ["LAB", "THEIRS", "come_in", "known_remote", "page"]

LAB = "lab/answers"


def known_remote(store: Store, **changed: Any) -> RemoteRecord:
    """The remote `lab`, as it is kept once it was added."""
    return join(store, "lab", **changed)


def page(first: int, count: int) -> wire.Leased:
    """The server's answer with so many items, numbered on from `first`."""
    tasks = (
        task(number, prompt=[{"role": "user", "text": f"Question {number}?"}]) for number in range(first, first + count)
    )
    return leased(*tasks, of=queue(name="answers", settings={}, rubrics=[rubric(SHORT)]))


def come_in(store: Store, remote: RemoteRecord, first: int, count: int) -> None:
    """Stores so many items, as a pull does."""
    store_page(store, remote, page(first, count), wanted=50)
