"""Blocks between fences, as Markdown writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^ {0,3}(`{3,64}|~{3,64})[ \t]*([^\s`]{0,40})[^`\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the word behind its fence in lower case, and where its text begins and ends."""

    language: str
    start: int
    end: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks that are closed, in time that grows with the text alone."""
    opened: tuple[str, str, int] | None = None
    for match in _FENCE.finditer(text):
        fence, language = match.groups()
        if opened is None:
            opened = (fence, language.lower(), min(match.end() + 1, len(text)))
        elif not language and fence.startswith(opened[0]):
            yield Block(opened[1], opened[2], max(opened[2], match.start()))
            opened = None
