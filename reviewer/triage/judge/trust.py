"""How far a judge is to be trusted: held to gold or to people, criterion by criterion, and its leanings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.exchange.queue_judges import JudgeFacts, QueueJudges, Traits, log_ratio
from reviewer.measure.agreement.scale import Scale
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import undefined
from reviewer.measure.judges.alternative_annotator import (
    ALLOWANCE,
    AlternativeAnnotator,
    Asked,
    alternative_annotator,
    negative_squares,
    same,
)
from reviewer.measure.judges.beside import Beside
from reviewer.measure.judges.biases import (
    NOT_IDENTIFIED,
    Finding,
    length_bias,
    leniency,
    position_bias,
    preference_bias,
)
from reviewer.measure.judges.calibration import Calibration, calibration
from reviewer.measure.judges.classified import Disagreement, Slices, aligned, worst
from reviewer.measure.judges.kinship import Scored, self_enhancement
from reviewer.measure.judges.resampling import How
from reviewer.measure.judges.slopes import score_bias
from reviewer.measure.judges.versions import Versions, compared_versions

AGAINST: Final = ("gold", "majority", "median")
_LONGER = ("gives longer outputs more than people do", "gives longer outputs less than people do")
_FORMATTED = ("gives formatted outputs more than people do", "gives formatted outputs less than people do")


@dataclass(frozen=True, slots=True)
class Trusted:
    """A judge under one criterion: figures against the reference with the people's own beside them, how well its
    confidence is calibrated, whether it could stand in for one of the people, and its worst disagreements."""

    by: str
    alignment: Slices
    calibration: Calibration | None
    alternative: AlternativeAnnotator
    worst: list[Disagreement]

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "against": self.by,
            **self.alignment.to_json(),
            "calibration": None if self.calibration is None else self.calibration.to_json(),
            "alternative_annotator": self.alternative.to_json(),
            "worst": [
                {"item": one.item, "judge": one.judge, "people": one.people, "gap": one.gap, "support": one.support}
                for one in self.worst
            ],
        }


def align(
    read: QueueJudges,
    judge: JudgeFacts,
    *,
    against: str | None = None,
    criteria: tuple[str, ...] = (),
    epsilon: float = ALLOWANCE["experts"],
    most: int = 20,
    how: How | None = None,
) -> dict[str, Trusted]:
    """The judge under each criterion that it answered, or those named, against gold where there is some, else people.

    Raises WrongUsage for a criterion that it did not answer, or for gold where there is none.
    """
    how = how or How()
    found = {}
    for name, beside in besides(read, judge, criteria).items():
        by = against or reference_of(read, name)
        slices = aligned({name: beside}, by, read.slices, how).criteria[name]
        found[name] = Trusted(
            by,
            slices,
            _calibrated(read, judge, beside, by, how),
            _alternative(beside, epsilon, how),
            worst(beside, by, most),
        )
    return found


def besides(read: QueueJudges, judge: JudgeFacts, criteria: tuple[str, ...] = ()) -> dict[str, Beside]:
    """The judge beside the people, by criterion. Raises WrongUsage for a criterion that it did not answer."""
    answered = [name for name, panel in read.panels.items() if judge.told in panel.raters]
    if strange := [name for name in criteria if name not in answered]:
        raise WrongUsage(
            f"{judge.name} answered nothing under {strange[0][:60]!r}.", mend=f"There are: {', '.join(answered)}."
        )
    return {
        name: Beside.of(
            read.panels[name],
            judge.told,
            people=read.people,
            gold=read.gold.get(name),
            asked=read.asked.get(judge.told),
        )
        for name in criteria or answered
    }


def reference_of(read: QueueJudges, criterion: str) -> str:
    """What a judge is held to if nobody says: gold where there is some, else the people's majority."""
    return "gold" if read.gold.get(criterion) else "majority"


def compare(
    read: QueueJudges,
    first: JudgeFacts,
    second: JudgeFacts,
    *,
    against: str | None = None,
    criteria: tuple[str, ...] = (),
    how: How | None = None,
) -> dict[str, Versions]:
    """The second judge less the first, on the same items, by criterion. Raises WrongUsage as `align` does."""
    one, other = besides(read, first, criteria), besides(read, second, criteria)
    return {
        name: compared_versions(one[name], other[name], against or reference_of(read, name), how=how)
        for name in one
        if name in other
    }


def biases(
    read: QueueJudges, judge: JudgeFacts, *, criteria: tuple[str, ...] = (), how: How | None = None
) -> dict[str, list[Finding]]:
    """Position, length, formatting, self-enhancement and leniency by criterion, each against the people's own.

    Raises WrongUsage for a criterion that the judge did not answer.
    """
    how = how or How()
    answered = besides(read, judge, tuple(name for name in criteria if name in read.panels))
    # A judge whose verdicts all turn with the order has no answer that counts, and leans all the same.
    turned = [name for name in read.swapped.get(judge.told, {}) if name not in answered]
    found = {name: [_position(read, judge, name, how)] for name in turned if not criteria or name in criteria}
    for name, beside in answered.items():
        traits = [read.traits[item] for item in beside.items]
        kind = _of_pairs if read.kind == "pairwise" and beside.scale.points and "@" not in name else _of_scores
        found[name] = [_position(read, judge, name, how), *kind(read, judge, beside, traits, how)]
    return found


def _position(read: QueueJudges, judge: JudgeFacts, name: str, how: How) -> Finding:
    swapped = read.swapped.get(judge.told, {}).get(name)
    if swapped is None:
        why = "an output by itself has no place" if read.kind == "rating" else "it was asked no pair"
        return Finding("position", NOT_IDENTIFIED, why, undefined(why), 0.0)
    return position_bias(swapped.as_is, swapped.swapped, items=swapped.item, alpha=how.alpha)


def _of_scores(
    read: QueueJudges, judge: JudgeFacts, beside: Beside, traits: list[Traits], how: How
) -> Iterator[Finding]:
    span = _span(beside.scale)
    own, theirs = beside.numbers(beside.judge), _means(beside)
    if span is None:
        why = "the answers have no order"
        for bias in ("length", "formatting", "self-enhancement", "leniency"):
            yield Finding(bias, NOT_IDENTIFIED, why, undefined(why), 0.0)
        return
    items = _tasks(traits)
    one = [one.lengths[0] if one.lengths else 0 for one in traits]
    longer = np.array([np.log(size) if size else np.nan for size in one])
    marks = np.log1p(np.array([one.marks[0] if one.marks else 0 for one in traits], dtype=np.float64))
    yield score_bias(own, theirs, longer, span=span, bias="length", towards=_LONGER, items=items, alpha=how.alpha)
    yield score_bias(own, theirs, marks, span=span, bias="formatting", towards=_FORMATTED, items=items, alpha=how.alpha)
    family = [one.families[0] if one.families else "" for one in traits]
    yield _own_family(read, judge, items, family, own, theirs, span, how)
    yield leniency(own, theirs, span=span, items=items, alpha=how.alpha)


def _of_pairs(
    read: QueueJudges, judge: JudgeFacts, beside: Beside, traits: list[Traits], how: How
) -> Iterator[Finding]:
    own = _first_won(beside.scale, beside.judge)
    theirs = _first_won(beside.scale, beside.reference("majority"))
    items = _tasks(traits)
    sizes = [one.lengths if len(one.lengths) == 2 else (0, 0) for one in traits]
    first, second = (np.array([size[at] for size in sizes], dtype=np.float64) for at in (0, 1))
    yield length_bias(_decided(own), _decided(theirs), (first, second), items=items, alpha=how.alpha)
    marks = log_ratio([one.marks for one in traits], more=1)
    found = preference_bias(_decided(own), _decided(theirs), marks, what="the formatted", items=items, alpha=how.alpha)
    yield Finding(
        "formatting", found.verdict, found.why, found.figure, found.margin, found.p_value, found.details, found.notes
    )
    # Each pair is a score of both sides: what one has, the other lacks.
    family = [one.families if len(one.families) == 2 else ("", "") for one in traits]
    both = np.concatenate([items, items])
    yield _own_family(
        read,
        judge,
        both,
        [one for one, _ in family] + [other for _, other in family],
        np.concatenate([own, 1 - own]),
        np.concatenate([theirs, 1 - theirs]),
        1.0,
        how,
    )


def _own_family(
    read: QueueJudges,
    judge: JudgeFacts,
    items: Ints,
    families: list[str],
    own: Floats,
    theirs: Floats,
    span: float,
    how: How,
) -> Finding:
    def without(why: str) -> Finding:
        return Finding("self-enhancement", NOT_IDENTIFIED, why, undefined(why), 0.0)

    if read.sealed:
        return without("the queue is sealed: whose output is whose is told after its reveal")
    if not judge.family:
        return without("the judge's file names no family")
    systems = sorted(set(families))
    if judge.family not in systems or len(systems) < 2:
        return without(f"there must be outputs of the family {judge.family[:40]!r} and of others")
    place = {name: at for at, name in enumerate(systems)}
    scored = Scored(
        items,
        np.zeros(len(items), dtype=np.int64),
        np.array([place[one] for one in families], dtype=np.int64),
        own,
        [judge.family],
        systems,
        theirs,
    )
    found = self_enhancement(scored, span=span, against="people", how=how)[0]
    return Finding(
        "self-enhancement",
        found.verdict,
        found.why,
        found.figure,
        found.margin,
        found.p_value,
        found.details,
        found.notes,
    )


def _calibrated(read: QueueJudges, judge: JudgeFacts, beside: Beside, by: str, how: How) -> Calibration | None:
    sure = read.confidence.get(judge.told, {})
    if not sure:
        return None
    reference = beside.reference(by)
    known = (reference >= 0) & (beside.judge >= 0)
    right = np.where(known, (beside.judge == reference).astype(np.float64), np.nan)
    told = np.array([sure.get(item, np.nan) for item in beside.items])
    return calibration(told, right, clusters=_tasks([read.traits[item] for item in beside.items]), how=how)


def _alternative(beside: Beside, epsilon: float, how: How) -> AlternativeAnnotator:
    alike = negative_squares if beside.scale.ordered else same
    own, people = (
        (beside.numbers(beside.judge), beside.numbers(beside.people))
        if beside.scale.ordered
        else (_or_none(beside.judge), _or_none(beside.people))
    )
    return alternative_annotator(own, people, names=beside.names, likeness=alike, asked=Asked(epsilon=epsilon), how=how)


def _or_none(places: Ints) -> Floats:
    found: Floats = np.where(places >= 0, places.astype(np.float64), np.nan)
    return found


def _means(beside: Beside) -> Floats:
    """The people's mean on each item, NaN where nobody rated."""
    values = beside.numbers(beside.people)
    given = ~np.isnan(values)
    number = given.sum(axis=1)
    total = np.where(given, values, 0.0).sum(axis=1)
    found: Floats = np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)
    return found


def _span(scale: Scale) -> float | None:
    if len(scale) < 2 or (not scale.ordered and len(scale) > 2):
        return None
    if not scale.ordered:
        # No and yes, which are 0 and 1.
        return 1.0 if scale.points == ("false", "true") else None
    spots = scale.numbers if scale.numbers is not None else scale.spots
    return float(spots[-1] - spots[0])


def _tasks(traits: list[Traits]) -> Ints:
    place: dict[str, int] = {}
    return np.array([place.setdefault(one.task, len(place)) for one in traits], dtype=np.int64)


def _first_won(scale: Scale, places: Ints) -> Floats:
    """1 where the first output is preferred, 0 where the second is, one half for a tie; NaN for none and both bad."""
    values = np.array([_won(point) for point in scale.points])
    found: Floats = np.where(places >= 0, values[np.maximum(places, 0)], np.nan)
    return found


def _won(point: str) -> float:
    try:
        step = float(point)
    except ValueError:
        return {"the first": 1.0, "the second": 0.0, "level": 0.5}.get(point, np.nan)
    return 1.0 if step < 0 else 0.0 if step > 0 else 0.5


def _decided(won: Floats) -> Floats:
    found: Floats = np.where(won == 0.5, np.nan, won)
    return found


def told_figures(found: Mapping[str, Trusted]) -> Mapping[str, Any]:
    """The report for a program."""
    return {name: one.to_json() for name, one in found.items()}
