"""Plain shares: how often a system wins with a tie as half a win, how often votes tie or call both bad."""

from __future__ import annotations

import numpy as np

from reviewer.measure.arrays import Floats, Ints, compacted
from reviewer.measure.counts import Edges, ItemCounts
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.proportions import clustered_share, wilson
from reviewer.measure.votes import BOTH_BAD, Votes


def win_rates(votes: Votes, counts: ItemCounts, resampled: Floats | None, alpha: float, why: str) -> list[Figure]:
    """The win rate of each system, both-bad votes left out and counted.

    `resampled` (rounds, systems) gives percentile intervals; without it there are none, because of `why`.
    """
    won, played = (tally[0] for tally in tallies(counts.edges, counts.total[None]))
    both_bad = votes.winner == BOTH_BAD
    bad = np.bincount(votes.left[both_bad], minlength=len(played)) + np.bincount(
        votes.right[both_bad], minlength=len(played)
    )
    figures = []
    items = _items_of(counts)
    for at, (mine, of) in enumerate(zip(won.tolist(), played.tolist(), strict=True)):
        dropped = {"both_bad": int(bad[at])} if bad[at] else {}
        if not of:
            figures.append(undefined("every vote on it is both bad", dropped=dropped))
            continue
        value = mine / of
        if resampled is None:
            figures.append(Figure(value, n=int(of), dropped=dropped, why=why))
            continue
        seen = resampled[:, at]
        seen = seen[~np.isnan(seen)]
        low, high = np.quantile(seen, [alpha / 2, 1 - alpha / 2]) if len(seen) else (value, value)
        if low == high:
            # Resamples of one value know no spread; the items then bound it from their number (Wilson).
            low, high = wilson(value * int(items[at]), int(items[at]), alpha)
        figures.append(Figure(value, float(low), float(high), int(of), dropped))
    return figures


def rate_of(votes: Votes, outcome: int, alpha: float) -> Figure:
    """The share of an outcome among all votes, with an interval that lets the votes on an item hang together."""
    happened = votes.winner == outcome
    if votes.item is None:
        won, of = happened.astype(float), np.ones(len(votes))
    else:
        items, item = compacted(votes.item.codes.astype(np.int64), len(votes.item.names))
        won, of = np.bincount(item, weights=happened, minlength=len(items)), np.bincount(item).astype(float)
    value, low, high, _ = clustered_share(won, of, alpha)
    return Figure(value, low, high, len(votes))


def tallies(edges: Edges, counts: Floats) -> tuple[Floats, Floats]:
    """Wins with ties as half, and games, of each system in each round."""
    from scipy.sparse import coo_array

    ones, at = np.ones(len(edges)), np.arange(len(edges))
    first = coo_array((ones, (at, edges.first)), shape=(len(edges), edges.systems)).tocsr()
    second = coo_array((ones, (at, edges.second)), shape=(len(edges), edges.systems)).tocsr()
    half = counts[:, :, 2] / 2
    won = (counts[:, :, 0] + half) @ first + (counts[:, :, 1] + half) @ second
    played = counts.sum(axis=2) @ (first + second)
    return np.asarray(won, dtype=np.float64), np.asarray(played, dtype=np.float64)


def _items_of(counts: ItemCounts) -> Ints:
    """On how many items each system was judged."""
    from scipy.sparse import coo_array

    edges = counts.edges
    cells = np.arange(3 * len(edges))
    ones, at = np.ones(2 * len(cells)), np.concatenate([cells, cells])
    sides = np.concatenate([np.repeat(edges.first, 3), np.repeat(edges.second, 3)])
    membership = coo_array((ones, (at, sides)), shape=(len(cells), edges.systems)).tocsr()
    judged = (counts.units @ membership) > 0
    held: Ints = np.asarray(counts.repeats @ judged.astype(np.int64)).astype(np.int64)
    return held
