"""What a label answers, question by question, in terms that all raters of a queue share.

What was said of outputs as they were shown is read of the outputs themselves; an answer on another scale than that of
the rubric in force is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, Literal, NamedTuple

import orjson

from reviewer.measure.agreement.ratings import OFF_SCALE
from reviewer.measure.agreement.scale import canonical, number
from reviewer.rubric import BOTH_BAD, Criterion, Preference, Rubric, composite, format_value, split_key, value_fault
from reviewer.rubric.comparison import preference_fault, ranking_fault
from reviewer.rubric.questions import scale_of_answer

MET: Final = "met"
COMPOSITE: Final = "composite"
OF_PAIRS: Final = " by pairs"
FIRST, LEVEL, SECOND = PAIRED = ("the first", "level", "the second")
NO_OPTION: Final = "(none)"

NOT_APPLICABLE: Final = "not applicable"
OTHER_SCALE: Final = "given on another scale than that of the rubric in force"
OTHER_SHAPE: Final = "one is a preference, the other a ranking"
NOT_ASKED: Final = "the rubric in force does not ask it"
IS_TEXT: Final = "texts have no agreement"
NOT_YES_OR_NO: Final = "an item's own criterion that is no yes or no"
NO_COMPOSITE: Final = "no answer that counts in the composite"

_WHOLE_SETS = "The options chosen count as one set: two sets that differ in one option differ."
_PLACES = "Each output of a task has its place in the ranking; outputs that are level share the mean of their places."
DIGITS: Final = 12
_MOST_REMEMBERED = 10_000

Shape = Literal["rating", "pairwise", "ranking"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as agreement is measured on it: the level, and the points of its scale where they can be listed.

    Several samples of a rater are averaged where `averaged`, else their majority counts. `beside` is a value outside
    the order: where it is given, the level is nominal. What is `oriented` says which of two outputs it favours.
    """

    level: str
    points: tuple[str, ...] | None = None
    averaged: bool = False
    beside: str = ""
    oriented: bool = False
    note: str = ""


class Answer(NamedTuple):
    """A value of a label, as text: of the whole task, of a part of it, or of the outputs in these slots.

    `why` says why it does not count.
    """

    question: str
    value: str = ""
    part: str = ""
    outputs: tuple[int, ...] = ()
    why: str = ""


class _Under:
    """The rubric under which a label was given, and the one in force."""

    def __init__(self, given: Rubric, asked: Rubric) -> None:
        self.given, self.asked = given, asked
        self._same: dict[tuple[str, Shape], bool] = {}

    def comparable(self, name: str, shape: Shape = "rating") -> bool:
        """Whether answers under `name` are on one scale under both."""
        if self.given is self.asked:
            return True
        if (name, shape) not in self._same:
            one, other = (scale_of_answer(rubric, shape, name) for rubric in (self.given, self.asked))
            self._same[name, shape] = one == other
        return self._same[name, shape]


class Answers:
    """Reads the labels of a queue of that kind; `questions` are those that were answered so far.

    With `mirrored` every comparison is read with its outputs the other way round, which no measure of agreement sees.
    """

    def __init__(self, kind: str, rubric: Callable[[str], Rubric], *, mirrored: bool = False) -> None:
        self.questions: dict[str, Question] = {}
        self._compares = kind != "rating"
        self._rubric, self._mirrored = rubric, mirrored
        self._under: dict[tuple[str, str], _Under] = {}
        self._shapes: dict[str, Shape] = {}
        self._remembered: dict[tuple[object, ...], list[Answer]] = {}

    def of(self, values: str, given: str, asked: str, *, own: bool, order: tuple[int, ...]) -> list[Answer]:
        """The answers of a label under the rubric `given`, where `asked` is in force: an item's own one, perhaps.

        `order` has the slots of the outputs as they were shown.
        """
        key = (values, given, asked, order if self._compares else ())
        found = self._remembered.get(key)
        if found is None:
            under = self._under.get((given, asked))
            if under is None:
                under = self._under[given, asked] = _Under(self._rubric(given), self._rubric(asked))
            said = orjson.loads(values)
            found = list(self._compared(said, under, order) if self._compares else self._rated(said, under, own=own))
            if len(self._remembered) < _MOST_REMEMBERED:
                self._remembered[key] = found
        return found

    def _rated(self, values: Mapping[str, Any], under: _Under, *, own: bool) -> Iterator[Answer]:
        for key, value in values.items():
            parts = split_key(key)
            if parts is None:
                continue
            part = f"{parts.unit} {parts.number}" if parts.unit else ""
            if not own:
                yield self._by_itself(parts.criterion, parts.criterion, value, under, part)
                continue
            criterion = under.asked.criterion(parts.criterion)
            if criterion is not None and criterion.type not in ("boolean", "text"):
                yield Answer(MET, why=NOT_YES_OR_NO)
            else:
                yield self._by_itself(MET, parts.criterion, value, under, f"{parts.criterion} {part}".rstrip())
        if under.asked.composite is not None:
            yield self._composite(values, under)

    def _by_itself(
        self, name: str, of: str, value: Any, under: _Under, part: str, outputs: tuple[int, ...] = ()
    ) -> Answer:
        """A value on the own scale of the criterion `of`."""
        criterion = under.asked.criterion(of)
        if criterion is None:
            return Answer(name, why=NOT_ASKED)
        if criterion.type == "text":
            return Answer(name, why=IS_TEXT)
        if not under.comparable(of):
            return Answer(name, why=OTHER_SCALE)
        if value is None:
            return Answer(name, why=NOT_APPLICABLE)
        if value_fault(criterion, value):
            return Answer(name, why=OFF_SCALE)
        if name not in self.questions:
            self.questions[name] = question_of(criterion)
        return Answer(name, _text(criterion, value), part, outputs)

    def _composite(
        self, values: Mapping[str, Any], under: _Under, shown: int | None = None, outputs: tuple[int, ...] = ()
    ) -> Answer:
        if not under.comparable(COMPOSITE):
            return Answer(COMPOSITE, why=OTHER_SCALE)
        found = composite(under.asked, values, shown)
        if found is None:
            return Answer(COMPOSITE, why=NO_COMPOSITE)
        self.questions[COMPOSITE] = Question("interval", averaged=True)
        return Answer(COMPOSITE, canonical(repr(round(found, DIGITS))), "", outputs)

    def _compared(self, values: Mapping[str, Any], under: _Under, order: tuple[int, ...]) -> Iterator[Answer]:
        single: dict[int, None] = {}
        for key, value in values.items():
            parts = split_key(key)
            if parts is None:
                continue
            if not parts.unit:
                yield from self._compared_by(key, value, under, order)
                continue
            # The criterion's own name speaks of the comparison.
            name, part = f"{parts.criterion}@{parts.unit}", f"{parts.unit} {parts.number}"
            outputs: tuple[int, ...] = ()
            if parts.unit == "output":
                if parts.number > len(order):
                    yield Answer(name, why=OFF_SCALE)
                    continue
                single[parts.number] = None
                part, outputs = "", (order[parts.number - 1],)
            yield self._by_itself(name, parts.criterion, value, under, part, outputs)
        if under.asked.composite is not None:
            for shown in single:
                yield self._composite(values, under, shown, (order[shown - 1],))

    def _compared_by(self, name: str, value: Any, under: _Under, order: tuple[int, ...]) -> Iterator[Answer]:
        """The overall answer, or a criterion's in the same shape."""
        shape: Shape = "ranking" if isinstance(value, list) else "pairwise"
        if scale_of_answer(under.asked, shape, name) is None:
            yield Answer(name, why=NOT_ASKED)
        elif not under.comparable(name, shape):
            yield Answer(name, why=OTHER_SCALE)
        elif value is None:
            yield Answer(name, why=NOT_APPLICABLE)
        elif self._shapes.setdefault(name, shape) != shape:
            yield Answer(name, why=OTHER_SHAPE)
        elif shape == "ranking":
            yield from self._ranked(name, value, order)
        else:
            yield self._preferred(name, value, under.asked.preference or Preference(), order)

    def _preferred(self, name: str, value: Any, preference: Preference, order: tuple[int, ...]) -> Answer:
        if len(order) != 2 or preference_fault(preference, value):
            return Answer(name, why=OFF_SCALE)
        points = tuple(str(step) for step in preference.steps)
        self.questions.setdefault(name, Question("ordinal", points, beside=BOTH_BAD, oriented=True))
        if value != BOTH_BAD and (order[0] > order[1]) != self._mirrored:
            value = -value
        return Answer(name, str(value), "", (0, 1))

    def _ranked(self, name: str, value: list[Any], order: tuple[int, ...]) -> Iterator[Answer]:
        """Places of the outputs, which ties share by their mean, and which output of each pair stands before."""
        if ranking_fault(value, len(order)):
            yield Answer(name, why=OFF_SCALE)
            return
        place: dict[int, float] = {}
        for group in value:
            mean = len(place) + (len(group) + 1) / 2
            place |= {order[shown - 1]: mean for shown in group}
        self.questions.setdefault(name, Question("ordinal", averaged=True, note=_PLACES))
        self.questions.setdefault(name + OF_PAIRS, Question("nominal", PAIRED, oriented=True))
        for slot in sorted(place):
            yield Answer(name, canonical(repr(place[slot])), "", (slot,))
        for one, other in combinations(sorted(place), 2):
            ahead = place[one] - place[other]
            said = LEVEL if not ahead else FIRST if (ahead < 0) != self._mirrored else SECOND
            yield Answer(name + OF_PAIRS, said, "", (one, other))


def question_of(criterion: Criterion) -> Question:
    """How agreement is measured on a criterion by its own scale. Raises ValueError for a text."""
    match criterion.type:
        case "scale":
            return Question("ordinal", tuple(str(step) for step in criterion.steps), averaged=True)
        case "number":
            return Question("interval", averaged=True)
        case "boolean":
            return Question("nominal", ("false", "true"))
        case "choice":
            return Question("ordinal" if _rises(criterion) else "nominal", tuple(_words(criterion).values()))
        case "multi":
            return Question("nominal", note=_WHOLE_SETS)
        case "text":
            raise ValueError("texts have no scale")


def _rises(criterion: Criterion) -> bool:
    """Whether the scores of a choice put its options in an order."""
    scores = [option.score for option in criterion.options]
    return None not in scores and len(set(scores)) == len(scores)


def _words(criterion: Criterion) -> dict[str, str]:
    """What stands for each option of a choice, the lowest score first."""
    options = sorted(criterion.options, key=lambda one: one.score or 0) if _rises(criterion) else criterion.options
    words = {option.value: option.value for option in options}
    # Numerals would be compared as numbers, which they are not: 01 is another option than 1, and may score higher.
    return {one: f"'{one}'" for one in words} if any(number(one) is not None for one in words) else words


def _text(criterion: Criterion, value: Any) -> str:
    if criterion.type == "choice":
        return _words(criterion)[value]
    if criterion.type == "multi":
        return format_value(criterion, value) or NO_OPTION
    return format_value(criterion, value)
