"""Why strengths cannot be estimated, in a sentence; nothing where they can."""

from __future__ import annotations

import numpy as np

from reviewer.measure.arrays import Ints
from reviewer.measure.connection import classes, order_is_confounded
from reviewer.measure.counts import ItemCounts, count
from reviewer.measure.separation import separated
from reviewer.measure.strengths import Model
from reviewer.measure.votes import Votes

_NAMED = 5


def names_of(systems: tuple[str, ...], members: Ints) -> tuple[str, ...]:
    """The names of some systems."""
    return tuple(systems[member] for member in members.tolist())


def order_effect_fault(votes: Votes) -> str:
    """Why an order effect cannot be estimated from these votes; empty if it can."""
    if not votes.ordered.any():
        return "nobody knows what was shown first"
    counts = count(votes, as_shown=True)
    if not len(counts.edges):
        return "no vote decides or ties"
    if order_is_confounded(counts.edges):
        return "the orders do not vary enough to tell the first place from the systems' strengths"
    first, second, _ = counts.total.sum(axis=0)
    if not first or not second:
        return f"the side shown {'second' if not first else 'first'} won every vote that was decided"
    return ""


def no_estimate(systems: tuple[str, ...], counts: ItemCounts, model: Model, together: list[Ints]) -> str:
    """Why the model has no finite estimate, without a full stop; empty if it has one.

    A prior gives every system one, save in an empty table.
    """
    if not counts.items:
        return "no vote decides or ties"
    if model.prior:
        return ""
    if len(together) > 1:
        told = " | ".join(_listed(names_of(systems, members)) for members in together[:_NAMED])
        more = f" | and {len(together) - _NAMED} more" if len(together) > _NAMED else ""
        return f"no vote joins these {len(together)} groups of systems: {told}{more}"
    ordered = classes(counts.edges, counts.total)
    if len(ordered) > 1:
        best = _listed(names_of(systems, ordered[0]))
        rest = _listed(names_of(systems, np.concatenate(ordered[1:])))
        return (
            f"{best} never lost or tied against {rest}, so that no finite strengths fit; more votes may change it, "
            "and a prior gives finite ones"
        )
    if (model.position or model.ties) and separated(counts.edges, counts.total, model):
        what = " and ".join(["an order effect"] * model.position + ["ties of their own"] * model.ties)
        return f"with {what} no finite strengths fit: some outcomes never occurred"
    return ""


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
