"""How raters over time look in a terminal: a table, then sentences where there is need of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.cli.shown import bars, grid, say, standard_output
from reviewer.exchange.raters_words import bracketed, heading, lines_of, mark_of, share_of

if TYPE_CHECKING:
    from rich.console import Console

    from reviewer.exchange.raters_report import RatersReport
    from reviewer.measure.severity_report import Severity

_MOST_RATERS = 60
_MOST_ITEMS = 40


def show(report: RatersReport, *, whole: bool, adjusted: bool) -> None:
    """Print the report; `whole` prints everything about each rater, `adjusted` the items' scores."""
    screen = standard_output()
    for number, line in enumerate(heading(report)):
        say(screen, line, bold=number == 0)
    _table(screen, report)
    _levels(screen, report)
    for one in report.raters[:_MOST_RATERS]:
        notes = report.notes(one)
        if notes or whole:
            say(screen, one.rater, bold=True)
            for line in [*notes, *(lines_of(one) if whole else ())]:
                say(screen, f"  {line}")
            screen.print()
    if adjusted:
        for name, found in report.severities.items():
            if found.scores or found.why:
                _scores(screen, name, found)


def _table(console: Console, report: RatersReport) -> None:
    rows = []
    for one in report.raters[:_MOST_RATERS]:
        level = one.level(report.watched)
        value = None if level is None else level.severity.value
        rows.append(
            (
                one.rater,
                f"{one.labels:,}",
                "-" if one.pace.median is None else f"{one.pace.median:.0f}",
                share_of(one.accuracy),
                "-" if value is None else f"{round(value, 2) + 0.0:+.2f}",
                share_of(one.consistency),
                mark_of(one.drift),
                ", ".join(report.flags(one)),
            )
        )
    heads = ("rater", "labels", "sec", "gold", "severity", "repeats", "drift", "see below")
    grid(console, heads, rows, numbers=(1, 2, 4))
    if len(report.raters) > _MOST_RATERS:
        say(console, f"… and {len(report.raters) - _MOST_RATERS:,} more raters; --json and --csv have them all.")


def _levels(console: Console, report: RatersReport) -> None:
    levels = [(one.rater, level.severity) for one in report.raters if (level := one.level(report.watched)) is not None]
    drawn = [(name, found.value, found.low, found.high) for name, found in levels if found.value is not None]
    if 1 < len(drawn) <= _MOST_RATERS:
        bars(console, "Severity, as the level of the values against the panel, shrunk, with its interval:", drawn)


def _scores(console: Console, name: str, found: Severity) -> None:
    from reviewer.measure.severity_report import MODEL

    say(console, f"{name}: item scores with severity taken out ({MODEL})", bold=True)
    if found.why:
        say(console, f"No model: {found.why}.")
    rows = [
        (one.item, f"{one.n:,}", bracketed(one.adjusted), bracketed(one.fixed)) for one in found.scores[:_MOST_ITEMS]
    ]
    grid(console, ("item", "raters", "adjusted, shrunk", "adjusted, unshrunk"), rows, numbers=(1,))
    if len(found.scores) > _MOST_ITEMS:
        say(console, f"… and {len(found.scores) - _MOST_ITEMS:,} more items; --json and --csv have them all.")
    for note in found.notes:
        say(console, f"Note: {note}.")
