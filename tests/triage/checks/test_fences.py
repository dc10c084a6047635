"""Blocks between fences."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reviewer.triage.checks.fences import blocks


def told(text: str) -> list[tuple[str, str]]:
    return [(block.language, text[block.start : block.end]) for block in blocks(text)]


def test_blocks_are_found_with_their_language() -> None:
    text = "So:\n```Python title=a\nx = 1\n```\nand\n~~~\n```\n~~~\n  ````json\n{}\n```\n````\n```never closed\nx"
    assert told(text) == [("python", "x = 1\n"), ("", "```\n"), ("json", "{}\n```\n")]
    assert told("```\n```") == [("", "")]
    assert told("``` ``` not one\nx = `1`") == []
    assert told("") == []


@given(st.lists(st.sampled_from(["```", "~~~", "py", "\n", " ", "x", "\r"]), max_size=40))
def test_any_text_is_taken(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = list(blocks(text))
    assert all(0 <= block.start <= block.end <= len(text) for block in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
