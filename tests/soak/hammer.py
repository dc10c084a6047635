"""One rater who submits as fast as the disk takes it: a process of its own in the tests of two at one file."""

from __future__ import annotations

import sys
from pathlib import Path

from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store
from tests.soak.amount import dice


def main(home: str, queue: str, rater: str, count: int) -> None:
    """Gives `count` answers and prints how many labels that made."""
    chance = dice("hammer", rater)
    sitting = Sitting.open(Store.open(Path(home) / "reviewer.db", create=False), queue, rater)
    concluded = 0
    while concluded < count and sitting.view is not None:
        act = chance.random()
        if act < 0.1:
            sitting.undo()
        sitting.work.values["score"] = chance.randint(1, 5)
        sitting.work.write_rationale("score", f"{rater} says {concluded}")
        sitting.touch()
        if act > 0.8:
            sitting.flush_draft()
        step = sitting.skip("no time") if 0.1 <= act < 0.2 else sitting.submit()
        concluded += step.moved
        sitting.drain(10)
        assert not sitting.saving.trouble, sitting.saving.trouble
    saved = sitting.saving.saved
    assert sitting.close()
    print(saved)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
