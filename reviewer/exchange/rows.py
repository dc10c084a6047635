"""What every format gives: rows that can become items, and rejects that say why they cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from reviewer.exchange.source import Source

RECORD_LIMIT = 64 * 1024 * 1024


@dataclass(slots=True)
class OutputRow:
    """What one system answered: plain text, or parts {"role", "kind", "name", "text"} whose prose `text` holds."""

    text: str
    parts: list[dict[str, str]] = field(default_factory=list)
    system: str = ""
    version: str = ""
    sample: int = 0


@dataclass(slots=True)
class ItemRow:
    """One record as it came, checked; `key` is "" when the file gave none, `escaped` counts replaced characters.

    Prompt turns are {"role", "text"}; a tool's turns carry "kind" and "name" as well.
    """

    line: int
    key: str
    prompt: list[dict[str, str]]
    context: list[dict[str, str]]
    reference: str | None
    outputs: list[OutputRow]
    meta: dict[str, Any]
    tags: list[str]
    rubric: dict[str, Any] | None
    raw: bytes = b""
    escaped: int = 0


@dataclass(slots=True)
class Reject:
    """A record that was not taken, and one sentence that names the field or the place at fault."""

    line: int
    reason: str
    raw: bytes = b""


Row = ItemRow | Reject


class FieldFault(Exception):
    """What is wrong with one field of a record; it becomes a `Reject` before it leaves this room."""


@dataclass(slots=True, frozen=True)
class Options:
    """What the caller asked for beside the files: columns renamed (new to old) and MT-Bench answer files."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[Path, ...] = ()
    record_limit: int = RECORD_LIMIT


class RowReader(Protocol):
    """One format at work on the files of one import; `finish` is called once, after the last file."""

    def rows(self, source: Source) -> Iterator[Row]:
        """Read one file, lazily; raises ReviewerError when nothing in it can be read."""
        ...

    def finish(self) -> Iterator[Row]:
        """Say what can only be known at the end; raises WrongUsage for a mapping that met no column."""
        ...


def kind_of(value: object) -> str:
    """The name of a JSON value's type as a person says it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"
