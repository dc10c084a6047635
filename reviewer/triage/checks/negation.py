"""Whether an output keeps the negations of its context."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

from reviewer.triage.checks.denials import Claim, Denial, claims
from reviewer.triage.checks.model import Finding, Options, Span, Subject

_SHARE = 0.6
_ALIKE, _SAME = 0.5, 0.75
_KNOWN = 1 / 3


class Negation:
    """Whether the output keeps every "no" of the context that it speaks of, and adds none.

    A heuristic of words: each sentence is read for what it denies (the words that follow a cue such as "no", "without"
    or "ruled out" up to the end of the clause, and the subject of a denied verb). Where most of what a sentence of the
    context denies is said in the output without a denial, the output turns it round; and the other way about. What the
    context says elsewhere in words as near, and what is only asked for, is left alone.
    """

    type: ClassVar[str] = "negation"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002  # the name in the file
        del options
        self.id = id

    def examine(self, subject: Subject) -> Finding:
        """Abstains where there is no context."""
        if not subject.context:
            return Finding(None, "The item has no context.")
        sources = [
            (number, claim) for number, passage in enumerate(subject.context, 1) for claim in claims(passage.text)
        ]
        every = [claim for _, claim in sources]
        evidence: list[Span] = []
        for said in claims(subject.output):
            for number, claim in sources:
                if turned := _dropped(claim, said, every) or _added(claim, said, every):
                    evidence.append(Span(f"context:{number}", claim.start, claim.end, f"says: {turned}"))
                    evidence.append(Span("output", said.start, said.end, "says the opposite"))
        if not evidence:
            return Finding(True)
        return Finding(False, "The output turns a denial of the context round.", tuple(dict.fromkeys(evidence)))


def _dropped(source: Claim, said: Claim, sources: Sequence[Claim]) -> str:
    """What the source denies and the output says, in a word or two; empty where there is nothing of that."""
    for denial in source.denials:
        if (
            denial.head in said.affirmed
            and _covers(denial.core, said.affirmed)
            and not said.denied & denial.whole
            and said.bounds <= source.bounds
            and _speaks_of(source, denial, said, sources)
            and not _affirmed_elsewhere(source, denial, said, sources)
        ):
            return "no " + " ".join(sorted(denial.whole))
    return ""


def _speaks_of(source: Claim, denial: Denial, said: Claim, sources: Sequence[Claim]) -> bool:
    """Whether the output speaks of the same matter: nearly all of its words are the source's, or half of the source's
    words are the output's; or all that is denied stands together."""
    shared = len(source.said & said.said)
    if shared >= _SAME * len(said.said):
        return True
    vocabulary = frozenset().union(*(other.said for other in sources)) if shared == 1 else frozenset()
    if shared == 1 and _KNOWN * len(said.said) > len(said.said & vocabulary):
        return False
    return denial.whole <= said.affirmed and (shared >= _ALIKE * len(source.said) or _together(denial.whole, said))


def _together(stems: frozenset[str], said: Claim) -> bool:
    width = len(stems)
    return width > 1 and any(
        stems == frozenset(said.order[at : at + width]) for at in range(len(said.order) - width + 1)
    )


def _affirmed_elsewhere(source: Claim, denial: Denial, said: Claim, sources: Sequence[Claim]) -> bool:
    """Whether another sentence of the context, as near to the output, says what this one denies."""
    shared = len(source.said & said.said)
    matched = denial.core & said.affirmed
    return any(
        _covers(matched, other.affirmed) and len(other.said & said.said) >= shared
        for other in sources
        if other is not source
    )


def _added(source: Claim, said: Claim, sources: Sequence[Claim]) -> str:
    """What the output denies and the source says.

    To deny something of one's own about the same matter is no error: only nearly the same sentence counts, or one with
    no word of its own.
    """
    if source.denied or len(said.denied) < 2 or said.bounds != source.bounds:
        return ""
    shared = len(source.said & said.said)
    is_same = shared >= _SAME * len(source.said) and shared >= _SAME * len(said.said)
    if not (is_same or said.said <= source.said) or not _covers(said.denied, source.affirmed):
        return ""
    if any(_covers(said.denied, other.denied) for other in sources):
        return ""
    if not any(denial.head in source.affirmed for denial in said.denials):
        return ""
    return " ".join(sorted(said.denied & source.affirmed))


def _covers(wanted: frozenset[str], there: frozenset[str]) -> bool:
    """Whether most of the stems are there; a short one alone says too little."""
    if not wanted:
        return False
    needed = max(1, math.ceil(_SHARE * len(wanted)))
    return len(wanted & there) >= needed and (len(wanted) > 1 or len(next(iter(wanted))) > 3)
