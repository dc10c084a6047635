"""How a ranking looks in a terminal: tables, bars of intervals in characters, and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from reviewer.cli.shown import bars, grid, many, say, standard_output

if TYPE_CHECKING:
    from rich.console import Console

    from reviewer.exchange.queue_votes import QueueVotes
    from reviewer.measure.balance import Balance
    from reviewer.measure.differences import Difference
    from reviewer.measure.figure import Figure
    from reviewer.measure.planning import Plan
    from reviewer.measure.position import Position
    from reviewer.measure.ranked import Ranking, Settings, Table
    from reviewer.measure.raters import RaterReport

_ALL_PAIRS = 15
_MOST_PAIRS = 40
_MODELS = {"bradley-terry": "Bradley-Terry, a tie as half a win each way", "davidson": "Davidson's model for ties"}


def show(ranking: Ranking, read: QueueVotes | None = None) -> None:
    """Print the ranking, and of a queue what `read` tells beside its votes."""
    screen = standard_output()
    if read is not None:
        _queue(screen, read)
    for place, (name, table) in enumerate(ranking.criteria.items()):
        if place:
            screen.print()
        _criterion(screen, name, table, ranking.settings)
        _raters(screen, table.raters, ranking.settings)
        for column, tables in table.slices.items():
            for value, cut in tables.items():
                screen.print()
                _criterion(screen, f"{name}, {column} {value or '(blank)'}", cut, ranking.settings)
    if read is not None:
        _balance(screen, read)
        _pace(screen, read)


def _queue(console: Console, read: QueueVotes) -> None:
    raters = read.votes.rater
    said = f"{read.queue}: {many(read.labels, 'label')} of {many(len(raters.names) if raters else 0, 'rater')}"
    if read.repeats:
        said += f", and {many(read.repeats, 'repeat')} that tell consistency alone"
    say(console, f"{said}.", bold=True)
    if read.sealed:
        say(console, f'Sealed: systems get their names after `reviewer queue reveal {read.queue} --reason "…"`.')
    console.print()


def _balance(console: Console, read: QueueVotes) -> None:
    console.print()
    for name, found in (("shown", read.shown), ("labelled", read.labelled)):
        where = "left and right" if read.kind == "pairwise" else "at each place"
        most = max(found.of_raters.values(), default=0)
        said = f"Orders {name}: {found.orders:,}; each system stood {where} equally often within {found.greatest:,}"
        unknown = f"; {many(found.unknown, 'order')} not known" if found.unknown else ""
        say(console, f"{said}, with each rater within {most:,}{unknown}.")
    if len(read.shown.systems) > _ALL_PAIRS:
        return
    labelled = _places(read.labelled)
    rows = [(name, places, labelled.get(name, "-")) for name, places in _places(read.shown).items()]
    what = "left / right" if read.kind == "pairwise" else "by place"
    grid(console, ("system", f"shown {what}", f"labelled {what}"), sorted(rows))


def _places(found: Balance) -> dict[str, str]:
    counts = [" / ".join(f"{number:,}" for number in row) for row in found.places.tolist()]
    return dict(zip(found.systems, counts, strict=True))


def _pace(console: Console, read: QueueVotes) -> None:
    if not read.pace:
        return
    rows = [
        (
            one.rater,
            f"{one.labels:,}",
            "-" if one.median is None else f"{one.median:.1f}",
            "-" if one.low is None else f"{one.low:.1f} to {one.high:.1f}",
        )
        for one in read.pace[:_MOST_PAIRS]
    ]
    grid(console, ("rater", "timed labels", "median seconds", "middle half"), rows, numbers=(1, 2))
    if len(read.pace) > _MOST_PAIRS:
        say(console, f"… and {len(read.pace) - _MOST_PAIRS:,} more raters; --json has them all.")


def _criterion(console: Console, name: str, table: Table, settings: Settings) -> None:
    items = f" on {table.items:,} items" if table.items is not None else ""
    say(console, f"{name}: {table.votes:,} votes{items}, {len(table.names):,} systems", bold=True)
    rounds = table.resampling
    if rounds.rounds:
        level = f"{100 * (1 - settings.alpha):g} % intervals, {rounds.rounds:,} resamples of {rounds.unit}s"
        say(console, f"{_MODELS[settings.model]}; {level}, seed {settings.seed}.")
    else:
        say(console, f"{_MODELS[settings.model]}.")
    _systems(console, table)
    _bars(console, table)
    for note in table.notes:
        say(console, note)
    _differences(console, table, settings)
    if table.plan is not None:
        say(console, _plan(table.plan, table.names))
    _rates(console, table)
    _position(console, table.position)
    for part in table.components:
        console.print()
        _criterion(console, f"{name}, inside {', '.join(part.names[:4])}", part, settings)


def _systems(console: Console, table: Table) -> None:
    rows = []
    for row in table.systems:
        place = "-" if row.rank is None else str(row.rank)
        if row.rank_low is not None and row.rank_high is not None and row.rank_low != row.rank_high:
            place += f" ({row.rank_low}-{row.rank_high})"
        strength, elo = _unpadded(_figure(row.bradley_terry, ".3f")), _figure(row.elo, ".0f")
        rows.append((place, row.system, f"{row.votes:,}", _share(row.win_rate), strength, elo))
    grid(console, ("rank", "system", "votes", "win rate", "strength", "Elo"), rows, numbers=(2,))


def _bars(console: Console, table: Table) -> None:
    """Log strengths on one line, each with its interval."""
    drawn = [(row.system, row.log_strength.value, row.log_strength.low, row.log_strength.high) for row in table.systems]
    known = [(name, value, low, high) for name, value, low, high in drawn if value is not None]
    if known:
        bars(console, "Log strengths and their intervals:" if known[0][2] is not None else "Log strengths:", known)


def _differences(console: Console, table: Table, settings: Settings) -> None:
    tested = [one for one in table.differences if one.holds is not None]
    if not tested:
        return
    holding = sum(bool(one.holds) for one in tested)
    family = "" if table.family == len(tested) else f" as one family of {table.family:,}"
    say(
        console,
        f"{holding:,} of {len(tested):,} differences hold after Holm's correction{family} at {settings.alpha:g}.",
    )
    shown = tested if len(tested) <= _ALL_PAIRS else _neighbours(table, tested)
    rows = [
        (
            f"{table.names[one.above]} > {table.names[one.below]}",
            _figure(one.strength, "+.2f"),
            _percent(one.win_probability),
            _p(one.p_holm),
            "holds" if one.holds else "open",
        )
        for one in shown[:_MOST_PAIRS]
    ]
    heading = "pair" if shown is tested else "neighbours"
    grid(console, (heading, "log strength", "wins", "p (Holm)", ""), rows)


def _neighbours(table: Table, tested: Sequence[Difference]) -> list[Difference]:
    order = [row.system for row in table.systems]
    beside = set(pairwise(order))
    return [one for one in tested if (table.names[one.above], table.names[one.below]) in beside]


def _plan(plan: Plan, names: tuple[str, ...]) -> str:
    above, below = (names[one] for one in plan.pair)
    if plan.settled:
        return f"Settled: the closest pair is {above} over {below}, and {plan.why}."
    if plan.votes is None:
        return f"Closest: {above} and {below}; {plan.why}."
    span = ""
    if plan.least is not None:
        span = f" (from {plan.least:,} to {f'{plan.most:,}' if plan.most is not None else 'any number'})"
    spread = f", or {plan.more_of_the_same:,} more spread as so far" if plan.more_of_the_same else ""
    return (
        f"Closest open pair: {above} over {below}, {_percent(plan.win_probability)} of what is decided. "
        f"{plan.votes:,} more votes{span} on this pair alone, each on another item, would settle it with power "
        f"{plan.power:g} at {plan.alpha:g}{spread}. {plan.why[0].upper()}{plan.why[1:]}."
    )


def _rates(console: Console, table: Table) -> None:
    say(console, f"Ties: {_share(table.tie)} of all votes; both bad: {_share(table.both_bad)}.")
    if table.tie_parameter is not None:
        told = table.tie_parameter
        say(console, f"Tie parameter nu: {_figure(told, '.3f') if told.value is not None else f'none, {told.why}'}.")


def _position(console: Console, found: Position) -> None:
    if found.share.value is None:
        say(console, f"Side shown first: no figure, {found.share.why}.")
    else:
        said = f"Side shown first: won {_share(found.share)} of {found.share.n:,} decided votes, p {_p(found.p_value)}"
        if found.clustered is not None:
            low, high = found.clustered.low, found.clustered.high
            said += f"; [{_percent(low)}, {_percent(high)}] if votes on one item hang together"
        say(console, f"{said}{f'; {found.note}' if found.note else ''}.")
    if found.effect is not None:
        if found.effect.value is None:
            say(console, f"Advantage of the first side in the model: none, {found.effect.why}.")
        else:
            told = _figure(found.effect, "+.3f")
            test = "" if found.effect_p is None else f", p {_p(found.effect_p)}"
            say(console, f"Advantage of the first side in the model: {told} on the log scale{test}.")


def _raters(console: Console, raters: Sequence[RaterReport], settings: Settings) -> None:
    if not raters:
        return
    console.print()
    flagged = [one for one in raters if one.flagged]
    tested = sum(one.p_value is not None for one in raters)
    told = (
        f"{len(flagged)} of {tested:,} raters tested prefer a side at {settings.alpha:g}, corrected by Holm over them."
    )
    say(console, told, bold=True)
    rows = [
        (
            one.rater or "(no rater)",
            f"{one.votes:,}",
            _share(one.first_share),
            _p(one.p_holm),
            "flagged" if one.flagged else "",
            _share(one.agreement),
            _share(one.consistency),
        )
        for one in sorted(raters, key=lambda one: (one.p_value is None, one.p_value or 0.0))[:_MOST_PAIRS]
    ]
    headings = ("rater", "votes", "first side", "p (Holm)", "", "agrees", "repeats")
    grid(console, headings, rows, numbers=(1,))
    if len(raters) > _MOST_PAIRS:
        say(console, f"… and {len(raters) - _MOST_PAIRS:,} more raters; --json has them all.")
    _lengths(console, raters)


def _lengths(console: Console, raters: Sequence[RaterReport]) -> None:
    rows = [
        (one.rater or "(no rater)", _share(one.length.longer_share), _figure(one.length.effect, "+.2f"))
        for one in raters[:_MOST_PAIRS]
        if one.length is not None and one.length.longer_share.value is not None
    ]
    if rows:
        grid(console, ("rater", "longer text wins", "log odds for a standard deviation of length"), rows)


def _figure(figure: Figure, form: str) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:{form}}"
    return f"{figure.value:{form}} [{figure.low:{form}}, {figure.high:{form}}]"


def _unpadded(figures: str) -> str:
    """Shares below 1 without their leading noughts, for narrow terminals."""
    return figures.replace("0.", ".")


def _share(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return _percent(figure.value)
    return f"{_percent(figure.value)} [{100 * figure.low:.0f}, {100 * figure.high:.0f}]"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
