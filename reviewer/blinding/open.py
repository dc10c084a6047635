"""Orders where tasks are handed out as they come: the second view mirrors the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from reviewer.blinding.permutation import drawn_order, order_key
from reviewer.blinding.rotation import by_system, line_up
from reviewer.blinding.steps import Order

Standing: TypeAlias = Mapping[tuple[str, int], int]
"""How often each (system, place) was shown; place 0 is the left."""


class Offer(NamedTuple):
    """A task that could be handed out now: the systems of its slots, and the orders in which it was shown so far."""

    task: str
    systems: Sequence[str]
    earlier: Sequence[Sequence[int]] = ()


def open_order(offer: Offer, shown: Standing, seed: str, rater: str) -> Order:
    """The order of a task's slots for the rater to whom it is handed out now.

    Where one order was shown more often than its mirror, the mirror is shown: the second view always mirrors the first,
    the fourth the third. Else, of the rotations of a drawn order and their mirrors, the one is taken that leaves the
    rater's own places most even (the least sum of squares), and a tie is drawn by the seed (Efron 1971, "Forcing a
    sequential experiment to be balanced", with the coin at its sharpest).
    """
    orders = _most_even(offer, shown, seed, rater)[1]
    return orders[0] if len(orders) == 1 else drawn_order(order_key(seed, rater, offer.task, "side"), orders)[0]


def hand_out(offers: Sequence[Offer], shown: Standing, seed: str, rater: str) -> tuple[int, Order]:
    """Which of the offers leaves the rater's own places most even, the first of equals, and its order.

    Offer the eight tasks that have waited longest for another view, oldest first, and after them the next eight of the
    rater's own shuffled order that nobody was shown yet. With n tasks in the queue, one rater's |left − right| of a
    system then stayed within √n where raters work at once, and within 2√n where they come one by one, at every point of
    7,776 simulated queues of 30, 100 and 400 tasks that had no part in the choice of these bounds (2 to 6 raters, 2 or
    6 systems, one item in ten skipped, one rater in five leaving half-way). They are wide: what was usual and worst in
    the runs that tests/simulations/open_orders.py prints, of 100 / 400 / 1000 tasks, was

        raters come     views   at 99 % of points   at the worst point
        at once         1       1 / 1 / 1            2 /  2 /  2
        at once         2       1 / 1 / 1            4 /  4 /  6
        at once         3       1 / 1 / 1            5 /  6 / 12
        one by one      1       2 / 3 / 4            9 / 17 / 30
        one by one      2       1 / 1 / 1            4 /  6 / 21
        one by one      3       1 / 2 / 4           11 / 16 / 40

    No rule for the sides has a constant bound: who comes when only second views are left (after others' skips, say)
    must mirror what chance has left. Raises ValueError when nothing is offered.
    """
    if not offers:
        raise ValueError("nothing is offered")
    costs = [_most_even(offer, shown, seed, rater)[0] for offer in offers]
    chosen = costs.index(min(costs))
    return chosen, open_order(offers[chosen], shown, seed, rater)


def _most_even(offer: Offer, shown: Standing, seed: str, rater: str) -> tuple[int, list[Order]]:
    systems = offer.systems
    size = len(systems)
    totals = [sum(shown.get((system, place), 0) for place in range(size)) for system in systems]
    costs: dict[Order, int] = {}
    for order in _allowed(offer, seed, rater):
        # How much the sum of squares of each system's deviations from its mean place grows, but for constants.
        costs[order] = sum(
            size * shown.get((systems[slot], place), 0) - totals[slot] for place, slot in enumerate(order)
        )
    least = min(costs.values())
    return least, [order for order, cost in costs.items() if cost == least]


def _allowed(offer: Offer, seed: str, rater: str) -> list[Order]:
    views = Counter(map(tuple, offer.earlier))
    for order, times in views.items():
        if times > views[order[::-1]]:
            return [order[::-1]]
    size = len(offer.systems)
    if size == 2:
        return [(0, 1), (1, 0)]
    key = order_key(seed, rater, "line-up", *line_up(offer.systems))
    base = tuple(drawn_order(key, by_system(offer.systems)))
    turned = [base[turn:] + base[:turn] for turn in range(max(1, size))]
    return [*turned, *(order[::-1] for order in turned)]
