"""Where the workstation and the commands learn how far a team is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.session.progress_source import ProgressSource
    from reviewer.store.connection import Store


def source_of(store: Store, name: str, *, patient: bool = False) -> ProgressSource:
    """The source for the queue of that name: REMOTE/QUEUE is asked of its server, all others are read here. One that is
    `patient` tries a server several times before it says that it is out of reach."""
    from reviewer.session.progress_source import Here
    from reviewer.store import remotes

    before, slash, after = name.partition("/")
    with store.reading() as connection:
        remote = remotes.find(connection, before) if slash else None
    if remote is None:
        return Here(store, name)
    from reviewer.sync.client import ATTEMPTS
    from reviewer.sync.watching import Watching

    return Watching(store, remote.name, after, attempts=ATTEMPTS if patient else 1)
