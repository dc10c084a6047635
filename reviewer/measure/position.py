"""Whether the side shown first wins more than its half."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reviewer.measure.arrays import Codes, Flags, compacted
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.proportions import clustered_share, fair_coin_p, wilson
from reviewer.measure.side import mirrored_p
from reviewer.measure.votes import BOTH_BAD, ORDER_UNKNOWN, TIE, Votes


@dataclass(frozen=True, slots=True)
class Position:
    """The share of decisive votes won by the side shown first, against a fair coin.

    The test is exact whatever the strengths, because sides are drawn by lot for each vote; of rankings, the order of
    each as a whole. `clustered` is the share with an interval that lets the votes on one item hang together; `effect`
    is the advantage within the model.
    """

    share: Figure
    p_value: float | None
    clustered: Figure | None
    effect: Figure | None = None
    effect_p: float | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The position effect for a program."""
        told: dict[str, Any] = {"left_share": self.share.to_json(), "p_value": self.p_value}
        if self.p_value is None:
            told["why"] = self.share.why
        if self.clustered is not None:
            told["left_share_by_item"] = self.clustered.to_json()
        if self.effect is not None:
            told["effect"] = {**self.effect.to_json(), "p_value": self.effect_p}
        if self.note:
            told["note"] = self.note
        return told


def position(votes: Votes, alpha: float) -> Position:
    """The share of the first side among the votes that decide."""
    decisive = votes.decisive & votes.ordered
    n = int(decisive.sum())
    said = (
        ("tie", votes.winner == TIE),
        ("both_bad", votes.winner == BOTH_BAD),
        (ORDER_UNKNOWN, votes.decisive & ~votes.ordered),
    )
    dropped = {name: int(those.sum()) for name, those in said if those.any()}
    if not n:
        return Position(undefined("no vote was decided for a side", dropped=dropped), None, None)
    first_won = votes.first_won[decisive]
    share, p_value = first_share(first_won, votes.ballot[decisive] if votes.ballot is not None else None, alpha)
    share = replace(share, dropped=dropped)
    clustered = None
    if votes.item is not None:
        items, item = compacted(votes.item.codes[decisive].astype(np.int64), len(votes.item.names))
        if len(items) < n:
            by_item = np.bincount(item, minlength=len(items)).astype(float)
            won_by_item = np.bincount(item, weights=first_won, minlength=len(items))
            value, low, high, _ = clustered_share(won_by_item, by_item, alpha)
            clustered = Figure(value, low, high, n, dropped)
    varying = _orders_vary(votes, decisive)
    note = "" if varying else "no pair was shown in both orders: the share may be the systems' own"
    return Position(share, p_value, clustered, note=note)


def first_share(first_won: Flags, ballots: Codes | None, alpha: float) -> tuple[Figure, float | None]:
    """The share of decided votes that the side shown first won, and the test of a fair coin.

    Votes of one ballot share its order: their interval and their test go by ballots.
    """
    n, won = len(first_won), int(first_won.sum())
    if ballots is None:
        return Figure(won / n, *wilson(won, n, alpha), n), fair_coin_p(won, n)
    _, ballot = np.unique(ballots, return_inverse=True)
    of, mine = np.bincount(ballot), np.bincount(ballot, weights=first_won).astype(np.int64)
    value, low, high, _ = clustered_share(mine, of, alpha)
    return Figure(value, low, high, n), mirrored_p(2 * mine - of)


def _orders_vary(votes: Votes, decisive: Flags) -> bool:
    systems = len(votes.systems)
    first, second = votes.first[decisive].astype(np.int64), votes.second[decisive].astype(np.int64)
    seen = np.unique(first * systems + second)
    turned = (seen % systems) * systems + seen // systems
    return bool(np.isin(turned, seen).any())
