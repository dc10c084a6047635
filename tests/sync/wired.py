"""Messages of a server, made by hand, and a store that works for it."""

from __future__ import annotations

from typing import Any

from reviewer.ids import new_id, now
from reviewer.rubric import rubric_from_data
from reviewer.store import remotes
from reviewer.store.connection import Store
from reviewer.store.remotes import RemoteRecord
from reviewer.sync import wire
from reviewer.sync.pulling import store_page
from tests.store.filling import SCORE

QUEUE_ID = "01a20671-0000-7000-8000-000000000001"
RUBRIC_ID = "01a20671-0000-7000-8000-000000000002"
LATER = "2027-01-01T00:00:00.000000Z"


def join(store: Store, name: str = "team", **changed: Any) -> RemoteRecord:
    """A remote, as `remote add` keeps it."""
    made = RemoteRecord(
        name=name,
        url="http://127.0.0.1:9",
        server=new_id(),
        server_key=None,
        rater=new_id(),
        rater_name="ana",
        role="rater",
        stream=remotes.new_stream(store.device),
        stream_sent=0,
        added_at=now(),
        synced_at=None,
        document={"token": "file"},
    )
    for field, value in changed.items():
        object.__setattr__(made, field, value)
    store.transact(lambda driver: remotes.put(driver, made, stream=store.device))
    return made


def rubric(document: dict[str, Any] = SCORE, identifier: str = RUBRIC_ID) -> wire.Rubric:
    """A rubric as a server tells it."""
    made = rubric_from_data(document)
    return wire.Rubric(
        id=identifier,
        name=made.name,
        content_hash=made.content_hash,
        scale_hash=made.scale_hash,
        document=made.document(),
    )


def queue(**changed: Any) -> wire.Queue:
    """A sealed rating queue."""
    said: dict[str, Any] = {
        "id": QUEUE_ID,
        "name": "kyc",
        "kind": "rating",
        "purpose": "review",
        "state": "open",
        "sealed": True,
        "settings": {"show": ["risk", "tags"], "reference": True, "unheard_of": 1, "goal": "many"},
        "rubrics": [rubric()],
    }
    return wire.Queue.model_validate(said | changed)


def task(number: int, **changed: Any) -> wire.Task:
    """A leased task."""
    said: dict[str, Any] = {
        "id": f"lease-{number:05d}",
        "number": number,
        "until": LATER,
        "prompt": [{"role": "user", "text": f"What does note {number} say?"}],
        "context": [{"title": f"Note {number}", "text": f"It says {number}."}],
        "reference": f"Reference {number}.",
        "shown": [("risk", "high"), ("tags", "a, b")],
        "outputs": [{"public_id": f"out{number:05d}", "turns": [{"role": "assistant", "text": f"Answer {number}."}]}],
    }
    return wire.Task.model_validate(said | changed)


def leased(*tasks: wire.Task, of: wire.Queue | None = None, why: wire.Why | None = None) -> wire.Leased:
    """An answer to a request for leases."""
    return wire.Leased(queue=of or queue(), tasks=list(tasks), until=LATER, why=why)


def pulled(store: Store, remote: RemoteRecord, *numbers: int, **of: Any) -> None:
    """Stores one page with these tasks."""
    store_page(store, remote, leased(*(task(number) for number in numbers), **of), wanted=len(numbers))
