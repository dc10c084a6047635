"""Raters over time in words: one line a thing to know, for a terminal as for a screen, and figures as they are told."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.exchange.raters_report import RaterOverTime, RatersReport, Watched
from reviewer.measure.figure import Figure
from reviewer.measure.severity_report import Rater
from reviewer.text.sparkline import sparkline

_CERTIFICATE = {None: "no certificate yet", True: "passed", False: "not passed"}


def lines_of(one: RaterOverTime, *, charts: bool = True) -> Iterator[str]:
    """Everything about a rater; without `charts`, not what would tell when they met gold."""
    outcomes = ", ".join(f"{number:,} {word.replace('_', ' ')}" for word, number in one.outcomes.items())
    yield f"Labels: {outcomes}; {one.labels:,} count."
    for reason, number in one.dropped.items():
        yield f"Left out: {number:,}, {reason}."
    yield from _gold(one)
    for name, level in one.severity.items():
        yield _level(name, level)
    yield from _chart("Drift", one.drift)
    if charts:
        yield from _chart("Gold over time", one.gold_drift)
    yield _pace(one)
    yield f"Hidden repeats answered alike: {_told(one.consistency)}."
    yield f"Sent back by an adjudicator: {one.sent_back:,}. Decided otherwise: {_told(one.against)}."
    for each in one.training:
        until = f", until {each.expires_at[:10]}" if each.passed and each.expires_at else ""
        certificate = _CERTIFICATE[each.passed]
        yield f"Round {each.round} ({each.started_at[:10]}, {each.state}): {certificate}{until}."


def heading(report: RatersReport) -> Iterator[str]:
    """What the figures speak of."""
    labels = sum(one.labels for one in report.raters)
    raters = len(report.raters)
    yield f"{report.queue}: {labels:,} label{_s(labels)} of {raters:,} rater{_s(raters)}."
    if report.watched:
        yield f"Severity and drift are those of {report.watched}."
    else:
        yield f"Severity and drift: none, {report.why_unwatched}."
    if report.why_no_severity:
        yield f"No severity against a panel: {report.why_no_severity}"


def mark_of(found: Watched) -> str:
    """A chart in a word: since which label there is an alarm, none, or no verdict."""
    if found.alarms:
        return f"since {found.alarms[0].since:,}"
    return "-" if found.drift.verdict is None else "none"


def share_of(figure: Figure) -> str:
    """A share with its n, for a narrow column."""
    return "-" if figure.value is None else f"{100 * figure.value:.0f}% of {figure.n:,}"


def signed(figure: Figure) -> str:
    """A difference with its interval."""
    if figure.value is None or figure.low is None or figure.high is None:
        return "-" if figure.value is None else f"{figure.value:+.2f}"
    return f"{figure.value:+.2f} [{figure.low:+.2f}, {figure.high:+.2f}]"


def bracketed(figure: Figure) -> str:
    """A figure with its interval."""
    if figure.value is None or figure.low is None or figure.high is None:
        return "-" if figure.value is None else f"{figure.value:.2f}"
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def _gold(one: RaterOverTime) -> Iterator[str]:
    if not one.gold_labels:
        yield f"Gold: {one.accuracy.why}."
        return
    yield f"Gold, right throughout: {_told(one.accuracy)}."
    for name, found in one.gold.items():
        gap = "" if found.error.value is None else f"; mean difference {signed(found.error)}"
        yield f"Gold, {name}: {_told(found.accuracy)} the same{gap}."


def _level(name: str, level: Rater) -> str:
    if level.severity.value is None:
        return f"Severity, {name}: none, {level.severity.why}."
    few = ", few" if level.few else ""
    slope, scatter = level.use.shrunk, level.use.scatter
    said = f"Severity, {name}: {signed(level.severity)} (n {level.n:,}{few}), unshrunk {signed(level.fixed)}"
    if slope.value is not None and scatter.value is not None:
        said += f"; slope on the panel {bracketed(slope)}; own scatter {bracketed(scatter)}"
    return f"{said}."


def _chart(what: str, found: Watched) -> Iterator[str]:
    drift = found.drift
    if drift.verdict is None:
        yield f"{what}: no verdict, {drift.why}."
        return
    alarms = f"{len(found.alarms):,} alarm{_s(len(found.alarms))}" if found.alarms else "no alarm"
    yield f"{what}: {alarms} in {drift.ratings:,} labels. The limit gives {drift.rate}."
    if len(found.course) > 1:
        yield f"{what}, in {len(found.course)} parts: {sparkline(found.course)}"
    if drift.delay is not None:
        change = "a change to the worse share" if drift.chart == "bernoulli" else "a change of one standard deviation"
        yield f"{what}: {change} is seen after {drift.delay:.0f} labels on average."
    yield from drift.notes


def _pace(one: RaterOverTime) -> str:
    pace, ratio = one.pace, one.speed.against_panel
    if pace.median is None:
        return "Pace: no label knows its time."
    said = f"Pace: {pace.median:.1f} s a label, the middle half {pace.low:.1f} to {pace.high:.1f} s (n {pace.labels:,})"
    if ratio.value is not None:
        said += f"; {bracketed(ratio)} times the others' on the same items (n {ratio.n:,})"
    return f"{said}."


def _told(figure: Figure) -> str:
    if figure.value is None:
        return f"no figure, {figure.why}"
    limits = "" if figure.low is None or figure.high is None else f" [{100 * figure.low:.0f}, {100 * figure.high:.0f}]"
    return f"{100 * figure.value:.0f} %{limits} (n {figure.n:,})"


def _s(number: int) -> str:
    return "" if number == 1 else "s"
