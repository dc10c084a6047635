"""Hidden repeats: tasks that a rater meets a second time, far apart and with the sides swapped."""

from __future__ import annotations

import random
from collections.abc import Sequence

from reviewer.blinding.permutation import order_key
from reviewer.blinding.steps import Step

_FAR = 200
_MOST = 0.5


def apart(size: int) -> int:
    """How many other tasks at least stand between a task and its repeat, in a sequence of `size`: 200, or a third."""
    return min(_FAR, size // 3)


def repeat_places(size: int, share: float, key: bytes) -> list[tuple[int, int]]:
    """Which tasks of a sequence of `size` come again, and when: (before which place, the place of the original).

    `share` of the tasks, rounded, come again, in order, one in each of as many equal stretches of what follows the
    first `apart(size)` places; a place of `size` means after the last. No task comes again twice. Raises ValueError for
    a share outside 0 … 0.5.
    """
    if not 0 <= share <= _MOST:
        raise ValueError("the share of repeats must lie in 0 … 0.5")
    rng = random.Random(key)
    wanted, far = round(size * share), apart(size)
    room = size - far
    originals = list(range(size))
    places: list[tuple[int, int]] = []
    for taken in range(wanted):
        before = far + 1 + rng.randrange(room * taken // wanted, room * (taken + 1) // wanted)
        # The originals used so far stand at the front of the list: a partial Fisher–Yates shuffle.
        chosen = rng.randrange(taken, before - far)
        originals[taken], originals[chosen] = originals[chosen], originals[taken]
        places.append((before, originals[taken]))
    return places


def weave_repeats(sequence: Sequence[Step], share: float, seed: str, *whose: str) -> list[Step]:
    """`sequence` with hidden repeats among it, each with the mirrored order and at least `apart(len(sequence))` steps
    after the original.

    Repeats stand outside the balance of sides: without them, the sequence is as it was. Raises ValueError for a share
    outside 0 … 0.5.
    """
    woven: list[Step] = []
    done = 0
    for before, original in repeat_places(len(sequence), share, order_key(seed, *whose, "repeats")):
        woven += sequence[done:before]
        done = before
        step = sequence[original]
        woven.append(Step(step.task, step.order[::-1], repeat=True))
    return [*woven, *sequence[done:]]
