"""kill -9 at random moments of an import: all is visible or nothing, and a second import gives all exactly once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import orjson

from reviewer.store import queues
from reviewer.store.connection import Store
from tests.soak.amount import compiled_once, dice, share
from tests.soak.recount import check_store, label_count
from tests.store.filling import QUEUE, fill, fresh, rate, sit

ROUNDS = 40
_ROUNDS_A_STORE = 5
_ITEMS = 3000


def importing(home: Path, file: Path, queue: str) -> subprocess.Popen[bytes]:
    """The program, at work."""
    arguments = ["import", str(file), "-q", queue, "--home", str(home)]
    start = "from reviewer.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", start, *arguments],
        env=compiled_once(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> float:
    """Waits for an import to end well, and says how long that took."""
    began = time.monotonic()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()
    return time.monotonic() - began


def write_items(file: Path, prefix: str) -> None:
    """A file of items that no other file holds, but for a tenth of them, which every file has."""
    with file.open("wb") as lines:
        for number in range(_ITEMS):
            text = f"{prefix} asks {number}" if number % 10 else f"all ask {number}"
            item = {
                "id": f"i{number}",
                "prompt": text,
                "context": text * 5,
                "output": f"answer {number}",
                "system": "m",
            }
            lines.write(orjson.dumps(item) + b"\n")


def visible(store: Store, queue: str) -> int:
    """How many tasks a rater would find in the queue, which may not be there."""
    with store.reading() as connection:
        found = queues.find(connection, queue)
    return found.size if found else 0


def assert_whole(store: Store, queue: str) -> None:
    """The queue holds each of its items once, and no row of an import is left over."""
    with closing(store.connect()) as connection:
        tasks = connection.execute(
            "SELECT count(*), count(DISTINCT task.key), count(DISTINCT task.position), max(task.position) "
            "FROM task JOIN queue ON queue.id = task.queue WHERE queue.name = ?",
            (queue,),
        ).fetchone()
        assert tasks == (_ITEMS, _ITEMS, _ITEMS, _ITEMS - 1)
        without_task = "SELECT count(*) FROM output WHERE id NOT IN (SELECT output FROM task_output)"
        assert connection.execute(without_task).fetchone() == (0,)
        without_key = "SELECT count(*) FROM item WHERE id NOT IN (SELECT item FROM dataset_item)"
        assert connection.execute(without_key).fetchone() == (0,)


def rated_store(home: Path) -> Store:
    """A store in which somebody has worked already."""
    store = fresh(home)
    fill(store)
    sitting = sit(store)
    rate(sitting, 3, 4)
    assert sitting.close()
    return store


def test_kill_at_random_moments_of_an_import(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    write_items(file, "first")
    store = rated_store(tmp_path / "home")
    usual = finish(importing(store.path.parent, file, "first"))
    for number in range(share(ROUNDS)):
        if number and number % _ROUNDS_A_STORE == 0:  # what is examined after each round does not grow without end
            store = rated_store(tmp_path / f"home-{number}")
        kill_one(store, file, usual, dice("import", number), f"queue-{number}")
        assert visible(store, QUEUE) == 5
        assert label_count(store.path) == 2


def kill_one(store: Store, file: Path, usual: float, chance: random.Random, queue: str) -> None:
    """Kills one import, looks what is visible of it, and runs it again to its end."""
    write_items(file, queue)
    process = importing(store.path.parent, file, queue)
    time.sleep(chance.uniform(0.2, 1.1) * usual)
    process.kill()
    process.communicate()
    check_store(store.path)
    assert visible(store, queue) in (0, _ITEMS)
    finish(importing(store.path.parent, file, queue))
    assert visible(store, queue) == _ITEMS
    assert_whole(store, queue)
    check_store(store.path)
