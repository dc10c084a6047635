"""Two raters in two processes at one file, as fast as it goes: every label is there and every count is right."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.store.connection import Store
from tests.soak.amount import compiled_once, share
from tests.soak.recount import check_store, label_count
from tests.store.filling import QUEUE, fill, fresh

RATERS = ("ana", "ben")
ANSWERS = 3000


@pytest.mark.parametrize("overlap", [0, 1])
def test_two_raters_hammer_one_file(tmp_path: Path, overlap: int) -> None:
    store = fresh(tmp_path / "home")
    fill(store, items=share(ANSWERS), overlap=overlap)
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.soak.hammer", str(store.path.parent), QUEUE, rater, str(share(ANSWERS))],
            env=compiled_once(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        for rater in RATERS
    ]
    saved = []
    for process in processes:
        said, complaint = process.communicate(timeout=300)
        assert process.returncode == 0, complaint.decode()
        saved.append(int(said))
    assert all(saved)
    assert label_count(store.path) == sum(saved)
    check_store(store.path)
    if overlap:
        assert_filled_once(store)


def assert_filled_once(store: Store) -> None:
    """Of the labels that fill a task, one alone counts; what came beside it is marked."""
    with closing(store.connect()) as connection:
        twice = connection.execute(
            "SELECT head.task FROM label_head AS head JOIN label ON label.id = head.label "
            "WHERE label.outcome = 'submitted' AND NOT label.surplus GROUP BY head.task HAVING count(*) > 1"
        ).fetchall()
    assert twice == []
