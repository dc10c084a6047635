"""A whole team at once: every task gets as many labels as were asked for, each by another rater, and none is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import pytest

from reviewer.store import events
from tests.server.serving import served
from tests.soak.amount import share
from tests.soak.raters import Done, work
from tests.store.filling import ask, fill, fresh

RATERS, TASKS = 64, 5000
_OVERLAP = 2
_PROCESSES = 4
_BUSY = "another program holds the store."


@pytest.mark.both_databases
def test_every_task_has_two_labels_by_two_raters(tmp_path: Path, kind_of_database: str) -> None:
    whole = share(10) == 10
    raters, tasks = (RATERS, TASKS) if whole else (16, 300)
    store = fresh(tmp_path / "home")
    queue = fill(store, items=tasks, overlap=_OVERLAP)
    with ExitStack() as stack:
        # A file is served by one process, a database by any number.
        servers = [
            stack.enter_context(served(store, tmp_path / "logs", "--rate", "0"))
            for _ in range(1 if kind_of_database == "file" else 2)
        ]
        tokens = [servers[0].token(f"rater{number:02}") for number in range(raters)]
        done = work([one.url for one in servers], tokens, queue.id, tasks, _PROCESSES if whole else 2)
        logged = [line for one in servers for line in one.logged()]
    # What waited too long for a row was asked again; anything else is a defect, whose line names it.
    busy = sum(line.get("status") == HTTPStatus.SERVICE_UNAVAILABLE for line in logged)
    assert [line for line in logged if line["level"] != "info" and line.get("what") != _BUSY] == []
    print(f"{sum(len(one.times) for one in done)} labels in {_seconds(done):.1f} s, {busy} requests were asked again")
    said = {label: rater for one in done for label, rater in one.labels.items()}
    with store.reading() as connection:
        there = list(ask(connection, "SELECT id, rater, task FROM label"))
        heads = list(ask(connection, "SELECT task, rater FROM label_head"))
        unlabelled = ask(connection, "SELECT count(*) FROM task WHERE id NOT IN (SELECT task FROM label)").fetchone()[0]
        assert events.verify(connection).faults == []
    assert {label: rater for label, rater, _ in there} == said
    assert [label for one in done for label in one.surplus] == []
    assert unlabelled == 0
    of = Counter(task for _, _, task in there)
    assert (len(of), set(of.values())) == (tasks, {_OVERLAP})
    assert len({(task, rater) for _, rater, task in there}) == len(heads) == tasks * _OVERLAP


def _seconds(done: Sequence[Done]) -> float:
    return max(one.ended for one in done) - min(one.began for one in done)
