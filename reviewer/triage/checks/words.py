"""Words and sentences as checks see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]]*\s+|\n+")
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "no", "nos", "st", "inc", "ltd", "co", "vs", "e.g", "i.e", "art", "sec"}
)
_SUFFIXES = ("ings", "ing", "edly", "ies", "ied", "ed", "es", "s", "ly")


class Word(NamedTuple):
    """A word in a text, in lower case and as its stem."""

    text: str
    stem: str
    start: int
    end: int


def words(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words of a part of the text."""
    found = []
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        word = match.group().lower().replace("’", "'")
        found.append(Word(word, stem(word), match.start(), match.end()))
    return found


def stems(text: str) -> Iterator[str]:
    """The stems of the words of a text in order, without their places."""
    for word in _WORD.findall(text):
        yield stem(word.lower().replace("’", "'"))


def count_words(text: str) -> int:
    """How many words the text has."""
    return len(_WORD.findall(text))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each sentence; a line's end ends one."""
    begin = 0
    for match in _SENTENCE_END.finditer(text):
        if match.group().startswith(".") and _is_abbreviation(text, match.start()):
            continue
        if text[begin : match.start()].strip():
            yield begin, match.start()
        begin = match.end()
    end = len(text.rstrip().rstrip(".!?"))
    if text[begin:end].strip():
        yield begin, end


def _is_abbreviation(text: str, at: int) -> bool:
    written = text[max(0, at - 12) : at].rpartition(" ")[2]
    if len(written) == 1 and written.isupper():
        return True  # an initial
    before = written.lower()
    # "No. 5" is a number, while "The answer is no. She left." ends a sentence.
    if before in ("no", "nos"):
        return text[at + 1 : at + 4].strip()[:1].isdigit()
    return before in _ABBREVIATIONS


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The word without its commonest endings: enough to know "sanctions" for "sanction"."""
    word = word.removesuffix("'s")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            rest = word[: -len(suffix)]
            if suffix in ("ies", "ied"):
                return rest + "y"
            if suffix in ("ing", "ed", "ings") and len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "ls":
                return rest[:-1]
            return rest.removesuffix("e")
    return word.removesuffix("e") if len(word) > 3 else word
