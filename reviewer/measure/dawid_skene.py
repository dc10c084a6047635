"""Dawid-Skene: what is true of each item, and how each rater errs, found together from the ratings alone.

The prevalence p_c of each point and the confusion e_cl of each rater, the probability of saying l where c is true, by
expectation and maximisation (Dawid & Skene 1979 Applied Statistics 28), in logarithms, started from vote shares. Raters
with few ratings have one accuracy each instead, and err alike towards every other point (the one-coin model).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.proportions import wilson
from reviewer.measure.verdicts import NO_RATING, Consensus, Point, Skill, Verdict, check_codes, leading

MODELS: Final = ("auto", "full", "one_coin")
FEWEST_PER_POINT: Final = 30
FEWEST_RATERS: Final = 3
# Posteriors closer than this are the same: a tie stays one through the rounding of many sums.
_TIE = 1e-6
_NO_GAIN = 1e-9
_WITH_CARE = "the probabilities are too sure of themselves where raters err alike: validate them on gold"


@dataclass(frozen=True, slots=True)
class How:
    """How to fit; raises WrongUsage for what makes no sense.

    `right` and `wrong` are a Dirichlet prior as counts put on and off each row's diagonal, 0 and 0 for none. `model`
    "auto" is the full one where raters have 30 ratings a point on average, else the one-coin.
    """

    model: str = "auto"
    right: float = 1.0
    wrong: float = 0.1
    tolerance: float = 1e-8
    most_rounds: int = 2000

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise WrongUsage(f"there is no model {self.model!r}.", mend=f"Name one of {', '.join(MODELS)}.")
        if not (0 <= self.wrong <= self.right < float("inf")) or (self.right > 0) != (self.wrong > 0):
            raise WrongUsage("a prior favours what is right, and is 0 on both sides or none.", mend="Say 1 and 0.1.")
        if not 0 < self.tolerance < 1 or self.most_rounds < 1:
            raise WrongUsage("a fit wants a tolerance between 0 and 1, and a round at least.", mend="1e-8 is usual.")


def dawid_skene(
    item: Ints,
    rater: Ints,
    point: Ints,
    *,
    items: Sequence[str],
    raters: Sequence[str],
    points: Sequence[Point],
    how: How | None = None,
) -> Consensus:
    """The most probable point of each item; points of equal posterior are tied, and named.

    `item`, `rater` and `point` are places in `items`, `raters` and `points`, which is the whole scale. Refused, with
    the reason, where raters are no better than chance. Raises ValueError for columns that do not fit.
    """
    how = how or How()
    if not len(item) == len(rater) == len(point):
        raise ValueError("the columns differ in length")
    for code, names in ((item, items), (rater, raters), (point, points)):
        check_codes(code, names)
    n = np.bincount(item, minlength=len(items)).astype(np.int64)
    by_rater = np.bincount(rater, minlength=len(raters)).astype(np.int64)
    blank = Consensus("dawid_skene", "Dawid-Skene", tuple(points), (), support="posterior")
    if not len(item) or len(points) < 2:
        why = "there is no rating" if not len(item) else f"the scale has the one point {points[0]}"
        return _refused(blank, items, n, why)
    one_coin = how.model == "one_coin" or (how.model == "auto" and _few(by_rater, len(points)))
    rated = n > 0
    place = np.cumsum(rated) - 1
    em = _Maximiser(place[item], rater, point, (int(rated.sum()), len(raters), len(points)), one_coin, how)
    rounds, converged = em.run()
    seen = np.bincount(point, minlength=len(points)) > 0
    gain = em.gain(seen)
    worse = (gain <= _NO_GAIN) & (by_rater > 0)
    warnings = _warnings(n, by_rater, seen, worse, raters, points)
    if not converged:
        warnings.append(f"not settled after {rounds:,} rounds")
    told = replace(blank, words=_words(one_coin, how, len(points)), warnings=tuple(warnings), rounds=rounds)
    if np.average(gain, weights=by_rater) <= _NO_GAIN:
        return _refused(told, items, n, "the raters are no better than chance, so that points could change places")
    posterior = np.zeros((len(items), len(points)))
    posterior[rated] = em.posterior
    best = posterior.max(axis=1)
    of, which = np.nonzero((posterior >= best[:, None] - _TIE) & rated[:, None])
    return replace(
        told,
        verdicts=leading(items, points, n, of, which, best),
        skills=_skills(em, rater, posterior[item, point], raters, worse),
        prevalence=tuple(em.prevalence.tolist()),
        posterior=posterior,
        log_likelihood=em.log_likelihood,
    )


class _Maximiser:
    """Expectation and maximisation by turns, on the items that were rated."""

    def __init__(
        self, item: Ints, rater: Ints, point: Ints, sizes: tuple[int, int, int], one_coin: bool, how: How
    ) -> None:
        from scipy.sparse import csr_array

        items, self.raters, self.points = sizes
        self.one_coin, self.how = one_coin, how
        said = rater.astype(np.int64) * self.points + point
        shape = items, self.raters * self.points
        self.votes: Any = csr_array((np.ones(len(item)), (item, said)), shape=shape)
        self.given: Any = self.votes.T.tocsr()
        shares = self.votes @ np.tile(np.eye(self.points), (self.raters, 1))
        self.posterior: Floats = shares / shares.sum(axis=1, keepdims=True)
        self.log_likelihood = -np.inf
        self.maximise()

    def run(self) -> tuple[int, bool]:
        """How many rounds were made, and whether the last one changed next to nothing."""
        before = -np.inf
        for done in range(1, self.how.most_rounds + 1):
            self.expect()
            # What rises from round to round is the likelihood with the prior in it.
            now = self.log_likelihood + self.prior
            if abs(now - before) <= self.how.tolerance * abs(now):
                return done, True
            before = now
            self.maximise()
        return self.how.most_rounds, False

    def maximise(self) -> None:
        """The prevalence and the confusion (rater, true, said) that the posterior makes most likely."""
        self.prevalence: Floats = self.posterior.mean(axis=0)
        self.confusion: Floats = self._confusion(self.how.right, self.how.wrong)
        with np.errstate(divide="ignore"):
            self.log_confusion: Floats = np.log(self.confusion)

    def expect(self) -> None:
        """The posterior of each point for each item, and the likelihood of what was said."""
        by_said = self.log_confusion.transpose(0, 2, 1).reshape(-1, self.points)
        with np.errstate(divide="ignore"):
            joint = self.votes @ by_said + np.log(self.prevalence)
        top = joint.max(axis=1, keepdims=True)
        likely = np.exp(joint - top)
        total = likely.sum(axis=1, keepdims=True)
        self.posterior = likely / total
        self.log_likelihood = float((top + np.log(total)).sum())

    @property
    def prior(self) -> float:
        """The logarithm of the prior, but for a constant."""
        if not self.how.right:
            return 0.0
        rows = self.log_confusion[:, :1] if self.one_coin else self.log_confusion
        on = np.einsum("wcc->", self.log_confusion[:, : rows.shape[1], : rows.shape[1]])
        return float(self.how.wrong * rows.sum() + (self.how.right - self.how.wrong) * on)

    def gain(self, seen: Flags) -> Floats:
        """How far each rater's diagonal lies above the rest of its rows, on the points given, without the prior."""
        on = np.einsum("wcc->wc", self._confusion(0.0, 0.0))[:, seen].mean(axis=1)
        gain: Floats = on - (1 - on) / (self.points - 1)
        return gain

    def _confusion(self, right: float, wrong: float) -> Floats:
        counts = (self.given @ self.posterior).reshape(self.raters, self.points, self.points).transpose(0, 2, 1)
        return self._pooled(counts, right, wrong) if self.one_coin else self._shares(counts, right, wrong)

    def _shares(self, counts: Floats, right: float, wrong: float) -> Floats:
        weighed = counts + wrong + (right - wrong) * np.eye(self.points)
        total = weighed.sum(axis=2, keepdims=True)
        # Without a prior, nothing is known of what a rater says of a point that none of their items has.
        shares: Floats = np.divide(weighed, total, out=np.full_like(weighed, 1 / self.points), where=total > 0)
        return shares

    def _pooled(self, counts: Floats, right: float, wrong: float) -> Floats:
        others = self.points - 1
        correct = np.einsum("wcc->w", counts) + right
        total = counts.sum(axis=(1, 2)) + right + others * wrong
        skill = np.divide(correct, total, out=np.full(self.raters, 1 / self.points), where=total > 0)
        confusion = np.repeat(((1 - skill) / others)[:, None, None], self.points, axis=1).repeat(self.points, axis=2)
        at = np.arange(self.points)
        confusion[:, at, at] = skill[:, None]
        return confusion


def _few(by_rater: Ints, points: int) -> bool:
    return bool(by_rater[by_rater > 0].mean() < FEWEST_PER_POINT * points)


def _skills(em: _Maximiser, rater: Ints, held: Floats, raters: Sequence[str], worse: Flags) -> tuple[Skill, ...]:
    """Each rater's skill; `held` is the posterior of the point that each rating gives."""
    n = np.bincount(rater, minlength=len(raters)).tolist()
    right = np.bincount(rater, weights=held, minlength=len(raters)).tolist()
    found = []
    for at, name in enumerate(raters):
        if not n[at]:
            found.append(Skill(name, 0, undefined("they rated nothing")))
            continue
        share = min(right[at] / n[at], 1.0)
        low, high = wilson(share * n[at], n[at])
        rows = tuple(tuple(row) for row in em.confusion[at].tolist())
        found.append(Skill(name, n[at], Figure(share, low, high, n[at]), rows, bool(worse[at])))
    return tuple(found)


def _refused(blank: Consensus, items: Sequence[str], n: Ints, why: str) -> Consensus:
    each = zip(items, n.tolist(), strict=True)
    said = tuple(Verdict(name, None, many, why=why if many else NO_RATING) for name, many in each)
    return replace(blank, verdicts=said, why=why)


def _words(one_coin: bool, how: How, points: int) -> str:
    prior = f"Dirichlet prior {how.right:g} on and {how.wrong:g} off the diagonal" if how.right else "no prior"
    model = "a confusion matrix a rater"
    if one_coin:
        model = "one accuracy a rater (one-coin)"
        if how.model == "auto":
            model += f", as they have fewer than {FEWEST_PER_POINT * points:,} ratings on average"
    order = "" if points == 2 else "; it knows no order of the points"
    return f"Dawid-Skene by EM, {model}; {prior}{order}; {_WITH_CARE}"


def _warnings(
    n: Ints, by_rater: Ints, seen: Flags, worse: Flags, raters: Sequence[str], points: Sequence[Point]
) -> list[str]:
    said = []
    each = float(n[n > 0].mean())
    if each < FEWEST_RATERS:
        said.append(f"unidentified: {each:.1f} ratings an item on average, and fewer than {FEWEST_RATERS} do not tell")
    if never := [str(one)[:40] for one, given in zip(points, seen.tolist(), strict=True) if not given]:
        said.append(f"never given, and never found: {', '.join(never[:20])}")
    if poor := [name[:40] for name, below in zip(raters, worse.tolist(), strict=True) if below]:
        said.append(f"no better than chance: {', '.join(poor[:20])}")
    if idle := int((by_rater == 0).sum()):
        said.append(f"{idle:,} {'rater' if idle == 1 else 'raters'} rated nothing")
    return said
