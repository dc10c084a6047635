"""What the speed table rests on: the corpus, the reading of screens, the table."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from tests.benchmarks.corpus import CRITERIA, PANES, Corpus, mark, rows, write_items, write_labels, write_rubric
from tests.benchmarks.screens import (
    changed_beside_status,
    item_on,
    item_saved,
    item_shown,
    list_shown,
    position_on,
    saved_mark,
)
from tests.benchmarks.table import Figure, render, spread


def screen(item: int, position: int, saved: str = "saved 1", output: int | None = None) -> list[str]:
    return [
        f"{mark('P', item)} text | {mark('C', item)} text | {mark('O', output or item)} text",
        "  ".join(CRITERIA) + "  2/5",
        f"queue  {position}/500  {saved}",
    ]


@pytest.mark.parametrize("kb", [0.1, 1, 4, 200])
def test_texts_have_the_size_asked_for_and_begin_with_their_mark(kb: float) -> None:
    row = next(rows(Corpus(1, kb, kb, kb)))
    for pane, column in PANES.items():
        text = row[column]
        assert 0.95 * kb * 1000 <= len(text) <= 1.05 * kb * 1000 + 200
        assert text.removeprefix("# ").startswith(mark(pane, 1))
        assert all(mark(pane, 1) in block for block in text.split("\n\n") if not block.startswith("|"))


def test_equal_corpora_are_equal_and_other_seeds_are_not() -> None:
    one, same, other = (list(islice(rows(Corpus(9, 1, 1, 1, seed)), 9)) for seed in (1, 1, 2))
    assert one == same != other
    assert len({row["id"] for row in one}) == 9


def test_files_are_what_the_program_imports(tmp_path: Path) -> None:
    corpus = Corpus(10, 0.1, 0.1, 0.1)
    items = write_items(tmp_path / "items.jsonl", corpus).read_text("utf-8").splitlines()
    assert [json.loads(line) for line in items] == list(rows(corpus))
    labels = write_labels(tmp_path / "labels.csv", corpus, 0.5, "ann").read_text("utf-8").splitlines()
    assert labels == ["item,rater,value", *(f"item-{number:05d},ann,4" for number in range(1, 6))]
    assert write_rubric(tmp_path / "r.yaml").read_text("utf-8").startswith("name: bench\ncriteria:\n  - id: grounded")


def test_an_item_is_on_the_screen_when_every_pane_holds_it_and_no_other() -> None:
    assert item_on(screen(17, 3)) == 17
    assert item_on(screen(17, 3, output=16)) is None
    assert item_on(["P00017 C00017"]) is None


def test_the_next_item_needs_its_texts_its_form_and_its_position() -> None:
    before = screen(17, 3)
    wanted = item_shown(500, before)
    assert wanted(screen(21, 4))
    assert not wanted(screen(17, 4))
    assert not wanted(screen(21, 3))
    assert not wanted(screen(21, 4, output=17))
    assert not wanted([screen(21, 4)[0], "no form", screen(21, 4)[2]])


def test_the_position_is_the_one_of_the_queue_and_may_be_grouped() -> None:
    assert position_on(screen(17, 3), 500) == 3
    assert position_on(["item 499,999 of 1,000,000"], 1_000_000) == 499_999
    assert position_on(["2/5"], 500) is None


def test_the_saved_mark_must_stand_and_if_it_counts_must_have_counted() -> None:
    assert saved_mark(["saved"]) == "saved"
    assert [saved_mark([text]) for text in ("saving…", "1 unsaved", "not saved", "")] == [None] * 4
    wanted = item_saved(500, screen(17, 3, "saved 1"))
    assert wanted(screen(18, 4, "saved 2"))
    assert not wanted(screen(18, 4, "saved 1"))
    assert not wanted(screen(18, 4, "saving"))
    assert item_saved(500, screen(17, 3, "saved"))(screen(18, 4, "saved"))


def test_a_tick_of_the_status_line_is_no_change() -> None:
    wanted = changed_beside_status(screen(17, 3), 500)
    assert not wanted(screen(17, 3, "saved 0:17"))
    assert wanted(screen(18, 3))


def test_a_list_is_known_by_the_first_words_of_its_items() -> None:
    assert list_shown([f"1 open P{number:05d} words" for number in range(5)])
    assert not list_shown(["P00001"])


def test_the_table_says_what_held_and_what_did_not() -> None:
    held = spread("fast", [1.0, 2.0, 3.0], {"p95": 3})
    missed = spread("slow", [1.0, 2.0, 30.0], {"p95": 3, "max": 40})
    lines = render([held, missed, Figure("absent", note="why"), Figure("given", values={"p50": 248})]).splitlines()
    assert lines[2].split() == ["fast", "ms", "3", "2.00", "3.00", "3.00", "3.00", "p95≤3", "held"]
    assert lines[3].endswith("p95≤3 max≤40  MISSED")
    assert lines[4].endswith("not run (why)")
    assert Figure("given", values={"p50": 248}).verdict == ""
