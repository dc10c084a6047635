"""Items crossed with raters: y = mean + item + rater + rest, by REML and by least squares, the items absorbed.

With the items taken out of Henderson's equations (Searle, Casella & McCulloch 1992, ch. 7) what is left has a row a
rater, and depends on the items only through sums over those with equally many ratings: how often two raters meet on
them, and what was said there. So the likelihood costs the same for a hundred items and for a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from reviewer.measure.arrays import Floats, Ints

# The ratios of variances that are told from 0 and from infinity.
SMALLEST_RATIO: Final = 1e-8
LARGEST_RATIO: Final = 1e8
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects with the covariance of their errors, and each item's adjusted score with its standard error."""

    rater: Floats
    covariance: Floats
    score: Floats
    score_error: Floats


class Crossed:
    """Ratings laid out by item and rater, each component with a mean of its own.

    `item` and `rater` are places; every item and every rater has a rating, and `component` has a place a rater.
    """

    def __init__(self, item: Ints, rater: Ints, y: Floats, component: Ints) -> None:
        from scipy.sparse import csr_array

        self.item, self.rater = item, rater
        self.items, self.raters = int(item.max()) + 1, len(component)
        self.component = component
        self.parts = int(component.max()) + 1
        self.member: Floats = np.eye(self.parts)[component]
        # About their mean the squares lose no digits.
        self.grand = float(y.mean())
        self.y = y - self.grand
        self.by_item: Any = csr_array((np.ones(len(y)), (item, rater)), shape=(self.items, self.raters))
        self.n: Ints = np.bincount(item, minlength=self.items)
        self.often: Floats = np.bincount(rater, minlength=self.raters).astype(np.float64)
        self.total: Floats = np.bincount(item, weights=self.y, minlength=self.items).astype(np.float64)
        self.given: Floats = np.bincount(rater, weights=self.y, minlength=self.raters).astype(np.float64)
        self.squares = float(np.square(self.y).sum())
        self._lay_out()

    def __len__(self) -> int:
        return len(self.y)

    @property
    def free(self) -> int:
        """The degrees of freedom that items and raters leave."""
        return len(self) - self.items - self.raters + self.parts

    def _lay_out(self) -> None:
        """Sums over the items of each size: the raters' meetings, what was said where they were, and its square."""
        from scipy.sparse import csr_array, vstack

        sizes, self.items_of = np.unique(self.n, return_counts=True)
        self.sizes: Floats = sizes.astype(np.float64)
        met, said, squared = [], [], []
        for size in sizes.tolist():
            these = self.n == size
            rows, totals = self.by_item[these], self.total[these]
            met.append(csr_array((rows.T @ rows).reshape(1, self.raters**2)))
            said.append(rows.T @ totals)
            squared.append(float(np.square(totals).sum()))
        # Transposed, a weighted sum over the sizes is one product.
        self.met: Any = vstack(met).T.tocsr()
        self.said, self.squared = np.array(said), np.array(squared)

    def absorbed(self, weight: Floats) -> tuple[Floats, Floats]:
        """The raters' equations once `weight`, of each size of item, has taken the items out: matrix and right side."""
        matrix = -(self.met @ weight).reshape(self.raters, self.raters)
        matrix[np.arange(self.raters), np.arange(self.raters)] += self.often
        return matrix, self.given - weight @ self.said

    @cached_property
    def fixed(self) -> Effects:
        """Least squares with raters that sum to zero in each component; the errors are 0 where nothing is free."""
        inverse, effect, off = self._least
        variance = self.left / self.free if self.free > 0 else 0.0
        nothing = np.zeros((self.parts, self.raters))
        error = 1 / self.n + self.spread(inverse, nothing, np.zeros(self.parts), 1 / self.n)
        return Effects(effect, variance * inverse, off + self.grand, np.sqrt(variance * error))

    @cached_property
    def left(self) -> float:
        """The sum of squares that least squares leave."""
        _, effect, off = self._least
        return float(np.square(self.y - off[self.item] - effect[self.rater]).sum())

    @cached_property
    def _least(self) -> tuple[Floats, Floats, Floats]:
        """The inverse of the raters' equations in contrasts, the raters, and the items about the grand mean."""
        matrix, right = self.absorbed(1 / self.sizes)
        level = (self.member / self.member.sum(axis=0)) @ self.member.T
        inverse: Floats = np.linalg.inv(matrix + level) - level
        effect: Floats = inverse @ right
        off: Floats = (self.total - self.by_item @ effect) / self.n
        return inverse, effect, off

    @property
    def is_exact(self) -> bool:
        """Whether items and raters alone give the ratings, so that too little is left to be told from rounding."""
        return self.left <= self.squares / LARGEST_RATIO

    def mixed(self, of_item: float, of_rater: float) -> Mixed:
        """The model at two ratios of variances, of items and of raters to the rest."""
        return Mixed(self, of_item, of_rater)

    def deviance(self, of_item: float, of_rater: float) -> float:
        """-2 log of the restricted likelihood at two ratios, at its best over mean and scale, but for a constant."""
        from scipy.linalg import cho_factor, cho_solve

        weight = of_item / (1 + self.sizes * of_item)
        matrix, right = self.absorbed(weight)
        inner = of_rater * matrix
        inner[np.arange(self.raters), np.arange(self.raters)] += 1
        try:
            factor, lower = cho_factor(inner, check_finite=False)
            solved = cho_solve((factor, lower), np.column_stack([right, matrix @ self.member]), check_finite=False)
            through, between = self.member.T @ solved[:, 0], self.member.T @ solved[:, 1:]
            of_means = np.linalg.cholesky(between)
        except np.linalg.LinAlgError:
            return np.inf
        mean = np.linalg.solve(between, through)
        left = self.squares - weight @ self.squared - of_rater * (right @ solved[:, 0]) - mean @ through
        if left <= 0:
            return np.inf
        free = len(self) - self.parts
        logs = self.items_of @ np.log1p(self.sizes * of_item)
        logs += 2 * np.log(np.diagonal(factor)).sum() + 2 * np.log(np.diagonal(of_means)).sum()
        return float(free * np.log(left / free) + logs)

    def spread(self, raters: Floats, cross: Floats, means: Floats, weight: Floats) -> Floats:
        """The variance of (1 - n w) mean - w sum of its raters, of each item, by the covariances of these."""
        found = np.zeros(self.items)
        for start in range(0, self.items, _AT_ONCE):
            these = slice(start, start + _AT_ONCE)
            rows, w = self.by_item[these], weight[these]
            found[these] = np.square(w) * (rows * (rows @ raters)).sum(axis=1)
            if means.any():
                part = self.part_of_item[these]
                share = 1 - self.n[these] * w
                both = (rows @ cross.T)[np.arange(len(part)), part]
                found[these] += share**2 * means[part] - 2 * share * w * both
        return np.maximum(found, 0.0)

    @cached_property
    def part_of_item(self) -> Ints:
        """The component of each item."""
        part = np.zeros(self.items, dtype=np.int64)
        part[self.item] = self.component[self.rater]
        return part


class Mixed:
    """The mixed model at two ratios of variances: the means, the scale, and the best linear unbiased predictions.

    Errors are those against the panel, the mean of the raters of a component, not against all raters there could be.
    """

    def __init__(self, crossed: Crossed, of_item: float, of_rater: float) -> None:
        self.crossed, self.of_item, self.of_rater = crossed, of_item, of_rater
        size_weight = of_item / (1 + crossed.sizes * of_item)
        matrix, right = crossed.absorbed(size_weight)
        member = crossed.member
        parts, raters = crossed.parts, crossed.raters
        # Without variance between them the raters are out of the equations, not in them with an infinite weight.
        held = raters if of_rater else 0
        equations = np.zeros((parts + held, parts + held))
        equations[:parts, :parts] = member.T @ matrix @ member
        if held:
            equations[:parts, parts:] = member.T @ matrix
            equations[parts:, :parts] = matrix @ member
            equations[parts:, parts:] = matrix + np.eye(raters) / of_rater
        sides = np.concatenate([member.T @ right, right[:held]])
        inverse = np.linalg.inv(equations)
        found = inverse @ sides
        self.rater = found[parts:] if held else np.zeros(raters)
        left = crossed.squares - size_weight @ crossed.squared - found @ sides
        self.rest = max(float(left), 0.0) / (len(crossed) - parts)
        self.centred = found[:parts]
        covariance = np.zeros((parts + raters, parts + raters))
        covariance[: parts + held, : parts + held] = self.rest * inverse
        # Predictions sum to zero, as deviations from these raters do: so are their errors taken, and a mean is theirs.
        turn = np.eye(parts + raters)
        turn[:parts, parts:] = (member / member.sum(axis=0)).T
        turn[parts:, parts:] -= member @ turn[:parts, parts:]
        self.covariance: Floats = turn @ covariance @ turn.T

    @property
    def means(self) -> Floats:
        """The mean of each component."""
        means: Floats = self.centred + self.crossed.grand
        return means

    @cached_property
    def effects(self) -> Effects:
        """The raters' predictions, and the items' with the mean added."""
        crossed, parts = self.crossed, self.crossed.parts
        weight: Floats = np.asarray(self.of_item / (1 + crossed.n * self.of_item), dtype=np.float64)
        mean = self.centred[crossed.part_of_item]
        item = weight * (crossed.total - crossed.n * mean - crossed.by_item @ self.rater)
        raters, cross = self.covariance[parts:, parts:], self.covariance[:parts, parts:]
        spread = crossed.spread(raters, cross, np.diagonal(self.covariance[:parts, :parts]), weight)
        error = np.sqrt(self.rest * weight + spread)
        return Effects(self.rater, raters, item + mean + crossed.grand, error)
