"""How agreement looks in a terminal: tables, intervals in characters, and sentences; and the same figures as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from reviewer.cli.shown import bars, cut, flat, grid, many, say, standard_output

if TYPE_CHECKING:
    from rich.console import Console

    from reviewer.exchange.queue_ratings import QueueRatings
    from reviewer.measure.agreement.report import Agreement, Contingency, Report, Settings
    from reviewer.measure.figure import Figure

NAMES: Final = {
    "percent_agreement": "percent agreement",
    "cohen_kappa": "Cohen's kappa",
    "cohen_kappa_linear": "Cohen's, linear",
    "cohen_kappa_quadratic": "Cohen's, quadratic",
    "fleiss_kappa": "Fleiss' kappa",
    "scott_pi": "Scott's pi",
    "conger_kappa": "Conger's kappa",
    "brennan_prediger": "Brennan-Prediger",
    "gwet_ac1": "Gwet's AC1",
    "gwet_ac2": "Gwet's AC2",
    "krippendorff_alpha": "Krippendorff's alpha",
    "icc_1_1": "ICC(1,1)",
    "icc_2_1": "ICC(2,1)",
    "icc_3_1": "ICC(3,1)",
    "icc_1_k": "ICC(1,k)",
    "icc_2_k": "ICC(2,k)",
    "icc_3_k": "ICC(3,k)",
    "kendall_w": "Kendall's W",
    "spearman": "Spearman",
    "pearson": "Pearson",
    "kendall_tau": "Kendall's tau",
}
_OF_PAIR: Final = ("percent_agreement", "cohen_kappa", "cohen_kappa_quadratic", "krippendorff_alpha", "spearman")
_OF_REST: Final = ("percent_agreement", "conger_kappa", "gwet_ac1", "krippendorff_alpha")
_SHORT: Final = {"percent_agreement": "agree", "krippendorff_alpha": "alpha", "gwet_ac1": "AC1"}
_HEADLINE: Final = "krippendorff_alpha"
"""Defined for every level and for missing ratings; what costs agreement is told by it, too."""
_MOST_TOLD = 6
_MOST_ROWS = 15
_MOST_POINTS = 10
_LONGEST = 40
_MOST_FIGURES = 4


def show(found: Agreement, read: QueueRatings | None = None) -> None:
    """Print the agreement under each criterion, and of a queue what `read` tells beside its ratings."""
    console = standard_output()
    say(console, _summary(found, read), bold=True)
    if read is not None:
        _queue(console, read)
    else:
        console.print()
    for place, (name, report) in enumerate(found.criteria.items()):
        if place:
            console.print()
        _criterion(console, name, report, found.settings, read)


def _summary(found: Agreement, read: QueueRatings | None) -> str:
    """What was measured, of how many, and the measure that says most under each criterion."""
    reports = list(found.criteria.values())
    items = max((one.items for one in reports), default=0)
    raters = len({name for one in reports for name in one.raters})
    if read is None:
        given = many(sum(one.ratings for one in reports), "rating")
    else:
        again = f", {many(read.revotes, 're-vote')} among them," if read.revotes else ""
        given = f"{read.queue}: {many(read.labels, 'label')}{again}"
    told = [f"{name} {_headline(one)}" for name, one in list(found.criteria.items())[:_MOST_TOLD]]
    more = f"; and {len(reports) - _MOST_TOLD:,} more criteria" if len(reports) > _MOST_TOLD else ""
    who = f"on {many(items, 'item')} by {many(raters, 'rater')}"
    return f"{given} {who}. {NAMES[_HEADLINE]}: {'; '.join(told)}{more}."


def _headline(report: Report) -> str:
    one = report.measures[_HEADLINE]
    if one.value is None:
        agreed = report.measures["percent_agreement"].value
        return f"undefined{'' if agreed is None else f' ({100 * agreed:.0f} % agreement)'}"
    return (
        f"{one.value:.2f}" if one.low is None or one.high is None else f"{one.value:.2f} {_limits(one.low, one.high)}"
    )


def _limits(low: float, high: float) -> str:
    return f"[{low:.2f}, {high:.2f}]"


def _queue(console: Console, read: QueueRatings) -> None:
    if read.means:
        say(console, read.means)
    if read.ratings.dropped:
        say(console, f"Labels left out: {_reasons(read.ratings.dropped)}.")
    for name, why in read.unmeasured.items():
        say(console, f"{name} is not measured: {why}.")
    console.print()


def _reasons(dropped: Mapping[str, int]) -> str:
    return "; ".join(f"{reason} {number:,}" for reason, number in dropped.items())


def _criterion(console: Console, name: str, report: Report, settings: Settings, read: QueueRatings | None) -> None:
    missing = f", {report.missing:,} missing" if report.missing else ""
    who = f"{many(report.items, 'item')} by {many(len(report.raters), 'rater')}"
    say(console, f"{name}: {many(report.ratings, 'rating')} of {who}{missing}", bold=True)
    scale = report.scale
    ends = many(len(scale), "value")
    if scale.ordered and len(scale) > 1:
        ends = f"{_point(scale.points[0])} to {_point(scale.points[-1])}"
    named = "as named" if read is None or settings.points is not None else "as the rubric has it"
    told = f"{scale.level.capitalize()} level, scale {'as seen' if scale.seen else named}: {ends}."
    if settings.rounds:
        level = f"{100 * (1 - settings.alpha):g} % intervals"
        told += f" {level} for these raters: {settings.rounds:,} resamples of the items, seed {settings.seed}."
    say(console, told)
    if read is not None and report.dropped:
        say(console, f"Left out: {_reasons(report.dropped)}.")
    _measures(console, report)
    for note in report.notes:
        say(console, note)
    _shares(console, report)
    _pairs(console, report)
    if report.contingency is not None and len(report.contingency.points) <= _MOST_POINTS:
        _table(console, report.contingency)
    _without(console, report)
    _items(console, report)
    _plans(console, report)


def _measures(console: Console, report: Report) -> None:
    known = {name: one for name, one in report.measures.items() if one.value is not None}
    rows = [(NAMES[name] + _of(name, report), *_cells(one), f"{one.n:,}") for name, one in known.items()]
    if rows:
        grid(console, ("measure", "value", "interval", "items"), rows, numbers=(1, 3))
        drawn = [(NAMES[name], one.value, one.low, one.high) for name, one in known.items() if one.value is not None]
        bars(console, "The same, drawn:", drawn)
    for why, names in _by_reason({name: one.why for name, one in known.items() if one.why}).items():
        say(console, f"No interval for {_list(names)}: {why.removeprefix('no interval: ')}.")
    undefined = {name: one.why for name, one in report.measures.items() if one.value is None}
    for why, names in _by_reason(undefined).items():
        said = f"Undefined: {_list(names)}; {why}." if known else f"Nothing can be measured: {why}."
        say(console, said)


def _of(name: str, report: Report) -> str:
    return f" ({report.weights})" if name == "gwet_ac2" else ""


def _by_reason(why: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, reason in why.items():
        found.setdefault(reason, []).append(name)
    return found


def _list(names: Sequence[str]) -> str:
    return ", ".join(NAMES[name] for name in names)


def _cells(figure: Figure) -> tuple[str, str]:
    interval = "-" if figure.low is None or figure.high is None else f"[{figure.low:.3f}, {figure.high:.3f}]"
    return _number(figure.value), interval


def _shares(console: Console, report: Report) -> None:
    shares = report.prevalence.shares
    if len(shares) <= _MOST_POINTS:
        told = ", ".join(f"{cut(flat(point), _LONGEST)} {100 * share:.1f} %" for point, share in shares.items())
        say(console, f"Shares of the points: {told}.")


def _pairs(console: Console, report: Report) -> None:
    if len(report.pairs) < 2:
        return
    by = "krippendorff_alpha" if "krippendorff_alpha" in report.pairs[0].figures else "percent_agreement"
    rows = sorted(report.pairs, key=lambda row: _known(row.figures.get(by)))
    names = [name for name in _OF_PAIR if name in rows[0].figures]
    cells = [
        (_who(*row.raters), f"{row.items:,}", *(_number(row.figures.get(name)) for name in names))
        for row in rows[:_MOST_ROWS]
    ]
    headings = ("raters, least agreed first", "items", *(_short(name) for name in names))
    grid(console, headings, cells, numbers=range(1, len(headings)))
    if len(rows) > _MOST_ROWS:
        say(console, f"… and {len(rows) - _MOST_ROWS:,} more pairs; --json has them all.")


def _table(console: Console, table: Contingency) -> None:
    one, other = (cut(flat(name), _LONGEST) for name in table.raters)
    say(console, f"How {one} (rows) and {other} (columns) rated the same items:")
    rows = [(point, *(f"{count:,}" for count in row)) for point, row in zip(table.points, table.counts, strict=True)]
    grid(console, ("", *table.points), rows, numbers=range(1, len(table.points) + 1))


def _without(console: Console, report: Report) -> None:
    if not report.raters_out:
        return
    by = "krippendorff_alpha"
    rows = sorted(report.raters_out, key=lambda row: -_known(row.figures.get(by), -9.0))
    names = [name for name in _OF_REST if name in rows[0].figures]
    cells = [(row.rater, *(_number(row.figures.get(name)) for name in names)) for row in rows[:_MOST_ROWS]]
    grid(console, ("without rater", *(_short(name) for name in names)), cells, numbers=range(1, len(names) + 1))
    if len(rows) > _MOST_ROWS:
        say(console, f"… and {len(rows) - _MOST_ROWS:,} more raters; --json has them all.")
    alpha = report.measures[by].value
    if report.costly_rater is not None and alpha is not None:
        gain = next(row.figures[by] for row in rows if row.rater == report.costly_rater)
        alike = [row.rater for row in rows if _number(row.figures.get(by)) == _number(gain)]
        who = "costs most: without that rater" if len(alike) == 1 else "cost most alike: without one of them"
        say(console, f"{' and '.join(alike[:_MOST_ROWS])} {who} alpha is {_number(gain)} and not {alpha:.3f}.")


def _items(console: Console, report: Report) -> None:
    if not report.costly_items:
        return
    rows = []
    for one in report.costly_items[:_MOST_ROWS]:
        said = ", ".join(f"{rater} {_point(value)}" for rater, value in one.ratings.items()) or "not told while sealed"
        rows.append((cut(flat(one.item), _LONGEST), cut(flat(said), _LONGEST), f"{100 * one.share:.1f} %"))
    grid(console, ("items that cost most", "ratings", "of all disagreement"), rows, numbers=(2,))


def _plans(console: Console, report: Report) -> None:
    plan = report.plans.get("krippendorff_alpha") or next(iter(report.plans.values()), None)
    if plan is None:
        return
    name = next(NAMES[name] for name, one in report.plans.items() if one is plan)
    told = f"The interval of {name} is {plan.now:.3f} wide on {many(plan.items, 'item')}"
    more = plan.needed - plan.items
    if more <= 0:
        say(console, f"{told}, no wider than {plan.width:g}.")
        return
    say(
        console,
        f"{told}: {more:,} more, {plan.needed:,} in all, would make it {plan.width:g} wide, the panel and the spread "
        "of the ratings being as they are. Fix that number before you rate on: stopping once it looks narrow enough "
        "makes intervals too short.",
    )


def print_csv(found: Agreement) -> None:
    """Print the figures as CSV: of the panel, of each pair, and without each rater."""
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("criterion", "of", "raters", "measure", "value", "low", "high", "items", "why"))
    for name, report in found.criteria.items():
        writer.writerows((name, *row) for row in _rows(report))


def _rows(report: Report) -> Iterator[tuple[object, ...]]:
    for name, one in report.measures.items():
        yield "panel", "", name, one.value, one.low, one.high, one.n, one.why
    for pair in report.pairs:
        for name, value in pair.figures.items():
            yield "pair", "|".join(pair.raters), name, value, None, None, pair.items, pair.why.get(name, "")
    for row in report.raters_out:
        for name, value in row.figures.items():
            yield "without", row.rater, name, value, None, None, None, ""


def _who(one: str, other: str) -> str:
    return f"{cut(flat(one), 14)} and {cut(flat(other), 14)}"


def _short(name: str) -> str:
    return _SHORT.get(name) or NAMES[name].replace("Cohen's, ", "").replace("'s kappa", "")


def _known(value: float | None, otherwise: float = 9.0) -> float:
    return otherwise if value is None else value


def _point(text: str) -> str:
    """A value as it was given, with no more than so many decimals."""
    whole, _, rest = text.partition(".")
    long = len(rest) > _MOST_FIGURES and rest.isdecimal() and whole.removeprefix("-").isdecimal()
    return f"{float(text):.{_MOST_FIGURES}f}" if long else text


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
