"""kill -9 at random moments of importing a pack: what is there is whole, and importing again brings all, each once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.sync.packs import opened
from reviewer.sync.unpacking import take_tasks
from tests.soak.amount import compiled_once, dice, share
from tests.store.filling import ask, fresh
from tests.sync.packed import numbered

ROUNDS = 20
_LEAST = 4
_TASKS = 2000


def importing(home: Path, pack: Path) -> subprocess.Popen[bytes]:
    """The program, at work."""
    arguments = ["--home", str(home), "pack", "import", str(pack), "--trust-key"]
    return subprocess.Popen(
        [sys.executable, "-c", "from reviewer.cli import main; main()", *arguments],
        env=compiled_once(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def there(store: Store) -> tuple[int, int, int]:
    """How many tasks, places and items are there."""
    with store.reading() as connection:
        counts = [ask(connection, f"SELECT count(*) FROM {name}").fetchone() for name in ("task", "assignment", "item")]
    tasks, places, items = (int(row[0]) for row in counts)
    return tasks, places, items


def test_a_killed_import_of_a_pack_is_whole_and_goes_on(tmp_path: Path) -> None:
    chance = dice("pack")
    pack = numbered(tmp_path / "a.pack", *range(_TASKS))
    broken_off = sum(play(tmp_path / f"home-{number}", pack, chance) for number in range(max(_LEAST, share(ROUNDS))))
    assert broken_off, "no import was caught at it"


def play(home: Path, pack: Path, chance: random.Random) -> bool:
    """Kills an import somewhere in its time, and ends it; whether it was caught half-way."""
    store = fresh(home)
    process = importing(home, pack)
    enough = chance.randrange(_TASKS)
    while process.poll() is None and there(store)[0] < enough:
        time.sleep(chance.uniform(0, 0.01))
    process.kill()
    process.communicate()
    tasks, places, items = there(store)
    assert tasks == places == items
    assert [finding for finding in examine(store) if finding.status == "fail"] == []
    with opened(pack) as found:
        taken = take_tasks(store, found, trust=True)
    assert (taken.new, taken.new + taken.again, taken.left) == (_TASKS - tasks, _TASKS, _TASKS)
    assert there(store) == (_TASKS, _TASKS, _TASKS)
    return 0 < tasks < _TASKS
