"""What a chart does for a steady rater, by the first ratings of that rater alone: no shape of their spread is assumed.

Where the mean and the spread are estimated, a chart that takes them for known alarms too often (Jones, Champ & Rigdon
2001 Technometrics 43). So the ratings are resampled: each resample gives an estimate, with which ratings like those at
hand are watched, and the limit is set so that the rate of false alarms is right over all of them (Gandy & Kvaløy 2013
Scandinavian J. Statistics 40). The runs of each are those of a Markov chain (Brook & Evans 1972 Biometrika 59).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np

from reviewer.measure.arrays import Floats
from reviewer.measure.run_length import solved

FARTHEST: Final = 3.0
_STATES: Final = 40
_ATOMS: Final = 41
_CELLS_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Chart:
    """A CUSUM with the reference value k or, where `weight` is given, an EWMA with that weight."""

    k: float = 0.5
    weight: float | None = None

    def next(self, held: Floats, z: Floats) -> Floats:
        """Where the chart goes from what it holds."""
        gone: Floats = np.maximum(0.0, held + z - self.k)
        if self.weight is not None:
            gone = (1 - self.weight) * held + self.weight * z
        return gone


@dataclass(frozen=True, slots=True, eq=False)
class Steady:
    """A baseline: its mean, its standard deviation, the deviations that came with their shares, and resamples' own."""

    ratings: int
    mean: float
    sd: float
    atoms: Floats
    shares: Floats
    means: Floats
    sds: Floats

    @classmethod
    def of(cls, deviations: Floats, draws: int, rng: np.random.Generator) -> Steady:
        """The baseline of deviations that differ, with so many resamples. Raises ValueError where none differs."""
        n = len(deviations)
        if n < 2 or np.ptp(deviations) <= 0:
            raise ValueError("all deviations are the same")
        mean, sd = float(deviations.mean()), float(deviations.std(ddof=1))
        # Stretched, lest the resamples spread less than the estimate that they stand for.
        stretched = mean + (deviations - mean) * np.sqrt(n / (n - 1))
        atoms, shares = _atoms(stretched)
        often = rng.multinomial(n, shares, size=draws) / n
        means = often @ atoms
        variances = np.maximum(often @ np.square(atoms) - np.square(means), 0) * n / (n - 1)
        spread = variances > 1e-9 * sd**2
        return cls(n, mean, sd, atoms, shares, means[spread], np.sqrt(variances[spread]))

    def standardised(self, deviations: Floats) -> Floats:
        """The deviations in standard deviations from the mean, those beyond ± 3 put there."""
        z: Floats = np.clip((deviations - self.mean) / self.sd, -FARTHEST, FARTHEST)
        return z

    def every(self, chart: Chart, limit: float) -> float:
        """One false alarm in so many ratings, over all resamples, with charts for rises and for falls."""
        if chart.weight is not None:
            return float(1 / (1 / self._lengths(chart, limit, 0.0, 1)).mean())
        return float(1 / sum((1 / self._lengths(chart, limit, 0.0, sign)).mean() for sign in (1, -1)))

    def limit(self, chart: Chart, every: float, start: float, highest: float) -> float:
        """The limit that makes one false alarm in `every` ratings, looked for from `start` on.

        Raises ValueError where none up to `highest` does.
        """
        length = cache(partial(self.every, chart))
        low = high = start
        while length(low) > every and low > 0.01 * start:
            low, high = 0.8 * low, low
        while length(high) < every and high < highest:
            low, high = high, min(1.25 * high, highest)
        return solved(length, every, low, high, near=0.005)

    def delay(self, chart: Chart, limit: float, shift: float = 1.0) -> float:
        """The mean number of ratings until the alarm after a shift of so many standard deviations, either way."""
        return float(np.mean([self._lengths(chart, limit, shift, sign).mean() for sign in (1, -1)]))

    def _lengths(self, chart: Chart, limit: float, shift: float, sign: int) -> Floats:
        z = sign * (self.atoms[None, :] - self.means[:, None]) + shift * self.sd
        z = np.clip(z / self.sds[:, None], -FARTHEST, FARTHEST)
        at_once = max(1, _CELLS_AT_ONCE // (len(self.atoms) * (_STATES + 1)))
        parts = [
            run_lengths(chart, limit, z[begin : begin + at_once], self.shares) for begin in range(0, len(z), at_once)
        ]
        return np.concatenate(parts)


def run_lengths(chart: Chart, limit: float, z: Floats, shares: Floats) -> Floats:
    """The average run length for each row of standardised deviations, which come with their shares.

    Between its nodes the chain takes the run that is left for a straight line.
    """
    rows, states = len(z), _STATES + 1
    lowest = 0.0 if chart.weight is None else -limit
    step = (limit - lowest) / _STATES
    held: Floats = lowest + step * np.arange(states, dtype=np.float64)
    place = (chart.next(held[None, :, None], z[:, None, :]) - lowest) / step
    alive = (place < _STATES) & (place > 0 if chart.weight is not None else place >= 0)
    below = np.floor(place).astype(np.int64)
    part = (place - below)[alive]
    cell = ((np.arange(rows)[:, None, None] * states + np.arange(states)[None, :, None]) * states + below)[alive]
    share = np.broadcast_to(shares, place.shape)[alive]
    cells = rows * states * states
    moved = np.bincount(cell, share * (1 - part), minlength=cells) + np.bincount(
        cell + 1, share * part, minlength=cells
    )
    left = np.eye(states) - moved.reshape(rows, states, states)
    lengths: Floats = np.linalg.solve(left, np.ones((rows, states, 1)))[:, :, 0].astype(np.float64)
    return lengths[:, 0 if chart.weight is None else _STATES // 2]


def _atoms(deviations: Floats) -> tuple[Floats, Floats]:
    """The different deviations and their shares; many are put on a grid, each shared between its two neighbours."""
    found, often = np.unique(deviations, return_counts=True)
    if len(found) <= _ATOMS:
        return found, often / len(deviations)
    grid = np.linspace(found[0], found[-1], _ATOMS)
    place = (deviations - grid[0]) / (grid[1] - grid[0])
    below = np.clip(np.floor(place).astype(np.int64), 0, _ATOMS - 2)
    part = np.clip(place - below, 0.0, 1.0)
    shares = np.bincount(below, 1 - part, minlength=_ATOMS) + np.bincount(below + 1, part, minlength=_ATOMS)
    return grid, shares / len(deviations)
