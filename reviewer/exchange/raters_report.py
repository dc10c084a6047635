"""What is said of the raters of a queue over time: figures with their n, and sentences where there is need of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from reviewer.measure.drift import Drift
from reviewer.measure.figure import Figure
from reviewer.measure.pace import Pace
from reviewer.measure.severity_report import MODEL, Rater, Severity
from reviewer.measure.speed import Speed
from reviewer.store.rater_rows import Training

SURE_OF_SHARE = 10
"""Under so many answers a share of a rater is not held against the others'."""

LEAST_GAP = 0.25
"""A level that differs by less than this part of the spread of single labels, or a slope by less, is not spoken of."""


@dataclass(frozen=True, slots=True)
class AlarmAt:
    """An alarm, by the numbers and times of the rater's labels: where it came, and since when the chart had risen."""

    label: int
    at: str
    since: int
    since_at: str
    direction: str

    def to_json(self) -> dict[str, Any]:
        """The alarm for a program."""
        return {
            "label": self.label,
            "at": self.at,
            "since_label": self.since,
            "since": self.since_at,
            "direction": self.direction,
        }


@dataclass(frozen=True, slots=True)
class Watched:
    """What a chart says of a rater's labels, with its alarms, and how what it watches went, in equal stretches."""

    drift: Drift
    alarms: tuple[AlarmAt, ...] = ()
    course: tuple[float, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        told = self.drift.to_json()
        del told["path"]
        told["alarms"] = [one.to_json() for one in self.alarms]
        return told | {"course": list(self.course), "dropped": dict(self.dropped)}


@dataclass(frozen=True, slots=True)
class GoldAnswers:
    """A rater beside gold under one criterion: the share of answers that are the same and, of numbers, the mean gap."""

    accuracy: Figure
    error: Figure

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {"accuracy": self.accuracy.to_json(), "mean_error": self.error.to_json()}


@dataclass(frozen=True, slots=True)
class RaterOverTime:
    """One rater of a queue. `labels` are those that count, `outcomes` all that were given, `dropped` those left out.

    `severity` holds the rater's level by criterion; `peers` are the shares that the other raters reach together.
    """

    rater: str
    labels: int
    outcomes: Mapping[str, int]
    dropped: Mapping[str, int]
    pace: Pace
    gold_labels: int
    gold: Mapping[str, GoldAnswers]
    accuracy: Figure
    severity: Mapping[str, Rater]
    drift: Watched
    gold_drift: Watched
    speed: Speed
    consistency: Figure
    sent_back: int
    against: Figure
    training: tuple[Training, ...]
    peers: Mapping[str, Figure] = field(default_factory=dict)

    def level(self, watched: str) -> Rater | None:
        """The rater's level on what is watched of the queue."""
        return self.severity.get(watched)

    def to_json(self) -> dict[str, Any]:
        """The rater for a program."""
        return {
            "rater": self.rater,
            "labels": self.labels,
            "outcomes": dict(self.outcomes),
            "dropped": dict(self.dropped),
            "pace": self.pace.to_json(),
            "gold": {
                "labels": self.gold_labels,
                "all_right": self.accuracy.to_json(),
                "criteria": {name: one.to_json() for name, one in self.gold.items()},
            },
            "severity": {name: one.to_json() for name, one in self.severity.items()},
            "drift": self.drift.to_json(),
            "gold_drift": self.gold_drift.to_json(),
            "speed": self.speed.to_json(),
            "consistency": self.consistency.to_json(),
            "adjudicated": {"sent_back": self.sent_back, "decided_otherwise": self.against.to_json()},
            "training": [one._asdict() for one in self.training],
        }


@dataclass(frozen=True, slots=True)
class RatersReport:
    """The raters of a queue. `watched` is the figure of a label that the charts follow, `lenient` whether higher values
    of a criterion are the more lenient ones; None where it has no better end."""

    queue: str
    kind: str
    sealed: bool
    raters: tuple[RaterOverTime, ...]
    watched: str
    why_unwatched: str
    lenient: Mapping[str, bool | None]
    severities: Mapping[str, Severity]
    why_no_severity: str
    others: Mapping[str, int]
    at: str

    def to_json(self) -> dict[str, Any]:
        """All of it for a program."""
        told: dict[str, Any] = {
            "queue": self.queue,
            "kind": self.kind,
            "sealed": self.sealed,
            "at": self.at,
            "watched": self.watched or None,
            "model": MODEL,
            "severity": {name: _panel(one) for name, one in self.severities.items()},
            "higher_is_lenient": dict(self.lenient),
            "left_out": dict(self.others),
            "raters": [one.to_json() | {"notes": self.notes(one)} for one in self.raters],
        }
        if self.why_unwatched:
            told["why_unwatched"] = self.why_unwatched
        return told | {"why_no_severity": self.why_no_severity} if self.why_no_severity else told

    def notes(self, one: RaterOverTime, *, own: bool = False) -> list[str]:
        """What is to be said of a rater, in sentences that accuse nobody; mostly nothing.

        To the rater's `own` eyes nothing is told of the others' shares.
        """
        return [
            *_of_drift(one, self.watched),
            *self._of_level(one),
            *(() if own else _of_shares(one)),
            *one.speed.notes,
            *_of_training(one, self.at),
        ]

    def flags(self, one: RaterOverTime) -> list[str]:
        """The same in a word each, for a narrow row."""
        said = (
            ("drift", list(_of_drift(one, self.watched))),
            ("level", list(self._of_level(one))),
            ("gold", _is_below(one.accuracy, one.peers.get("accuracy"))),
            ("repeats", _is_below(one.consistency, one.peers.get("consistency"))),
            ("pace", one.speed.notes),
            ("training", list(_of_training(one, self.at))),
        )
        return [word for word, found in said if found]

    def _of_level(self, one: RaterOverTime) -> Iterator[str]:
        """How far the rater's level lies from the panel's, where that is sure and more than a trifle."""
        level = one.level(self.watched)
        if level is None or level.few:
            return
        found, variances = level.severity, self.severities[self.watched].variances
        least = LEAST_GAP * sqrt(variances[2]) if variances else 0.0
        if found.value is not None and abs(found.value) >= least and _is_sure(found, 0.0):
            towards, higher = self.lenient.get(self.watched), found.value > 0
            word = "" if towards is None else f": {'more lenient' if higher == towards else 'more severe'}"
            yield (
                f"Values of {self.watched} lie {abs(found.value):.2f} {'above' if higher else 'below'} the panel's "
                f"[{found.low:+.2f}, {found.high:+.2f}] (n {found.n:,}){word}."
            )
        use = level.use.shrunk
        if use.value is not None and abs(use.value - 1) >= LEAST_GAP and _is_sure(use, 1.0):
            yield (
                f"Uses {'more' if use.value > 1 else 'less'} of the scale of {self.watched} than the panel: a slope of "
                f"{use.value:.2f} [{use.low:.2f}, {use.high:.2f}] (n {use.n:,})."
            )


def _of_drift(one: RaterOverTime, watched: str) -> Iterator[str]:
    for chart, what in ((one.drift, f"{watched} against the panel"), (one.gold_drift, "agreement with gold")):
        if not chart.alarms:
            continue
        first, *later = chart.alarms
        said = (
            f"Drift alarm at label {first.label:,}, on {what}: {first.direction} since label {first.since:,} "
            f"({first.since_at[:10]})"
        )
        if later:
            numbers = ", ".join(f"{alarm.label:,}" for alarm in later[:4])
            said += f"; again at label {numbers}{' and later' if len(later) > 4 else ''}"
        yield f"{said}. The limit gives {chart.drift.rate}."


def _panel(found: Severity) -> dict[str, Any]:
    """The model of a criterion, whose raters are told one by one."""
    told = found.to_json()
    del told["raters"]
    return told


def _is_sure(found: Figure, beside: float) -> bool:
    """Whether the interval leaves out `beside`."""
    return found.low is not None and found.high is not None and not found.low <= beside <= found.high


def _of_shares(one: RaterOverTime) -> Iterator[str]:
    for name, found, what in (
        ("accuracy", one.accuracy, "labels agree with gold throughout"),
        ("consistency", one.consistency, "answers to hidden repeats are the same"),
    ):
        peers = one.peers.get(name)
        if _is_below(found, peers) and peers is not None:
            yield f"{_share(found)} {what} (n {found.n:,}); of the others' {_share(peers)} are (n {peers.n:,})."
    peers = one.peers.get("against")
    found = one.against
    if peers is not None and peers.value is not None and found.low is not None and found.low > peers.value:
        yield (
            f"Of {found.n:,} tasks that went to an adjudicator, {_share(found)} were decided otherwise than said here; "
            f"of the others' {_share(peers)} (n {peers.n:,}). Such tasks are the disputed ones."
        )


def _of_training(one: RaterOverTime, at: str) -> Iterator[str]:
    issued = [each for each in one.training if each.passed is not None]
    if not issued:
        return
    last = issued[-1]
    if not last.passed:
        yield f"The round '{last.round}' ended without a passed certificate."
    elif last.expires_at is not None and last.expires_at <= at:
        yield f"The certificate of the round '{last.round}' expired on {last.expires_at[:10]}."


def _is_below(found: Figure, peers: Figure | None) -> bool:
    """Whether a share lies below what the others reach, beyond its own interval."""
    if found.n < SURE_OF_SHARE or found.high is None or peers is None or peers.value is None:
        return False
    return peers.n >= SURE_OF_SHARE and found.high < peers.value


def _share(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{100 * figure.value:.0f} %"
    return f"{100 * figure.value:.0f} % [{100 * figure.low:.0f}, {100 * figure.high:.0f}]"
