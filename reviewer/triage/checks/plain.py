"""Checks against a reference, a pattern, a length, a schema of words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any, ClassVar, Literal

from reviewer.triage.checks.model import Finding, Options, Span, Subject, no_reference
from reviewer.triage.checks.words import count_words

_PATTERN_SECONDS = 0.2
_ARTICLES = frozenset(("a", "an", "the"))
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


def normalised(text: str) -> str:
    """Lower case, compatible forms, no punctuation, no English articles, single blanks (as SQuAD compares answers)."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(" " if unicodedata.category(letter)[0] in "PS" else letter for letter in folded)
    return " ".join(word for word in letters.split() if word not in _ARTICLES)


class Exact:
    """Whether the output is the reference, but for blanks at its ends; `normalised` compares without case,
    punctuation and articles."""

    type: ClassVar[str] = "exact"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002  # the name in the file
        self.id = id
        self._normalised = bool(options.get("normalised", False))

    def examine(self, subject: Subject) -> Finding:
        """Abstains without a reference."""
        if subject.reference is None:
            return no_reference()
        read = normalised if self._normalised else str.strip
        return Finding(read(subject.output) == read(subject.reference))


class Numeric:
    """Whether the last number of the output is that of the reference, within `tolerance` of it (absolute) or within the
    share `relative`."""

    type: ClassVar[str] = "numeric"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        self.id = id
        self._tolerance = float(options.get("tolerance", 0))
        self._relative = float(options.get("relative", 0))

    def examine(self, subject: Subject) -> Finding:
        """Abstains without a number in the reference."""
        if subject.reference is None:
            return no_reference()
        wanted, found = _last_number(subject.reference), _last_number(subject.output)
        if wanted is None:
            return Finding(None, "The reference has no number.")
        if found is None:
            return Finding(False, "The output has no number.")
        (right, *_), (given, start, end) = wanted, found
        holds = abs(given - right) <= max(self._tolerance, self._relative * abs(right))
        return Finding(holds, "" if holds else f"It says {given:g}.", (Span("output", start, end),))


def _last_number(text: str) -> tuple[float, int, int] | None:
    last = None
    for last in _NUMBER.finditer(text):  # noqa: B007  # the last one is wanted
        pass
    return None if last is None else (float(last.group().replace(",", "")), last.start(), last.end())


class TokenF1:
    """The harmonic mean of precision and recall of the output's words against the reference's (Rajpurkar et al. 2016,
    EMNLP, section 6.1)."""

    type: ClassVar[str] = "token_f1"
    gives: ClassVar[Literal["boolean", "number"]] = "number"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        del options
        self.id = id

    def examine(self, subject: Subject) -> Finding:
        """Abstains without a reference; 1 where both are empty."""
        if subject.reference is None:
            return no_reference()
        said, wanted = normalised(subject.output).split(), normalised(subject.reference).split()
        if not said or not wanted:
            return Finding(float(said == wanted))
        shared = (Counter(said) & Counter(wanted)).total()
        return Finding(2 * shared / (len(said) + len(wanted)))


class Length:
    """Whether the output has at least `min_words` and at most `max_words`."""

    type: ClassVar[str] = "length"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        self.id = id
        self._least = int(options.get("min_words", 0))
        self._most = options.get("max_words")

    def examine(self, subject: Subject) -> Finding:
        """Counts runs of letters and digits."""
        count = count_words(subject.output)
        holds = self._least <= count and (self._most is None or count <= int(self._most))
        return Finding(holds, "" if holds else f"It has {count:,} words.")


class Contains:
    """Whether the output holds every one of the texts `all`, and none of the texts `none`; without case."""

    type: ClassVar[str] = "contains"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        self.id = id
        self._all = [str(text).casefold() for text in options.get("all", ())]
        self._none = [str(text).casefold() for text in options.get("none", ())]

    def examine(self, subject: Subject) -> Finding:
        """Shows where what must not be there stands."""
        text = subject.output.casefold()
        if missing := [wanted for wanted in self._all if wanted not in text]:
            return Finding(False, f"It lacks “{missing[0]}”.")
        for unwanted in self._none:
            at = text.find(unwanted)
            if at >= 0:
                # Folding may have made the text longer: a place is told only where it has not.
                spans = (Span("output", at, at + len(unwanted)),) if len(text) == len(subject.output) else ()
                return Finding(False, f"It holds “{unwanted}”.", spans)
        return Finding(True)


class Pattern:
    """Whether the regular expression `pattern` is found in the output, or where `absent` is true, is not. One that
    takes too long abstains."""

    type: ClassVar[str] = "pattern"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        import regex

        self.id = id
        self._pattern: Any = regex.compile(str(options["pattern"]))
        self._absent = bool(options.get("absent", False))

    def examine(self, subject: Subject) -> Finding:
        """Shows the first place."""
        try:
            match = self._pattern.search(subject.output, timeout=_PATTERN_SECONDS)
        except TimeoutError:
            return Finding(None, f"The pattern took longer than {_PATTERN_SECONDS:g} s.")
        spans = (Span("output", match.start(), match.end()),) if match else ()
        return Finding((match is None) == self._absent, "", spans)
