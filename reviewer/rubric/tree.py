"""YAML as plain data with the line of every part, read from the parser's events.

Only `true` and `false` are booleans, dates stay words, and aliases are counted at the size that they stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
Scalar = str | bool | int | float | None

MAX_PARTS = 50_000
MAX_DEPTH = 16

_NULL = re.compile(r"(?:~|null)?")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,3})?")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})


class Finding(NamedTuple):
    """A line (from 1) and what is wrong there."""

    line: int
    message: str


class Unreadable(Exception):
    """The text is no YAML, or none that may be read."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.finding = Finding(line, message)


@dataclass(slots=True)
class Tree:
    """Data with string keys throughout, the line of each path, and what was wrong but could be read over."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest part around it that has one."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


def read_tree(text: str) -> Tree:
    """The data of one YAML document. Raises Unreadable."""
    import yaml

    if unprintable := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, unprintable.start()) + 1
        code = f"U+{ord(unprintable.group()):04X}"
        raise Unreadable(line, f'the character {code} may not stand in YAML; write it as an escape in "quotes"')
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Reader(yaml.parse(text, Loader=loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        last = text.rstrip("\n").count("\n") + 1
        raise Unreadable(min(mark.line + 1, last) if mark else 1, f"is not YAML here: {said}; mend it") from None
    except yaml.YAMLError as error:
        raise Unreadable(1, f"is not YAML: {' '.join(str(error).split())}; mend it") from None


def scalar(word: str) -> Scalar:
    """What a plain (unquoted) word stands for."""
    if _NULL.fullmatch(word):
        return None
    if word in ("true", "false"):
        return word == "true"
    if _INT.fullmatch(word):
        return int(word)
    if _FLOAT.fullmatch(word):
        return float(word)
    return word


class _Node(NamedTuple):
    data: Any
    parts: int


class _Reader:
    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.tree = Tree()
        self.anchors: dict[str, _Node] = {}
        self.parts = 0

    def document(self) -> Tree:
        from yaml import events

        documents = 0
        for event in self.events:
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Unreadable(_line(event), "a second document begins here; keep one rubric in a file")
                self.tree.data = self.node(next(self.events), (), 0).data
        return self.tree

    def node(self, event: Any, path: Path, depth: int) -> _Node:
        from yaml import events

        if depth > MAX_DEPTH:
            raise Unreadable(_line(event), f"is nested more than {MAX_DEPTH} deep; no rubric is")
        self.tree.lines.setdefault(path, _line(event))
        before = self.parts
        self.count(event, 1)
        if isinstance(event, events.AliasEvent):
            return self.alias(event)
        data: Any
        if isinstance(event, events.ScalarEvent):
            data = self.word(event)
        elif isinstance(event, events.SequenceStartEvent):
            self.refuse_tag(event)
            data = self.sequence(path, depth)
        else:
            self.refuse_tag(event)
            data = self.mapping(path, depth)
        node = _Node(data, self.parts - before)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: Any) -> _Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            raise Unreadable(_line(event), f"*{event.anchor} stands for nothing above it; write the part out")
        self.count(event, node.parts)
        return node

    def count(self, event: Any, parts: int) -> None:
        self.parts += parts
        if self.parts > MAX_PARTS:
            raise Unreadable(
                _line(event), f"the rubric has more than {MAX_PARTS} parts, aliases counted in full; make it smaller"
            )

    def word(self, event: Any) -> Scalar:
        plain = event.style is None or event.style == ""
        if event.tag in _TEXT_TAGS:
            plain = False
        elif event.tag is not None:
            self.refuse_tag(event)
        word: str = event.value
        return scalar(word) if plain else word

    def sequence(self, path: Path, depth: int) -> list[Any]:
        from yaml.events import SequenceEndEvent

        data: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            data.append(self.node(event, (*path, len(data)), depth + 1).data)
        return data

    def mapping(self, path: Path, depth: int) -> dict[str, Any]:
        from yaml.events import MappingEndEvent, ScalarEvent

        data: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise Unreadable(_line(event), "a key must be a word; write it out")
            key, line = event.value, _line(event)
            below = (*path, key)
            if key in data:
                first = self.tree.lines[below]
                said = f"the key {key!r} stands twice, first on line {first}; remove one"
                self.tree.findings.append(Finding(line, said))
            self.tree.lines.setdefault(below, line)
            value = self.node(next(self.events), below, depth + 1).data
            data.setdefault(key, value)
        return data

    def refuse_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            said = f"the tag {event.tag} has no meaning in a rubric; remove it"
            self.tree.findings.append(Finding(_line(event), said))


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
