"""Whether judges favour the systems of their own family: a double difference, so that a good family is not blamed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reviewer.measure.agreement.statistic import ratio
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.figure import undefined
from reviewer.measure.judges.biases import MARGINS, NOT_IDENTIFIED, Finding, worded
from reviewer.measure.judges.resampling import How, OfSums, by_unit, figures_of

_TOWARDS = ("favours its own family", "is harder on its own family")


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One row a score that a judge gave to a system's output on an item; families by the places of judges and systems.

    `people` is what people gave the same output, NaN where nobody did. Raises ValueError for columns that differ.
    """

    item: Ints
    judge: Ints
    system: Ints
    score: Floats
    judges: Sequence[str]
    systems: Sequence[str]
    people: Floats | None = None

    def __post_init__(self) -> None:
        columns = (self.judge, self.system, self.score, *(() if self.people is None else (self.people,)))
        if any(len(one) != len(self.item) for one in columns):
            raise ValueError("the columns differ in length")


def self_enhancement(
    scored: Scored,
    *,
    span: float = 1.0,
    against: str = "judges",
    margin: float = MARGINS["self_enhancement"],
    how: How | None = None,
) -> list[Finding]:
    """For each family of judges: its mean on its own systems less others' on the same outputs, less the same of others.

    `against` are the judges of other families, or people. The margin is a share of `span`, the width of the scale. The
    intervals hold for all families at once (Bonferroni), and for these judges alone. Raises ValueError for other words.
    """
    if against not in ("judges", "people"):
        raise ValueError("a family is held against judges or people")
    how = how or How()
    families = sorted(set(scored.judges))
    at_once = How(how.rounds, how.seed, how.alpha / max(1, len(families)))
    return [_family(scored, family, families, span, against, margin * span, at_once) for family in families]


def _family(
    scored: Scored, family: str, families: Sequence[str], span: float, against: str, margin: float, how: How
) -> Finding:
    def without(why: str) -> Finding:
        return Finding(f"self-enhancement of {family}", NOT_IDENTIFIED, why, undefined(why), margin)

    kin = np.array([one == family for one in scored.systems], dtype=np.bool_)
    if against == "judges" and len(families) < 2:
        return without("all judges are of one family, and there is nobody to hold them against: take people")
    if against == "people" and (scored.people is None or np.isnan(scored.people).all()):
        return without("people scored none of it")
    if not kin.any():
        return without("no system is of its family")
    if kin.all():
        return without("all systems are of its family: kinship and leniency are one")
    mine = np.array([one == family for one in scored.judges], dtype=np.bool_)[scored.judge]
    gaps, system, item = _gaps(scored, mine, against)
    own = kin[system]
    if not own.any() or own.all():
        which = "its own" if not own.any() else "other"
        return without(f"no output of {which} systems was scored by both sides")
    places, place = np.unique(item, return_inverse=True)
    columns = [np.where(own, gaps, 0.0), own.astype(np.float64), np.where(own, 0.0, gaps), (~own).astype(np.float64)]
    features = by_unit(np.column_stack(columns), place.reshape(-1), len(places))

    def figures(sums: Floats) -> Floats:
        on_own, on_others = ratio(sums[:, 0], sums[:, 1]), ratio(sums[:, 2], sums[:, 3])
        return np.column_stack([on_own - on_others, on_own, on_others])

    statistic = OfSums(features, ["delta", "on_own", "on_others"], figures)
    told = figures_of(statistic, how, len(places), purpose=9)
    figure = told.pop("delta")
    verdict, why = worded(figure, margin, _TOWARDS)
    number = len({at for at, one in enumerate(scored.judges) if one == family})
    notes: tuple[str, ...] = (
        f"by {number} judge{'' if number == 1 else 's'} of the family, for whom alone it is said",
    )
    if figure.low is not None and figure.low == figure.high:
        notes += (f"every item gave the same on a scale of {span:g}",)
    return Finding(f"self-enhancement of {family}", verdict, why, figure, margin, None, told, notes)


def _gaps(scored: Scored, mine: Flags, against: str) -> tuple[Floats, Ints, Ints]:
    """For each output that both sides scored: the family's mean less the other side's, its system and its item."""
    systems = len(scored.systems)
    keys, place = np.unique(scored.item * systems + scored.system, return_inverse=True)
    place = place.reshape(-1)

    def mean(score: Floats, chosen: Flags) -> Floats:
        number = np.bincount(place[chosen], minlength=len(keys)).astype(np.float64)
        total: Floats = np.bincount(place[chosen], weights=score[chosen], minlength=len(keys)).astype(np.float64)
        return ratio(total, number)

    valid = ~np.isnan(scored.score)
    family = mean(scored.score, mine & valid)
    if against == "people" and scored.people is not None:
        others = mean(scored.people, ~np.isnan(scored.people))
    else:
        others = mean(scored.score, ~mine & valid)
    both = ~np.isnan(family) & ~np.isnan(others)
    item, system = np.divmod(keys[both], systems)
    return family[both] - others[both], system.astype(np.int64), item.astype(np.int64)
