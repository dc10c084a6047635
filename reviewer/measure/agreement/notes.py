"""What has to be known beside the figures: scales, prevalence, what was left out, and where intervals may mislead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from reviewer.measure.agreement.bootstrap import Interval
from reviewer.measure.agreement.report import Report, Settings

HIGH_AGREEMENT: Final = 0.9
LOW_KAPPA: Final = 0.4
# Inside these tests.simulations.agreement_coverage saw 95 % intervals cover 93 to 97 %.
FEWEST_ITEMS: Final = 50
FEWEST_OF_OTHERS: Final = 15
FEWEST_SPLIT: Final = 8
_MOST_NAMED = 8


def notes_on(
    report: Report, intervals: Mapping[str, Interval], settings: Settings, left_out: int, *, nameable: bool = True
) -> list[str]:
    """The notes on a report; `left_out` raters are not among the pairs. A `nameable` scale can be named whole."""
    notes = [*_scale(report, nameable=nameable), *_prevalence(report), *_whole_items(report)]
    if settings.rounds:
        notes += _intervals(report, intervals)
    if left_out:
        notes.append(f"The pairs are those of the raters with most ratings; {left_out:,} more raters are not paired.")
    if report.raters_out and len(report.raters_out) < len(report.raters):
        notes.append(
            f"Of {len(report.raters):,} raters the {len(report.raters_out):,} with most ratings were left out."
        )
    return notes


def _scale(report: Report, *, nameable: bool) -> list[str]:
    scale = report.scale
    if report.measures["percent_agreement"].value is None:
        return []
    if not scale.seen:
        unused = report.prevalence.unused
        if not unused:
            return []
        return [f"Never given: {_listed(unused)}. Kappas, AC1, AC2 and Brennan-Prediger go by the whole scale."]
    said = (
        f"{'No scale was named' if nameable else 'There is no list of all values'}: kappas, AC1, AC2 and "
        f"Brennan-Prediger go by the {len(scale):,} values seen"
        f"{f' ({_listed(scale.points)})' if len(scale) <= _MOST_NAMED else ''}"
        f"{'; --scale names the whole one' if nameable else ''}."
    )
    gaps = _gaps(report) if nameable else []
    if gaps:
        said += f" {_listed(gaps)} between them {'was' if len(gaps) == 1 else 'were'} never given."
    return [said]


def _gaps(report: Report) -> list[str]:
    """Whole numbers between the values seen that nobody gave."""
    numbers = report.scale.numbers
    if numbers is None or len(numbers) > 50 or not np.equal(numbers, np.floor(numbers)).all():
        return []
    low, high = int(numbers[0]), int(numbers[-1])
    if high - low > 50:
        return []
    return [str(one) for one in range(low, high + 1) if one not in numbers]


def _prevalence(report: Report) -> list[str]:
    observed, kappa = report.measures["percent_agreement"].value, report.measures["fleiss_kappa"].value
    gwet = report.measures["gwet_ac1"].value
    point, share = report.prevalence.modal
    if observed is None or observed < HIGH_AGREEMENT:
        return []
    if kappa is None:
        if gwet is None:
            return []
        return [f"Raters agree fully, and {share:.0%} of the ratings are {point}: kappa cannot judge that."]
    if kappa >= LOW_KAPPA:
        return []
    beside = "raw agreement" if gwet is None else f"raw agreement and AC1 ({gwet:.2f})"
    return [
        f"Raters agree on {observed:.1%} of the pairs, and kappa is {kappa:.2f}: {share:.0%} of the ratings are "
        f"{point[:40]}, so that chance alone agrees often. Read {beside} beside kappa."
    ]


def _whole_items(report: Report) -> list[str]:
    figure = report.measures["kendall_w"]
    if figure.value is None or not figure.dropped:
        return []
    return [f"ICC and W go by the {figure.n:,} of {report.items:,} items that all {len(report.raters):,} raters rated."]


def _intervals(report: Report, intervals: Mapping[str, Interval]) -> list[str]:
    notes = []
    lost = {name: one.lost for name, one in intervals.items() if one.lost}
    if lost:
        notes.append(f"Up to {max(lost.values()):,} resamples had no value ({', '.join(lost)}) and were left out.")
    if not any(one.low is not None for one in intervals.values()):
        return notes
    figure = report.measures["percent_agreement"]
    _, share = report.prevalence.modal
    others = figure.n * (1 - share)
    thin = []
    if figure.n < FEWEST_ITEMS:
        thin.append(f"{figure.n:,} items are fewer than {FEWEST_ITEMS}")
    if others < FEWEST_OF_OTHERS:
        thin.append(f"all but the commonest value make up some {others:.0f} items, fewer than {FEWEST_OF_OTHERS}")
    if report.prevalence.split < FEWEST_SPLIT:
        thin.append(f"raters part on {report.prevalence.split:,} items, fewer than {FEWEST_SPLIT}")
    if thin:
        notes.append(
            f"Take the intervals as rough: {', and '.join(thin)}. In simulations of such data they held the truth more "
            "or less often than they say."
        )
    return notes


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else shown
