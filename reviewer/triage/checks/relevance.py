"""How much of an output is taken from each passage of its context."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar, Literal

from reviewer.errors import BadInput
from reviewer.triage.checks.denials import tells
from reviewer.triage.checks.model import Finding, Options, Passage, Span, Subject
from reviewer.triage.checks.words import sentences, stems

_MOST = 50


class Relevance:
    """The share of the output's words, weighted by how rare they are among the passages, that the best passage of the
    context has; with `of` = "used" the share of the passages that have at least `least` (0.2 by itself) of them.

    A word weighs ln(1 + (N - n + 0.5) / (n + 0.5)), where n of N passages have it (Robertson & Zaragoza 2009, section
    3.1, kept above zero). Words are stems; those that only join others do not count.
    """

    type: ClassVar[str] = "relevance"
    gives: ClassVar[Literal["boolean", "number"]] = "number"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002  # the name in the file
        self.id = id
        self._of = options.get("of", "best")
        self._least = float(options.get("least", 0.2))
        if self._of not in ("best", "used"):
            raise BadInput(f"of = {self._of!r} is none that there is.", mend="Take best or used.")
        if not 0 < self._least <= 1:
            raise BadInput(f"least = {self._least:g} is out of range.", mend="Take a share above 0, and at most 1.")

    def examine(self, subject: Subject) -> Finding:
        """Shows the nearest sentence of each passage with the passage's figure. Abstains without a context, and where
        the output has no word that counts."""
        if not subject.context:
            return Finding(None, "The item has no context.")
        said = _stems(subject.output)
        if not said:
            return Finding(None, "The output has no word that could be found.")
        read = [_read(passage) for passage in subject.context]
        passages = [said & told for told, _ in read]
        having = Counter(word for passage in passages for word in passage)
        weights = {word: _weight(having[word], len(passages)) for word in said}
        every = math.fsum(weights.values())
        figures = [math.fsum(weights[word] for word in sorted(passage)) / every for passage in passages]
        spans = []
        for number, ((_, parts), figure) in enumerate(zip(read[:_MOST], figures, strict=False), 1):
            if figure and (place := _nearest(parts, weights)):
                spans.append(Span(f"context:{number}", *place, f"has {figure:.0%} of the output's words"))
        used = sum(figure >= self._least for figure in figures) / len(figures)
        value = max(figures) if self._of == "best" else used
        return Finding(min(1.0, value), "", tuple(spans))


def _weight(having: int, passages: int) -> float:
    return math.log(1 + (passages - having + 0.5) / (having + 0.5))


_Part = tuple[int, int, frozenset[str]]


def _stems(text: str) -> frozenset[str]:
    return frozenset(one for one in stems(text) if tells(one))


@lru_cache(maxsize=64)
def _read(passage: Passage) -> tuple[frozenset[str], tuple[_Part, ...]]:
    """What a passage says, and of each of its sentences begin, end and what it says: the outputs of an item have the
    same passages."""
    parts = tuple((start, end, _stems(passage.text[start:end])) for start, end in sentences(passage.text))
    return _stems(passage.title).union(*(said for _, _, said in parts)), parts


def _nearest(parts: Sequence[_Part], weights: Mapping[str, float]) -> tuple[int, int] | None:
    """The sentence with the most weight."""
    best, place = 0.0, None
    for start, end, said in parts:
        shared = said & weights.keys()
        if shared and (weight := math.fsum(weights[word] for word in sorted(shared))) > best:
            best, place = weight, (start, end)
    return place
