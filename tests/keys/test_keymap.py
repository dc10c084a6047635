from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.keys import contexts
from reviewer.keys.actions import ACTIONS, BY_CONTEXT
from reviewer.keys.contexts import STACKS, Context, Stack, reasons_over, writing_over
from reviewer.keys.files import available, find, read
from reviewer.keys.keymap import load
from reviewer.keys.names import passes_text, types

DEFAULT = load()
KEYS = sorted({key for name in ACTIONS for key in DEFAULT.keys(name)} | {"B", "é", "f7", "ctrl+k"})


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("stack", "key", "action"),
    [
        (contexts.RATING, "4", "rate.digit_4"),
        (contexts.RATING, "enter", "rate.submit"),
        (contexts.RATING, "-", "rate.not_applicable"),
        (contexts.RATING, "space", "read.page_down"),
        (contexts.RATING, "left", "move.previous"),
        (contexts.RATING, "u", "move.undo"),
        (contexts.RATING, "?", "app.help"),
        (contexts.RATING, "a", None),
        (contexts.COMPARISON, "4", "compare.digit_4"),
        (contexts.COMPARISON, "0", "compare.both_bad"),
        (contexts.COMPARISON, "7", None),
        (contexts.COMPARISON, "c", "rate.correction"),
        (contexts.COMPARISON, "enter", "rate.submit"),
        (contexts.RANKING, "0", "rank.digit_0"),
        (contexts.RANKING, "backspace", "rank.take_back"),
        (contexts.RANKING, "_", None),
        (contexts.LIST, "j", "list.down"),
        (contexts.LIST, "q", "app.back"),
        (contexts.LIST, "u", None),
        (contexts.PAGE, "space", "read.page_down"),
        (contexts.PAGE, "z", None),
        (contexts.DIALOG, "3", "dialog.digit_3"),
        (contexts.DIALOG, "?", None),
        (contexts.DIALOG, "ctrl+p", None),
        (contexts.PROMPT, "3", None),
        (contexts.PROMPT, "down", "dialog.down"),
        (contexts.PROMPT, "enter", "dialog.take"),
    ],
)
def test_the_inner_context_goes_first_and_the_others_follow(stack: Stack, key: str, action: str | None) -> None:
    assert DEFAULT.action(stack, key) == action


def test_an_entry_keeps_what_writes_and_lets_the_rest_through() -> None:
    stack = writing_over(contexts.RATING)
    assert DEFAULT.action(stack, "enter") == "text.done"
    assert DEFAULT.action(stack, "ctrl+n") == "text.submit"
    assert DEFAULT.action(stack, "f4") == "text.editor"
    assert DEFAULT.action(stack, "tab") == "rate.next_criterion"
    assert DEFAULT.action(stack, "f8") == "move.previous"
    assert DEFAULT.action(stack, "ctrl+p") == "app.palette"
    for key in ("s", "4", "-", "?", "space", "up", "left", "home", "end", "backspace", "delete"):
        assert DEFAULT.action(stack, key) is None


def test_a_digit_is_a_quick_reason_only_while_nothing_else_is_written() -> None:
    assert DEFAULT.action(reasons_over(contexts.RATING), "2") == "reason.digit_2"
    assert DEFAULT.action(reasons_over(contexts.RATING), "a") is None
    assert DEFAULT.action(writing_over(contexts.RATING), "2") is None


def test_a_search_in_a_list_has_no_label_to_submit() -> None:
    assert DEFAULT.action(writing_over(contexts.LIST), "ctrl+n") is None
    assert DEFAULT.action(writing_over(contexts.LIST), "esc") == "text.done"


@given(st.sampled_from(STACKS), st.sampled_from(KEYS))
def test_what_a_key_runs_belongs_to_the_stack_and_lists_that_key(stack: Stack, key: str) -> None:
    action = DEFAULT.action(stack, key)
    if action is None:
        return
    assert ACTIONS[action].context in stack.contexts
    assert action not in stack.absent
    assert key in DEFAULT.reaching(stack, action)
    hidden = ACTIONS[action].context not in stack.answering
    assert not hidden or passes_text(key)
    assert not (stack.entry and types(key))


def test_an_unbound_key_never_reaches_past_an_entry_or_a_dialog(tmp_path: Path) -> None:
    write(tmp_path, "mine", '[text]\n"text.done" = ["esc"]\n[dialog]\n"dialog.take" = ["space"]\n')
    mine = load("mine", tmp_path)
    assert mine.action(writing_over(contexts.RATING), "enter") is None
    assert mine.action(contexts.DIALOG, "enter") is None


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    write(tmp_path, "mine", 'description = "Mine"\n[rating]\n"rate.skip" = ["S", "Shift+S"]\n"rate.note" = []\n')
    mine = load("mine", tmp_path)
    assert mine.keys("rate.skip") == ("S",)
    assert mine.keys("rate.note") == ()
    assert mine.hint("rate.note") == ""
    assert mine.keys("rate.submit") == DEFAULT.keys("rate.submit")
    assert mine.action(contexts.RATING, "s") is None
    assert (mine.name, mine.description) == ("mine", "Mine")


def test_an_action_may_be_written_without_quotes(tmp_path: Path) -> None:
    write(tmp_path, "mine", '[rating]\nrate.skip = ["S"]\n')
    assert load("mine", tmp_path).keys("rate.skip") == ("S",)


def test_ones_own_stands_before_the_shipped_and_may_extend_it(tmp_path: Path) -> None:
    write(tmp_path, "vim", 'extends = "vim"\n[rating]\n"rate.skip" = ["S"]\n')
    assert not find("vim", tmp_path).shipped
    mine = load("vim", tmp_path)
    assert mine.keys("rate.skip") == ("S",)
    assert mine.keys("read.down") == load("vim").keys("read.down")
    assert [source.name for source in available(tmp_path)].count("vim") == 1


def test_shipped_keymaps_stand_on_shipped_ones_whatever_is_in_the_home(tmp_path: Path) -> None:
    write(tmp_path, "default", '[rating]\n"rate.skip" = ["S"]\n')
    write(tmp_path, "mine", 'extends = "default"\n')
    assert load("default", tmp_path).keys("rate.skip") == ("S",)
    assert load("mine", tmp_path).keys("rate.skip") == ("S",)
    assert load("vim", tmp_path).keys("rate.skip") == ("s",)


def test_a_keymap_may_stand_alone(tmp_path: Path) -> None:
    write(tmp_path, "mine", 'extends = ""\n[rating]\n"rate.skip" = ["S"]\n')
    mine = load("mine", tmp_path)
    assert mine.keys("rate.submit") == ()


def test_no_such_keymap(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="vim"):
        load("vmi", tmp_path)
    with pytest.raises(BadInput, match="There are: "):
        load("../../etc/passwd", tmp_path)


def test_keymaps_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "one", 'extends = "two"\n')
    write(tmp_path, "two", 'extends = "one"\n')
    with pytest.raises(BadInput, match="extends itself"):
        load("one", tmp_path)


def test_a_keymap_that_cannot_be_used_names_the_line_and_the_command(tmp_path: Path) -> None:
    write(tmp_path, "mine", '[rating]\n"rate.skip" = ["f"]\n"rate.nota" = ["B"]\n')
    with pytest.raises(BadInput) as refused:
        load("mine", tmp_path)
    assert refused.value.where.endswith("mine.toml:3")
    assert "and 1 more" in refused.value.what
    assert "reviewer keymap check mine" in refused.value.mend


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rating", "not TOML"),
        ('name = "other"', "calls itself"),
        ("name = 3", "`name` is not a text"),
        ("extends = []", "`extends` is not a text"),
        ('extends = "dfault"', "Did you mean “default”"),
    ],
)
def test_a_head_that_no_keymap_can_have(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, "mine", text)
    with pytest.raises(BadInput, match=said):
        load("mine", tmp_path)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode(errors="replace"))))
def test_any_bytes_as_a_keymap_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("own") / "mine.toml"
    path.write_bytes(content)
    refusal = ""
    try:
        load("mine", path.parent)
    except BadInput as error:
        refusal = str(error)
    assert refusal.isprintable()


def test_a_description_cannot_command_the_terminal(tmp_path: Path) -> None:
    write(tmp_path, "mine", 'description = "a\\u001b[2Jb"\n')
    assert read(find("mine", tmp_path)).description == "a⟨U+001B⟩[2Jb"


def test_the_table_of_actions_is_sound() -> None:
    assert {action.context for action in ACTIONS.values()} == set(Context)
    assert sum(map(len, BY_CONTEXT.values())) == len(ACTIONS)
    for action in ACTIONS.values():
        assert action.description.endswith(".")
        assert 0 < len(action.label) <= 16
    for stack in STACKS:
        assert stack.absent <= ACTIONS.keys()
        assert list(stack.contexts) == sorted(stack.contexts, key=list(Context).index)
    assert len({stack.name for stack in STACKS}) == len(STACKS)
