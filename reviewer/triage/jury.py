"""A jury: several judges of a queue fused into one answer, what each adds to it, and when it had better abstain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_answers import OF_PAIRS
from reviewer.exchange.queue_judges import JudgeFacts, QueueJudges
from reviewer.ids import digest
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure
from reviewer.measure.judges.beside import Beside
from reviewer.measure.judges.juries import (
    Contribution,
    Effective,
    contributions,
    contributions_of_scores,
    effective_judges,
    fused,
)
from reviewer.measure.judges.resampling import How, mean_of
from reviewer.measure.judges.risk import Chosen, RiskCoverage, at_threshold, chosen_threshold, risk_coverage
from reviewer.measure.judges.voting import voted
from reviewer.measure.judges.weights import Learned, learned_weights
from reviewer.rubric import BOTH_BAD, Criterion, Rubric, parse_value
from reviewer.rubric.questions import PREFERENCE
from reviewer.store import machines, queues
from reviewer.store.connection import Store
from reviewer.store.machines import MachineLabel
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.triage.judge.trust import reference_of

METHODS: Final = ("majority", "median", "mean", "weighted")


@dataclass(frozen=True, slots=True)
class Sat:
    """What a jury says under one criterion.

    `answers` has the fused answer by unit, None where points tie or nobody answered; `sureness` the share of the vote.
    Where there is a reference: `accuracy` (or `error`, of numbers), what each judge contributes, how many judges there
    are in effect, and what abstaining buys.
    """

    by: str
    units: Sequence[str]
    answers: Sequence[str | None]
    sureness: Floats
    tied: int
    accuracy: Figure | None = None
    contributions: tuple[Contribution, ...] = ()
    effective: Effective | None = None
    learned: Learned | None = None
    risk: RiskCoverage | None = None
    chosen: Chosen | None = None

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """The same for a program, without the answers of units."""
        return {
            "against": self.by,
            "items": len(self.units),
            "answered": sum(one is not None for one in self.answers),
            "tied": self.tied,
            "accuracy": None if self.accuracy is None else self.accuracy.to_json(),
            "contributions": [one.to_json() for one in self.contributions],
            "effective": None if self.effective is None else self.effective.to_json(),
            "weights": None if self.learned is None else self.learned.to_json(names),
            "risk_coverage": None if self.risk is None else self.risk.to_json(),
            "threshold": None if self.chosen is None else self.chosen.to_json(),
        }


@dataclass(slots=True)
class Jury:
    """Judges, and what they said together by criterion; `why` says of a criterion why they said nothing."""

    method: str
    judges: tuple[JudgeFacts, ...]
    criteria: dict[str, Sat] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)


def sit(
    read: QueueJudges,
    *,
    judges: Sequence[str] = (),
    method: str = "majority",
    against: str | None = None,
    threshold: float | None = None,
    target: float | None = None,
    how: How | None = None,
) -> Jury:
    """Fuses the judges named, or all of the queue, criterion by criterion.

    It abstains below a `threshold` of the vote's share; with a `target` risk the threshold is chosen on one half of the
    items that have a reference, and told on the other. Raises WrongUsage for fewer than two judges.
    """
    if method not in METHODS:
        raise WrongUsage(f"there is no jury by {method[:40]!r}.", mend=f"Name one of {', '.join(METHODS)}.")
    how = how or How()
    chosen = [read.judge(name) for name in dict.fromkeys(judges)] or list(read.judges.values())
    if len(chosen) < 2:
        raise WrongUsage(
            f"{len(chosen) or 'no'} judge was at work in '{read.queue}', and a jury takes two.",
            mend=f"`reviewer judge run {read.queue} --judge FILE` asks another one.",
        )
    jury = Jury(method, tuple(chosen))
    for name in read.panels:
        if name.endswith(OF_PAIRS):
            continue
        try:
            jury.criteria[name] = _sit(read, name, chosen, method, against, threshold, target, how)
        except WrongUsage as error:
            jury.why[name] = error.sentence
    if not jury.criteria:
        raise BadInput(f"the jury says nothing: {'; '.join(jury.why.values())}", mend="Take another method.")
    return jury


def keep(store: Store, name: str, jury: Jury, read: QueueJudges, actor: str, *, called: str = "jury") -> int:
    """Keeps what the jury said as labels of a rater of the kind `judge`; returns how many labels are new.

    Other judges, or another method, are another rater. Raises WrongUsage for a mean, which is no point of a scale.
    """
    if jury.method == "mean":
        raise WrongUsage("a mean is no point of the scale, and cannot be kept as a label.", mend="Take the median.")
    with store.reading() as connection:
        found = queues.find(connection, name)
        assert found is not None
        rubrics = queues.rubrics_of(connection, found.id)
    rubric_id, document = rubrics[-1]
    from reviewer.rubric.stored import stored_rubric

    labels = _labels(store, found, jury, read, rubric_id, stored_rubric(document))
    spec = {
        "jury": sorted([one.name, one.version] for one in jury.judges),
        "method": jury.method,
        "weights": {
            name: None if sat.learned is None else [round(one, 9) for one in sat.learned.weights.tolist()]
            for name, sat in sorted(jury.criteria.items())
        },
    }

    def job(driver: Driver) -> int:
        rater = machines.ensure(driver, "judge", called, spec, digest(spec))
        return machines.take(driver, found, rater, "judge", labels, stream=store.device, actor=actor)

    return store.transact(job)


def _sit(
    read: QueueJudges,
    name: str,
    judges: Sequence[JudgeFacts],
    method: str,
    against: str | None,
    threshold: float | None,
    target: float | None,
    how: How,
) -> Sat:
    panel = read.panels[name]
    seats = [
        Beside.of(panel, one.told, people=read.people, gold=read.gold.get(name))
        for one in judges
        if one.told in panel.raters
    ]
    if len(seats) < 2:
        raise WrongUsage("fewer than two of the judges answered it.", mend="Ask them first.")
    names = [one.name for one in judges if one.told in panel.raters]
    first, points = seats[0], panel.scale.points
    answers: Ints = np.column_stack([one.judge for one in seats])
    by = against or reference_of(read, name)
    meant = first.reference(by)
    place: dict[str, int] = {}
    clusters = np.array([place.setdefault(read.traits[item].task, len(place)) for item in first.items], dtype=np.int64)
    learned = None
    if method == "weighted":
        learned = learned_weights(answers, meant, len(points), clusters=clusters, how=how)
    numbers = panel.scale.ordered and panel.scale.numbers is not None
    spots = panel.scale.numbers if numbers else None
    verdicts = fused(
        answers,
        first.items,
        tuple(range(len(points))),
        "majority" if method == "weighted" else method,
        weights=None if learned is None else learned.weights,
        spots=spots,
    ).verdicts
    said = [_said(one.value, points, numbers=method in ("mean", "median")) for one in verdicts]
    votes = voted(answers, len(points), None if learned is None else learned.weights)
    sure = votes.sureness()
    if threshold is not None:
        said = [one if share >= threshold else None for one, share in zip(said, sure.tolist(), strict=True)]
    sat = Sat(by, first.items, said, sure, sum(one is None for one in said), learned=learned)
    known = meant >= 0
    if not known.any():
        return sat
    # Where a jury says nothing it is not wrong either.
    if method in ("mean", "median") and spots is not None:
        values = np.where(answers >= 0, spots[np.maximum(answers, 0)], np.nan)
        truth = np.where(known, spots[np.maximum(meant, 0)], np.nan)
        own = np.array([np.nan if one is None else float(one) for one in said])
        lost = np.abs(own - truth)
        told = ~np.isnan(lost)
        return replace(
            sat,
            accuracy=mean_of(lost[told], clusters[told], how, why="no item has an answer and a reference"),
            contributions=tuple(contributions_of_scores(values, truth, names, method, clusters=clusters, how=how)),
            effective=effective_judges(np.abs(values - truth[:, None])[known], clusters=clusters[known], how=how),
        )
    wrong = 1 - votes.credit(np.maximum(meant, 0))
    right = (votes.value == meant).astype(np.float64)
    told = known & (votes.value >= 0)
    lost = np.where(answers >= 0, (answers != meant[:, None]).astype(np.float64), np.nan)
    whole = known & np.isin(wrong, (0.0, 1.0))
    picked = None
    if target is not None:
        picked = chosen_threshold(sure[whole], wrong[whole], target, clusters=clusters[whole], how=how)
    elif threshold is not None:
        picked = at_threshold(threshold, sure[whole], wrong[whole], how.alpha)
    return replace(
        sat,
        accuracy=mean_of(right[told], clusters[told], how, why="no item has an answer and a reference"),
        contributions=tuple(
            contributions(answers, meant, len(points), names, learned=method == "weighted", clusters=clusters, how=how)
        ),
        effective=effective_judges(lost[known], clusters=clusters[known], how=how),
        risk=risk_coverage(sure[known], wrong[known], clusters=clusters[known], how=how),
        chosen=picked,
    )


def _said(value: Any, points: Sequence[str], *, numbers: bool) -> str | None:
    if value is None:
        return None
    return f"{float(value):g}" if numbers else points[int(value)]


def _labels(
    store: Store, queue: QueueRecord, jury: Jury, read: QueueJudges, rubric_id: str, rubric: Rubric
) -> list[MachineLabel]:
    by_task: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, sat in jury.criteria.items():
        criterion = rubric.criterion(name)
        for unit, said in zip(sat.units, sat.answers, strict=True):
            traits = read.traits[unit]
            if said is not None and not traits.part:
                value = _value(queue, name, criterion, said, mirrored=read.mirrored)
                if value is not None:
                    by_task[traits.task][name] = value
    found: list[MachineLabel] = []
    after = -1
    while True:
        with store.reading() as connection:
            page = machines.tasks(connection, queue, after=after, most=500)
        if not page:
            return found
        after = page[-1].position
        for task in page:
            values: Mapping[str, Any] = by_task.get(task.id, {})
            found.append(
                MachineLabel(
                    task=task.id,
                    position=task.position,
                    rubric=task.rubric or rubric_id,
                    outcome="submitted" if values else "abstained",
                    values=values,
                    shown_order=[output.public_id for output in task.outputs],
                    inputs=digest([output.content_hash for output in task.outputs]),
                )
            )


def _value(queue: QueueRecord, name: str, criterion: Criterion | None, said: str, *, mirrored: bool) -> Any:
    """The value as a label holds it, of outputs in canonical order."""
    if queue.kind == "pairwise":
        if said == BOTH_BAD:
            return BOTH_BAD
        return -int(said) if mirrored else int(said)
    if criterion is None or name == PREFERENCE:
        return None
    if criterion.type == "choice":
        return next((one.value for one in criterion.options if said in (one.value, f"'{one.value}'")), None)
    if criterion.type in ("scale", "number"):
        number = float(said)
        return int(number) if number.is_integer() else number if criterion.type == "number" else None
    return parse_value(criterion, said)
