"""kill -9 at random moments of one who adjudicates: no decision that was shown as saved is lost, and what is golden was
decided."""

from __future__ import annotations

import random
import sys
import time
from contextlib import closing
from pathlib import Path

from reviewer.store.connection import Store
from tests.pty.terminal import Rows, Terminal
from tests.soak.amount import dice, share
from tests.soak.playing import COLUMNS, ROWS, saved_on
from tests.store.comparing import faults
from tests.store.filling import QUEUE, fill, fresh, rate, sit

ROUNDS = 40
_ROUNDS_A_STORE = 5
_ITEMS = 40
_LONGEST = 1.5
_SCORES = {"ana": 1, "ben": 3, "chi": 5}
_KEYS = {"4Rwhy\r\r": 6, "2": 2, "4Rhalf": 2, "u": 1, "]": 1, "Slook again\r": 1, "P": 1}


def disputed(folder: Path) -> Store:
    """A queue that three have rated, each item as far apart as can be."""
    store = fresh(folder)
    fill(store, items=_ITEMS)
    for name, score in _SCORES.items():
        sitting = sit(store, name)
        rate(sitting, *[score] * _ITEMS)
        assert sitting.close()
    return store


def is_up(rows: Rows) -> bool:
    """Whether a disputed item stands on the screen, or none is left."""
    return any("Score" in row or "Nothing is left" in row for row in rows)


def play(home: Path, chance: random.Random) -> int:
    """Lets the adjudicator work and kills the program at a drawn moment; returns what was shown as saved."""
    start = "from reviewer.cli import main; main()"
    arguments = ["adjudicate", QUEUE, "--rater", "lead", "--home", str(home)]
    environment = {"PYTHONDONTWRITEBYTECODE": None}
    with Terminal([sys.executable, "-c", start, *arguments], COLUMNS, ROWS, env=environment) as terminal:
        terminal.wait_for(is_up, 30)
        until = time.monotonic() + chance.uniform(0.05, _LONGEST)
        while time.monotonic() < until:
            terminal.send(chance.choices(list(_KEYS), list(_KEYS.values()))[0])
            time.sleep(chance.uniform(0, 0.03))
        terminal.kill()
        terminal.wait_exit()
        return max((saved_on(rows) for _, rows in terminal.replay() if rows), default=0)


def decisions(store: Store) -> int:
    """How many labels the adjudicator has given, revisions included."""
    with closing(store.connect()) as connection:
        return int(connection.execute("SELECT count(*) FROM label WHERE phase = 'adjudication'").fetchone()[0])


def check_golden(store: Store) -> None:
    """Each decision that counts gave its golden value, which stands, and nothing else is golden."""
    with closing(store.connect()) as connection:
        decided = connection.execute(
            "SELECT h.label FROM label_head h JOIN label l ON l.id = h.label "
            "WHERE h.phase = 'adjudication' AND l.outcome = 'submitted'"
        ).fetchall()
        golden = connection.execute(
            "SELECT source_label FROM golden WHERE retired IS NULL AND id NOT IN "
            "(SELECT supersedes FROM golden WHERE supersedes IS NOT NULL)"
        ).fetchall()
    assert sorted(golden) == sorted(decided)


def test_kill_at_random_moments_of_one_who_adjudicates(tmp_path: Path) -> None:
    for first in range(0, share(ROUNDS), _ROUNDS_A_STORE):
        home = tmp_path / f"home-{first}"
        store = disputed(home)
        before = 0
        for number in range(first, min(first + _ROUNDS_A_STORE, share(ROUNDS))):
            saved = play(home, dice("adjudicating", number))
            assert faults(store) == []
            check_golden(store)
            after = decisions(store)
            assert after - before >= saved, (number, saved)
            before = after
        assert before
