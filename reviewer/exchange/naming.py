"""Outputs that say which system wrote them, and keys, tags and metadata that do: found, listed, masked on request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orjson import dumps

from reviewer.exchange.rows import ItemRow, OutputRow
from reviewer.exchange.system_names import FRAMED, KNOWN, ORDINARY, SIZES
from reviewer.store.masking import MASK

_SHORTEST = 3
_MOST_SYSTEMS = 1000
_SAID_AT_MOST = 60
_FRAME_REACH = 80

_SIZE = "|".join(sorted(SIZES))
_NUMBER = r"v?\d+(?:[.-]\d+)*[a-z]{0,2}"
_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"
# A file's own names may be words of the texts, and a figure that follows one is no version; "Vicuna 13b" is.
_OWN_TAIL = rf"(?:[_-]?{_NUMBER}{_AFTER}|[_-](?:{_SIZE}){_AFTER})*"
_KNOWN_TAIL = rf"(?:[ _-]?{_NUMBER}{_AFTER}|[ _-](?:{_SIZE}){_AFTER})*"
_STEM = re.compile(r"([^\W\d_]+(?:[-_ .][^\W\d_]{2,})*?)[-_ .]?v?\d")
_FRAME = re.compile(
    rf"""(?:
        {_BEFORE}(?:i\s+am|i['’]m|my\s+name\s+is|call\s+me)\s+(?:called\s+|named\s+)?(?:an?\s+|the\s+)?
        |(?:^|(?<=[.!?:;(“"\n]))[ ]*as\s+
        |{_BEFORE}(?:i|i['’]m|assistant|chatbot){_AFTER}[^.!?\n]{{0,40}}
         {_BEFORE}(?:made|created|developed|trained|built|designed|named|called|from|by)\s+(?:by\s+)?(?:the\s+)?
    )\Z""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)

Span = tuple[int, int]


@dataclass(slots=True)
class Named:
    """How many outputs say who wrote them, how many keys, tags and metadata do, and how many names were masked."""

    outputs: int = 0
    fields: int = 0
    masked: int = 0

    @property
    def count(self) -> int:
        """How many were found and listed."""
        return self.outputs + self.fields


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    name: str
    said: str


class Naming:
    """Looks through the rows of one import for names of systems.

    Found in outputs: the names of the queue's and the file's systems as whole words, with or without their version,
    well-known assistants and makers, and such of these as are words too where the output says it of itself ("As
    Claude, …"). A name that the item's prompt or context uses as well is a subject, not a confession. Names of fewer
    than three characters and ordinary words ("base", "gold") are not looked for. A file's own systems are known from
    the slice of rows on in which they appear; rows before it are not looked at again.
    """

    def __init__(self, systems: Iterable[tuple[str, str]], *, mask: bool, on_found: Callable[[str], None]) -> None:
        self.named = Named()
        self._systems = set(systems)
        self._mask = mask
        self._on_found = on_found
        self._compile()

    def learn(self, rows: Iterable[ItemRow]) -> None:
        """Adds the systems of these rows to what is looked for."""
        before = len(self._systems)
        self._systems.update({(output.system, output.version) for row in rows for output in row.outputs})
        if len(self._systems) > before:
            self._compile()

    def look_at(self, row: ItemRow, key: str) -> list[str | None]:
        """Tells what the row gives away. Where names are masked, its outputs are changed.

        For each output: what was replaced in it, as the JSON that `masking` describes; None where nothing was.
        """
        self._look_at_fields(row, key)
        if not self._may_name("\n".join([text for output in row.outputs for text in _texts(output)])):
            return [None] * len(row.outputs)
        beside = {found.name for text in _beside(row) for found in self._names(text, framed=False)}
        return [self._look_at_output(output, key, beside) for output in row.outputs]

    def look_at_settings(self, settings: Mapping[str, Any]) -> None:
        """Tells which of the metadata that raters may see are called like a system."""
        for name in settings.get("show", []):
            self._tell_field(self._own_name(str(name)), f"the setting show={name}")

    def _compile(self) -> None:
        own: set[str] = set()
        stems: set[str] = set()
        for name, _version in sorted(self._systems)[:_MOST_SYSTEMS]:
            bare = name.rsplit("/", 1)[-1]
            own.update((name.strip().lower(), bare.strip().lower()))
            if found := _STEM.match(bare.strip().lower()):
                stems.add(found[1])
        own, stems = _telling(own), _telling(stems)
        self._own = re.compile(f"{_BEFORE}(?:{_any_of(own | stems)}){_AFTER}", re.IGNORECASE) if own | stems else None
        groups = (("own", own, _OWN_TAIL), ("known", KNOWN | stems, _KNOWN_TAIL), ("framed", FRAMED, _KNOWN_TAIL))
        wanted = "|".join(f"(?P<{group}>{_any_of(names)}){tail}" for group, names, tail in groups if names)
        self._any = re.compile(f"{_BEFORE}(?:{wanted}){_AFTER}", re.IGNORECASE)
        self._needles = _shortest(own | stems | KNOWN | FRAMED)
        self._own_needles = _shortest(own | stems)

    def _may_name(self, text: str) -> bool:
        # Looking for each name by itself is far quicker than trying all of them at every place.
        lower = text.lower()
        return any(needle in lower for needle in self._needles)

    def _names(self, text: str, *, framed: bool = True) -> Iterator[_Found]:
        """The names in `text`; those that are words too only within a frame, unless `framed` is left out."""
        for found in self._any.finditer(text):
            start, end = found.span()
            group = found.lastgroup or ""
            frame = _FRAME.search(text, max(0, start - _FRAME_REACH), start) if framed else None
            if group == "framed" and framed and frame is None:
                continue
            said = " ".join(text[frame.start() if frame else start : end].split())
            yield _Found(start, end, found[group].lower(), said)

    def _look_at_output(self, output: OutputRow, key: str, beside: set[str]) -> str | None:
        said: dict[str, None] = {}
        replaced: list[tuple[int | None, int, str]] = []

        def look(text: str, part: int | None) -> str:
            found = [one for one in self._names(text) if one.name not in beside]
            said.update(dict.fromkeys(one.said for one in found))
            if not self._mask or not found:
                return text
            masked, offsets = _masked(text, [(one.start, one.end) for one in found])
            replaced.extend((part, at, text[one.start : one.end]) for at, one in zip(offsets, found, strict=True))
            return masked

        output.text = look(output.text, None)
        for number, part in enumerate(output.parts):
            if part.get("role") != "user":
                part["text"] = look(part["text"], number)
        if not said:
            return None
        self.named.outputs += 1
        self.named.masked += len(replaced)
        quoted = ", ".join(f"'{_brief(one)}'" for one in list(said)[:3])
        self._on_found(f"item {_brief(key)}: an output says {quoted}")
        return dumps(replaced).decode() if replaced else None

    def _look_at_fields(self, row: ItemRow, key: str) -> None:
        if self._own is None:
            return
        self._tell_field(self._own_name(row.key), f"item {_brief(key)}: its key")
        for tag in row.tags:
            self._tell_field(self._own_name(tag), f"item {_brief(key)}: the tag '{_brief(tag)}'")
        for name, value in row.meta.items():
            told = next((found for text in _strings(value) if (found := self._own_name(text))), None)
            self._tell_field(told, f"item {_brief(key)}: the metadata '{_brief(name)}'")

    def _own_name(self, text: str) -> str | None:
        lower = text.lower()
        if self._own is None or not any(needle in lower for needle in self._own_needles):
            return None
        found = self._own.search(text)
        return found[0] if found else None

    def _tell_field(self, found: str | None, where: str) -> None:
        if found is not None:
            self.named.fields += 1
            self._on_found(f"{where} names '{_brief(found)}'")


def _telling(names: Iterable[str]) -> set[str]:
    """Those of the names that say more than any word does."""
    return {
        name
        for name in names
        if len(name) >= _SHORTEST and name not in ORDINARY and any(letter.isalpha() for letter in name)
    }


def _any_of(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))


def _shortest(names: Iterable[str]) -> Sequence[str]:
    """The names that hold none of the others: what holds a name holds one of these."""
    kept: list[str] = []
    for name in sorted(names, key=len):
        if not any(shorter in name for shorter in kept):
            kept.append(name)
    return kept


def _masked(text: str, spans: list[Span]) -> tuple[str, list[int]]:
    """The text with each span replaced, and where the marks stand in it."""
    pieces: list[str] = []
    offsets: list[int] = []
    length = last = 0
    for start, end in spans:
        length += start - last
        offsets.append(length)
        pieces += [text[last:start], MASK]
        length += len(MASK)
        last = end
    return "".join([*pieces, text[last:]]), offsets


def _texts(output: OutputRow) -> list[str]:
    return [output.text, *(part["text"] for part in output.parts)] if output.parts else [output.text]


def _beside(row: ItemRow) -> Iterator[str]:
    """What an output may speak of without naming its writer: the prompt, the context, and later user turns."""
    for turn in (*row.prompt, *row.context):
        yield from turn.values()
    for output in row.outputs:
        yield from (part["text"] for part in output.parts if part.get("role") == "user")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)


def _brief(text: str) -> str:
    return text if len(text) <= _SAID_AT_MOST else f"{text[: _SAID_AT_MOST - 1]}…"
