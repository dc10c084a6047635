"""Whether the side shown first wins more than its half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reviewer.measure.arrays import compacted
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.proportions import clustered_share, fair_coin_p, wilson
from reviewer.measure.votes import BOTH_BAD, TIE, Votes


@dataclass(frozen=True, slots=True)
class Position:
    """The share of decisive votes won by the side shown first, against a fair coin.

    The test is exact whatever the strengths, because sides are drawn by lot for each vote. `clustered` is the share
    with an interval that lets the votes on one item hang together; `effect` is the advantage within the model.
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
    decisive = votes.decisive
    n = int(decisive.sum())
    dropped = {
        name: int(number)
        for name, number in (("tie", (votes.winner == TIE).sum()), ("both_bad", (votes.winner == BOTH_BAD).sum()))
        if number
    }
    if not n:
        return Position(undefined("no vote was decided for a side", dropped=dropped), None, None)
    first_won = votes.first_won[decisive]
    won = int(first_won.sum())
    share = Figure(won / n, *wilson(won, n, alpha), n, dropped)
    clustered = None
    if votes.item is not None:
        items, item = compacted(votes.item.codes[decisive].astype(np.int64), len(votes.item.names))
        if len(items) < n:
            by_item = np.bincount(item, minlength=len(items)).astype(float)
            won_by_item = np.bincount(item, weights=first_won, minlength=len(items))
            value, low, high, _ = clustered_share(won_by_item, by_item, alpha)
            clustered = Figure(value, low, high, n, dropped)
    note = "" if _orders_vary(votes) else "no pair was shown in both orders: the share may be the systems' own"
    return Position(share, fair_coin_p(won, n), clustered, note=note)


def _orders_vary(votes: Votes) -> bool:
    systems = len(votes.systems)
    decisive = votes.decisive
    first, second = votes.first[decisive].astype(np.int64), votes.second[decisive].astype(np.int64)
    seen = np.unique(first * systems + second)
    turned = (seen % systems) * systems + seen // systems
    return bool(np.isin(turned, seen).any())
