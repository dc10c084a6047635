"""A small queue, and a person at plain mode who types a script."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from reviewer.ids import digest
from reviewer.plain import run
from reviewer.rubric import Rubric
from reviewer.session.sitting import Sitting
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.intake import Intake, NewItem, NewOutput
from reviewer.store.prepared import Prepared
from reviewer.store.tables import Label, columns, core

QUEUE = "answers"
RATER = "ada"
Typed = str | Callable[[], None]

RUBRIC: dict[str, Any] = {
    "name": "answers",
    "instructions": "Read the passage first.",
    "criteria": [
        {
            "id": "grounded",
            "label": "Grounded",
            "help": "Every statement stands in the passage.",
            "type": "scale",
            "min": 1,
            "max": 5,
            "rationale": {"required_below": 3},
            "reasons": ["adds a fact", "drops a negation"],
            "levels": {
                "1": {"label": "Contradicts", "examples": [{"output": "It is blue.", "why": "It is red."}]},
                "5": {"label": "Fully supported", "examples": [{"output": "It is red.", "why": "So it says."}]},
            },
        },
        {"id": "polite", "label": "Polite", "type": "boolean", "allow_na": True},
        {
            "id": "tone",
            "label": "Tone",
            "type": "multi",
            "required": False,
            "options": [
                {"value": "warm", "label": "Warm"},
                {"value": "cold"},
                {"value": "too_long", "label": "Too long"},
            ],
        },
    ],
}


class Script:
    """Typed lines; a callable among them is called where its line would be read."""

    def __init__(self, typed: Iterable[Typed]) -> None:
        self._typed = iter(typed)

    def readline(self) -> str:
        """The next line, or none."""
        for typed in self._typed:
            if isinstance(typed, str):
                return f"{typed}\n"
            typed()
        return ""


def item(number: int, output: str = "", **texts: Any) -> NewItem:
    """Item of that number; `texts` are prompt (turns), context (documents), reference, meta."""
    prompt = orjson.dumps(texts.get("prompt", [{"role": "user", "text": f"What is {number}?"}])).decode()
    context = orjson.dumps(texts.get("context", [])).decode()
    reference = texts.get("reference")
    said = output or f"It is {number}."
    return NewItem(
        line=number,
        key=f"item-{number}",
        prompt=prompt,
        context=context,
        reference=reference,
        meta=orjson.dumps(texts.get("meta", {})).decode(),
        content_hash=digest([prompt, context, reference]),
        outputs=[
            NewOutput(
                system="secret-model",
                version="7",
                sample=0,
                text=said,
                parts=orjson.dumps(texts.get("parts", [])).decode(),
                content_hash=digest(said),
            )
        ],
    )


def make_queue(
    folder: Path,
    items: Iterable[NewItem],
    rubric: dict[str, Any] | None = None,
    name: str = QUEUE,
    **settings: Any,
) -> Store:
    """A store in `folder` whose queue holds the items in their own order."""
    store = Store.open(folder / "reviewer.db")
    with store.writing() as connection:
        queue = queues.create(
            connection, name, stream=store.device, actor=RATER, settings={"shuffle": False, **settings}
        )
        put_rubric(connection, store, queue, rubric or RUBRIC)
    with Intake(store, queue, actor=RATER) as intake:
        intake.add(list(items))
        intake.publish()
    return store


def put_rubric(connection: Any, store: Store, queue: queues.QueueRecord, document: dict[str, Any]) -> None:
    """Brings a rubric into force."""
    made = Rubric.from_document(document)
    identifier = queues.keep_rubric(
        connection, made.document(), content_hash=made.content_hash, scale_hash=made.scale_hash
    )
    queues.put_rubric(connection, queue, identifier, stream=store.device, actor=RATER)


def sit(store: Store, typed: Iterable[Typed], *, rater: str = RATER) -> tuple[int, str]:
    """Types the script at the queue; the exit code and all that was said."""
    said = io.StringIO()
    code = run(Sitting.open(store, QUEUE, rater, source="plain"), Script(typed), said)
    return code, said.getvalue()


def labels_of(store: Store) -> list[dict[str, Any]]:
    """Every label revision, oldest first, its JSON read."""
    with store.reading() as connection:
        rows = list(Prepared(select(core(Label)).order_by(core(Label).c.committed_at)).rows(connection))
    labels = [dict(zip(columns(Label), row, strict=True)) for row in rows]
    for label in labels:
        for name in ("values", "rationale", "correction", "flags", "supersedes"):
            label[name] = orjson.loads(label[name])
    return labels
