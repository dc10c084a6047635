"""Checks against a reference as the literature has them, and how sure the model was of its own words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar, Literal

from reviewer.errors import BadInput
from reviewer.triage.checks.model import Finding, Options, Span, Subject, no_reference

_LONGEST = 100_000
_WORD = re.compile(r"[^\W_]+")
_SLACK = 1e-6
"""Log-probabilities that were rounded may stand so far above zero."""
_LONGEST_CHOICE = 40


class _Scored:
    """What BLEU and chrF share: one metric of sacrebleu, made once, asked for each output."""

    def __init__(self, id: str, metric: Any) -> None:  # noqa: A002  # the name in the file
        self.id = id
        self._metric = metric

    def examine(self, subject: Subject) -> Finding:
        """From 0 to 1. Abstains without a reference, and where either text is longer than 100,000 characters."""
        if subject.reference is None:
            return no_reference()
        if not subject.reference.strip():
            return Finding(None, "The reference is empty.")
        if max(len(subject.output), len(subject.reference)) > _LONGEST:
            return _too_long()
        if not subject.output.strip():
            return Finding(0.0, "The output is empty.")
        # A text that equals its reference may come out as 1.0000000000000004.
        score = self._metric.sentence_score(subject.output, [subject.reference]).score
        return Finding(min(1.0, score / 100))


class Bleu(_Scored):
    """The BLEU of the output against the reference as sacrebleu has it for a sentence (tokens 13a, exponential
    smoothing, effective order; Post 2018, WMT), from 0 to 1."""

    type: ClassVar[str] = "bleu"
    gives: ClassVar[Literal["boolean", "number"]] = "number"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        from sacrebleu.metrics.bleu import BLEU

        del options
        super().__init__(id, BLEU(effective_order=True))


class Chrf(_Scored):
    """The chrF of the output against the reference as sacrebleu has it (Popović 2015, WMT), from 0 to 1; `word_order`
    2 makes it chrF++."""

    type: ClassVar[str] = "chrf"
    gives: ClassVar[Literal["boolean", "number"]] = "number"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        from sacrebleu.metrics.chrf import CHRF

        order = options.get("word_order", 0)
        if order not in (0, 2):
            raise BadInput(f"word_order = {order} is none that there is.", mend="Take 0 for chrF or 2 for chrF++.")
        super().__init__(id, CHRF(word_order=order))


class Rouge:
    """The ROUGE of the output against the reference as `variant` rouge1, rouge2 or rougeL (by itself rougeL): the
    harmonic mean of precision and recall (Lin 2004, ACL workshop, sections 2 and 3.1), without stemming."""

    type: ClassVar[str] = "rouge"
    gives: ClassVar[Literal["boolean", "number"]] = "number"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        self.id = id
        self._variant = options.get("variant", "rougeL")
        if self._variant not in ("rouge1", "rouge2", "rougeL"):
            raise BadInput(f"variant = {self._variant!r} is none that there is.", mend="Take rouge1, rouge2 or rougeL.")

    def examine(self, subject: Subject) -> Finding:
        """From 0 to 1. Abstains where the reference has too few words."""
        if subject.reference is None:
            return no_reference()
        if max(len(subject.output), len(subject.reference)) > _LONGEST:
            return _too_long()
        said, wanted = _WORD.findall(subject.output.lower()), _WORD.findall(subject.reference.lower())
        size = 2 if self._variant == "rouge2" else 1
        if len(wanted) < size:
            return Finding(None, "The reference has too few words.")
        if len(said) < size:
            return Finding(0.0, "The output has too few words.")
        if self._variant == "rougeL":
            shared = longest_common(said, wanted)
        else:
            shared = (_grams(said, size) & _grams(wanted, size)).total()
        return Finding(2 * shared / (len(said) + len(wanted) - 2 * (size - 1)))


def _grams(words: Sequence[str], size: int) -> Counter[Any]:
    return Counter(words) if size == 1 else Counter(pairwise(words))


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence, with a column of the table in the bits of one number (Hyyrö 2004,
    AWOCA)."""
    places: dict[str, int] = {}
    for place, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << place
    every = (1 << len(one)) - 1
    column = every
    for word in other:
        matched = column & places.get(word, 0)
        column = (column + matched | column - matched) & every
    return len(one) - column.bit_count()


class MultipleChoice:
    """Whether the output chooses what the reference chooses among `choices` (A to D by itself): it is read from such as
    "Answer: B", "(B)", "B." or the letter alone."""

    type: ClassVar[str] = "multiple_choice"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        self.id = id
        self._choices = tuple(str(choice).strip() for choice in options.get("choices", "ABCD"))
        folded = [choice.casefold() for choice in self._choices]
        if len(folded) < 2 or len(set(folded)) < len(folded) or not all(folded):
            raise BadInput("choices are no two or more different texts.", mend='Write choices = ["A", "B", "C"].')
        if max(map(len, folded)) > _LONGEST_CHOICE:
            raise BadInput("a choice is too long.", mend="Name the letters, and not what they stand for.")

    def examine(self, subject: Subject) -> Finding:
        """An output that chooses nothing is wrong; abstains where it chooses several."""
        if subject.reference is None:
            return no_reference()
        wanted = _chosen(subject.reference, self._choices)
        if len(wanted) != 1:
            return Finding(None, f"The reference names {'several' if wanted else 'none'} of the choices.")
        found = _chosen(subject.output, self._choices)
        spans = tuple(Span("output", start, end) for start, end in found.values())
        if not found:
            return Finding(False, "The output chooses nothing.")
        if len(found) > 1:
            return Finding(None, "The output chooses several.", spans)
        (given,) = found
        holds = given in wanted
        return Finding(holds, "" if holds else f"It chooses {given}.", spans)


def _chosen(text: str, choices: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """The choices that a text makes, in the clearest way in which it makes any, with the last place of each."""
    by_fold = {choice.casefold(): choice for choice in choices}
    for pattern in _ways(choices):
        found = {}
        for match in pattern.finditer(text, 0, _LONGEST):
            written = match.group(1)
            # "the answer is a matter of taste" chooses nothing.
            if len(written) == 1 and written in "AaI" and not _ENDS.match(text, match.end(1)):
                continue
            found[by_fold[written.casefold()]] = match.span(1)
        if found:
            return found
    return {}


_ENDS = re.compile(r"\W{0,3}(?:$|\n|because\b|since\b|as\b|for\b)|[\s*_]{0,3}[.,:;)\]}\"'”’–—-]|\*\*|\s*\(")


@lru_cache(maxsize=64)
def _ways(choices: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    one = "(" + "|".join(re.escape(choice) for choice in sorted(choices, key=len, reverse=True)) + r")(?![\w'’])"
    # The word before is read in any case, the choice as it is written: "an option a person has" is none.
    told = r"(?i:\b(?:answer|option|choice)\b)[\s:=*_-]{0,4}(?i:(?:is|was|would be|must be)\b)?"
    return (
        re.compile(rf"\A[\s*_(\[\"']{{0,8}}(?i:{one})[\s*_)\].:\"']{{0,8}}\Z"),
        re.compile(rf"{told}[\s:=]{{0,4}}[*_(\[\"'“]{{0,4}}{one}"),
        re.compile(rf"\(\s?{one}\s?\)"),
        re.compile(rf"^[ \t*_]{{0,8}}{one}[*_]{{0,3}}[.):](?=\s|[*_]|$)", re.MULTILINE),
        re.compile(rf"\*\*{one}\*\*"),
    )


class Perplexity:
    """The perplexity of the output under the model that wrote it: exp of minus the mean of the log-probabilities that
    came with it (natural logarithms)."""

    type: ClassVar[str] = "perplexity"
    gives: ClassVar[Literal["boolean", "number"]] = "number"

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        del options
        self.id = id

    def examine(self, subject: Subject) -> Finding:
        """Abstains where none came with the output, one is no log-probability, or the figure has no end."""
        if not subject.logprobs:
            return Finding(None, "The output came without log-probabilities.")
        if any(math.isnan(one) or one > _SLACK for one in subject.logprobs):
            return Finding(None, "What came with the output are no log-probabilities.")
        try:
            value = math.exp(-math.fsum(subject.logprobs) / len(subject.logprobs))
        except OverflowError:
            value = math.inf
        if math.isinf(value):
            return Finding(None, "The perplexity is infinite.")
        return Finding(max(1.0, value))


def _too_long() -> Finding:
    return Finding(None, f"A text is longer than {_LONGEST:,} characters.")
