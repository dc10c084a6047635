"""Whether the names and the dates of an output are those of its context."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar, Literal

import regex

from reviewer.triage.checks.dates import dates
from reviewer.triage.checks.model import Finding, Options, Span, Subject

_MOST = 20
_MOST_NAMES = 2000
_LONGEST = 100_000
_UPPER = r"\p{Lu}"
_PART = (
    rf"(?:(?:Mr|Mrs|Ms|Dr|Prof|St)\.(?=\s)|(?:{_UPPER}\.){{1,4}}|"
    rf"{_UPPER}(?:[^\W_]|[’'&-]){{0,60}}|\d{{1,4}}(?![\w.,:/-]))"
)
_INNER = r"(?:of|de|da|di|del|della|du|van|von|der|den|ten|ter|af|al|bin|el|la|le|og|und|y|e|&)"
_SEQUENCE: Any = regex.compile(rf"(?<![\w&])(?!\d){_PART}(?:[ \t](?:{_INNER}[ \t]){{0,2}}{_PART}){{0,8}}(?!\w)")
_JOINS = frozenset(_INNER[3:-1].split("|"))
_MONEY = re.compile(r"[A-Z]{3}(?=[ \t]?\d)")
_FORMS = {
    "ltd": "limited",
    "limited": "limited",
    "inc": "incorporated",
    "incorporated": "incorporated",
    "corp": "corporation",
    "corporation": "corporation",
    "co": "company",
    "company": "company",
    **{
        form: form
        for form in (
            *("llc", "llp", "lp", "plc", "gmbh", "ag", "kg", "se", "sa", "sas", "sarl", "spa", "srl", "nv", "bv"),
            *("as", "asa", "ab", "oy", "oyj", "aps", "sp", "kft", "pte", "pty"),
        )
    },
}
"""Company forms, as they are told apart."""
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "dr", "prof", "professor", "sir", "lady", "herr", "frau", "mme"))
_OPENING = frozenset(
    [
        *("the", "a", "an", "this", "that", "these", "those", "his", "her", "its", "their", "our", "your", "my"),
        *("he", "she", "it", "they", "we", "you", "i", "in", "on", "at", "by", "for", "from", "with", "of", "to", "as"),
        *("and", "or", "but", "if", "when", "while", "since", "after", "before", "during", "under", "over", "per"),
        *("however", "although", "though", "because", "also", "both", "each", "all", "any", "no", "not", "some"),
        *("hello", "hi", "hey", "dear", "thanks", "thank", "please", "sorry", "regards", "best", "kind", "sincerely"),
        *("how", "what", "who", "why", "where", "which", "neither", "either", "nor", "so", "then", "thus", "only"),
        *("there", "here", "according", "yes", "is", "are", "was", "were", "has", "have", "did", "does"),
    ]
)
"""Words that begin a sentence and no name."""
_CALENDAR = frozenset(
    [
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
        *("november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
    ]
)
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class _Name:
    """A name by its words in lower case, without titles, initials and company form; the form stands beside it."""

    words: tuple[str, ...]
    form: str
    start: int
    end: int


class Names:
    """Whether every name of the output (capitalised words in a row, or a word with a company form) stands in the
    context, the prompt or the reference, with the same company form.

    A heuristic of letters: shorter forms of a name, turned ones ("Smith, John") and words that the context has in lower
    case are left alone; so are headings, and scripts without capitals.
    """

    type: ClassVar[str] = "names"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002  # the name in the file
        del options
        self.id = id

    def examine(self, subject: Subject) -> Finding:
        """Abstains where there is no context. A name that is nearly one of the context is shown with it."""
        if not subject.context:
            return Finding(None, "The item has no context.")
        found = (name for name in _names(subject.output) if not _is_heading(subject.output, name))
        said = list({(name.words, name.form): name for name in islice(found, _MOST_NAMES)}.values())
        if not said:
            return Finding(True)
        source = _Source(subject)
        spans: list[Span] = []
        for name in said:
            if source.has(name):
                continue
            near = source.nearest(name)
            if near is None:
                spans.append(Span("output", name.start, name.end, "not in the context"))
            else:
                where, start, end, text = near
                spans.append(Span("output", name.start, name.end, f"the context says {text}"))
                spans.append(Span(where, start, end, "says otherwise"))
            if len(spans) >= _MOST:
                break
        return _told(subject.output, spans)


class Dates:
    """Whether every date of the output stands in the context, the prompt or the reference, however it is written; one
    that leaves the year or the day out holds where a fuller one has it.

    Months are English; 03/04/2024 is read both ways.
    """

    type: ClassVar[str] = "dates"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        del options
        self.id = id

    def examine(self, subject: Subject) -> Finding:
        """Abstains where there is no context."""
        if not subject.context:
            return Finding(None, "The item has no context.")
        said = list(dates(subject.output))
        if not said:
            return Finding(True)
        there = {
            one for _, text in _texts(subject) for date in dates(text) for day in date.readings for one in day.implies()
        }
        spans = [
            Span("output", date.start, date.end, "not in the context")
            for date in said
            if there.isdisjoint(date.readings)
        ]
        return _told(subject.output, spans[:_MOST])


def _told(output: str, spans: Sequence[Span]) -> Finding:
    if not spans:
        return Finding(True)
    shown = [output[span.start : span.end] for span in spans if span.where == "output"]
    named = ", ".join(dict.fromkeys(shown[:3]))
    return Finding(False, f"The context does not have {named}{' and more' if len(shown) > 3 else ''}.", tuple(spans))


def _texts(subject: Subject) -> Iterator[tuple[str, str]]:
    """All that the output may take from. Where a place can be shown comes with it, else nothing."""
    for number, passage in enumerate(subject.context, 1):
        yield f"context:{number}", passage.text
        yield "", passage.title
    yield "prompt", subject.prompt
    yield "reference", subject.reference or ""


class _Source:
    """What the context, the prompt and the reference say, ready to be asked for names."""

    def __init__(self, subject: Subject) -> None:
        self._texts = [(where, text, _read(text)) for where, text in _texts(subject) if text]

    def has(self, name: _Name) -> bool:
        """Whether the name, or all but a word that a sentence may begin with, is in some text."""
        if self._has(name.words, name.form):
            return True
        rest = name.words[1:]
        while rest and rest[0] in _JOINS:
            rest = rest[1:]
        return len(rest) > 1 and self._has(rest, name.form)

    def _has(self, words: tuple[str, ...], form: str) -> bool:
        turned = words[::-1] if len(words) == 2 and not form else words
        for _, _, read in self._texts:
            if read.holds(words, form) or (turned != words and read.holds(turned, form)):
                return True
        if len(words) > 1 and any(
            form in ("", other_form) and _within(words, other_words)
            for _, _, read in self._texts
            for other_words, other_form in read.named
        ):
            return True
        return not form and all(any(word in read.lower for _, _, read in self._texts) for word in words)

    def nearest(self, name: _Name) -> tuple[str, int, int, str] | None:
        """The name of the context that this one is likely meant for: where it stands, and how it is written."""
        wanted, best, found = " ".join((*name.words, name.form)), _ALIKE, None
        every = ((where, text, other) for where, text, read in self._texts for other in read.named.values())
        for where, text, other in every:
            if not where or (other.words[0] != name.words[0] and other.words[-1] != name.words[-1]):
                continue
            written = " ".join((*other.words, other.form))
            share = 1.0 if other.words == name.words else SequenceMatcher(None, wanted, written, False).ratio()
            if share >= best:
                best, found = share, (where, other.start, other.end, text[other.start : other.end])
        return found


class _Read:
    """A text as its words in a row, without initials and titles; the words that stand in it in lower case; and its
    names."""

    def __init__(self, text: str) -> None:
        words = _WORD.findall(text)
        self._row = " ".join(("", *(word for word in map(_fold, words) if _counts(word)), ""))
        self.lower = frozenset(word for word in words if word[0].islower() or word[0].isdigit())
        self.named: dict[tuple[tuple[str, ...], str], _Name] = {}
        for name in islice(_names(text), _MOST_NAMES):
            self.named.setdefault((name.words, name.form), name)

    def holds(self, words: tuple[str, ...], form: str) -> bool:
        row = f" {' '.join(words)} "
        if not form or row not in self._row:
            return row in self._row
        return any(f"{row}{written} " in self._row for written, meant in _FORMS.items() if meant == form)


@lru_cache(maxsize=64)
def _read(text: str) -> _Read:
    """The outputs of an item have the same context."""
    return _Read(text)


_WORD = re.compile(r"[^\W_]+(?:['’&-][^\W_]+)*(?:\.(?:[^\W\d_]\.)+)?")


def _fold(word: str) -> str:
    folded = word.casefold()
    if folded.isalnum():
        return folded
    return folded.replace("’", "'").replace(".", "").removesuffix("'s")


def _counts(word: str) -> bool:
    return word not in _TITLES and (len(word) > 1 or word.isdigit())


def _within(words: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the words stand in the other ones in that order: a shorter form of the name."""
    rest = iter(other)
    return all(any(one == word or one.startswith(f"{word}-") for one in rest) for word in words)


def _names(text: str) -> Iterator[_Name]:
    for match in _SEQUENCE.finditer(text, 0, _LONGEST):
        found = [
            (_fold(one.group()), one.start(), one.end()) for one in _WORD.finditer(text, match.start(), match.end())
        ]
        begin = 0
        for place, (word, start, end) in enumerate(found):
            if place > begin and word in _FORMS and (len(word) > 2 or text[start].isupper()):
                written = text[start:end]
                if written.isupper() or len(word) > 2 or written == "Co":
                    if (name := _name(text, found[begin:place], word, end)) is not None:
                        yield name
                    begin = place + 1
        if (name := _name(text, found[begin:], "", 0)) is not None:
            yield name


def _name(text: str, found: list[tuple[str, int, int]], form: str, end: int) -> _Name | None:
    """The name of these words and the form behind them, without what is around it; None where it is none."""
    while found and (_is_loose(found[0][0]) or found[0][0] in _TITLES):
        found = found[1:]
    while found and not form and (_is_loose(found[-1][0]) or _MONEY.match(text, found[-1][1])):
        found = found[:-1]
    words = tuple(word for word, _, _ in found if _counts(word))
    if not words or (len(words) < 2 and not form) or any(word in _CALENDAR for word in words):
        return None
    if len(words) > 3 and all(text[begin:until].isupper() for _, begin, until in found):
        return None  # a line in capitals
    return _Name(words, _FORMS[form] if form else "", found[0][1], end if form else found[-1][2])


def _is_loose(word: str) -> bool:
    return word.isdigit() or word in _CALENDAR or word in _OPENING or word in _JOINS


def _is_heading(text: str, name: _Name) -> bool:
    """Whether the name stands in a heading, or is all that one line of several says, or all before its colon."""
    begin = text.rfind("\n", 0, name.start) + 1
    until = text.find("\n", name.end)
    until = until if until >= 0 else len(text)
    before, after = text[begin : name.start].lstrip(), text[name.end : until].lstrip(" \t*_")
    if before.startswith(("#", "|")):
        return True
    if before.strip(" \t*_-•0123456789.)"):
        return False
    alone = not after and not name.form and bool(text[:begin].strip() or text[until:].strip())
    return alone or after.startswith(":")
