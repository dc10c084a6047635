"""Each rater of a panel: a preferred side, agreement with the others, consistency on repeats, the pull of length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reviewer.measure.arrays import Floats, Ints, compacted
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.length import LengthPreference, length_preference
from reviewer.measure.multiplicity import holm
from reviewer.measure.position import first_share
from reviewer.measure.proportions import clustered_share
from reviewer.measure.side import side_preference_p
from reviewer.measure.votes import BOTH_BAD, ORDER_UNKNOWN, TIE, Column, Votes


@dataclass(slots=True)
class RaterReport:
    """What the votes say of one rater; `flagged` is None where the side test is undefined.

    `both_first` and `both_second` count repeats in turned order where the first, or the second, side won each time.
    """

    rater: str
    votes: int
    first_share: Figure
    p_value: float | None
    agreement: Figure
    consistency: Figure
    both_first: int
    both_second: int
    length: LengthPreference | None
    p_holm: float | None = None
    flagged: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The report for a program."""
        told: dict[str, Any] = {
            "rater": self.rater,
            "votes": self.votes,
            "first_share": self.first_share.to_json(),
            "side_preference": {"p_value": self.p_value, "p_holm": self.p_holm, "flagged": self.flagged},
            "agreement": self.agreement.to_json(),
            "consistency": {
                **self.consistency.to_json(),
                "both_first": self.both_first,
                "both_second": self.both_second,
            },
        }
        if self.p_value is None:
            told["side_preference"]["why"] = self.first_share.why or "no other order of the sides was possible"
        if self.length is not None:
            told["length_preference"] = self.length.to_json()
        return told


def report_raters(votes: Votes, strengths: Floats | None, alpha: float) -> list[RaterReport]:
    """A report for each rater of the votes, with Holm's correction of the side test over all of them.

    `strengths` of the systems, where they have an estimate, let the length preference hold quality. Empty where the
    votes name no rater.
    """
    if votes.rater is None:
        return []
    panel = _Panel(votes, votes.rater, strengths, alpha)
    reports = [panel.report(rater) for rater in range(len(votes.rater.names))]
    tested = [one for one in reports if one.p_value is not None]
    for one, p in zip(tested, holm([one.p_value for one in tested if one.p_value is not None]).tolist(), strict=True):
        one.p_holm = p
        one.flagged = p < alpha
    return reports


class _Panel:
    """The votes of all raters, laid out once."""

    def __init__(self, votes: Votes, raters: Column, strengths: Floats | None, alpha: float) -> None:
        self.votes, self.strengths, self.alpha = votes, strengths, alpha
        self.names = raters.names
        self.order = np.argsort(raters.codes, kind="stable")
        self.bounds = np.searchsorted(raters.codes[self.order], np.arange(len(self.names) + 1))
        first, second = votes.first.astype(np.int64), votes.second.astype(np.int64)
        self.lower_first = first < second
        lower, upper = np.minimum(first, second), np.maximum(first, second)
        systems = len(votes.systems)
        _, self.pair = compacted(lower * systems + upper, systems**2)
        decisive = votes.decisive
        chose_lower = votes.first_won == self.lower_first
        self.outcome = np.where(decisive, np.where(chose_lower, 0, 1), votes.winner).astype(np.int64)
        self.counted, self.ordered = votes.counted, votes.ordered
        self.item = None if votes.item is None else votes.item.codes.astype(np.int64)
        self.shared = self.agreeing = np.zeros(len(votes), dtype=np.int64)
        self.stratum: Ints = self.pair
        if self.item is not None:
            judged = self.item if votes.task is None else votes.task.astype(np.int64)
            self._meet(raters.codes.astype(np.int64), judged)

    def _meet(self, rater: Ints, judged: Ints) -> None:
        """Where votes meet on what was judged and a pair: by others, and by the same rater again."""
        pairs, panel = int(self.pair.max(initial=-1)) + 1, len(self.names)
        keys, key = compacted(judged * pairs + self.pair, (int(judged.max(initial=-1)) + 1) * pairs)
        mine, own = compacted(key * panel + rater, len(keys) * panel)
        counted, outcome = self.counted, self.outcome[self.counted]
        said = np.bincount(key[counted] * 4 + outcome, minlength=4 * len(keys))
        own_said = np.bincount(own[counted] * 4 + outcome, minlength=4 * len(mine))
        own_all = np.bincount(own[counted], minlength=len(mine))
        self.shared = np.bincount(key[counted], minlength=len(keys))[key] - own_all[own]
        self.agreeing = said[key * 4 + self.outcome] - own_said[own * 4 + self.outcome]
        self.own = own
        # A repeat has the same texts, so its orders are exchanged with the original's alone.
        self.stratum = np.where(own_all[own] > 1, pairs + own, self.pair)

    def report(self, rater: int) -> RaterReport:
        every = self.order[self.bounds[rater] : self.bounds[rater + 1]]
        rows = every[self.counted[every]]
        decisive = rows[self.votes.decisive[rows]]
        first_share, p_value = self._side(rows, decisive[self.ordered[decisive]])
        consistency, both_first, both_second = self._consistency(every)
        return RaterReport(
            rater=self.names[rater],
            votes=len(rows),
            first_share=first_share,
            p_value=p_value,
            agreement=self._agreement(rows),
            consistency=consistency,
            both_first=both_first,
            both_second=both_second,
            length=self._length(decisive),
        )

    def _side(self, rows: Ints, decisive: Ints) -> tuple[Figure, float | None]:
        dropped = _dropped(self.votes, rows)
        if not len(decisive):
            return undefined("no vote was decided for a side", dropped=dropped), None
        ballots = None if self.votes.ballot is None else self.votes.ballot[decisive]
        share, p_value = first_share(self.votes.first_won[decisive], ballots, self.alpha)
        if ballots is None:
            p_value = side_preference_p(self.stratum[decisive], self.lower_first[decisive], self.outcome[decisive] == 0)
        return replace(share, dropped=dropped), p_value

    def _agreement(self, rows: Ints) -> Figure:
        """The mean share of the others who said the same of the same pair on the same item."""
        if self.item is None:
            return undefined("the votes name no item")
        met = rows[self.shared[rows] > 0]
        alone = len(rows) - len(met)
        dropped = {"no other rater": alone} if alone else {}
        if not len(met):
            return undefined("no other rater judged the same pair", dropped=dropped)
        agreeing = self.agreeing[met] / self.shared[met]
        return self._by_item(met, agreeing, np.ones(len(met)), dropped)

    def _consistency(self, rows: Ints) -> tuple[Figure, int, int]:
        """The share of pairs of votes on the same item and systems that say the same."""
        if self.item is None:
            return undefined("the votes name no item"), 0, 0
        _, group = np.unique(self.own[rows], return_inverse=True)
        group = group.reshape(-1)
        size = np.bincount(group)
        repeated = size > 1
        if not repeated.any():
            return undefined("no item was judged twice"), 0, 0
        said = np.bincount(group * 4 + self.outcome[rows], minlength=4 * len(size)).reshape(-1, 4)
        alike = (said * (said - 1)).sum(axis=1)[repeated].astype(float)
        pairs = (size * (size - 1))[repeated].astype(float)
        leader = np.zeros(len(size), dtype=np.int64)
        leader[group] = rows
        consistent = self._by_item(leader[repeated], alike / 2, pairs / 2, {})
        both_first, both_second = self._turned(rows, group, size)
        return consistent, both_first, both_second

    def _turned(self, rows: Ints, group: Ints, size: Ints) -> tuple[int, int]:
        decided = self.votes.decisive[rows] & self.ordered[rows]
        decisive = np.bincount(group, weights=decided, minlength=len(size))
        firsts = np.bincount(group, weights=self.lower_first[rows], minlength=len(size))
        won_first = np.bincount(group, weights=self.votes.first_won[rows] & decided, minlength=len(size))
        turned = (size == 2) & (decisive == 2) & (firsts == 1)
        return int((turned & (won_first == 2)).sum()), int((turned & (won_first == 0)).sum())

    def _by_item(self, rows: Ints, won: Floats, weight: Floats, dropped: dict[str, int]) -> Figure:
        assert self.item is not None
        _, place = np.unique(self.item[rows], return_inverse=True)
        place = place.reshape(-1)
        value, low, high, _ = clustered_share(
            np.bincount(place, weights=won), np.bincount(place, weights=weight), self.alpha
        )
        return Figure(value, low, high, int(weight.sum()), dropped)

    def _length(self, decisive: Ints) -> LengthPreference | None:
        if self.votes.lengths is None:
            return None
        unknown = int((~self.ordered[decisive]).sum())
        decisive = decisive[self.ordered[decisive]]
        right_first = self.votes.right_first[decisive]
        left, right = (lengths[decisive] for lengths in self.votes.lengths)
        lengths = np.where(right_first, right, left), np.where(right_first, left, right)
        quality = None
        if self.strengths is not None:
            quality = self.strengths[self.votes.first[decisive]] - self.strengths[self.votes.second[decisive]]
        clusters = self.item[decisive] if self.item is not None else np.arange(len(decisive))
        found = length_preference(self.votes.first_won[decisive], lengths, clusters, quality, self.alpha)
        return found.without(ORDER_UNKNOWN, unknown) if unknown else found


def _dropped(votes: Votes, rows: Ints) -> dict[str, int]:
    winner = votes.winner[rows]
    unknown = votes.decisive[rows] & ~votes.ordered[rows]
    said = (("tie", winner == TIE), ("both_bad", winner == BOTH_BAD), (ORDER_UNKNOWN, unknown))
    return {name: int(those.sum()) for name, those in said if those.any()}
