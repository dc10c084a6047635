"""Whether the figures of an output stand in its context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Literal

from reviewer.triage.checks.model import Finding, Options, Span, Subject

_NUMBER = re.compile(r"(?<![\w.])[-+−]?(?:\d{1,3}(?:[,’' ]\d{3})+|\d+)(?:\.\d+)?(?![\d])")
_LISTED = re.compile(r"^[ \t]*\d{1,2}[.)](?=\s)", re.MULTILINE)


class Numbers:
    """Whether every number of the output stands in the context, the prompt or the reference; numbers of a list, and
    those that are spelled out, are left alone."""

    type: ClassVar[str] = "numbers"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        del options
        self.id = id

    def examine(self, subject: Subject) -> Finding:
        """Abstains where there is no context."""
        if not subject.context:
            return Finding(None, "The item has no context.")
        there = {value for text in _texts(subject) for value, _, _ in _numbers(text)}
        spans = [
            Span("output", start, end, "not in the context")
            for value, start, end in _numbers(subject.output)
            if value not in there
        ]
        if not spans:
            return Finding(True)
        named = ", ".join(subject.output[span.start : span.end] for span in spans[:3])
        return Finding(
            False, f"The context does not have {named}{' and more' if len(spans) > 3 else ''}.", tuple(spans)
        )


def _texts(subject: Subject) -> Iterator[str]:
    yield subject.prompt
    yield subject.reference or ""
    for passage in subject.context:
        yield passage.title
        yield passage.text


def _numbers(text: str) -> Iterator[tuple[Decimal, int, int]]:
    listed = {match.end() - 1 for match in _LISTED.finditer(text)}
    for match in _NUMBER.finditer(text):
        if match.end() in listed:
            continue
        plain = re.sub(r"[,’' ]", "", match.group()).replace("−", "-")
        try:
            yield abs(Decimal(plain)), match.start(), match.end()
        except InvalidOperation:  # digits of another script
            continue
