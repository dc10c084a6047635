"""A logistic regression with standard errors that let observations of one cluster hang together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reviewer.measure.arrays import Floats, Ints

_STEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Logistic:
    """Coefficients, their plain errors, and their errors with clusters."""

    coefficients: Floats
    errors: Floats
    clustered_errors: Floats
    loglik: float


def logistic(y: Floats, columns: Floats, clusters: Ints) -> Logistic | None:
    """Maximum likelihood by Newton; None where it has no finite estimate (separation, or columns that depend).

    The sandwich of Liang & Zeger (1986 Biometrika 73) with the factor G/(G−1) · (n−1)/(n−k) that is usual for it.
    """
    n, size = columns.shape
    groups, group = np.unique(clusters, return_inverse=True)
    if n <= size or len(groups) < 2 or np.linalg.matrix_rank(columns) < size:
        return None
    scale = np.maximum(np.abs(columns).max(axis=0), 1e-300)
    scaled = columns / scale
    beta = np.zeros(size)
    for _ in range(_STEPS):
        p = 0.5 + 0.5 * np.tanh(scaled @ beta / 2)
        hessian = (scaled * (p * (1 - p))[:, None]).T @ scaled
        if np.linalg.cond(hessian) > 1e12:
            return None
        step = np.linalg.solve(hessian, scaled.T @ (y - p))
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
        beta += step
        if np.abs(step).max() < 1e-10:
            break
    else:
        return None
    p = 0.5 + 0.5 * np.tanh(scaled @ beta / 2)
    bread = np.linalg.inv((scaled * (p * (1 - p))[:, None]).T @ scaled)
    scores = np.zeros((len(groups), size))
    np.add.at(scores, group.reshape(-1), scaled * (y - p)[:, None])
    factor = len(groups) / (len(groups) - 1) * (n - 1) / (n - size)
    sandwich = factor * bread @ (scores.T @ scores) @ bread
    margin = scaled @ beta
    return Logistic(
        beta / scale,
        np.sqrt(np.diag(bread)) / scale,
        np.sqrt(np.diag(sandwich)) / scale,
        float((y * margin - np.logaddexp(0, margin)).sum()),
    )
