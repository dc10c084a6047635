"""Ratings to agreement: every measure with its interval over items or the reason why there is none, and what is behind.

The ratings may come from anywhere: a file, or the labels of a queue.
"""

from __future__ import annotations

from itertools import count as numbers
from typing import Final

import numpy as np

from reviewer.errors import BadInput, WrongUsage
from reviewer.measure.agreement import explain
from reviewer.measure.agreement.alpha import MOST_RATIO_POINTS, alpha_on
from reviewer.measure.agreement.chance import Chance, Conger
from reviewer.measure.agreement.kinds import Kinds, kinds_of
from reviewer.measure.agreement.large_sample import LargeSample, cohen, large_sample
from reviewer.measure.agreement.measured import Measured
from reviewer.measure.agreement.notes import notes_on
from reviewer.measure.agreement.pairs import KAPPAS, meetings
from reviewer.measure.agreement.ratings import Asked, Panel, Ratings
from reviewer.measure.agreement.report import MEASURES, Agreement, Report, Settings, WithoutRater
from reviewer.measure.agreement.scale import MOST_POINTS, OF_LEVEL, Scale
from reviewer.measure.arrays import Floats

MOST_CRITERIA: Final = 1000
MOST_RATERS_PAIRED: Final = 150
# So many ratings are gone through, at most, to leave each rater out.
_MOST_LEFT_OUT = 10_000_000
_MOST_POINTS_WEIGHTED = 100


def measure_agreement(ratings: Ratings, settings: Settings | None = None) -> Agreement:
    """The agreement of the raters, criterion by criterion.

    Raises BadInput without ratings, or with more criteria than can be told apart; WrongUsage for a criterion that is
    not there, and for a level or a scale that the values do not fit.
    """
    settings = settings or Settings()
    if not len(ratings):
        raise BadInput("there is no rating.", mend="Name a table of ratings: item, rater, value.")
    if ratings.criterion is not None and len(ratings.criterion.names) > MOST_CRITERIA:
        raise BadInput(
            f"there are {len(ratings.criterion.names):,} criteria; at most {MOST_CRITERIA:,} are told apart.",
            mend="Give the column of the criteria by --map criterion=COLUMN.",
        )
    by_name = ratings.by_criterion()
    for name in settings.criteria:
        if name not in by_name:
            known = ", ".join(list(by_name)[:40])
            raise WrongUsage(f"there is no criterion {name[:60]!r}.", mend=f"There are: {known}.")
    chosen = {name: by_name[name] for name in settings.criteria or by_name}
    seeds = numbers()
    reports = {}
    for name, told in chosen.items():
        rng = np.random.default_rng([settings.seed, next(seeds)])
        asked = ratings.asked.get(name)
        level, points = (asked.level, asked.points) if asked else (None, None)
        panel = Panel.of(told, settings.level or level, settings.points or points)
        reports[name] = report_on(panel, settings, rng, asked)
    return Agreement(reports, settings, ratings.dropped)


def report_on(panel: Panel, settings: Settings, rng: np.random.Generator, asked: Asked | None = None) -> Report:
    """The agreement of one panel; `asked` says what has to be told of the criterion beside it."""
    scale = panel.scale
    named, alike = kinds_of(panel, by_rater=True), kinds_of(panel, by_rater=False)
    weighting = settings.weights or OF_LEVEL[scale.level]
    found = Measured(scale, named, alike, weighting, settings, rng)
    report = Report(
        scale=scale,
        items=len(panel.items),
        raters=panel.raters,
        ratings=len(panel),
        missing=panel.missing,
        weights=weighting,
        measures=found.figures,
        prevalence=explain.prevalence(alike, scale),
        methods=found.methods,
        dropped={**asked.dropped, **panel.dropped} if asked else panel.dropped,
        faults=panel.faults,
    )
    met = meetings(named, len(scale), MOST_RATERS_PAIRED)
    report.pairs = explain.pair_rows(met, scale, weighting, panel.raters)
    report.contingency = explain.contingency(met, scale, panel.raters)
    report.raters_out = _raters_out(panel, named, weighting)
    if (alpha := report.measures["krippendorff_alpha"].value) is not None:
        report.costly_items = explain.costly_items(panel, alike, alpha_on(alike, scale))
        report.costly_rater = explain.costly_rater(report.raters_out, alpha)
    if settings.width is not None:
        report.plans = explain.plans(report.measures, settings.width)
    if len(scale) <= _MOST_POINTS_WEIGHTED:
        report.large_sample = _large_sample(report, named, settings.alpha)
        kinds = ("linear", "quadratic", "ordinal") if scale.ordered else ()
        report.weighted = {kind: _weighted(named, scale, scale.weights(kind)) for kind in kinds}
    report.notes = [
        *(asked.notes if asked else ()),
        *notes_on(report, found.intervals, settings, met.left_out, nameable=asked is None),
    ]
    return report


def _raters_out(panel: Panel, named: Kinds, weighting: str) -> list[WithoutRater]:
    """The panel without each rater; without those of most ratings alone, where that would take too long."""
    if named.raters < 3:
        return []
    scale = panel.scale
    weights = scale.weights(weighting) if len(scale) <= MOST_POINTS else None
    given = np.bincount(named.rater, named.repeats[named.unit], minlength=named.raters)
    most = max(3, _MOST_LEFT_OUT // max(len(named.unit), 1))
    found = []
    for rater in sorted(np.argsort(-given, kind="stable")[:most].tolist()):
        kinds = named.without(rater)
        chance = Chance(kinds, scale, weights)
        told: dict[str, float] = dict(zip(chance.names, chance.total().tolist(), strict=True))
        if not scale.ordered:
            told.pop("gwet_ac2", None)
        if weights is not None:
            told["conger_kappa"] = float(Conger(kinds, scale).total()[0])
        if scale.level != "ratio" or len(scale) <= MOST_RATIO_POINTS:
            told["krippendorff_alpha"] = float(alpha_on(kinds, scale).total()[0])
        shown: dict[str, float | None] = {
            name: None if np.isnan(told[name]) else told[name] for name in MEASURES if name in told
        }
        found.append(WithoutRater(panel.raters[rater], shown))
    return found


def _weighted(kinds: Kinds, scale: Scale, weights: Floats) -> dict[str, float | None]:
    chance, conger = Chance(kinds, scale, weights, all_weighted=True), Conger(kinds, scale, weights)
    told = dict(zip(chance.names, chance.total().tolist(), strict=True))
    told["conger_kappa"] = float(conger.total()[0])
    kept = ("fleiss_kappa", "conger_kappa", "brennan_prediger", "gwet_ac2")
    return {name: None if np.isnan(told[name]) else told[name] for name in kept}


def _large_sample(report: Report, named: Kinds, alpha: float) -> dict[str, LargeSample]:
    scale = report.scale
    found = large_sample(named, scale, scale.weights("identity"), alpha)
    if scale.ordered and report.weights != "identity":
        by_weight = large_sample(named, scale, scale.weights(report.weights), alpha)
        if "gwet_ac2" in by_weight:
            found["gwet_ac2"] = by_weight["gwet_ac2"]
    if scale.level != "nominal":
        found.pop("krippendorff_alpha", None)
    if report.contingency is not None and named.raters == 2:
        table = np.array(report.contingency.counts, dtype=np.float64)
        kinds = zip(KAPPAS, ("identity", "linear", "quadratic"), strict=True)
        for name, kind in kinds:
            if report.measures[name].value is not None:
                found[name] = cohen(table, scale.weights(kind), alpha)[0]
    return {name: one for name, one in found.items() if one.se is not None}
