"""Strengths from counts: Bradley-Terry with ties as half a win, or Davidson's model, for many resamples at once.

With d the difference of two strengths on the natural-log scale (plus the advantage of the first place, where it is
estimated): Bradley & Terry (1952 Biometrika 39) P(first) = 1/(1 + e^-d), a tie counting as half a win each way;
Davidson (1970 JASA 65) first : second : tie = e^(d/2) : e^(-d/2) : nu; the order effect as in Davidson & Beaver (1977
Biometrics 33). Fitted by Newton's method, which for these concave likelihoods needs some five steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reviewer.measure.arrays import Flags, Floats
from reviewer.measure.counts import Edges

MODELS: Final = ("bradley-terry", "davidson")
TOLERANCE: Final = 1e-9
_STEPS = 60
_LONGEST_STEP = 3.0
_INFINITE = 30.0
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Model:
    """What is fitted. `prior`: wins and losses of each system against a virtual system of average strength."""

    name: str = "bradley-terry"
    position: bool = False
    prior: float = 0.0

    @property
    def ties(self) -> bool:
        """Whether ties have a parameter of their own."""
        return self.name == "davidson"


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Strengths (rounds, systems) with mean 0, and where the model has them the first place's advantage and log nu.

    `converged` is False where a round has no finite estimate; its numbers then mean nothing. Without ties in a round
    log nu is −inf, with nothing but ties +inf.
    """

    strengths: Floats
    position: Floats | None
    tie: Floats | None
    loglik: Floats
    converged: Flags

    def __len__(self) -> int:
        return len(self.strengths)


def fit(edges: Edges, counts: Floats, model: Model, start: Fitted | None = None) -> Fitted:
    """Fit each of the rounds in `counts` (rounds, edges, 3), from the one estimate `start` where it is given.

    Whether an estimate exists must be asked before (`connection`, `separation`): a round without one ends as not
    converged, or, with a prior, cannot occur.
    """
    rounds = len(counts)
    at_once = max(1, _AT_ONCE // (8 * (edges.systems**2 + 6 * len(edges) + 1)))
    parts = [_Newton(edges, counts[at : at + at_once], model, start).run() for at in range(0, rounds, at_once)]
    if not parts:
        parts = [_Newton(edges, counts, model, start).run()]
    return Fitted(
        np.concatenate([part.strengths for part in parts]),
        np.concatenate([part.position for part in parts if part.position is not None]) if model.position else None,
        np.concatenate([part.tie for part in parts if part.tie is not None]) if model.ties else None,
        np.concatenate([part.loglik for part in parts]),
        np.concatenate([part.converged for part in parts]),
    )


@dataclass(slots=True, eq=False)
class _Slopes:
    """Of each edge, in each round: the log-likelihood's derivatives by the difference d and by log nu."""

    by_d: Floats
    by_dd: Floats
    by_tie: Floats | None = None
    by_tie_tie: Floats | None = None
    by_d_tie: Floats | None = None


class _Newton:
    def __init__(self, edges: Edges, counts: Floats, model: Model, start: Fitted | None) -> None:
        self.edges = edges
        self.model = model
        self.rounds = len(counts)
        self.first, self.second, self.tied = counts[:, :, 0], counts[:, :, 1], counts[:, :, 2]
        self.n = counts.sum(axis=2)
        systems = edges.systems
        self.at_position = systems
        self.at_tie = systems + model.position
        self.theta = np.zeros((self.rounds, systems + model.position + model.ties))
        if start is not None:
            self.theta[:, :systems] = start.strengths[0]
            if start.position is not None and model.position:
                self.theta[:, self.at_position] = start.position[0]
            if start.tie is not None and model.ties:
                self.theta[:, self.at_tie] = np.clip(start.tie[0], -_INFINITE, _INFINITE)
        if model.ties:
            ties, decisive = self.tied.sum(axis=1), (self.first + self.second).sum(axis=1)
            self.no_ties, self.only_ties = ties == 0, decisive == 0
            self.held = self.no_ties | self.only_ties
            self.theta[self.no_ties, self.at_tie] = -_INFINITE
            self.theta[self.only_ties, self.at_tie] = _INFINITE
        else:
            self.won = self.first + self.tied / 2

    def run(self) -> Fitted:
        active = np.ones(self.rounds, dtype=np.bool_)
        lost = np.zeros(self.rounds, dtype=np.bool_)
        value = self.loglik(self.theta)
        for _ in range(_STEPS):
            step = self.step()
            longest = np.abs(step).max(axis=1, initial=0.0)
            step *= np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-300))[:, None]
            step[~active] = 0
            trial = self.theta + step
            gained = self.loglik(trial)
            for _halving in range(20):
                worse = gained < value - 1e-9 * (1 + np.abs(value))
                if not worse.any():
                    break
                step[worse] /= 2
                trial = self.theta + step
                gained = self.loglik(trial)
            self.theta, value = trial, gained
            lost |= np.abs(self.theta[:, : self.at_tie]).max(axis=1, initial=0.0) >= _INFINITE
            if self.model.ties:
                lost |= ~self.held & (np.abs(self.theta[:, self.at_tie]) >= _INFINITE)
            active &= (longest > TOLERANCE) & ~lost
            if not active.any():
                break
        return self._fitted(value, ~active & ~lost)

    def _fitted(self, value: Floats, converged: Flags) -> Fitted:
        strengths = self.theta[:, : self.edges.systems]
        if strengths.shape[1]:
            strengths = strengths - strengths.mean(axis=1, keepdims=True)
        tie = None
        if self.model.ties:
            tie = self.theta[:, self.at_tie].copy()
            tie[self.no_ties], tie[self.only_ties] = -np.inf, np.inf
        position = self.theta[:, self.at_position] if self.model.position else None
        return Fitted(strengths, position, tie, value, converged)

    def differences(self, theta: Floats) -> Floats:
        d: Floats = theta[:, self.edges.first] - theta[:, self.edges.second]
        return d + theta[:, self.at_position, None] if self.model.position else d

    def loglik(self, theta: Floats) -> Floats:
        d = self.differences(theta)
        if self.model.ties:
            log_nu = theta[:, self.at_tie, None]
            norm = np.logaddexp(np.logaddexp(d / 2, -d / 2), log_nu)
            each = (self.first - self.second) * d / 2 + self.tied * log_nu - self.n * norm
        else:
            each = self.won * d - self.n * np.logaddexp(0, d)
        value: Floats = each.sum(axis=1)
        if self.model.prior:
            t = theta[:, : self.edges.systems]
            value = value - self.model.prior * (np.logaddexp(0, t) + np.logaddexp(0, -t)).sum(axis=1)
        return value

    def slopes(self) -> _Slopes:
        d = self.differences(self.theta)
        if not self.model.ties:
            p = 0.5 + 0.5 * np.tanh(d / 2)
            expected = self.n * p
            return _Slopes(self.won - expected, expected * (1 - p))
        log_nu = self.theta[:, self.at_tie, None]
        norm = np.logaddexp(np.logaddexp(d / 2, -d / 2), log_nu)
        p_first, p_second, p_tie = np.exp(d / 2 - norm), np.exp(-d / 2 - norm), np.exp(log_nu - norm)
        lean = (p_first - p_second) / 2
        return _Slopes(
            by_d=(self.first - self.second) / 2 - self.n * lean,
            by_dd=self.n * ((p_first + p_second) / 4 - lean**2),
            by_tie=self.tied - self.n * p_tie,
            by_tie_tie=self.n * p_tie * (1 - p_tie),
            by_d_tie=-self.n * lean * p_tie,
        )

    def step(self) -> Floats:
        systems, size = self.edges.systems, self.theta.shape[1]
        slopes = self.slopes()
        gradient = np.zeros((self.rounds, size))
        hessian = np.zeros((self.rounds, size, size))
        gradient[:, :systems] = self._at_systems(slopes.by_d)
        strengths = self._squared(slopes.by_dd)
        if self.model.prior:
            # A win and a loss against strength 0 for each system; this fixes the location too.
            p = 0.5 + 0.5 * np.tanh(self.theta[:, :systems] / 2)
            gradient[:, :systems] += self.model.prior * (1 - 2 * p)
            strengths[:, np.arange(systems), np.arange(systems)] += 2 * self.model.prior * p * (1 - p)
        else:
            scale = np.einsum("rii->r", strengths) / max(systems, 1) ** 2 + 1e-12
            strengths += scale[:, None, None]
        hessian[:, :systems, :systems] = strengths
        if self.model.position:
            at = self.at_position
            gradient[:, at] = slopes.by_d.sum(axis=1)
            hessian[:, at, at] = slopes.by_dd.sum(axis=1)
            hessian[:, :systems, at] = hessian[:, at, :systems] = self._at_systems(slopes.by_dd)
        if slopes.by_tie is not None and slopes.by_tie_tie is not None and slopes.by_d_tie is not None:
            at = self.at_tie
            gradient[:, at] = slopes.by_tie.sum(axis=1)
            hessian[:, at, at] = slopes.by_tie_tie.sum(axis=1)
            hessian[:, :systems, at] = hessian[:, at, :systems] = self._at_systems(slopes.by_d_tie)
            if self.model.position:
                both = slopes.by_d_tie.sum(axis=1)
                hessian[:, at, self.at_position] = hessian[:, self.at_position, at] = both
            hessian[self.held, at, :] = hessian[self.held, :, at] = 0
            hessian[self.held, at, at] = 1
            gradient[self.held, at] = 0
        # Keeps a round without an estimate solvable; it moves the step of the others by less than their tolerance.
        hessian[:, np.arange(size), np.arange(size)] += 1e-12
        return np.asarray(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0], dtype=np.float64)

    def _at_systems(self, by_edge: Floats) -> Floats:
        """Sums over a system's edges, those where it stands second taken negative."""
        square = np.zeros((self.rounds, self.edges.systems, self.edges.systems))
        square[:, self.edges.first, self.edges.second] = by_edge
        summed: Floats = square.sum(axis=2) - square.sum(axis=1)
        return summed

    def _squared(self, by_edge: Floats) -> Floats:
        """The matrix of second derivatives by the strengths: a weighted Laplacian."""
        systems = self.edges.systems
        square = np.zeros((self.rounds, systems, systems))
        square[:, self.edges.first, self.edges.second] = by_edge
        square += square.transpose(0, 2, 1).copy()
        diagonal = square.sum(axis=2)
        np.negative(square, out=square)
        square[:, np.arange(systems), np.arange(systems)] += diagonal
        return square
