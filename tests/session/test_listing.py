from __future__ import annotations

import pytest

from reviewer.session.listing import FILTERS, places, rows, search_places
from reviewer.session.sitting import Sitting
from reviewer.store import queues
from reviewer.store.connection import Store
from tests.store.filling import add_items, fill, new_item, rate, record, sit

pytestmark = pytest.mark.both_databases


@pytest.fixture
def sitting(store: Store) -> Sitting:
    """Eight items in the order of import: 0 and 1 submitted, 1 flagged, 2 skipped, 3 abstained, 5 with a draft."""
    fill(store, items=8, shuffle=False)
    sitting = sit(store)
    rate(sitting, 1)
    sitting.toggle_flag()
    rate(sitting, 2)
    sitting.skip("too long")
    sitting.abstain("not my field")
    sitting.go_to(5)
    sitting.work.notes = "later"
    sitting.touch()
    sitting.go_to(4)
    sitting.drain(10)
    return sitting


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("all", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("open", [4, 5, 6, 7]),
        ("submitted", [0, 1]),
        ("skipped", [2]),
        ("abstained", [3]),
        ("sent_back", []),
        ("flagged", [1]),
        ("draft", [5]),
    ],
)
def test_places_by_state(sitting: Sitting, state: str, expected: list[int]) -> None:
    assert places(sitting, state, 0, 100) == expected
    for start in range(8):
        assert places(sitting, state, start, 2) == [seq for seq in expected if seq >= start][:2]
    assert sitting.close()


def test_every_filter_is_tried_above() -> None:
    assert set(FILTERS) == {"all", "open", "submitted", "skipped", "abstained", "sent_back", "flagged", "draft"}


def test_rows_say_state_flag_and_opening_and_no_key_while_sealed(sitting: Sitting) -> None:
    shown = rows(sitting, [0, 1, 2, 4])
    assert [(row.seq, row.state, row.flagged) for row in shown] == [
        (0, "submitted", False),
        (1, "submitted", True),
        (2, "skipped", False),
        (4, "open", False),
    ]
    assert shown[2].opening == "What does note 2 say?"
    assert {row.name for row in shown} == {""}
    assert sitting.close()


def test_rows_name_items_once_revealed(store: Store) -> None:
    fill(store, items=2, shuffle=False, blind=False)
    sitting = sit(store)
    assert [row.name for row in rows(sitting, [0, 1])] == ["item-0000", "item-0001"]
    assert sitting.close()


@pytest.mark.parametrize(
    ("prompt", "opening"),
    [
        ('He said "no"\nand left \\ it', 'He said "no"\nand left \\ it'),
        ("漢字 👩‍🔬 é" * 3, "漢字 👩‍🔬 é" * 3),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        (" ", " "),
    ],
)
def test_openings_are_the_prompts_own_words(store: Store, prompt: str, opening: str) -> None:
    queue = fill(store, items=0)
    add_items(store, queue, [new_item(0, prompt=prompt)])
    sitting = sit(store)
    assert rows(sitting, [0])[0].opening == opening
    assert sitting.close()


@pytest.mark.parametrize("unit", ["a", "é", "\n", '"', "\\", "😀", "\\u00e9", "\x1b"])
def test_a_long_prompt_is_cut_anywhere(store: Store, unit: str) -> None:
    queue = fill(store, items=0)
    add_items(store, queue, [new_item(number, prompt="x" * number + unit * 2000) for number in range(7)])
    sitting = sit(store)
    for row in rows(sitting, list(range(7))):
        number = sitting.order.position(row.seq)
        assert ("x" * number + unit * 2000).startswith(row.opening)
        assert len(row.opening) > 80
    assert sitting.close()


def found(sitting: Sitting, needle: str) -> list[int]:
    return sorted(seq for slice_ in search_places(sitting, needle) for seq in slice_)


@pytest.mark.parametrize(
    ("needle", "expected"),
    [
        ("Answer 3 of system", [3]),
        ("answer 3 OF SYSTEM", [3]),
        ("Note 5 says 5", [5]),
        ("What does note 6", [6]),
        ("note", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("It says", []),  # the reference is not shown in this queue
        ("item-0003", []),  # nor is the key, while the queue is sealed
        ("model-0", []),
        ("%", []),
        ("_", []),
    ],
)
def test_search_finds_what_the_rater_may_see(sitting: Sitting, needle: str, expected: list[int]) -> None:
    assert found(sitting, needle) == expected
    assert sitting.close()


@pytest.mark.parametrize(
    "needle", ["100 %", "a_b", 'say "no"', "line\nbreak", "C:\\dir", "ÄRGER", "ärger", "Straße", "漢字"]
)
def test_search_takes_every_character_as_itself(store: Store, needle: str) -> None:
    queue = fill(store, items=3)
    texts = ["Was 100 % or a_b", 'They say "no"\nand line\nbreak C:\\dir', "Ärger in der Straße 漢字"]
    add_items(store, queue, [new_item(10 + number, prompt=text) for number, text in enumerate(texts)])
    add_items(store, queue, [new_item(20 + number, text=text) for number, text in enumerate(texts)])
    sitting = sit(store)
    hits = [sitting.order.position(seq) for seq in found(sitting, needle)]
    wanted = next(number for number, text in enumerate(texts) if needle.lower() in text.lower())
    assert sorted(hits) == [3 + wanted, 6 + wanted]
    assert sitting.close()


def test_keys_are_found_once_the_queue_is_revealed(store: Store) -> None:
    queue = fill(store, items=4, shuffle=False)
    with store.writing() as connection:
        queues.change(
            connection, queue, stream=store.device, actor="lead", action="queue.revealed", revealed_at="2026-11-22"
        )
    sitting = sit(store)
    assert found(sitting, "ITEM-0003") == [3]
    assert not record(store).sealed
    assert sitting.close()
