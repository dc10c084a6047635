"""How far a judge is right by what people say: by criterion and by slice, with what people reach and what nobody need.

Beside each figure stand the ceiling, how well people meet each other, and the floor, one answer given to every item.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from reviewer.measure.agreement.kinds import beside as side_by_side
from reviewer.measure.agreement.report import Contingency
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.judges.beside import Beside
from reviewer.measure.judges.ceiling import Ceiling, ceiling_of
from reviewer.measure.judges.cells import MOST_CLASSES, Meeting
from reviewer.measure.judges.resampling import How, OfSums, figures_of
from reviewer.measure.matching import share_alike
from reviewer.measure.reported import Reported

ALL: Final = ""
_CONSTANT: Final = "one answer throughout has no order and no spread"


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of the judge, of one answer given to every item, and of people; and how far it lies from both.

    `over_floor` is the judge less the floor. `ceiling` is the mean over pairs of people, or over people beside gold;
    `with_people` is the same of the judge, on the same items; `to_ceiling` is the ceiling less that.
    """

    judge: Figure
    floor: Figure
    over_floor: Figure
    ceiling: Figure
    with_people: Figure
    to_ceiling: Figure

    def to_json(self) -> dict[str, Any]:
        """The figure and what stands beside it, for a program."""
        return {name: getattr(self, name).to_json() for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class OfClass:
    """How a point of the scale is met: how often people mean it and the judge gives it, precision, recall and F1."""

    point: str
    meant: int
    given: int
    abstained: int
    precision: Figure
    recall: Figure
    f1: Figure

    def to_json(self) -> dict[str, Any]:
        """The class for a program."""
        return {
            "point": self.point,
            "meant": self.meant,
            "given": self.given,
            "abstained": self.abstained,
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
            "f1": self.f1.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Classified:
    """The judge against the reference; rows of `confusion` are the people's points, columns the judge's.

    `abstained` is the share of items without an answer; `accuracy_abstentions_wrong` counts these as wrong, all other
    figures leave them out.
    """

    reference: str
    n: int
    figures: Mapping[str, Measured]
    classes: tuple[OfClass, ...]
    confusion: Contingency | None
    abstained: Figure
    accuracy_abstentions_wrong: Figure
    constant: str
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All of it for a program."""
        return {
            "reference": self.reference,
            "n": self.n,
            "dropped": dict(self.dropped),
            "figures": {name: one.to_json() for name, one in self.figures.items()},
            "classes": [one.to_json() for one in self.classes],
            "confusion": None if self.confusion is None else self.confusion.to_json(),
            "abstained": self.abstained.to_json(),
            "accuracy_abstentions_wrong": self.accuracy_abstentions_wrong.to_json(),
            "constant_answer": self.constant,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Slices:
    """One criterion: over all items, and slice by slice; each slice stands for itself, corrected for nothing."""

    over_all: Classified
    slices: Mapping[str, Classified] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The criterion for a program."""
        told = self.over_all.to_json()
        return told | {"slices": {name: one.to_json() for name, one in self.slices.items()}} if self.slices else told


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An item on which the judge is far from the people: both points, how far, and how many people share theirs."""

    item: str
    judge: str
    people: str
    gap: float
    support: float | None


def aligned(
    besides: Mapping[str, Beside],
    by: str = "majority",
    slices: Mapping[str, Collection[str]] | None = None,
    how: How | None = None,
) -> Reported[Slices, How]:
    """The judge against a reference, criterion by criterion; slices name items.

    Raises WrongUsage for a reference that is not there.
    """
    how = how or How()
    told = {}
    for name, one in besides.items():
        parts = {}
        for label, members in (slices or {}).items():
            inside = np.fromiter((item in members for item in one.items), dtype=np.bool_, count=len(one.items))
            parts[label] = classified(one.chosen(inside), by, how)
        told[name] = Slices(classified(one, by, how), parts)
    return Reported(told, how, {})


def classified(beside: Beside, by: str = "majority", how: How | None = None) -> Classified:
    """The judge against gold, or the people's majority or median. Raises WrongUsage for no such reference."""
    how = how or How()
    reference = beside.reference(by)
    wanted = beside.asked if beside.asked is not None else np.ones(len(beside.items), dtype=np.bool_)
    meant = reference >= 0
    answered = beside.judge >= 0
    rows = np.flatnonzero(meant & answered & wanted)
    abstained = meant & ~answered & wanted
    counts = {
        "not asked of the judge": int((~wanted).sum()),
        "no reference, or a tie": int((wanted & ~meant).sum()),
        "no answer of the judge": int(abstained.sum()),
    }
    dropped = {why: number for why, number in counts.items() if number}
    given, wants = beside.judge[rows], reference[rows]
    n, asked = len(rows), len(rows) + int(abstained.sum())
    none = "no item has a reference and was asked of the judge"
    share = share_alike(abstained[meant & wanted].tolist(), [1] * asked, none, how.alpha)
    right = (given == wants).tolist() + [False] * int(abstained.sum())
    strict = share_alike(right, [1] * asked, none, how.alpha)
    ceiling = ceiling_of(beside, by, wanted, how)
    if not n:
        nothing = undefined("no item has an answer of the judge and a reference", dropped=dropped)
        figures = {"accuracy": Measured(nothing, nothing, nothing, nothing, nothing, nothing)}
        return Classified(by, 0, figures, (), None, share, strict, "", dropped, ceiling.notes)
    figures, constant = _figures(beside, given, wants, ceiling, dropped, how)
    classes, confusion = _classes(beside, given, wants, reference[abstained], by, how)
    notes = ceiling.notes + _notes(beside, wants, confusion is None)
    return Classified(by, n, figures, classes, confusion, share, strict, constant, dropped, notes)


def worst(beside: Beside, by: str = "majority", most: int = 20) -> list[Disagreement]:
    """The items on which the judge lies farthest from the reference, and among these where most people share it."""
    reference = beside.reference(by)
    rows = np.flatnonzero((reference >= 0) & (beside.judge >= 0) & (beside.judge != reference))
    number = (beside.people[rows] >= 0).sum(axis=1)
    alike = (beside.people[rows] == reference[rows][:, None]).sum(axis=1)
    support = np.divide(alike, number, out=np.zeros(len(rows)), where=number > 0)
    if beside.scale.ordered:
        gap = np.abs(beside.numbers(beside.judge[rows]) - beside.numbers(reference[rows]))
    else:
        gap = np.ones(len(rows))
    order = np.lexsort((rows, -support, -gap))[:most]
    points = beside.scale.points
    return [
        Disagreement(
            beside.items[rows[at]],
            points[beside.judge[rows[at]]],
            points[reference[rows[at]]],
            float(gap[at]),
            float(support[at]) if number[at] else None,
        )
        for at in order.tolist()
    ]


def _figures(
    beside: Beside, given: Ints, meant: Ints, ceiling: Ceiling, dropped: Mapping[str, int], how: How
) -> tuple[dict[str, Measured], str]:
    n = len(given)
    often = np.bincount(meant, minlength=len(beside.scale))
    mode = int(often.argmax())
    middle = int(np.searchsorted(np.cumsum(often), n / 2))
    blocks = [(given, meant), (np.full(n, mode), meant), (np.full(n, middle), meant)]
    meeting = Meeting(blocks, beside.scale)
    features = side_by_side(*(meeting.features(at, n, np.arange(n)) for at in range(3)))
    distance = "mean_absolute_error"
    by_middle = np.array([name == distance for name in meeting.names])

    def both(sums: Floats) -> Floats:
        judge, modal, median = (meeting.figures(part) for part in np.split(sums, 3, axis=1))
        floor = np.where(by_middle, median, modal)
        return np.hstack([judge, floor, judge - floor])

    labels = [f"{part} {name}" for part in ("judge", "floor", "over") for name in meeting.names]
    statistic = OfSums(features, labels, both, [one for one in labels if one.endswith("spearman")])
    statistic.widest = max(statistic.widest, meeting.widest)
    found = figures_of(statistic, how, n, dropped=dropped, why=_why_none(beside, given, meant))
    # Of a share the score interval, which holds at 0 and at 1, too.
    for part, answers in (("judge", given), ("floor", np.full(n, mode))):
        share = share_alike((answers == meant).astype(int).tolist(), [1] * n, "", how.alpha)
        found[f"{part} accuracy"] = Figure(share.value, share.low, share.high, n, dropped)
    figures = {}
    for name in meeting.names:
        floor = found[f"floor {name}"]
        if floor.value is None:
            floor = undefined(_CONSTANT, n=n)
        over = found[f"over {name}"] if floor.value is not None else floor
        people = ceiling.of(name)
        figures[name] = Measured(found[f"judge {name}"], floor, over, *people)
    points = beside.scale.points
    told = points[mode]
    if distance in figures and middle != mode:
        told = f"{points[mode]} ({points[middle]} for the mean absolute error)"
    return figures, told


def _why_none(beside: Beside, given: Ints, meant: Ints) -> str:
    for who, column in (("judge", given), ("people", meant)):
        if (column == column[0]).all():
            said = f"the {who} gave {beside.scale.points[int(column[0])][:40]} throughout"
            return said if who == "judge" else said.replace("gave", "say")
    return "chance would agree as fully"


def _classes(
    beside: Beside, given: Ints, meant: Ints, left_out: Ints, by: str, how: How
) -> tuple[tuple[OfClass, ...], Contingency | None]:
    scale, n = beside.scale, len(given)
    if len(scale) > MOST_CLASSES:
        return (), None
    meeting = Meeting([(given, meant)], scale)

    def each(sums: Floats) -> Floats:
        _, _, f1, here = meeting.by_class(sums)
        return np.where(here > 0, f1, np.nan)

    statistic = OfSums(meeting.features(0, n, np.arange(n)), scale.points, each)
    found = figures_of(statistic, how, n, why="neither the judge nor the people gave it", purpose=5)
    rows = []
    for at, point in enumerate(scale.points):
        hit = (given == at) & (meant == at)
        of_given, of_meant = hit[given == at].astype(int).tolist(), hit[meant == at].astype(int).tolist()
        precision = share_alike(of_given, [1] * len(of_given), "the judge never gave it", how.alpha)
        recall = share_alike(of_meant, [1] * len(of_meant), "the people never gave it", how.alpha)
        missing = int((left_out == at).sum())
        rows.append(OfClass(point, len(of_meant), len(of_given), missing, precision, recall, found[point]))
    counts = np.bincount(meant * len(scale) + given, minlength=len(scale) ** 2).reshape(len(scale), -1)
    return tuple(rows), Contingency((by, "judge"), scale.points, counts.astype(int).tolist())


def _notes(beside: Beside, meant: Ints, many: bool) -> tuple[str, ...]:
    notes = []
    if many:
        notes.append(f"more than {MOST_CLASSES} points are no classes: precision, recall and confusion are left out")
    else:
        often = np.bincount(meant, minlength=len(beside.scale))
        rare = [f"{beside.scale.points[at][:40]} ({often[at]})" for at in np.flatnonzero((often > 0) & (often < 30))]
        if rare:
            notes.append(f"fewer than 30 items, so that intervals are too narrow: {', '.join(rare[:20])}")
    return tuple(notes)
