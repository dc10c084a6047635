"""A label as it goes to the store."""

from __future__ import annotations

from typing import Any

import orjson

from reviewer import __version__
from reviewer.ids import new_id, now
from reviewer.rubric.questions import scale_of_answer
from reviewer.session.view import TaskView
from reviewer.session.work import Work
from reviewer.store.golden import GoldenValue


def submitted_columns(
    view: TaskView,
    work: Work,
    outcome: str,
    *,
    queue: str,
    rater: str,
    phase: str,
    exposure: str,
    device: str,
    source: str,
    spent: tuple[int, int],
) -> dict[str, Any]:
    """The columns of a label that says what `work` says of `view`; `spent` is in active and idle milliseconds."""
    said = work.content()
    return {
        "id": new_id(),
        "queue": queue,
        "task": view.task,
        "rater": rater,
        "phase": phase,
        "sample": 0,
        "outcome": outcome,
        "rubric": work.rubric_id,
        "values": _json(said.get("values", {})),
        "rationale": _json(said.get("rationale", {})),
        "correction": _json(said.get("correction", {})),
        "notes": said.get("notes"),
        "flags": _json(said.get("flags", [])),
        "exposure": exposure,
        "shown_order": _json([output.public_id for output in view.outputs]),
        "evidence": "{}",
        "confidence": None,
        "cost": None,
        "inputs": None,
        "active_ms": spent[0],
        "idle_ms": spent[1],
        "device": device,
        "client_version": __version__,
        "committed_at": now(),
        "source": source,
        "external_ref": None,
    }


def decided_values(view: TaskView, work: Work) -> tuple[GoldenValue, ...]:
    """The values of a decision, each with the hash of the scale under which it stands."""
    found = []
    for key, value in work.values.items():
        scale = scale_of_answer(view.rubric, view.kind, key)
        if scale is not None and value is not None:
            found.append(GoldenValue(key, scale, value))
    return tuple(found)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
