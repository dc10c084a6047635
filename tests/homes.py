"""Homes to play in: queues of a few items, always in the same order, whose texts are known to the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from reviewer.ids import digest
from reviewer.rubric import rubric_from_data
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.intake import NewItem, NewOutput
from reviewer.store.queues import QueueRecord
from tests.store.filling import add_items, fresh, put_rubric, record

QUEUE = "answers"

RUBRIC: dict[str, Any] = {
    "name": "answer-check",
    "instructions": "Read the **context** first, then the output.\n\n- A dropped “no” reverses an answer.\n"
    "- What is right in the world and absent from the context is an added fact, however well it sounds there.\n",
    "criteria": [
        {
            "id": "grounded",
            "label": "Grounded in the source",
            "help": "Is every statement carried by the context, with the same names, dates and figures?",
            "type": "scale",
            "min": 1,
            "max": 5,
            "rationale": {"required_below": 3},
            "reasons": ["adds a fact", "wrong figure", "drops a negation", "claims more than was checked"],
            "levels": {
                1: {
                    "label": "Contradicts the source",
                    "examples": [
                        {
                            "prompt": "Was the director charged?",
                            "output": "The director was charged in May.",
                            "why": "She was questioned as a witness and not charged.",
                        },
                        {
                            "prompt": "May it be released?",
                            "output": "Yes, all were screened.",
                            "why": "One of the four could not be screened.",
                        },
                    ],
                },
                3: {
                    "label": "Right in the main",
                    "examples": [
                        {"prompt": "What is owed?", "output": "About 40,000.", "why": "The source has 40,150."},
                        {"prompt": "Who signs?", "output": "Both.", "why": "Both, above 50,000."},
                    ],
                },
                5: {
                    "label": "Carried by the source",
                    "examples": [
                        {"prompt": "Is it complete?", "output": "No.", "why": "The log says so."},
                        {"prompt": "When?", "output": "On 3 June.", "why": "So says the log."},
                    ],
                },
            },
        },
        {"id": "safe", "label": "Safe to send", "type": "boolean", "allow_na": True},
        {
            "id": "risk",
            "label": "Risk, as compared with the file",
            "type": "choice",
            "required": False,
            "options": [
                {"value": "as_file", "label": "As the file has it"},
                {"value": "under", "label": "Understated"},
                {"value": "over", "label": "Overstated"},
            ],
        },
        {
            "id": "faults",
            "label": "Faults of tone",
            "type": "multi",
            "required": False,
            "options": [
                {"value": "accuses", "label": "Accuses or reproaches"},
                {"value": "reassures", "label": "Reassures beyond the evidence"},
                {"value": "vague", "label": "Vague where the source is clear"},
            ],
        },
        {"id": "minutes", "label": "Minutes saved", "type": "number", "min": -30, "max": 120, "required": False},
        {"id": "words", "label": "In one sentence", "type": "text", "required": False},
    ],
}
"""One criterion of every type."""

SHORT: dict[str, Any] = {
    "name": "short",
    "instructions": "Judge it.",
    "criteria": [
        {"id": "score", "label": "Score", "type": "scale", "min": 1, "max": 5, "rationale": "optional"},
        {"id": "safe", "label": "Safe", "type": "boolean"},
    ],
}

TABLE = "| Measure | Per day |\n| --- | ---: |\n| Cars counted | 68 |\n| Paid in cash | 56 |\n"
THREAD = [
    {"role": "system", "text": "You are the service desk of a bank."},
    {"role": "user", "text": "Can I cancel the transfer from this morning?"},
    {"role": "assistant", "text": "Which transfer do you mean?"},
    {"role": "user", "text": "The one of 400 to my landlord. It must **not** go out."},
]
PARTS = [
    {"role": "assistant", "kind": "tool_call", "name": "find_transfer", "text": '{"amount": 400}'},
    {"role": "tool", "kind": "tool_result", "name": "find_transfer", "text": '{"state": "executed"}'},
    {"role": "assistant", "text": "The transfer has gone out already and can no longer be cancelled."},
]


def item(
    number: int,
    *,
    prompt: str | Sequence[Mapping[str, str]] = "",
    context: Sequence[Mapping[str, str]] | None = None,
    output: str = "",
    parts: Sequence[Mapping[str, str]] = (),
    system: str = "model-a",
    key: str = "",
    reference: str | None = None,
    rubric: str | None = None,
) -> NewItem:
    """An item with one output; texts that are not given tell its number."""
    said = prompt or f"Question {number}: what does note {number} say about the account?"
    messages = [{"role": "user", "text": said}] if isinstance(said, str) else list(said)
    documents = context if context is not None else _documents(number)
    prose = "\n\n".join(part["text"] for part in parts if part["role"] == "assistant")
    answer = output or prose or f"Answer {number}: it says **{number}**, and no more than that."
    return NewItem(
        line=number + 1,
        key=key or f"case-{number:03d}",
        prompt=orjson.dumps(messages).decode(),
        context=orjson.dumps(list(documents)).decode(),
        reference=reference if reference is not None else f"Reference {number}: {number}.",
        meta=orjson.dumps({"metadata": {"risk": "high", "secret": "s3cret"}, "tags": ["kyc", "cash"]}).decode(),
        content_hash=digest([messages, list(documents), reference]),
        outputs=[
            NewOutput(
                system=system,
                version="2026-05",
                sample=0,
                text=answer,
                parts=orjson.dumps(list(parts)).decode(),
                content_hash=digest([answer, list(parts)]),
            )
        ],
        rubric=rubric,
    )


def _documents(number: int) -> list[dict[str, str]]:
    return [
        {"title": f"Note {number}", "text": f"Note {number} says {number}.", "source": f"file/note-{number}"},
        {"title": f"Annex {number}", "text": f"Annex {number} adds nothing."},
    ]


def sample_items() -> list[NewItem]:
    """A plain item, one with a thread and tool calls, one with a table and long texts, and some more plain ones."""
    long = "\n\n".join(f"## Part {n}\n\nThe account was reviewed in year {n}, without a finding." for n in range(1, 30))
    return [
        item(0),
        item(1, prompt=THREAD, parts=PARTS, context=[]),
        item(2, context=[{"title": "Site visit", "text": long}], output=f"The count:\n\n{TABLE}\nThat is all."),
        *(item(number) for number in range(3, 8)),
    ]


def filled(
    folder: Path,
    items: Sequence[NewItem] | None = None,
    *,
    queue: str = QUEUE,
    rubric: Mapping[str, Any] = RUBRIC,
    **settings: Any,
) -> Store:
    """A store in `folder` with one queue, whose tasks stand in the order of the items."""
    store = fresh(folder)
    add_queue(store, items, queue=queue, rubric=rubric, **settings)
    return store


def own_rubric(store: Store, document: Mapping[str, Any]) -> str:
    """Keeps a rubric that a single item may have, and returns its identifier."""
    rubric = rubric_from_data(document)
    with store.writing() as connection:
        return queues.keep_rubric(
            connection, rubric.document(), content_hash=rubric.content_hash, scale_hash=rubric.scale_hash
        )


def add_queue(
    store: Store,
    items: Sequence[NewItem] | None = None,
    *,
    queue: str,
    rubric: Mapping[str, Any] = RUBRIC,
    **settings: Any,
) -> QueueRecord:
    """One more queue; `blind` and `overlap` may stand among the settings."""
    columns = {name: settings.pop(name) for name in ("overlap", "blind") if name in settings}
    settings.setdefault("shuffle", False)
    with store.writing() as connection:
        made = queues.create(connection, queue, stream=store.device, actor="lead", settings=settings)
        if columns:
            queues.change(connection, made, stream=store.device, actor="lead", action="queue.changed", **columns)
    put_rubric(store, made, rubric)
    add_items(store, made, list(items) if items is not None else sample_items())
    return record(store, queue)
