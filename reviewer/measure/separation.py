"""Whether a model with more than strengths (an order effect, ties of their own) has a finite estimate."""

from __future__ import annotations

import numpy as np

from reviewer.measure.arrays import Floats
from reviewer.measure.counts import Edges
from reviewer.measure.strengths import Model


def separated(edges: Edges, total: Floats, model: Model) -> bool:
    """Whether some direction of the parameters fits every vote at least as well for ever, and one vote better.

    Then the likelihood has no maximum (Albert & Anderson 1984 Biometrika 71); found by a linear programme.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, vstack

    outcomes = total.sum(axis=0)
    with_ties = model.ties and outcomes[2] > 0 and outcomes[:2].sum() > 0
    size = edges.systems + model.position + with_ties
    rows = np.arange(len(edges))

    def features(place: int) -> coo_array:
        """What an outcome's log-weight is made of: d/2, −d/2, log nu; a tie as two half wins has no weight itself."""
        if place == 2:
            cells = (np.ones(len(edges)), (rows, np.full(len(edges), size - 1)))
            return coo_array(cells, shape=(len(edges), size))
        sign = 0.5 if place == 0 else -0.5
        values = [np.full(len(edges), sign), np.full(len(edges), -sign)]
        columns = [edges.first, edges.second]
        if model.position:
            values.append(np.full(len(edges), sign))
            columns.append(np.full(len(edges), edges.systems))
        places = (np.tile(rows, len(columns)), np.concatenate(columns))
        return coo_array((np.concatenate(values), places), shape=(len(edges), size))

    weights = [features(place).tocsr() for place in ((0, 1, 2) if with_ties else (0, 1))]
    gains = []
    for place, mine in enumerate(weights):
        seen = total[:, place] > 0
        if not with_ties and not model.ties:
            seen = seen | (total[:, 2] > 0)
        gains += [(mine - other)[seen] for at, other in enumerate(weights) if at != place]
    gain = vstack(gains).tocsr()
    if not gain.shape[0]:
        return True
    found = linprog(-np.asarray(gain.sum(axis=0)).reshape(-1), A_ub=-gain, b_ub=np.zeros(gain.shape[0]), bounds=(-1, 1))
    return bool(found.fun < -1e-7)
