from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from reviewer.errors import BadInput
from reviewer.keys import contexts
from reviewer.keys.actions import ACTIONS
from reviewer.keys.cheatsheet import (
    BEGIN,
    END,
    footer,
    footer_hints,
    put_in_readme,
    readme_table,
    sections,
    unbound,
)
from reviewer.keys.contexts import STACKS, Context, Stack, writing_over
from reviewer.keys.files import available
from reviewer.keys.keymap import load

NAMES = [source.name for source in available()]
KEYMAPS = {name: load(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_help_lists_every_action_once(name: str) -> None:
    rows = [row.action for section in sections(KEYMAPS[name]) for row in section.rows]
    expected = {f"{action.family}_n" if action.family else action.name for action in ACTIONS.values()}
    assert len(rows) == len(set(rows))
    assert set(rows) == expected


def test_a_row_of_digits_is_one_line() -> None:
    rows = {row.action: row.keys for section in sections(KEYMAPS["azerty"]) for row in section.rows}
    assert rows["rate.digit_n"] == ("0–9", "à & é \" ' ( - è _ ç")
    assert rows["compare.digit_n"] == ("1–5", "& é \" ' (")


def test_the_help_of_a_screen_has_only_what_works_there() -> None:
    comparison = sections(KEYMAPS["left-hand"], contexts.COMPARISON)
    assert [section.context for section in comparison] == list(contexts.COMPARISON.contexts)
    rows = {row.action: row.keys for section in comparison for row in section.rows}
    assert "rate.digit_n" not in rows
    assert rows["rate.next_criterion"] == ("Tab", "j")
    writing = sections(KEYMAPS["default"], writing_over(contexts.RATING))
    assert "rate.skip" not in {row.action for section in writing for row in section.rows}


@given(st.sampled_from(NAMES), st.sampled_from(STACKS), st.integers(-5, 300))
def test_a_footer_fits_and_tells_the_truth(name: str, stack: Stack, width: int) -> None:
    line = footer(KEYMAPS[name], stack, width)
    assert cell_len(line) <= max(0, width)
    hints = footer_hints(KEYMAPS[name], stack, width)
    assert len(footer_hints(KEYMAPS[name], stack, width + 40)) >= len(hints)
    listed = {(row.keys[0], row.label) for section in sections(KEYMAPS[name], stack) for row in section.rows}
    assert set(hints) <= listed


def test_the_footer_begins_with_what_matters() -> None:
    assert footer(KEYMAPS["default"], contexts.RATING, 40).startswith("⏎ submit  0–9 score  ? keys")
    assert footer(KEYMAPS["left-hand"], contexts.RATING, 40).startswith("Space submit")
    assert footer(KEYMAPS["default"], contexts.DIALOG, 80) == "⏎ take  0–9 choose  Esc close"


def test_a_wide_key_is_counted_by_its_cells(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[dialog]\n"dialog.take" = ["取"]\n', encoding="utf-8")
    mine = load("mine", tmp_path)
    assert footer(mine, contexts.DIALOG, 7) == "取 take"
    assert footer(mine, contexts.DIALOG, 6) == ""


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_table_has_a_row_for_every_context(name: str) -> None:
    html = MarkdownIt().enable("table").render(readme_table(KEYMAPS[name]))
    rows = html.split("<tr>")[1:]
    assert len(rows) == 1 + len(sections(KEYMAPS[name]))
    assert {row.count("</td>") + row.count("</th>") for row in rows} == {2}


def test_keys_that_mean_something_to_markdown_stay_keys(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[rating]\n"rate.skip" = ["|", "`", "*", "<"]\n', encoding="utf-8")
    html = MarkdownIt().enable("table").render(readme_table(load("mine", tmp_path)))
    assert "<code>|</code> <code>`</code> <code>*</code> <code>&lt;</code>" in html


def test_the_table_goes_between_the_markers_and_again() -> None:
    text = f"# Keys\n\n{BEGIN}\nwhat stood here\n{END}\n\nMore.\n"
    once = put_in_readme(text, KEYMAPS["default"])
    assert once.startswith("# Keys\n\n")
    assert once.endswith("\n\nMore.\n")
    assert "what stood here" not in once
    assert "`⏎` submit" in once
    assert put_in_readme(once, KEYMAPS["default"]) == once
    with pytest.raises(BadInput, match="no place"):
        put_in_readme("# Keys\n", KEYMAPS["default"])


def test_what_has_no_key_is_known(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[rating]\n"rate.note" = []\n', encoding="utf-8")
    mine = load("mine", tmp_path)
    assert [action.name for action in unbound(mine)] == ["rate.note"]
    listed = [row.action for section in sections(mine) if section.context is Context.RATING for row in section.rows]
    assert "rate.note" not in listed
