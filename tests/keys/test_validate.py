from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.errors import BadInput
from reviewer.keys.files import find
from reviewer.keys.problem import Problem
from reviewer.keys.validate import check, source_of


def problems(folder: Path, text: str) -> list[Problem]:
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return check(find("mine", folder), folder)


@pytest.mark.parametrize(
    ("text", "what", "mend", "line"),
    [
        ('[rating]\n\n"rate.sumbit" = ["B"]', "“rate.sumbit” is no action", "rate.submit", 3),
        ('[ratng]\n"rate.submit" = ["B"]', "“ratng” is no context", "rating", 1),
        ('[list]\n"rate.submit" = ["B"]', "no action of [list]", "[rating]", 2),
        ('[rating]\n"rate.submit" = "enter"', "are no list", '["…"]', 2),
        ('[rating]\n"rate.submit" = [1]', "are no list", '["…"]', 2),
        ('[rating]\n"rate.submit" = ["entr"]', "“entr” is not a key", "enter", 2),
        ('[rating]\n# why not\n"rate.submit" = ["ctrl+m"]', "terminals send it as enter", "another key", 3),
        ('[rating]\n"rate.submit" = ["gg"]', "“gg” is not a key", "one character", 2),
        ('rate = 3\n[rating]\n"rate.skip" = ["S"]', "outside of a context", "[rating]", None),
        ('[rating]\n"rate.flag" = ["s"]', "runs both “rate.flag” and “rate.skip”", '"rate.skip" = []', 2),
        ('[rating]\n"rate.flag" = ["B"]\n"rate.skip" = ["B"]', "runs both", "", 3),
        ('[text]\n"text.done" = []', "nothing runs “text.done”", "[text]", 2),
        ('[global]\n"app.palette" = []', "nothing runs “app.palette”", "[global]", 2),
        ('[comparison]\n"compare.left" = [":"]\n[global]\n"app.palette" = [":"]', "in comparison", "free there", 4),
    ],
)
def test_an_error_names_the_line_and_the_mend(
    tmp_path: Path, text: str, what: str, mend: str, line: int | None
) -> None:
    (error,) = [problem for problem in problems(tmp_path, text) if problem.severity == "error"]
    assert what in error.what
    assert mend in error.mend
    assert error.line == line
    assert error.file.endswith("mine.toml")
    assert str(error).startswith(error.where)


def test_all_errors_are_listed_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, '[rating]\n"rate.nota" = ["B"]\n"rate.skip" = ["ctrl+i"]\n[nowhere]\nx = 1\n')
    assert [problem.severity for problem in found] == ["error"] * 3


def test_a_shadowed_key_is_a_note(tmp_path: Path) -> None:
    (note,) = problems(tmp_path, '[rating]\n"rate.skip" = ["b", "s"]\n')
    assert note.severity == "note"
    deciding = "adjudication, adjudication of a comparison, adjudication of a ranking"
    assert note.what == f"“b” runs “rate.skip” before “read.page_up” in rating, comparison, ranking, {deciding}."
    assert note.line == 2


def test_what_an_entry_keeps_in_any_case_shadows_nothing(tmp_path: Path) -> None:
    assert problems(tmp_path, '[text]\n"text.new_line" = ["ctrl+j", "up"]\n') == []
    (note,) = problems(tmp_path, '[text]\n"text.new_line" = ["ctrl+j", "f8"]\n')
    assert "before “move.previous” in writing over rating" in note.what


def test_a_trap_is_a_note_with_its_reason(tmp_path: Path) -> None:
    (note,) = problems(tmp_path, '[rating]\n"rate.submit" = ["enter", "ctrl+s"]\n')
    assert note.severity == "note"
    assert "flow control" in note.what


def test_ones_own_keymap_may_leave_an_action_to_the_palette(tmp_path: Path) -> None:
    (note,) = problems(tmp_path, '[rating]\n"rate.note" = []\n')
    assert note.severity == "note"
    assert note.what.startswith("only the command palette runs “rate.note” in rating")


def test_an_action_whose_keys_an_inner_context_takes_is_told_so(tmp_path: Path) -> None:
    (error, *_) = problems(tmp_path, '[ranking]\n"rank.tie" = [":"]\n[global]\n"app.palette" = [":"]\n')
    assert "(an inner context takes :)" in error.what


def test_an_empty_keymap_holds(tmp_path: Path) -> None:
    assert problems(tmp_path, "") == []


def test_only_toml_files_are_keymaps(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.toml"):
        source_of(tmp_path / "mine.yaml")
