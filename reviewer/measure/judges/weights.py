"""The weights of judges in a vote, learned from gold: accuracy log odds, drawn to equal weights by cross-fitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure
from reviewer.measure.judges.compared import Compared, compared_scores
from reviewer.measure.judges.resampling import How, places_of
from reviewer.measure.judges.voting import Votes, of_tally, voted
from reviewer.measure.matching import share_alike

FEWEST_GOLD: Final = 50
_FOLDS: Final = 5
_STEPS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The weights of the judges, their mean being 1; equal ones where gold taught nothing, with the reason in `why`.

    `kept` is how far they follow the log odds (1) or stay equal (0). `held_out` has the votes on gold items by weights
    that were learned on others, `gain` what such weights add to equal ones.
    """

    weights: Floats
    kept: float
    accuracies: tuple[Figure, ...]
    held_out: Votes
    gain: Compared
    why: str = ""

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """The weights for a program."""
        told: dict[str, Any] = {
            "weights": dict(zip(names, self.weights.tolist(), strict=True)),
            "kept": self.kept,
            "accuracies": {name: one.to_json() for name, one in zip(names, self.accuracies, strict=True)},
            "gain": self.gain.to_json(),
        }
        return told | {"why": self.why} if self.why else told


def learned_weights(
    answers: Ints, gold: Ints, points: int, *, clusters: Ints | None = None, how: How | None = None
) -> Learned:
    """Weights by the log odds of each judge's accuracy on gold, drawn to equal ones as far as other folds advise.

    The weight is log(a (q − 1) / (1 − a)) for q points (naive Bayes with one accuracy a judge; log(a / (1 − a))
    for two), never below 0: no judge's vote is turned round. How far to follow it is chosen within the folds that
    teach it, so that `gain` is honest (nested cross-fitting; Varma & Simon 2006 BMC Bioinformatics 7). `gold` is −1
    where there is none.
    """
    how = how or How()
    judges = answers.shape[1]
    rows = np.flatnonzero((gold >= 0) & (answers >= 0).any(axis=1))
    told, meant = answers[rows], gold[rows]
    group = None if clusters is None else clusters[rows]
    accuracies = tuple(_accuracy(told[:, at], meant, how) for at in range(judges))
    equal = voted(told, points)
    place, units = places_of(group, len(rows))
    if len(rows) < FEWEST_GOLD or units < 2 * _FOLDS:
        same = compared_scores(equal.credit(meant), equal.credit(meant), clusters=group, how=how)
        why = f"{len(rows)} items with gold are too few to learn from; {FEWEST_GOLD} are the least: equal weights"
        return Learned(np.ones(judges), 0.0, accuracies, equal, same, why)
    folds = _folds(place, units, how.generator(7))
    tally = np.zeros((len(rows), points))
    for fold in range(_FOLDS):
        inside, outside = folds != fold, folds == fold
        weights, _ = _taught(told[inside], meant[inside], points, place[inside], how)
        tally[outside] = voted(told[outside], points, weights).tally
    held_out = of_tally(tally)
    gain = compared_scores(equal.credit(meant), held_out.credit(meant), clusters=group, how=how)
    weights, kept = _taught(told, meant, points, place, how)
    return Learned(weights, kept, accuracies, held_out, gain)


def _taught(answers: Ints, gold: Ints, points: int, place: Ints, how: How) -> tuple[Floats, float]:
    """The weights that these gold items teach, and how far to follow the log odds: the least that folds find best."""
    _, group = np.unique(place, return_inverse=True)
    group = group.reshape(-1)
    folds = _folds(group, int(group.max()) + 1, how.generator(8))
    credit = np.zeros(len(_STEPS))
    for fold in range(_FOLDS):
        inside, outside = folds != fold, folds == fold
        raw = _log_odds(answers[inside], gold[inside], points)
        for at, kept in enumerate(_STEPS):
            credit[at] += float(voted(answers[outside], points, _drawn(raw, kept)).credit(gold[outside]).sum())
    best = _STEPS[int(np.flatnonzero(credit >= credit.max() - 1e-9)[0])]
    return _drawn(_log_odds(answers, gold, points), best), best


def _log_odds(answers: Ints, gold: Ints, points: int) -> Floats:
    """The log odds of each judge, half a hit and half a miss being added; of a judge without gold the others' mean."""
    given = answers >= 0
    hits = ((answers == gold[:, None]) & given).sum(axis=0)
    n = given.sum(axis=0)
    accuracy = (hits + 0.5) / (n + 1)
    odds = np.maximum(np.log(accuracy * max(points - 1, 1) / (1 - accuracy)), 0.0)
    odds[n == 0] = odds[n > 0].mean() if (n > 0).any() else 1.0
    whole = float(odds.mean())
    weights: Floats = odds / whole if whole > 0 else np.ones(len(odds))
    return weights


def _drawn(weights: Floats, kept: float) -> Floats:
    drawn: Floats = kept * weights + (1 - kept) * weights.mean()
    return drawn


def _folds(place: Ints, units: int, rng: np.random.Generator) -> Ints:
    """The fold of each item, those of a cluster in one fold."""
    folds: Ints = (rng.permutation(units) % _FOLDS)[place]
    return folds


def _accuracy(said: Ints, gold: Ints, how: How) -> Figure:
    given = said >= 0
    right = (said[given] == gold[given]).astype(int).tolist()
    return share_alike(right, [1] * len(right), "the judge answered no item with gold", how.alpha)
