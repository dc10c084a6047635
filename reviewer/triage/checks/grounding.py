"""Whether an output says what its context says: its negations, its figures."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Literal

from reviewer.triage.checks.model import Finding, Options, Span, Subject
from reviewer.triage.checks.words import Word, sentences, words

_CUES = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "neither",
        "nor",
        "without",
        "cannot",
        "nobody",
        "nothing",
        "nowhere",
        "lacks",
        "lacked",
        "lacking",
        "absent",
        "absence",
        "unable",
        "denies",
        "missing",
        "denied",
        "deny",
        "failed",
        "fails",
        "fail",
        "refused",
        "refuses",
        "declined",
        "declines",
        "free",
        "instead",
        "rather",
        "unfounded",
        "ruled",
    ]
)
_NEEDS = {
    "free": ("of",),
    "instead": ("of",),
    "rather": ("than",),
    "ruled": ("out",),
    "failed": ("to",),
    "fails": ("to",),
    "fail": ("to",),
}
"""Words that say no only before these."""
_VERBS = frozenset(
    [
        "was",
        "were",
        "is",
        "are",
        "am",
        "be",
        "been",
        "being",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "shall",
        "should",
        "may",
        "might",
        "must",
    ]
)
_BREAKS = frozenset(
    [
        "but",
        "although",
        "though",
        "however",
        "while",
        "whereas",
        "because",
        "since",
        "unless",
        "except",
        "and",
        "that",
        "which",
        "who",
    ]
)
_HOLLOW = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "of",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "from",
        "as",
        "or",
        "any",
        "all",
        "some",
        "other",
        "such",
        "further",
        "than",
        "then",
        "there",
        "this",
        "these",
        "those",
        "it",
        "its",
        "his",
        "her",
        "their",
        "our",
        "your",
        "my",
        "he",
        "she",
        "they",
        "we",
        "you",
        "i",
        "be",
        "is",
        "are",
        "was",
        "were",
        "been",
        "being",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "will",
        "would",
        "can",
        "could",
        "may",
        "might",
        "shall",
        "should",
        "must",
        "also",
        "only",
        "very",
        "more",
        "most",
        "one",
        "ever",
        "yet",
        "so",
        "far",
        "against",
        "into",
        "about",
        "during",
        "find",
        "found",
        "identify",
        "identified",
        "identif",
        "record",
        "recorded",
        "report",
        "reported",
        "note",
        "noted",
        "show",
        "shown",
        "see",
        "seen",
        "know",
        "known",
        "exist",
        "existed",
        "make",
        "made",
        "give",
        "given",
        "per",
        "within",
    ]
)
_MORE = frozenset(("more", "less", "later", "earlier", "fewer", "longer", "doubt"))
_CLAUSE = re.compile(r"[,;:—–()]")
_JOINTS = re.compile(r";(?=\s)")
_REACH = 8
_SHARE = 0.6
_NEAR = 0.8
_ALIKE, _SAME = 0.5, 0.75
_NUMBER = re.compile(r"(?<![\w.])[-+−]?(?:\d{1,3}(?:[,’' ]\d{3})+|\d+)(?:\.\d+)?(?![\d])")
_LISTED = re.compile(r"^[ \t]*\d{1,2}[.)](?=\s)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Claim:
    """The words of a sentence that carry meaning, with those among them that it denies."""

    said: frozenset[str]
    denied: frozenset[str]
    start: int
    end: int


class Negation:
    """Whether the output keeps every "no" of the context that it speaks of, and adds none.

    A heuristic of words: each sentence is read for what it denies (the words that follow a cue such as "no", "without"
    or "ruled out" up to the end of the clause, and the subject of a denied verb). Where most of what a sentence of the
    context denies is said in the output without a denial, the output turns it round; and the other way about.
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
            (number, claim) for number, passage in enumerate(subject.context, 1) for claim in _claims(passage.text)
        ]
        every = [claim for _, claim in sources]
        evidence: list[Span] = []
        for said in _claims(subject.output):
            for number, claim in _nearest(said, sources):
                if turned := _turned(claim, said, every):
                    evidence.append(Span(f"context:{number}", claim.start, claim.end, f"says: {turned}"))
                    evidence.append(Span("output", said.start, said.end, "says the opposite"))
        if not evidence:
            return Finding(True)
        return Finding(False, "The output turns a denial of the context round.", tuple(dict.fromkeys(evidence)))


def _nearest(said: _Claim, sources: Sequence[tuple[int, _Claim]]) -> Iterator[tuple[int, _Claim]]:
    """The sentences of the context that speak of most of the same things: what it says elsewhere, of something else, is
    not held against the output."""
    shared = [len(said.said & claim.said) for _, claim in sources]
    most = max(shared, default=0)
    if most:
        yield from (source for source, count in zip(sources, shared, strict=True) if count >= _NEAR * most)


def _turned(source: _Claim, said: _Claim, all_sources: Sequence[_Claim]) -> str:
    """What the source says that is said otherwise, in a word or two; empty where nothing is."""
    alike = len(source.said & said.said) / max(1, len(source.said))
    if source.denied and alike >= _ALIKE and _covers(source.denied, said.said - said.denied):
        matched = source.denied & said.said
        if not said.denied & source.denied and not _said_anywhere(matched, all_sources):
            return "no " + " ".join(sorted(source.denied))
        return ""
    affirmed = source.said - source.denied
    # To deny something of one's own about the same matter is no error: only nearly the same sentence counts.
    nearly = alike >= _SAME and len(source.said & said.said) / max(1, len(said.said)) >= _SAME
    adds = nearly and len(said.denied) > 1 and not source.denied and _covers(said.denied, affirmed)
    if adds and not any(_covers(said.denied, other.denied) for other in all_sources):
        return " ".join(sorted(said.denied & affirmed))
    return ""


def _covers(wanted: frozenset[str], there: frozenset[str]) -> bool:
    if not wanted:
        return False
    needed = max(1, math.ceil(_SHARE * len(wanted)))
    return len(wanted & there) >= needed and (len(wanted) > 1 or len(next(iter(wanted))) > 3)


def _said_anywhere(what: frozenset[str], sources: Sequence[_Claim]) -> bool:
    """Whether some sentence of the context says most of that, so that the output may speak of it."""
    return any(_covers(what, other.said - other.denied) for other in sources)


def _claims(text: str) -> Iterator[_Claim]:
    for start, end in _statements(text):
        found = words(text, start, end)
        denied = _denied(text, found)
        said = frozenset(word.stem for word in found if _carries(word))
        yield _Claim(said, frozenset(word.stem for word in denied if _carries(word)), start, end)


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end, and their parts on both sides of a semicolon, which say things apart."""
    for start, end in sentences(text):
        begin = start
        for joint in _JOINTS.finditer(text, start, end):
            yield begin, joint.start()
            begin = joint.end()
        yield begin, end


def _carries(word: Word) -> bool:
    return word.text not in _HOLLOW and word.text not in _CUES and len(word.text) > 1 and word.stem not in _HOLLOW


def tells(stem: str) -> bool:
    """Whether a stem says something by itself, rather than joining or denying others."""
    return len(stem) > 1 and stem not in _HOLLOW and stem not in _CUES


def _denied(text: str, found: Sequence[Word]) -> set[Word]:
    """The words that stand under a denial; two denials, one under the other, are none."""
    reaches: dict[int, set[Word]] = {}
    for at, word in enumerate(found):
        if _is_cue(found, at):
            reaches[at] = set(_following(text, found, at))
            if word.text in ("not", "never", "missing") or word.text.endswith("n't"):
                reaches[at] |= set(_subject(text, found, at))
    undone = {
        at
        for one, reach in reaches.items()
        for other in reaches
        if found[other] in reach and found[other].text != "nor"
        for at in (one, other)
    }
    return {word for at, reach in reaches.items() if at not in undone for word in reach}


def _is_cue(found: Sequence[Word], at: int) -> bool:
    word = found[at].text
    following = found[at + 1].text if at + 1 < len(found) else ""
    if word == "not" and following in ("only", "just", "merely"):
        return False
    if word in ("no", "not", "never") and any(one.text in _MORE for one in found[at + 1 : at + 4]):
        return False  # "not more than 3" gives a bound, and denies nothing
    if word.endswith("n't"):
        return True
    return word in _CUES and (word not in _NEEDS or following in _NEEDS[word])


def _following(text: str, found: Sequence[Word], at: int) -> Iterator[Word]:
    before = found[at]
    for word in found[at + 1 : at + 1 + _REACH]:
        if _CLAUSE.search(text, before.end, word.start) or word.text in _BREAKS:
            return
        yield word
        before = word


def _subject(text: str, found: Sequence[Word], at: int) -> Iterator[Word]:
    """What stands before a denied verb in its clause: in "sanctions were not found", the sanctions."""
    has_verb = (at > 0 and found[at - 1].text in _VERBS) or found[at].text.endswith("n't")
    if not has_verb:
        return
    for place in range(at - 1, max(-1, at - 1 - _REACH), -1):
        word, after = found[place], found[place + 1]
        joins = word.text == "and" and after.text not in _VERBS
        if _CLAUSE.search(text, word.end, after.start) or (word.text in _BREAKS and not joins):
            return
        yield word


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
