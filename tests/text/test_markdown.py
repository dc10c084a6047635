from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reviewer.text.inline import Origin, inline
from reviewer.text.layout import Layout
from reviewer.text.split import markdown_chunks, raw_chunks
from reviewer.text.styled import Builder, Styled
from tests.text.texts import texts


def shown(text: str, width: int = 60) -> list[str]:
    layout = Layout(text, width)
    layout.finish()
    return [layout.row(index).text.rstrip() for index in range(layout.height)]


def styles(text: str, width: int = 60) -> list[tuple[str, str]]:
    layout = Layout(text, width)
    layout.finish()
    rows = [layout.row(index) for index in range(layout.height)]
    return [(row.text[span.start : span.end], span.style) for row in rows for span in row.spans]


def test_inline_styles() -> None:
    assert styles("**a** *b* ~~c~~ `d` ***e***") == [
        ("a", "strong"),
        ("b", "emphasis"),
        ("c", "strike"),
        ("d", "code"),
        ("e", "emphasis strong"),
    ]
    assert shown("snake_case_name 2*3*4 \\*not\\* &lt;b&gt; &copy;") == ["snake_case_name 234 *not* <b> ©"]


def test_links_are_shown_with_where_they_go() -> None:
    assert shown('[text](http://a.b/c "title") ![alt](x.png) <http://d.e>') == [
        'text (http://a.b/c "title") ▣ alt (x.png) http://d.e'
    ]
    assert shown("[text][ref]\n\n[ref]: http://hidden.example") == ["[text][ref]", "", "[ref]: http://hidden.example"]


def test_html_and_markup_stay_text() -> None:
    text = "<b onclick=x>hi</b> <script>alert(1)</script> [@click=app.quit]x[/] [red]y[/red]"
    assert shown(text, 100) == [text]
    assert shown("<!-- hidden -->\n\n<div>\nx\n</div>") == ["<!-- hidden -->", "", "<div>", "x", "</div>"]


def test_blocks() -> None:
    text = "# One #\n\nTwo\n---\n- a\n  - b\n\n7. c\n\n> q\n> > r\n\n***\n\n    code"
    assert shown(text) == [
        *("One", "", "Two", "• a", "  • b", "", "7. c", "", "│ q", "│ │ r", "", "─" * 40, "", "┊ code"),
    ]


def test_wrapped_rows_hang_under_their_entry() -> None:
    assert shown("- one two three\n- > four five six", 12) == [
        "• one two",
        "  three",
        "• │ four",
        "  │ five six",
    ]


def test_a_hand_wrapped_line_flows_and_a_short_one_ends() -> None:
    long = "a" * 30 + " " + "b" * 30
    assert shown(f"{long}\nc", 80) == [f"{long} c"]
    assert shown("short\nlines\nstay") == ["short", "lines", "stay"]
    assert shown("hard  \nbreak\\\nhere") == ["hard", "break", "here"]


def test_code_is_highlighted_in_a_known_language_alone() -> None:
    text = "```python\ndef f():\n\treturn 'x'\n```"
    assert shown(text) == ["┊ python", "┊ def f():", "┊     return 'x'"]
    assert ("def", "code code.keyword") in styles(text)
    assert ("'x'", "code code.string") in styles(text)
    assert {style for _, style in styles("```nosuch\nif x\n```")} == {"marker", "code.info", "code"}
    assert shown("```\nunclosed\n\nstill code") == ["┊ unclosed", "┊", "┊ still code"]


def test_tables_fit_or_wrap_or_become_records() -> None:
    text = "| Name | Meaning |\n|---|--:|\n| one | a \\| b |\n| two | quite a long meaning |"
    assert shown(text) == [
        "Name │              Meaning",
        "─────┼─────────────────────",
        "one  │                a | b",
        "two  │ quite a long meaning",
    ]
    assert shown(text, 20) == [
        "Name │       Meaning",
        "─────┼──────────────",
        "one  │         a | b",
        "two  │  quite a long",
        "     │       meaning",
    ]
    assert shown(text, 14) == ["Name: one", "Meaning: a | b", "", "Name: two", "Meaning: quite", "a long meaning"]


def test_cells_beyond_the_header_are_not_dropped() -> None:
    assert "hidden" in "".join(shown("| a |\n|---|\n| b | hidden |"))


def test_deep_nesting_hides_nothing() -> None:
    assert "hidden" in "".join(shown(">" * 60 + " hidden"))


@pytest.mark.parametrize("size", [3_000, 30_000])
def test_long_blocks_of_each_kind_are_shown_whole(size: int) -> None:
    for unit in ("word ", "- entry\n", "> quote\n", "para\n\n", "1. a\n   b\n\n", "    code\n"):
        text = unit * (size // len(unit))
        layout = Layout(text, 50)
        layout.finish()
        word = re.sub(r"\W|\d", " ", unit).split()[0]
        assert layout.text.count(word) == text.count(word)
    code = Layout("```python\n" + "x = 1\n" * (size // 6) + "```\n", 50)
    code.finish()
    assert code.text.count("x = 1") == size // 6


def test_chunks_are_cut_where_blocks_end() -> None:
    text = "a\nb\n\n- c\n\n  d\n\n```\ne\n\nf\n```\n# g\nh"
    assert [text[chunk.start : chunk.end] for chunk in markdown_chunks(text)] == [
        *("a\nb", "- c\n\n  d", "e\n\nf", "# g", "h"),
    ]


@settings(max_examples=200, deadline=None)
@given(texts)
def test_chunks_are_apart_and_leave_out_only_blanks_and_fences(text: str) -> None:
    at = 0
    for chunk in markdown_chunks(text):
        between = text[at : chunk.start]
        assert chunk.start >= at
        assert all(not line.strip(" \t\r") or "```" in line or "~~~" in line for line in between.split("\n"))
        at = max(at, chunk.end)
    assert "\n".join(text[chunk.start : chunk.end] for chunk in raw_chunks(text)) == text


def _ours(text: str) -> Styled:
    out = Builder()
    inline(text, Origin([0], [0]), out)
    return out.styled()


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["*", "**", "_", "__", " ~~a~~ ", "`", "``", " ", "a", "b", ".", "\\*", "&amp;", "“", "é", "***"]
        ),
        max_size=24,
    ).map("".join)
)
def test_emphasis_and_code_agree_with_markdown_it(text: str) -> None:
    text = text.strip()
    parser = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").disable(["link", "image"])
    names = {"strong": "strong", "em": "emphasis", "s": "strike"}
    expected: list[tuple[str, frozenset[str]]] = []
    active: list[str] = []
    for token in parser.parseInline(text)[0].children or []:
        if token.nesting == 1:
            active.append(names[token.tag])
        elif token.nesting == -1:
            active.pop()
        else:
            code = {"code"} if token.type == "code_inline" else set()
            expected += [(character, frozenset(active) | code) for character in token.content]
    styled = _ours(text)
    ours = [
        (character, frozenset(next((s.style for s in styled.spans if s.start <= at < s.end), "").split()))
        for at, character in enumerate(styled.text)
    ]
    assert ours == expected
