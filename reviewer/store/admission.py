"""Whether a label that a device sends can be right at all: in itself, and against its task and its rubric."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from reviewer.rubric.answers import problems, split_key
from reviewer.rubric.model import Rubric
from reviewer.rubric.stored import stored_rubric
from reviewer.store.labels import OF_RATERS

MOST_BYTES = 2**20
"""The most that the texts of one label may take up."""

OUTCOMES = frozenset({"submitted", "skipped", "abstained"})
EXPOSURES = frozenset({"none", "judge", "peers", "gold"})

UPDATE = "Update the program on the device."
_MOST_SUPERSEDED = 1000
_LARGEST = 2**53
_MOST_REVISIONS = 2**31 - 1
_KEPT_RUBRICS = 256
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_ONE_OF: tuple[tuple[str, Collection[str]], ...] = (
    ("phase", OF_RATERS),
    ("outcome", OUTCOMES),
    ("exposure", EXPOSURES),
)
_TOLERATED = frozenset({"missing", "rationale"})
"""What keeps a rater from submitting, but for their insisting."""


class Unfit(Exception):
    """A label that can never be taken as it is: why, and what to do about it."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Read:
    """What the columns of a label say that hold JSON."""

    values: dict[str, Any]
    rationale: dict[str, Any]
    shown: list[str]


def read_label(label: Mapping[str, Any], names: Collection[str]) -> Read:
    """Reads a label, whose columns of these names are stored as they come. Raises Unfit for what is malformed."""
    _check_size(label, names)
    if not _UUID.fullmatch(label["id"]):
        raise _malformed("id", "a UUID in small letters")
    if not is_plain(label["task"]):
        raise _malformed("task", "what the server called the task")
    for name, known in _ONE_OF:
        if label[name] not in known:
            raise _malformed(name, f"one of {', '.join(sorted(known))}")
    if label["sample"] != 0:
        raise _malformed("sample", "0 for a person")
    if not 1 <= label["revision"] <= _MOST_REVISIONS:
        raise _malformed("revision", "a whole number of ordinary size")
    if not all(0 <= label[name] <= _LARGEST for name in ("active_ms", "idle_ms")):
        raise _malformed("active_ms", "a time in milliseconds, as is idle_ms")
    if label["confidence"] is not None and not math.isfinite(label["confidence"]):
        raise _malformed("confidence", "a number")
    if not is_moment(label["committed_at"]):
        raise _malformed("committed_at", "a moment such as 2026-05-01T09:30:00.000000Z")
    _object(label, "evidence")
    _texts(label, "flags")
    if len(_texts(label, "supersedes")) > _MOST_SUPERSEDED:
        raise _malformed("supersedes", f"a list of at most {_MOST_SUPERSEDED} identifiers")
    rationale = _object(label, "rationale")
    if not all(map(_is_rationale, rationale.values())):
        raise _malformed("rationale", "a text and a list of reasons under each key")
    if not all(isinstance(text, str) for text in _object(label, "correction").values()):
        raise _malformed("correction", "a text under each key")
    return Read(_object(label, "values"), rationale, _texts(label, "shown_order"))


def check_answers(
    read: Read, rubric: Rubric, public_ids: Collection[str], counted: Callable[[str], dict[str, int]]
) -> None:
    """Holds what is said against the task's outputs and the rubric; what is missing, the rater may insist on.

    `counted` says of the output shown first how many turns, context documents and steps there are. Raises Unfit.
    """
    if sorted(read.shown) != sorted(public_ids):
        raise Unfit("its order of outputs is none of this task's outputs.", UPDATE)
    counts = {}
    if any("@" in key and _speaks_of_parts(key) for key in read.values):
        counts = counted(read.shown[0])
    for problem in problems(rubric, read.values, read.rationale, len(public_ids), **counts):
        if problem.kind not in _TOLERATED:
            raise Unfit(
                f"it does not fit its rubric '{_short(rubric.name)}': {_short(problem.message)}",
                "Open the item, mend the answer and submit it again.",
            )


@lru_cache(maxsize=_KEPT_RUBRICS)
def rubric_of(document: str) -> Rubric:
    """The rubric of a stored document, which is made once."""
    return stored_rubric(orjson.loads(document))


def is_plain(text: str) -> bool:
    """Whether a text could be an identifier: short, and of letters that everything knows."""
    return 0 < len(text) <= 100 and text.isascii() and text.isprintable()


def is_moment(text: str) -> bool:
    """Whether a text is a moment as the house writes it, so that it sorts as one."""
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_size(label: Mapping[str, Any], names: Collection[str]) -> None:
    size = 0
    for name in names:
        said = label[name]
        if isinstance(said, str):
            try:
                size += len(said) if said.isascii() else len(said.encode())
            except UnicodeEncodeError:
                raise _malformed(name, "text of whole characters") from None
            if "\0" in said:
                raise _malformed(name, "text without NUL")
    if size > MOST_BYTES:
        raise Unfit(
            f"its texts take up {size:,} bytes, and the server takes {MOST_BYTES:,}.",
            "Open the item, shorten what is written and submit it again.",
        )


def _loaded(label: Mapping[str, Any], name: str) -> Any:
    try:
        return orjson.loads(label[name])
    except orjson.JSONDecodeError:
        raise _malformed(name, "JSON") from None


def _object(label: Mapping[str, Any], name: str) -> dict[str, Any]:
    if label[name] == "{}":
        return {}
    found = _loaded(label, name)
    if not isinstance(found, dict):
        raise _malformed(name, "a JSON object")
    return found


def _texts(label: Mapping[str, Any], name: str) -> list[str]:
    if label[name] == "[]":
        return []
    found = _loaded(label, name)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _malformed(name, "a JSON list of texts")
    return found


def _is_rationale(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    text, reasons = entry.get("text", ""), entry.get("reasons", [])
    return isinstance(text, str) and isinstance(reasons, list) and all(isinstance(one, str) for one in reasons)


def _speaks_of_parts(key: str) -> bool:
    parts = split_key(key)
    return parts is not None and parts.unit in ("turn", "context", "step")


def _malformed(name: str, what: str) -> Unfit:
    return Unfit(f"it is malformed: its {name} must be {what}.", UPDATE)


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"
