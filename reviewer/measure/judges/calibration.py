"""Whether a judge is right as often as it says: expected calibration error, Brier score, log loss.

The confidence is that of the answer that was given, of however many answers there are. The calibration error is above
0 by chance alone; beside it stands what a judge would get that is right exactly as often as it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from reviewer.measure.agreement.statistic import ratio
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.judges.resampling import How, OfSums, by_unit, figures_of, known, places_of
from reviewer.measure.proportions import wilson

BINS: Final = 10
FEWEST_IN_BIN: Final = 10
BY: Final = ("mass", "width")
_SIMULATED = 2000
_AT_ONCE = 4_000_000
_FIGURES: Final = ("ece", "brier", "log_loss", "overconfidence")


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose confidence lies above `low` and not above `high`, and how often they are right."""

    low: float
    high: float
    confidence: float
    accuracy: Figure

    def to_json(self) -> dict[str, Any]:
        """The bin for a program."""
        return {"low": self.low, "high": self.high, "confidence": self.confidence, "accuracy": self.accuracy.to_json()}


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures of calibration by bins of equal mass or equal width, and the bins that hold anything.

    `by_chance` is the error that a perfectly calibrated judge of these confidences gets: its mean, and limits between
    which it lies; `p_value` is the chance that it gets as much as was seen. `overconfidence` is the mean confidence
    less the share that is right.
    """

    by: str
    bins: tuple[Bin, ...]
    ece: Figure
    by_chance: Figure
    p_value: float | None
    brier: Figure
    log_loss: Figure
    overconfidence: Figure
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The calibration for a program."""
        told: dict[str, Any] = {
            "bins_of_equal": self.by,
            "bins": [one.to_json() for one in self.bins],
            "ece": self.ece.to_json(),
            "by_chance": self.by_chance.to_json(),
            "p_value": self.p_value,
            "brier": self.brier.to_json(),
            "log_loss": self.log_loss.to_json(),
            "overconfidence": self.overconfidence.to_json(),
        }
        return told | {"note": self.note} if self.note else told


def calibration(
    confidence: ArrayLike,
    correct: ArrayLike,
    *,
    bins: int = BINS,
    by: str = "mass",
    clusters: Ints | None = None,
    how: How | None = None,
) -> Calibration:
    """The calibration of answers: how sure the judge was (0 to 1) and whether it was right (0 or 1), NaN if not known.

    Fewer bins where they would hold fewer than ten answers each. Raises ValueError for what is no probability, no 0 or
    1, no such kind of bins, or columns that differ in length.
    """
    how = how or How()
    sure, right = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if sure.shape != right.shape or sure.ndim != 1:
        raise ValueError("the columns differ in length")
    if bins < 1:
        raise ValueError("there must be a bin")
    place, _ = places_of(clusters, len(sure))
    told = ~np.isnan(sure)
    both = told & ~np.isnan(right)
    dropped = known(no_confidence=int((~told).sum()), not_known_whether_right=int((told & ~both).sum()))
    sure, right = sure[both], right[both]
    if ((sure < 0) | (sure > 1)).any():
        raise ValueError("a confidence lies from 0 to 1")
    if not np.isin(right, (0.0, 1.0)).all():
        raise ValueError("right is 1 and wrong is 0")
    n = len(sure)
    if not n:
        none = undefined("no answer has a confidence and is known to be right or wrong", dropped=dropped)
        return Calibration(by, (), none, none, None, none, none, none)
    few = max(1, min(bins, n // FEWEST_IN_BIN))
    ends = bin_ends(sure, few, by)
    at = binned(sure, ends)
    group, units = places_of(place[both], n)
    statistic = _statistic(sure, right, at, len(ends) - 1, group, units)
    lost = int((_log_losses(sure, right) == np.inf).sum())
    why = f"{lost:,} answers of full confidence are wrong: the loss is infinite"
    found = figures_of(statistic, how, n, dropped=dropped, why=why)
    chance, p_value = _by_chance(sure, at, len(ends) - 1, float(found["ece"].value or 0.0), how)
    return Calibration(
        by,
        _bins(sure, right, at, ends, how.alpha),
        found["ece"],
        Figure(*chance, n, dropped),
        p_value,
        found["brier"],
        found["log_loss"],
        found["overconfidence"],
        _note(bins, few, ends),
    )


def bin_ends(confidence: Floats, bins: int, by: str) -> Floats:
    """The ends of bins, each open below and closed above; 0 belongs to the first. Raises ValueError for no such kind.

    Equal confidences are never parted, so that there may be fewer bins of equal mass than were asked for.
    """
    if by == "width":
        ends: Floats = np.linspace(0.0, 1.0, bins + 1)
        return ends
    if by != "mass":
        raise ValueError(f"there are no bins of equal {by}")
    ordered = np.sort(confidence)
    last = np.ceil(len(ordered) * np.arange(1, bins + 1) / bins).astype(np.int64) - 1
    uppers = np.unique(ordered[np.maximum(last, 0)])
    return np.concatenate([[0.0], uppers[uppers > 0]]) if uppers[-1] > 0 else np.array([0.0, 1.0])


def binned(confidence: Floats, ends: Floats) -> Ints:
    """The place of each answer's bin."""
    # Ends such as 3 × 0.1 lie beside the number that is meant, and a confidence at an end belongs below it.
    at = np.searchsorted(ends[1:] + 1e-12, confidence)
    return np.minimum(at, len(ends) - 2).astype(np.int64)


def calibration_error(confidence: Floats, correct: Floats, ends: Floats) -> float:
    """The expected calibration error, Σ |Σ right − confidence| / n (Naeini et al. 2015 AAAI; Guo et al. 2017 ICML)."""
    gaps = np.bincount(binned(confidence, ends), weights=correct - confidence, minlength=len(ends) - 1)
    return float(np.abs(gaps).sum()) / len(confidence)


def _log_losses(sure: Floats, right: Floats) -> Floats:
    said = np.where(right == 1, sure, 1 - sure)
    losses: Floats = -np.log(said, out=np.full(len(said), -np.inf), where=said > 0)
    return losses


def _statistic(sure: Floats, right: Floats, at: Ints, bins: int, place: Ints, units: int) -> OfSums:
    gaps = np.zeros((len(sure), bins))
    gaps[np.arange(len(sure)), at] = right - sure
    losses = _log_losses(sure, right)
    finite = bool(np.isfinite(losses).all())
    others = np.column_stack([np.square(right - sure), losses if finite else np.zeros(len(sure)), np.ones(len(sure))])

    def figures(sums: Floats) -> Floats:
        n = sums[:, -1]
        ece = ratio(np.abs(sums[:, :bins]).sum(axis=1), n)
        loss = ratio(sums[:, bins + 1], n) if finite else np.full(len(n), np.nan)
        return np.column_stack([ece, ratio(sums[:, bins], n), loss, -ratio(sums[:, :bins].sum(axis=1), n)])

    return OfSums(by_unit(np.column_stack([gaps, others]), place, units), _FIGURES, figures)


def _by_chance(sure: Floats, at: Ints, bins: int, seen: float, how: How) -> tuple[tuple[float, float, float], float]:
    """The error of simulated judges that are right as often as they say: mean, limits, and how often it is `seen`."""
    rng = how.generator(1)
    order = np.argsort(at, kind="stable")
    ordered = sure[order]
    starts = np.searchsorted(at[order], np.arange(bins))
    held = np.flatnonzero(np.bincount(at, minlength=bins))
    errors = []
    at_once = max(1, _AT_ONCE // len(sure))
    for begin in range(0, _SIMULATED, at_once):
        drawn = rng.random((min(at_once, _SIMULATED - begin), len(sure)))
        gaps = np.add.reduceat((drawn < ordered) - ordered, starts[held], axis=1)
        errors.append(np.abs(gaps).sum(axis=1) / len(sure))
    error = np.concatenate(errors)
    low, high = np.quantile(error, [how.alpha / 2, 1 - how.alpha / 2])
    p_value = (1 + int((error >= seen - 1e-12).sum())) / (1 + len(error))
    return (float(error.mean()), float(low), float(high)), p_value


def _bins(sure: Floats, right: Floats, at: Ints, ends: Floats, alpha: float) -> tuple[Bin, ...]:
    number = np.bincount(at, minlength=len(ends) - 1)
    sums = np.bincount(at, weights=sure, minlength=len(ends) - 1)
    won = np.bincount(at, weights=right, minlength=len(ends) - 1)
    return tuple(
        Bin(
            float(ends[one]),
            float(ends[one + 1]),
            float(sums[one] / number[one]),
            Figure(float(won[one] / number[one]), *wilson(float(won[one]), int(number[one]), alpha), int(number[one])),
        )
        for one in np.flatnonzero(number).tolist()
    )


def _note(asked: int, few: int, ends: Floats) -> str:
    if few < asked:
        return f"{few} bins for {asked}, lest they hold fewer than {FEWEST_IN_BIN} answers"
    if len(ends) - 1 < asked:
        return f"{len(ends) - 1} bins for {asked}: many confidences are equal"
    return ""
