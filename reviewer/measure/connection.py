"""Whether strengths can be estimated at all: the graph of who beat or tied whom."""

from __future__ import annotations

import numpy as np

from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.counts import Edges


def groups(edges: Edges, total: Floats) -> list[Ints]:
    """The systems in groups that no vote joins, the largest first."""
    return _components(_beaten(edges, total), "weak")


def classes(edges: Edges, total: Floats) -> list[Ints]:
    """The classes within which each system beat or tied each other by some chain, from the strongest down.

    A Bradley-Terry estimate exists if and only if there is one class (Ford 1957 Am. Math. Monthly 64).
    """
    beaten = _beaten(edges, total)
    found = _components(beaten, "strong")
    # In a chain of classes the one that beats into all the others stands first: it reaches the most systems.
    reach = _reach(beaten)
    return sorted(found, key=lambda members: (-int(reach[members[0]].sum()), int(members[0])))


def strongly_connected(edges: Edges, counts: Floats) -> Flags:
    """For each resample (rounds, edges, 3) whether all systems form one class."""
    forth = (counts[:, :, 0] + counts[:, :, 2]) > 0
    back = (counts[:, :, 1] + counts[:, :, 2]) > 0
    whole = np.ones((len(edges), 3))
    joined = len(groups(edges, whole)) == 1
    strong: Flags = np.asarray((forth & back).all(axis=1)) & joined
    unsure = np.flatnonzero(~strong)
    if len(unsure):
        beaten = np.zeros((len(unsure), edges.systems, edges.systems), dtype=np.float32)
        beaten[:, edges.first, edges.second] = forth[unsure]
        beaten[:, edges.second, edges.first] = np.maximum(beaten[:, edges.second, edges.first], back[unsure])
        strong[unsure] = _reaches_all(beaten) & _reaches_all(beaten.transpose(0, 2, 1))
    return strong


def order_is_confounded(edges: Edges) -> bool:
    """Whether a constant advantage of the first place cannot be told from strengths.

    It cannot if numbers can be given to the systems so that on every edge the first has one more than the second.
    """
    potential: dict[int, int] = {}
    neighbours: dict[int, list[tuple[int, int]]] = {}
    for first, second in zip(edges.first.tolist(), edges.second.tolist(), strict=True):
        neighbours.setdefault(first, []).append((second, -1))
        neighbours.setdefault(second, []).append((first, 1))
    for start in neighbours:
        if start in potential:
            continue
        potential[start] = 0
        waiting = [start]
        while waiting:
            here = waiting.pop()
            for there, step in neighbours[here]:
                if there not in potential:
                    potential[there] = potential[here] + step
                    waiting.append(there)
                elif potential[there] != potential[here] + step:
                    return False
    return True


def _beaten(edges: Edges, total: Floats) -> Floats:
    matrix = np.zeros((edges.systems, edges.systems))
    np.add.at(matrix, (edges.first, edges.second), total[:, 0] + total[:, 2])
    np.add.at(matrix, (edges.second, edges.first), total[:, 1] + total[:, 2])
    return (matrix > 0).astype(float)


def _components(beaten: Floats, kind: str) -> list[Ints]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    found, names = connected_components(csr_array(beaten), directed=True, connection=kind)
    members = [np.flatnonzero(names == name) for name in range(found)]
    return sorted(members, key=lambda one: (-len(one), int(one[0]) if len(one) else 0))


def _reach(beaten: Floats) -> Flags:
    reach = beaten + np.eye(len(beaten))
    while True:
        further = ((reach @ reach) > 0).astype(float)
        if (further == reach).all():
            reached: Flags = reach > 0
            return reached
        reach = further


def _reaches_all(beaten: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Flags:
    reached = np.zeros((len(beaten), 1, beaten.shape[1]), dtype=np.float32)
    reached[:, 0, 0] = 1
    while True:
        further = np.minimum(reached + reached @ beaten, 1)
        further = (further > 0).astype(np.float32)
        if (further == reached).all():
            complete: Flags = np.asarray(reached[:, 0, :].all(axis=1))
            return complete
        reached = further
