"""A label as a file says it, checked in itself and not yet resolved."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from reviewer.exchange.rows import FieldFault, kind_of

PHASES = ("independent", "revote", "rework", "adjudication", "consensus")
OUTCOMES = ("submitted", "skipped", "abstained", "sent_back")
EXPOSURES = ("none", "judge", "peers", "gold")
KINDS = ("human", "judge", "code")
_LARGEST = 2**53
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@dataclass(slots=True)
class SaidLabel:
    """What one label of a file says. `columns` holds stored values of Label's columns, as far as they were given.

    `values` is what a JSON line gave, `cells` what a table gave: these are read when the criterion is known.
    `outputs` are natural keys, or public ids alone where the export was sealed; `named` is how a table names outputs.
    `repeat` says that it answers a hidden repeat, which only the store that asked it holds; `golden` which of its
    values are golden, in whose name, where the file says so.
    """

    line: int
    raw: bytes
    columns: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    task: str = ""
    item: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)
    shown: list[str] | None = None
    repeat: bool = False
    rater: str = ""
    rater_name: str = ""
    rater_kind: str = "human"
    rubric: str = ""
    rubric_name: str = ""
    rubric_hash: str = ""
    golden: list[dict[str, Any]] | None = None
    values: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)


def said_by_object(record: Any, line: int, raw: bytes) -> SaidLabel:
    """The label that a JSON object says. Raises FieldFault with a sentence that names the field."""
    if not isinstance(record, dict):
        raise FieldFault(f"a label must be a JSON object, not {kind_of(record)}.")
    get = record.get
    said = SaidLabel(line, raw)
    said.id = identifier(get("id"), "id")
    said.task = identifier(get("task"), "task")
    said.item = _text(get("item"), "item")
    said.rater = _text(get("rater"), "rater")
    said.rater_name = _text(get("rater_name"), "rater_name")
    said.rater_kind = one_of(get("rater_kind"), "rater_kind", KINDS)
    said.rubric = _text(get("rubric"), "rubric")
    said.rubric_name = _text(get("rubric_name"), "rubric_name")
    said.rubric_hash = _text(get("rubric_hash"), "rubric_hash")
    said.outputs = _outputs(get("outputs"))
    said.repeat = get("repeat") is True
    said.golden = _golden(get("golden"))
    said.shown = _texts(get("shown_order"), "shown_order") if get("shown_order") is not None else None
    said.values = _object(get("values"), "values")
    said.columns = {
        "phase": one_of(get("phase"), "phase", PHASES),
        "sample": _whole(get("sample"), "sample", 2**31 - 1) or 0,
        "outcome": one_of(get("outcome"), "outcome", OUTCOMES),
        "exposure": one_of(get("exposure"), "exposure", EXPOSURES),
        "revision": _revision(get("revision")),
        "supersedes": None,
        "rationale": _json(_rationale(get("rationale"))),
        "correction": _json(_correction(get("correction"))),
        "notes": _perhaps(get("notes"), "notes"),
        "flags": _json(_texts(get("flags"), "flags")),
        "evidence": _json(_object(get("evidence"), "evidence")),
        "confidence": _number(get("confidence"), "confidence"),
        "cost": _perhaps(get("cost"), "cost"),
        "inputs": _perhaps(get("inputs"), "inputs"),
        "active_ms": _whole(get("active_ms"), "active_ms", _LARGEST) or 0,
        "idle_ms": _whole(get("idle_ms"), "idle_ms", _LARGEST) or 0,
        "device": _perhaps(get("device"), "device"),
        "client_version": _perhaps(get("client_version"), "client_version"),
        "committed_at": moment(get("committed_at")),
        "source": "import" if get("source") is None else _text(get("source"), "source"),
        "external_ref": _perhaps(get("external_ref"), "external_ref"),
        "surplus": _flag(get("surplus"), "surplus"),
    }
    if get("supersedes") is not None:
        earlier = [identifier(one, "supersedes") for one in _texts(get("supersedes"), "supersedes")]
        said.columns["supersedes"] = _json(earlier)
    return said


def identifier(value: object, name: str) -> str:
    """A UUID as the house writes it, or "" where there is none."""
    text = _text(value, name)
    if text and not is_identifier(text):
        raise FieldFault(f"{name} must be a UUID in small letters, not {text[:60]!r}.")
    return text


def is_identifier(text: str) -> bool:
    """Whether a text is a UUID as the house writes it."""
    return _IDENTIFIER.fullmatch(text) is not None


def moment(value: object, name: str = "committed_at") -> str | None:
    """A moment in the house's form; one without a time zone is taken as UTC."""
    if value is None or value == "":
        return None
    text = _text(value, name)
    if not _MOMENT.fullmatch(text) or not _is_moment(text):
        try:
            read = datetime.fromisoformat(text)
            read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        except (ValueError, OverflowError):
            raise FieldFault(f"{name} must be a moment such as 2026-05-01T09:30:00Z, not {text[:60]!r}.") from None
        text = read.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return text


def one_of(value: object, name: str, known: tuple[str, ...]) -> str:
    """One of the known words, the first where none is given."""
    word = _text(value, name)
    if word and word not in known:
        raise FieldFault(f"{name} must be one of {', '.join(known)}, not {word[:60]!r}.")
    return word or known[0]


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and name in ("item", "rater", "rater_name"):
        return str(value)
    if not isinstance(value, str):
        raise FieldFault(f"{name} must be text, not {kind_of(value)}.")
    return value


def _perhaps(value: object, name: str) -> str | None:
    return None if value is None else _text(value, name)


def _texts(value: object, name: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise FieldFault(f"{name} must be a list of texts.")
    return value


def _object(value: object, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FieldFault(f"{name} must be an object, not {kind_of(value)}.")
    return value


def _whole(value: object, name: str, most: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise FieldFault(f"{name} must be a whole number from 0.")
    return value


def _revision(value: object) -> int | None:
    found = _whole(value, "revision", 2**31 - 1)
    if found == 0:
        raise FieldFault("revision must be a whole number from 1.")
    return found


def _number(value: object, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FieldFault(f"{name} must be a number, not {kind_of(value)}.")
    return float(value)


def _flag(value: object, name: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, bool):
        raise FieldFault(f"{name} must be true or false, not {kind_of(value)}.")
    return int(value)


def _rationale(value: object) -> dict[str, Any]:
    for key, entry in _object(value, "rationale").items():
        if not isinstance(entry, dict) or not isinstance(entry.get("text", ""), str):
            raise FieldFault(f"rationale.{key[:60]} must be an object with a text.")
        _texts(entry.get("reasons"), f"rationale.{key[:60]}.reasons")
    return _object(value, "rationale")


def _correction(value: object) -> dict[str, Any]:
    for key, text in _object(value, "correction").items():
        if not isinstance(text, str):
            raise FieldFault(f"correction.{key[:60]} must be text, not {kind_of(text)}.")
    return _object(value, "correction")


def _outputs(value: object) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise FieldFault("outputs must be a list of objects.")
    return value


def _golden(value: object) -> list[dict[str, Any]] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise FieldFault("golden must be a list of objects.")
    for entry in value:
        for name in ("criterion", "approved_by"):
            if not _text(entry.get(name), f"golden.{name}").strip():
                raise FieldFault(f"golden.{name} is missing.")
        _perhaps(entry.get("retired"), "golden.retired")
        entry["at"] = moment(entry.get("at"), "golden.at")
    return value


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
