"""Raters over time as a table for other programs: a row a figure, or a row an item's adjusted score."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewer.exchange.labels.cells import guarded
from reviewer.measure.figure import Figure

if TYPE_CHECKING:
    from reviewer.exchange.raters_report import RaterOverTime, RatersReport

_COLUMNS = ("rater", "criterion", "figure", "value", "low", "high", "n", "why")
_OF_ITEMS = ("item", "criterion", "model", "n", "adjusted", "low", "high", "fixed", "fixed_low", "fixed_high", "why")


def print_csv(report: RatersReport, *, adjusted: bool) -> None:
    """Print the figures of every rater, or with `adjusted` the items' scores with severity taken out."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if adjusted:
        writer.writerow(_OF_ITEMS)
        writer.writerows(_items(report))
        return
    writer.writerow(_COLUMNS)
    for one in report.raters:
        for criterion, name, figure in _figures(report, one):
            limits = (figure.value, figure.low, figure.high, figure.n, figure.why)
            writer.writerow((guarded(one.rater), guarded(criterion), name, *limits))


def _figures(report: RatersReport, one: RaterOverTime) -> Iterator[tuple[str, str, Figure]]:
    yield "", "labels", Figure(one.labels, n=one.labels)
    pace = one.pace
    yield "", "seconds_a_label", Figure(pace.median, n=pace.labels, why="" if pace.labels else "no time is known")
    yield "", "time_against_panel", one.speed.against_panel
    yield "", "gold_all_right", one.accuracy
    for name, gold in one.gold.items():
        yield name, "gold_accuracy", gold.accuracy
        yield name, "gold_mean_error", gold.error
    for name, level in one.severity.items():
        yield name, "severity", level.severity
        yield name, "severity_unshrunk", level.fixed
        yield name, "range_use", level.use.shrunk
        yield name, "inconsistency", level.use.scatter
    for what, chart in (("drift", one.drift), ("gold_drift", one.gold_drift)):
        drift = chart.drift
        alarms = None if drift.verdict is None else len(chart.alarms)
        of = report.watched if what == "drift" else ""
        yield of, f"{what}_alarms", Figure(alarms, n=drift.ratings, why=drift.why)
        yield of, f"{what}_one_false_alarm_in", Figure(drift.one_in, n=drift.ratings, why=drift.why)
    yield "", "repeats_alike", one.consistency
    yield "", "decided_otherwise", one.against


def _items(report: RatersReport) -> Iterator[tuple[object, ...]]:
    from reviewer.measure.severity_report import MODEL

    for name, found in report.severities.items():
        for one in found.scores:
            adjusted, fixed = one.adjusted, one.fixed
            yield (
                *(guarded(one.item), guarded(name), MODEL, one.n),
                *(adjusted.value, adjusted.low, adjusted.high, fixed.value, fixed.low, fixed.high, adjusted.why),
            )
