"""Any rows and any bytes: what a dry run foretells is what happens, and nothing ends in a traceback."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import ReviewerError
from reviewer.exchange.intake import ImportOptions, import_items
from reviewer.exchange.registry import read
from reviewer.store.connection import Store
from tests.exchange.test_any_bytes import near_valid
from tests.exchange.test_intake import sound, tasks

ROWS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1", "2", "3"]),
        "prompt": st.sampled_from(["p", "q", ""]),
        "outputs": st.lists(
            st.fixed_dictionaries(
                {
                    "system": st.sampled_from(["a", "b"]),
                    "sample": st.sampled_from([0, 1]),
                    "text": st.sampled_from(["x", "y"]),
                }
            ),
            max_size=2,
        ),
    }
)
FILES = st.lists(st.lists(ROWS, min_size=1, max_size=7), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to copy, because making one costs more than a whole example."""
    path = tmp_path_factory.mktemp("empty") / "reviewer.db"
    Store.open(path)
    return path


@settings(max_examples=25, deadline=None)
@given(files=FILES, revise=st.booleans(), slice_rows=st.integers(1, 4))
def test_a_dry_run_foretells_what_happens(
    empty: Path, files: list[list[object]], revise: bool, slice_rows: int
) -> None:
    with TemporaryDirectory() as folder:
        home = Path(folder) / "reviewer.db"
        shutil.copy(empty, home)
        store = Store.open(home)
        for number, rows in enumerate(files):
            path = Path(folder) / f"{number}.jsonl"
            path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
            options = ImportOptions(revise=revise, slice_rows=slice_rows, dry_run=True)
            queue = "other" if number == 1 else "q"
            with read([path], format="jsonl") as reader:
                foretold = import_items(store, queue, reader, rater="lead", options=options)
            options.dry_run = False
            with read([path], format="jsonl") as reader:
                done = import_items(store, queue, reader, rater="lead", options=options)
            told = foretold.to_json() | {"rejects_file": done.rejects_file}
            assert told == done.to_json()
            assert foretold.recalled == done.recalled
        sound(store)
        answers = [(key, text) for key, _, state, text in tasks(store) if state == "open"]
        assert len({key for key, _ in answers}) <= 3


@settings(max_examples=60, deadline=None)
@given(data=near_valid() | st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused_in_a_sentence(empty: Path, data: bytes) -> None:
    with TemporaryDirectory() as folder:
        home = Path(folder) / "reviewer.db"
        shutil.copy(empty, home)
        store = Store.open(home)
        path = Path(folder) / "items"
        path.write_bytes(data)
        with suppress(ReviewerError), read([path]) as reader:
            done = import_items(store, "q", reader, rater="lead", options=ImportOptions())
            assert done.rows >= done.rejected
            if done.published:
                assert len(tasks(store)) == done.tasks
        sound(store)
