"""What a judge is asked: one task, without a word of who made its outputs or what others said of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from reviewer.rubric import Criterion, Rubric, keys_of
from reviewer.rubric.questions import comparison_questions

Kind = Literal["rating", "pairwise", "ranking"]

# Anthropic refuses a whole call for one property that is named otherwise; keys such as `clear@turn:2` are.
_LONGEST_NAME = 64
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Turn:
    """One message or step. `kind` is text, tool_call or the like; `name` a tool's or a speaker's."""

    role: str
    text: str
    kind: str = "text"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One context document."""

    text: str
    title: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """An output under its random identifier; a plain answer is one turn of the assistant."""

    public_id: str
    turns: tuple[Turn, ...]

    @classmethod
    def of_text(cls, public_id: str, text: str) -> Output:
        """A plain answer."""
        return cls(public_id, (Turn("assistant", text),))


@dataclass(frozen=True, slots=True)
class Question:
    """One task to judge; `outputs` stand in the order drawn for it, one for a rating.

    `reference` is given only where the queue allows it. `rubric` is the task's own, where it has one.
    """

    id: str
    outputs: tuple[Output, ...]
    kind: Kind = "rating"
    prompt: tuple[Turn, ...] = ()
    context: tuple[Document, ...] = ()
    reference: str | None = None
    rubric: Rubric | None = None

    @property
    def shown_order(self) -> tuple[str, ...]:
        """The outputs' identifiers, first shown first."""
        return tuple(output.public_id for output in self.outputs)

    def as_shown(self, sample: int) -> Question:
        """The question as sample number `sample` puts it: the outputs of a comparison swapped where it is odd."""
        if self.kind == "rating" or sample % 2 == 0:
            return self
        return replace(self, outputs=self.outputs[::-1])


def samples_of(question: Question, samples: int, *, both_orders: bool) -> range:
    """The numbers of the samples to ask for.

    A rating has 0 … n−1. A comparison in both orders has 0 … 2n−1; in one order the even ones alone, so that an odd
    number always means swapped.
    """
    if question.kind == "rating":
        return range(samples)
    return range(0, 2 * samples, 1 if both_orders else 2)


def asked(question: Question, rubric: Rubric) -> list[tuple[str, Criterion]]:
    """The keys that are to be answered, each with its criterion, as a person would be asked."""
    if question.kind != "rating":
        return comparison_questions(rubric, question.kind, len(question.outputs))
    turns = question.outputs[0].turns
    return [
        (key, criterion)
        for criterion in rubric.criteria
        for key in keys_of(
            criterion,
            turns=sum(turn.role == "assistant" for turn in turns),
            contexts=len(question.context),
            steps=len(turns),
        )
    ]


def answer_names(keys: Iterable[str]) -> dict[str, str]:
    """What each key is called in an answer: itself where every endpoint takes it as a property, else much the same."""
    keys = list(keys)
    names = {key: key for key in keys if len(key) <= _LONGEST_NAME and not _NOT_IN_NAMES.search(key)}
    taken = set(names.values())
    for number, key in enumerate(keys, 1):
        if key in names:
            continue
        name = _NOT_IN_NAMES.sub("_", key)[:_LONGEST_NAME].strip("_") or f"q{number}"
        while name in taken:
            name = f"{name[:48]}_{number}"
        names[key] = name
        taken.add(name)
    return {key: names[key] for key in keys}
