from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from reviewer.errors import BadInput
from reviewer.keys.names import (
    CANNOT_BE_SENT,
    NAMED,
    TRAPS,
    closest,
    from_terminal,
    glyph,
    is_chord,
    normalise,
    passes_text,
    printable,
    types,
    unsendable,
)


def arriving(sequence: str) -> list[str]:
    """Our names of what the toolkit makes of the bytes that a terminal sends."""
    parser = XTermParser()
    tokens = [*parser.feed(sequence), *parser.feed("")]
    return [from_terminal(token.key, token.character) for token in tokens if isinstance(token, events.Key)]


@pytest.mark.parametrize(
    ("sequence", "name"),
    [
        ("j", "j"),
        ("J", "J"),
        ("?", "?"),
        ("[", "["),
        ("/", "/"),
        ("-", "-"),
        ("_", "_"),
        ("+", "+"),
        ("é", "é"),
        ("&", "&"),
        ("あ", "あ"),
        (" ", "space"),
        ("\r", "enter"),
        ("\n", "ctrl+j"),
        ("\t", "tab"),
        ("\x1b[Z", "shift+tab"),
        ("\x7f", "backspace"),
        ("\x08", "backspace"),
        ("\x10", "ctrl+p"),
        ("\x00", "ctrl+space"),
        ("\x1c", "ctrl+\\"),
        ("\x1b", "esc"),
        ("\x1bOS", "f4"),
        ("\x1b[19~", "f8"),
        ("\x1b[5~", "pageup"),
        ("\x1b[1;5D", "ctrl+left"),
        ("\x1bj", "alt+j"),
        ("\x1bJ", "alt+J"),
    ],
)
def test_a_key_of_an_old_terminal_has_our_name(sequence: str, name: str) -> None:
    assert arriving(sequence) == [name]


@pytest.mark.parametrize(
    ("sequence", "name"),
    [
        ("\x1b[107;;107u", "k"),
        ("\x1b[107;2;75u", "K"),
        ("\x1b[47;2;63u", "?"),
        ("\x1b[50;1;233u", "é"),
        ("\x1b[32u", "space"),
        ("\x1b[32;2u", "space"),
        ("\x1b[105;5u", "tab"),
        ("\x1b[109;5u", "enter"),
        ("\x1b[91;5u", "esc"),
        ("\x1b[13;2u", "enter"),
        ("\x1b[9;2u", "shift+tab"),
        ("\x1b[106;5u", "ctrl+j"),
        ("\x1b[110;5u", "ctrl+n"),
        ("\x1b[107;3u", "alt+k"),
    ],
)
def test_the_kitty_protocol_gives_the_same_names(sequence: str, name: str) -> None:
    assert arriving(sequence) == [name]


@pytest.mark.parametrize(
    ("plain", "application", "kitty", "character"),
    [
        ("7", "\x1bOw", "\x1b[57406u", "7"),
        ("+", "\x1bOk", "\x1b[57413u", "+"),
        ("-", "\x1bOm", "\x1b[57412;;45u", "-"),
        ("*", "\x1bOj", "\x1b[57411u", "*"),
        ("/", "\x1bOo", "\x1b[57410u", "/"),
        (".", "\x1bOn", "\x1b[57409;;46u", "."),
        ("\r", "\x1bOM", "\x1b[57414u", "enter"),
    ],
)
def test_the_keypad_is_the_main_keys_whatever_the_terminal(
    plain: str, application: str, kitty: str, character: str
) -> None:
    assert arriving(plain) == arriving(application) == arriving(kitty) == [character]


@given(st.characters(exclude_categories=["C", "Z", "M"]))
def test_a_typed_character_is_its_own_name_and_survives_the_spelling(character: str) -> None:
    (name,) = arriving(character)
    assert len(name) == 1
    assert normalise(name) == name
    assert types(name)


@given(st.text(max_size=12), st.one_of(st.none(), st.characters()))
def test_no_event_upsets_the_naming(key: str, character: str | None) -> None:
    assert isinstance(from_terminal(key, character), str)


@given(st.text(max_size=12))
def test_a_spelling_is_stable_or_refused(written: str) -> None:
    try:
        name = normalise(written)
    except BadInput:
        return
    assert normalise(name) == name
    assert unsendable(name) is None
    assert name.isprintable()
    assert glyph(name).isprintable()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Escape", "esc"),
        ("RETURN", "enter"),
        ("PgDn", "pagedown"),
        ("page_up", "pageup"),
        ("Del", "delete"),
        (" ", "space"),
        ("backtab", "shift+tab"),
        ("F4", "f4"),
        ("shift+j", "J"),
        ("Ctrl+P", "ctrl+p"),
        ("control+p", "ctrl+p"),
        ("alt+shift+j", "alt+J"),
        ("+", "+"),
        ("alt++", "alt++"),
        ("e\u0301", "é"),
    ],
)
def test_other_spellings(written: str, name: str) -> None:
    assert normalise(written) == name


@pytest.mark.parametrize(
    "written",
    ["", "++", "entr", "f13", "super+a", "gg", "ctrl+", "\x1b", "\n", "\u0301", "\u00a0", "👨‍👩‍👧", "a, b", "+a"],
)
def test_what_is_no_key_is_refused_with_a_mend(written: str) -> None:
    with pytest.raises(BadInput) as refused:
        normalise(written)
    assert "is not a key" in refused.value.what
    assert refused.value.mend
    assert str(refused.value).isprintable()


def test_a_slip_of_the_pen_gets_a_suggestion() -> None:
    with pytest.raises(BadInput, match="pagedown"):
        normalise("pagedwn")


@pytest.mark.parametrize(
    "written",
    [
        *CANNOT_BE_SENT,
        "ctrl+1",
        "ctrl+;",
        "ctrl+shift+x",
        "ctrl+alt+x",
        "shift+1",
        "shift+f5",
        "ctrl+f1",
        "ctrl+insert",
        "alt+tab",
    ],
)
def test_what_terminals_cannot_send_is_refused_with_the_reason(written: str) -> None:
    with pytest.raises(BadInput, match=r"cannot be a key: .+"):
        normalise(written)


@pytest.mark.parametrize("key", [*NAMED, *TRAPS, "j", "é", "ctrl+n", "ctrl+left", "alt+j", "shift+up", "shift+tab"])
def test_what_terminals_can_send_is_taken(key: str) -> None:
    if key in {"shift+pageup", "shift+pagedown", "alt+f4"}:
        assert unsendable(key)
    else:
        assert normalise(key) == key


def test_an_open_entry_lets_through_what_does_not_write() -> None:
    through = [*(f"f{number}" for number in range(1, 13)), "tab", "shift+tab", "pageup", "pagedown", "ctrl+p"]
    assert all(map(passes_text, through))
    kept = ["a", "1", "space", "enter", "esc", "up", "left", "home", "end", "backspace", "delete", "alt+b"]
    assert not any(map(passes_text, kept))


def test_chords() -> None:
    assert all(map(is_chord, ["ctrl+p", "alt+j", "shift+tab", "J", "É"]))
    assert not any(map(is_chord, ["j", "5", "?", "enter", "+", "é", "あ"]))


def test_glyphs() -> None:
    keys = ["up", "enter", "esc", "pagedown", "f4", "J", "ctrl+p", "shift+tab", "+"]
    assert [glyph(key) for key in keys] == ["↑", "⏎", "Esc", "PgDn", "F4", "J", "Ctrl+p", "Shift+Tab", "+"]


def test_nothing_that_a_terminal_obeys_is_left_in_a_message() -> None:
    assert printable("a\x1b[2J\u202eb") == "a⟨U+001B⟩[2J⟨U+202E⟩b"
    assert closest("globl", ["global", "list"]) == "Did you mean “global”?"
    assert closest("zzz", ["global", "list"]) == ""
