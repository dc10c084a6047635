"""How far judges are to be trusted, as it looks in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reviewer.cli.shown import grid, many, say, standard_output

if TYPE_CHECKING:
    from rich.console import Console

    from reviewer.exchange.queue_judges import JudgeFacts, QueueJudges
    from reviewer.measure.figure import Figure
    from reviewer.measure.judges.biases import Finding
    from reviewer.measure.judges.calibration import Calibration
    from reviewer.measure.judges.classified import Classified
    from reviewer.measure.judges.versions import Versions
    from reviewer.triage.judge.licence import Licence
    from reviewer.triage.judge.trust import Trusted

_WORDS = {
    "accuracy": "accuracy",
    "macro_precision": "precision (macro)",
    "macro_recall": "recall (macro)",
    "macro_f1": "F1 (macro)",
    "cohen_kappa": "Cohen's kappa",
    "cohen_kappa_linear": "kappa, linear",
    "cohen_kappa_quadratic": "kappa, quadratic",
    "gwet_ac1": "Gwet's AC1",
    "krippendorff_alpha": "Krippendorff's alpha",
    "spearman": "Spearman",
    "mean_absolute_error": "mean absolute error",
}
_MOST_CLASSES = 12
_REFERENCES = {
    "gold": "golden values",
    "majority": "what most people say; ties count for neither",
    "median": "the people's median",
}


def show_alignment(read: QueueJudges, facts: JudgeFacts, found: Mapping[str, Trusted]) -> None:
    """Prints how a judge meets gold or people."""
    screen = standard_output()
    _head(screen, facts)
    for name, one in found.items():
        told = one.alignment.over_all
        say(screen, "")
        say(screen, f"{name}: {many(told.n, 'item')} against {_REFERENCES[one.by]}", bold=True)
        if not told.n:
            say(screen, "No item has an answer of the judge and one of people.")
            continue
        _figures(screen, told)
        _classes(screen, told)
        if one.calibration is not None:
            _calibration(screen, one.calibration)
        _alternative(screen, one)
        _slices(screen, one)
        for reason, number in told.dropped.items():
            say(screen, f"Left out: {reason} {number:,}.")
        for note in told.notes:
            say(screen, note if note.endswith(".") else f"{note}.")
        if one.worst:
            say(screen, "Where it is farthest off (--as NEW makes a queue of these):")
            rows = [(item.item, item.judge, item.people, _share(item.support)) for item in one.worst]
            grid(screen, ("item", "judge", "people", "of whom"), rows, (1, 2, 3))
    if read.drawn_from:
        say(
            screen,
            f"These tasks were drawn from '{read.drawn_from}' because they were in doubt: on the rest the judge may "
            "well do better.",
        )
    if read.unmeasured:
        for name, why in read.unmeasured.items():
            say(screen, f"Nothing is told of {name}: {why}.")


def show_biases(facts: JudgeFacts, found: Mapping[str, list[Finding]]) -> None:
    """Prints the leanings of a judge."""
    screen = standard_output()
    _head(screen, facts)
    for name, findings in found.items():
        say(screen, "")
        say(screen, name, bold=True)
        rows = [(one.bias, one.verdict, *_limits(one.figure), one.why) for one in findings]
        grid(screen, ("bias", "verdict", "figure", "interval", "why"), rows, (2, 3))
        for one in findings:
            for note in one.notes:
                say(screen, f"{one.bias}: {note}.")


def show_versions(first: JudgeFacts, second: JudgeFacts, found: Mapping[str, Versions]) -> None:
    """Prints what the second judge does otherwise than the first."""
    screen = standard_output()
    say(
        screen,
        f"{second.name}@{second.version[:8]} less {first.name}@{first.version[:8]}, on the same items",
        bold=True,
    )
    for name, one in found.items():
        say(screen, "")
        say(screen, f"{name}: {many(one.changed, 'item')} answered otherwise", bold=True)
        rows = [
            (
                _WORDS.get(figure, figure),
                number(told.first.value),
                number(told.second.value),
                *_limits(told.difference),
                "" if told.p_value is None else f"{told.p_value:.3f}",
                told.test,
            )
            for figure, told in one.figures.items()
        ]
        grid(screen, ("figure", "first", "second", "difference", "interval", "p", "test"), rows, (1, 2, 3, 4, 5))
        lost = one.correctness.abstentions_wrong
        say(
            screen,
            f"With abstentions counted as wrong the difference in accuracy is {with_limits(lost.difference)}.",
        )


def show_licence(facts: JudgeFacts, found: Mapping[str, Licence]) -> None:
    """Prints whether a judge may stand in, term by term."""
    screen = standard_output()
    _head(screen, facts)
    for name, one in found.items():
        say(screen, "")
        say(screen, f"{name}: {'may stand in' if one.granted else 'advises'}", bold=True)
        rows = [(term.term, "holds" if term.holds else "fails", term.told, term.limit) for term in one.terms]
        grid(screen, ("term", "", "figure", "limit"), rows)


def _head(screen: Console, facts: JudgeFacts) -> None:
    family = f", family {facts.family}" if facts.family else ""
    say(screen, f"{facts.name} (version {facts.version[:8]}{family})", bold=True)


def _figures(screen: Console, told: Classified) -> None:
    rows = [
        (
            _WORDS.get(name, name),
            *_limits(one.judge),
            number(one.floor.value),
            number(one.with_people.value),
            number(one.ceiling.value),
        )
        for name, one in told.figures.items()
    ]
    grid(screen, ("figure", "judge", "interval", "floor", "with people", "ceiling"), rows, (1, 2, 3, 4, 5))
    if told.constant:
        say(screen, f"The floor answers {told.constant} to every item. The ceiling is how people meet each other.")
    if told.abstained.value:
        say(
            screen,
            f"It abstained on {with_limits(told.abstained)}; counted as wrong, its accuracy is "
            f"{with_limits(told.accuracy_abstentions_wrong)}.",
        )
    for one in told.figures.values():
        if one.judge.value is None and one.judge.why:
            say(screen, one.judge.why)
            break


def _classes(screen: Console, told: Classified) -> None:
    if not 0 < len(told.classes) <= _MOST_CLASSES:
        return
    rows = [
        (
            one.point,
            f"{one.meant:,}",
            f"{one.given:,}",
            *(number(part.value) for part in (one.precision, one.recall, one.f1)),
        )
        for one in told.classes
    ]
    grid(screen, ("point", "people", "judge", "precision", "recall", "F1"), rows, (1, 2, 3, 4, 5))


def _calibration(screen: Console, told: Calibration) -> None:
    if told.ece.value is None:
        return
    chance = "" if told.by_chance.value is None else f"; by chance alone {told.by_chance.value:.3f}"
    say(
        screen,
        f"Confidence: calibration error {with_limits(told.ece)}{chance}; Brier {number(told.brier.value)}; "
        f"overconfident by {with_limits(told.overconfidence)}. {many(len(told.bins), 'bin')}.",
    )


def _alternative(screen: Console, one: Trusted) -> None:
    told = one.alternative
    if told.passes is None:
        say(screen, f"Alternative annotator test: not to be told: {told.winning_rate.why}.")
        return
    verdict = "it could stand in for" if told.passes else "it could not stand in for"
    say(
        screen,
        f"Alternative annotator test (epsilon {told.epsilon:g}): {verdict} a person: better than "
        f"{number(told.winning_rate.value)} of {many(len(told.rows), 'annotator')}; as good on "
        f"{with_limits(told.advantage)} of the items.",
    )


def _slices(screen: Console, one: Trusted) -> None:
    if not one.alignment.slices:
        return
    rows = []
    for name, told in one.alignment.slices.items():
        kappa = next((told.figures[key] for key in _KAPPAS if key in told.figures), None)
        accuracy = told.figures["accuracy"].judge
        shown = ("", "") if kappa is None else _limits(kappa.judge)
        rows.append((name, f"{told.n:,}", *_limits(accuracy), *shown))
    grid(screen, ("slice", "items", "accuracy", "interval", "kappa", "interval"), rows, (1, 2, 3, 4, 5))


_KAPPAS = ("cohen_kappa_quadratic", "cohen_kappa")


def number(value: float | None) -> str:
    """The number, or nothing."""
    return "" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _limits(figure: Figure) -> tuple[str, str]:
    if figure.value is None:
        return "", ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}", ""
    return f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}"


def with_limits(figure: Figure) -> str:
    """The figure with its interval, or why there is none."""
    value, interval = _limits(figure)
    if not value:
        return f"not to be told ({figure.why})"
    return f"{value} ({interval})" if interval else value
