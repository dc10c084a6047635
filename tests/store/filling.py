"""Stores with something in them: a queue, items, raters and labels, made as the program makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from reviewer.ids import digest
from reviewer.rubric import rubric_from_data
from reviewer.session.sitting import Sitting
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.file_systems import is_network_file_system
from reviewer.store.intake import Intake, NewItem, NewOutput
from reviewer.store.prepared import SQLITE, Driver, dialect_of
from reviewer.store.queues import QueueRecord

QUEUE = "kyc"
_ELSEWHERE: list[Callable[[], Store]] = []
SCORE: dict[str, Any] = {
    "name": "score",
    "instructions": "Read the source first.",
    "criteria": [
        {"id": "score", "label": "Score", "type": "scale", "min": 1, "max": 5},
        {"id": "safe", "label": "Safe", "type": "boolean", "required": False, "allow_na": True},
    ],
}


def fresh(folder: Path) -> Store:
    """An empty store in a home of its own: a copy of one that was made once, as making the tables takes a while.

    It lies in a database instead where the test runs on these.
    """
    if _ELSEWHERE:
        return _ELSEWHERE[-1]()
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "reviewer.db"
    path.touch(mode=0o600)
    path.write_bytes(_empty())
    if is_network_file_system(path):
        path.unlink()
    return Store.open(path)


@contextmanager
def elsewhere(give: Callable[[], Store]) -> Iterator[None]:
    """Lets `fresh` give what `give` does, in the block."""
    _ELSEWHERE.append(give)
    try:
        yield
    finally:
        _ELSEWHERE.pop()


def ask(driver: Driver, sql: str, *values: Any) -> Any:
    """The cursor of a statement that a test writes by hand, with `?` where a value stands."""
    return driver.execute(sql if dialect_of(driver) == SQLITE else sql.replace("?", "%s"), values)


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "reviewer.db"
        Store.open(path)
        return path.read_bytes()


def put_rubric(store: Store, queue: QueueRecord, document: Mapping[str, Any]) -> str:
    """Brings a rubric into force, and returns its identifier."""
    rubric = rubric_from_data(document)
    with store.writing() as connection:
        identifier = queues.keep_rubric(
            connection, rubric.document(), content_hash=rubric.content_hash, scale_hash=rubric.scale_hash
        )
        queues.put_rubric(connection, queue, identifier, stream=store.device, actor="lead")
    return identifier


def new_item(number: int, *, prompt: str = "", outputs: int = 1, text: str = "") -> NewItem:
    """An item with a key, a prompt, one context document, and an answer of each of `outputs` systems."""
    said = prompt or f"What does note {number} say?"
    context = [{"title": f"Note {number}", "text": f"Note {number} says {number}."}]
    return NewItem(
        line=number + 1,
        key=f"item-{number:04d}",
        prompt=orjson.dumps([{"role": "user", "text": said}]).decode(),
        context=orjson.dumps(context).decode(),
        reference=f"It says {number}.",
        meta=orjson.dumps({"metadata": {"risk": "severe", "secret": "off the list"}, "tags": ["kyc"]}).decode(),
        content_hash=digest([said, context]),
        outputs=[_output(number, system, text) for system in range(outputs)],
    )


def _output(number: int, system: int, text: str) -> NewOutput:
    said = text or f"Answer {number} of system {system}."
    return NewOutput(
        system=f"model-{system}", version="1", sample=0, text=said, parts="[]", content_hash=digest([said, system])
    )


def add_items(store: Store, queue: QueueRecord, items: list[NewItem], *, revise: bool = False) -> None:
    """Imports `items`, as one batch."""
    with Intake(store, queue, actor="lead", revise=revise) as intake:
        intake.add(items)
        intake.publish()


def fill(
    store: Store,
    *,
    queue: str = QUEUE,
    items: int = 5,
    outputs: int = 1,
    rubric: Mapping[str, Any] = SCORE,
    **settings: Any,
) -> QueueRecord:
    """A queue of that name with so many items; `overlap` and `blind` may stand among the settings."""
    columns = {name: settings.pop(name) for name in ("overlap", "blind") if name in settings}
    with store.writing() as connection:
        made = queues.create(connection, queue, stream=store.device, actor="lead", settings=settings)
        if columns:
            queues.change(connection, made, stream=store.device, actor="lead", action="queue.changed", **columns)
    put_rubric(store, made, rubric)
    add_items(store, made, [new_item(number, outputs=outputs) for number in range(items)])
    return record(store, queue)


def record(store: Store, queue: str = QUEUE) -> QueueRecord:
    """The queue as it is stored now."""
    with store.reading() as connection:
        found = queues.find(connection, queue)
    assert found is not None
    return found


def sit(store: Store, rater: str = "ana", queue: str = QUEUE, **options: Any) -> Sitting:
    """A sitting of the rater of that name."""
    return Sitting.open(store, queue, rater, **options)


def rate(sitting: Sitting, *scores: int) -> None:
    """Gives the next open items these scores, each on the disk before the next."""
    for score in scores:
        sitting.work.values["score"] = score
        sitting.touch()
        step = sitting.submit()
        assert step.moved, step
        sitting.drain(10)
        assert not sitting.saving.trouble
