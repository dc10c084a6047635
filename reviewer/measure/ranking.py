"""Votes to a ranking: strengths with intervals over items, what holds after correction, and what stays unknown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count as numbers
from math import log
from typing import Any, Final

import numpy as np

from reviewer.errors import BadInput, WrongUsage
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.connection import groups, strongly_connected
from reviewer.measure.counts import ItemCounts, count
from reviewer.measure.differences import corrected, differences, rank_limits, ranks
from reviewer.measure.existence import names_of, no_estimate, order_effect_fault
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.planning import plan
from reviewer.measure.position import Position, position
from reviewer.measure.ranked import Ranking, Resampling, Settings, SystemRow, Table
from reviewer.measure.raters import report_raters
from reviewer.measure.rates import rate_of, tallies, win_rates
from reviewer.measure.strengths import Fitted, Model, fit
from reviewer.measure.votes import BOTH_BAD, ORDER_UNKNOWN, TIE, Column, Tags, Votes

ELO_MEAN: Final = 1500.0
ELO_SCALE: Final = 400 / log(10)
FEWEST_ITEMS: Final = 10
MOST_LOST: Final = 0.05
MOST_SYSTEMS: Final = 1000
MOST_PARTS: Final = 1000


def rank_votes(votes: Votes, settings: Settings | None = None) -> Ranking:
    """Rank the systems of `votes`, criterion by criterion.

    Raises BadInput without votes or with more systems or criteria than can be told apart, WrongUsage for a bad slice.

    The differences of all criteria are corrected together, those of all slices in a family of their own.
    """
    settings = settings or Settings()
    if not votes.counted.any():
        raise BadInput("there is no vote to rank by.", mend="Name a table of votes between two systems.")
    for name in settings.slices:
        _slice_column(votes, name)
    if settings.position:
        votes = _of_known_order(votes)
    seeds = numbers()
    criteria: dict[str, Table] = {}
    for name, mask in _parts(votes.criterion, "preference", "criterion"):
        chosen = votes if mask is None else votes.chosen(mask)
        counted = chosen if chosen.repeat is None else chosen.chosen(chosen.counted)
        if not len(counted):
            continue
        table = _ranked(counted, settings, seeds)
        table.raters = report_raters(chosen, _strengths_of(table, chosen.systems), settings.alpha)
        for column in settings.slices:
            table.slices[column] = {
                value: _ranked(counted if part is None else counted.chosen(part), settings, seeds)
                for value, part in _parts(_slice_column(counted, column), "", column)
            }
        criteria[name] = table
    main = [one for table in criteria.values() for one in (table, *table.components)]
    cuts = [one for table in criteria.values() for tables in table.slices.values() for one in tables.values()]
    for family in (main, [one for table in cuts for one in (table, *table.components)]):
        _conclude(family, settings)
    return Ranking(criteria, settings, votes.dropped)


def _of_known_order(votes: Votes) -> Votes:
    """The votes without those that say nothing of a position; all of them where none does."""
    ordered = votes.ordered
    if ordered.all() or not (ordered & votes.counted).any():
        return votes
    unknown = int((votes.counted & ~ordered).sum())
    return replace(votes.chosen(ordered), dropped={**votes.dropped, ORDER_UNKNOWN: unknown})


def _slice_column(votes: Votes, name: str) -> Column | Tags:
    there = dict(votes.others)
    if votes.rater is not None:
        there.setdefault("rater", votes.rater)
    if name not in there:
        known = f"Name one of: {', '.join(sorted(there))}." if there else "The votes have no other column."
        raise WrongUsage(f"the votes have no column {name!r} to slice by.", mend=known)
    return there[name]


def _parts(column: Column | Tags | None, otherwise: str, named: str) -> list[tuple[str, Flags | None]]:
    if column is not None and len(column.names) > MOST_PARTS:
        raise BadInput(
            f"the column {named!r} has {len(column.names):,} values; at most {MOST_PARTS:,} are ranked apart.",
            mend="Name a column with fewer.",
        )
    if column is None or len(column.names) == 1:
        return [(otherwise if column is None else column.names[0], None)]
    return [*column.masks()]


def _conclude(tables: list[Table], settings: Settings) -> None:
    """What needs all tables of a family: corrected tests, the ranks that they leave, and the plan."""
    family = corrected([table.differences for table in tables], settings.alpha)
    for table in tables:
        table.family = family
        place = {name: at for at, name in enumerate(table.names)}
        limits = rank_limits(table.differences, len(table.names))
        for row in table.systems:
            if limits is not None and row.rank is not None:
                row.rank_low, row.rank_high = limits[place[row.system]]
        counted = table.votes - round((table.both_bad.value or 0.0) * table.votes)
        tie_rate = (table.tie.value or 0.0) * table.votes / counted if counted else 0.0
        table.plan = plan(table.differences, counted, tie_rate, settings.alpha, settings.power)


def _strengths_of(table: Table, systems: tuple[str, ...]) -> Floats | None:
    found = {row.system: row.log_strength.value for row in table.systems}
    values = [found.get(name) for name in systems]
    return None if any(value is None for value in values) else np.array(values, dtype=float)


def _ranked(votes: Votes, settings: Settings, seeds: Any) -> Table:
    if len(votes.systems) > MOST_SYSTEMS:
        raise BadInput(
            f"{len(votes.systems):,} systems are too many to rank together; {MOST_SYSTEMS:,} are the most.",
            mend="See whether left and right name systems and not texts.",
        )
    rng = np.random.default_rng([settings.seed, next(seeds)])
    order_fault = order_effect_fault(votes) if settings.position else ""
    model = settings.fitted(position=settings.position and not order_fault)
    counts = count(votes, as_shown=model.position)
    together = groups(counts.edges, counts.total)
    why = no_estimate(votes.systems, counts, model, together)
    full = None if why else fit(counts.edges, counts.total[None], model)
    if full is not None and not full.converged[0]:
        full, why = None, "the fit found no finite strengths"
    drawn = _resample(counts, model, full, settings, rng)
    table = _table(votes, counts, together, full, drawn, settings, why)
    table.position = _position(votes, settings, full, drawn, order_fault or why)
    table.tie_parameter = _tie_parameter(model, full, drawn, settings.alpha, why)
    if len(together) > 1:
        for members in together:
            if len(members) > 1:
                inside = np.isin(votes.left, members) & np.isin(votes.right, members)
                table.components.append(_ranked(votes.chosen(inside), settings, seeds))
    return table


@dataclass(slots=True)
class _Drawn:
    """What the resamples gave: win rates of all rounds, estimates of those that have one; `why` there is none."""

    rounds: int
    lost: int
    win_rates: Floats | None
    fitted: Fitted | None
    why: str
    why_no_rates: str


def _resample(
    counts: ItemCounts, model: Model, full: Fitted | None, settings: Settings, rng: np.random.Generator
) -> _Drawn:
    thin = ""
    if not settings.rounds:
        thin = "no interval was asked for"
    elif counts.items < FEWEST_ITEMS:
        thin = f"{counts.items} items are too few for an interval; {FEWEST_ITEMS} are the least"
    if thin:
        return _Drawn(0, 0, None, None, thin, thin)
    rates: list[Floats] = []
    kept: list[Fitted] = []
    for drawn in counts.resamples(rng, settings.rounds):
        won, played = tallies(counts.edges, drawn)
        rates.append(np.divide(won, played, out=np.full_like(won, np.nan), where=played > 0))
        if full is not None:
            possible = drawn if model.prior else drawn[strongly_connected(counts.edges, drawn)]
            found = fit(counts.edges, possible, model, full)
            kept.append(_chosen(found, found.converged))
    if not kept:
        return _Drawn(settings.rounds, 0, np.concatenate(rates), None, "", "")
    fitted = _joined(kept)
    lost = settings.rounds - len(fitted)
    if lost > MOST_LOST * settings.rounds:
        why = f"{lost} of {settings.rounds} resamples have no finite estimate: too few votes, if no prior is given"
        return _Drawn(settings.rounds, lost, np.concatenate(rates), None, why, "")
    return _Drawn(settings.rounds, lost, np.concatenate(rates), fitted, "", "")


def _chosen(fitted: Fitted, mask: Flags) -> Fitted:
    return Fitted(
        fitted.strengths[mask],
        None if fitted.position is None else fitted.position[mask],
        None if fitted.tie is None else fitted.tie[mask],
        fitted.loglik[mask],
        fitted.converged[mask],
    )


def _joined(parts: list[Fitted]) -> Fitted:
    def all_of(name: str) -> Any:
        columns = [getattr(part, name) for part in parts]
        return None if columns[0] is None else np.concatenate(columns)

    return Fitted(*(all_of(name) for name in ("strengths", "position", "tie", "loglik", "converged")))


def _table(
    votes: Votes,
    counts: ItemCounts,
    together: list[Ints],
    full: Fitted | None,
    drawn: _Drawn,
    settings: Settings,
    why: str,
) -> Table:
    rates = win_rates(votes, counts, drawn.win_rates, settings.alpha, drawn.why_no_rates)
    rows = _rows(votes, rates, full, drawn, settings.alpha, why)
    found = (
        []
        if full is None
        else differences(
            full.strengths[0],
            None if drawn.fitted is None else drawn.fitted.strengths,
            settings.alpha,
            drawn.why,
            int(counts.total.sum()),
        )
    )
    tie, both_bad = (rate_of(votes, outcome, settings.alpha) for outcome in (TIE, BOTH_BAD))
    return Table(
        names=votes.systems,
        votes=len(votes),
        items=None if votes.item is None else len(votes.item.names),
        systems=rows,
        tie=tie,
        both_bad=both_bad,
        position=Position(undefined(""), None, None),
        tie_parameter=None,
        resampling=Resampling(drawn.rounds, drawn.lost, "vote" if votes.item is None else "item"),
        why=why,
        groups=[names_of(votes.systems, members) for members in together],
        differences=found,
        notes=_notes(votes, settings, drawn, why),
    )


def _notes(votes: Votes, settings: Settings, drawn: _Drawn, why: str) -> list[str]:
    notes = [f"No strengths: {why}."] if why else []
    if votes.item is None:
        notes.append("The votes name no item: each is taken as an item of its own.")
    if votes.ballot is not None:
        notes.append(f"The votes are the pairs of {len(np.unique(votes.ballot)):,} rankings.")
    if unknown := int((~votes.ordered).sum()):
        notes.append(f"Of {unknown:,} votes nobody knows what was shown first: they stay out of what is said of sides.")
    if settings.prior:
        notes.append(
            f"A prior of {settings.prior:g} wins and losses of each system against an average one pulls strengths "
            "together."
        )
    if drawn.why or drawn.why_no_rates:
        notes.append(f"No intervals: {drawn.why or drawn.why_no_rates}.")
    elif drawn.lost:
        notes.append(f"{drawn.lost} of {drawn.rounds} resamples have no finite estimate and were left out.")
    return notes


def _rows(
    votes: Votes, rates: list[Figure], full: Fitted | None, drawn: _Drawn, alpha: float, why: str
) -> list[SystemRow]:
    systems = len(votes.systems)
    n = np.bincount(votes.left, minlength=systems) + np.bincount(votes.right, minlength=systems)
    if full is None:
        nothing = undefined(why)
        rows = [
            SystemRow(name, int(n[at]), rates[at], nothing, nothing, nothing, None)
            for at, name in enumerate(votes.systems)
        ]
        return sorted(rows, key=lambda row: -(row.win_rate.value if row.win_rate.value is not None else -1.0))
    strengths = full.strengths[0]
    places = ranks(strengths)
    resampled = None if drawn.fitted is None else drawn.fitted.strengths
    logs = _figures(strengths, resampled, alpha, n, drawn.why)
    shares = _figures(_shares(strengths), None if resampled is None else _shares(resampled), alpha, n, drawn.why)
    order = np.lexsort((np.arange(systems), places))
    return [
        SystemRow(votes.systems[at], int(n[at]), rates[at], shares[at], logs[at], _elo(logs[at]), int(places[at]))
        for at in order.tolist()
    ]


def _shares(strengths: Floats) -> Floats:
    weights = np.exp(strengths - strengths.max(axis=-1, keepdims=True))
    shares: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return shares


def _elo(strength: Figure) -> Figure:
    def on_scale(t: float | None) -> float | None:
        return None if t is None else ELO_MEAN + ELO_SCALE * t

    return replace(strength, value=on_scale(strength.value), low=on_scale(strength.low), high=on_scale(strength.high))


def _figures(values: Floats, resampled: Floats | None, alpha: float, n: Ints, why: str) -> list[Figure]:
    if resampled is None:
        return [Figure(float(value), n=int(of), why=why) for value, of in zip(values, n, strict=True)]
    low, high = np.quantile(resampled, [alpha / 2, 1 - alpha / 2], axis=0)
    return [
        Figure(float(value), float(below), float(above), int(of))
        for value, below, above, of in zip(values, low, high, n, strict=True)
    ]


def _position(votes: Votes, settings: Settings, full: Fitted | None, drawn: _Drawn, why: str) -> Position:
    seen = position(votes, settings.alpha)
    if not settings.position:
        return seen
    if full is None or full.position is None:
        return replace(seen, effect=undefined(why))
    value = float(full.position[0])
    n = len(votes)
    if drawn.fitted is None or drawn.fitted.position is None:
        return replace(seen, effect=Figure(value, n=n, why=drawn.why))
    effects = drawn.fitted.position
    low, high = np.quantile(effects, [settings.alpha / 2, 1 - settings.alpha / 2])
    from scipy.special import ndtr

    error = float(effects.std(ddof=1))
    p = 2 * float(ndtr(-abs(value) / error)) if error > 0 else None
    return replace(seen, effect=Figure(value, float(low), float(high), n), effect_p=p)


def _tie_parameter(model: Model, full: Fitted | None, drawn: _Drawn, alpha: float, why: str) -> Figure | None:
    if not model.ties:
        return None
    if full is None or full.tie is None:
        return undefined(why)
    if np.isinf(full.tie[0]):
        return undefined("there is no tie" if full.tie[0] < 0 else "every vote is a tie")
    value = float(np.exp(full.tie[0]))
    if drawn.fitted is None or drawn.fitted.tie is None:
        return Figure(value, why=drawn.why)
    low, high = np.quantile(np.exp(np.clip(drawn.fitted.tie, -700, 700)), [alpha / 2, 1 - alpha / 2])
    return Figure(value, float(low), float(high))
