"""Where two texts differ, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple
from unicodedata import normalize

from reviewer.text.styled import Span

STYLE = "differ"

_EXACT = 1 << 26
"""Two sequences are compared exactly while the product of their lengths is at most this: 8 MiB of bits."""

_FARTHEST = 64
"""A difference is moved by no more tokens than this to where a sentence begins."""

# Scripts that put no space between words: each character is compared for itself.
_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3021-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
_ALONE += "\U00020000-\U0003ffff"
# What is in no word: punctuation, symbols, pictographs. Marks and joiners of any script are in words.
_APART = (
    r"!-/:-@\[-`{-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf×÷\u055a-\u055f\u0589\u05be\u060c\u061b\u061f\u06d4\u0964\u0965"
    "\u2000-\u200b\u200e-\u206f\u20a0-\u20cf\u2100-\u2bff\u2e00-\u3004\u3008-\u3020\ufe00-\ufe0f\ufe30-\ufe6f"
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\U0001f000-\U0001faff\U000e0000-\U000e01ef"
)
_TAIL = (
    "[\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3\u20d0-\u20f0"
    "\u3099\u309a\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
_WORD = rf"[^\s{_APART}{_ALONE}]+"
_TOKEN = re.compile(
    rf"{_WORD}(?:(?:['’_]|(?<=\d)[.,](?=\d)){_WORD})*"  # a word or a figure: don't, snake_case, 1,200.50
    r"|([!-/:-@\[-`{-~])\1+"  # one mark again and again: ##, ---, ...
    r"|[\U0001f1e6-\U0001f1ff]{2}"  # a flag
    rf"|\S{_TAIL}*(?:\u200d\S{_TAIL}*)*"  # anything else, with all that is joined to it
)
_ENDS = frozenset(".!?…。！？")


class _Match(NamedTuple):
    """`length` tokens from `first` on in the one text equal those from `second` on in the other."""

    first: int
    second: int
    length: int


def differences(first: str, second: str) -> tuple[list[Span], list[Span]]:
    """The words of either text that the other does not have there, as spans of style "differ" in each.

    Words, figures, marks and, where a script puts no spaces, characters are compared; white space is not. What both
    have is a longest common subsequence, less those common words that stand lost between two longer differences. Texts
    too long for that (some 8,000 words that both know) are compared sentence by sentence first, and within what differs
    then; so time and memory stay bounded.
    """
    one, other = _Tokens(first), _Tokens(second)
    matches = _Comparison(one, other).matches()
    settled = [_Match(0, 0, 0), *_moved(_without_lost(matches, one, other), one, other)]
    settled.append(_Match(len(one.words), len(other.words), 0))
    gaps = list(pairwise(settled))
    return (
        [*one.spans((a.first + a.length, b.first) for a, b in gaps)],
        [*other.spans((a.second + a.length, b.second) for a, b in gaps)],
    )


class _Tokens:
    """A text's tokens and where they stand."""

    def __init__(self, text: str) -> None:
        found = list(_TOKEN.finditer(text))
        self.text = text
        self.words = [match.group() for match in found]
        if not text.isascii():
            # What looks the same is the same: é and e with an accent.
            self.words = [word if word.isascii() else normalize("NFC", word) for word in self.words]
        self.starts = [match.start() for match in found]
        self.ends = [match.end() for match in found]

    def spans(self, ranges: Iterator[tuple[int, int]]) -> Iterator[Span]:
        """Ranges of tokens as spans of the text; empty ones are left out."""
        for start, end in ranges:
            if start < end:
                yield Span(self.starts[start], self.ends[end - 1], STYLE)

    def extent(self, start: int, end: int) -> int:
        """How many characters the tokens from `start` up to `end` reach over."""
        return self.ends[end - 1] - self.starts[start] if start < end else 0

    def begins(self, at: int) -> bool:
        """Whether a sentence or a line begins with the token `at`."""
        if at == 0 or at == len(self.words):
            return True
        return self.words[at - 1][-1] in _ENDS or "\n" in self.text[self.ends[at - 1] : self.starts[at]]

    def sentences(self, start: int, end: int) -> list[int]:
        """Where the sentences and lines between two tokens begin, and `end`."""
        return [start, *(at for at in range(start + 1, end) if self.begins(at)), end]


class _Comparison:
    def __init__(self, one: _Tokens, other: _Tokens) -> None:
        self._one = one
        self._other = other

    def matches(self) -> list[_Match]:
        """What both have, in order and apart."""
        runs: list[list[int]] = []
        end = to = -1
        for first, second, length in self._common(0, len(self._one.words), 0, len(self._other.words)):
            if (first, second) == (end, to):
                runs[-1][2] += length
            else:
                runs.append([first, second, length])
            end, to = first + length, second + length
        return [_Match(*run) for run in runs if run[2]]

    def _common(
        self, start: int, end: int, from_: int, to: int, *, coarse: bool = True
    ) -> Iterator[tuple[int, int, int]]:
        one, other = self._one.words, self._other.words
        head = _alike(one, other, range(start, end), range(from_, to))
        yield start, from_, head
        start, from_ = start + head, from_ + head
        tail = _alike(one, other, range(end - 1, start - 1, -1), range(to - 1, from_ - 1, -1))
        end, to = end - tail, to - tail
        exact = _exact(one[start:end], other[from_:to])
        if exact is not None:
            yield from ((start + first, from_ + second, 1) for first, second in exact)
        elif coarse:
            yield from self._by_sentence(start, end, from_, to)
        yield end, to, tail

    def _by_sentence(self, start: int, end: int, from_: int, to: int) -> Iterator[tuple[int, int, int]]:
        ours, theirs = self._one.sentences(start, end), self._other.sentences(from_, to)
        common = _exact(
            [tuple(self._one.words[a:b]) for a, b in pairwise(ours)],
            [tuple(self._other.words[a:b]) for a, b in pairwise(theirs)],
        )
        for first, second in common or ():
            yield from self._common(start, ours[first], from_, theirs[second], coarse=False)
            length = ours[first + 1] - ours[first]
            yield ours[first], theirs[second], length
            start, from_ = ours[first] + length, theirs[second] + length
        yield from self._common(start, end, from_, to, coarse=False)


def _alike(one: Sequence[str], other: Sequence[str], ours: range, theirs: range) -> int:
    """How many tokens are the same from the beginning of two ranges on."""
    for count, (first, second) in enumerate(zip(ours, theirs, strict=False)):
        if one[first] != other[second]:
            return count
    return min(len(ours), len(theirs))


def _exact(one: Sequence[object], other: Sequence[object]) -> list[tuple[int, int]] | None:
    """A longest common subsequence as pairs of indices, or None where that would take too long.

    Bit-parallel, a row of the table to an integer (Hyyrö 2004, "Bit-Parallel LCS-length Computation Revisited"): a bit
    is zero where the element adds to the length. Of equally long ones, that with the latest matches.
    """
    both = set(one) & set(other)
    ours = [at for at, element in enumerate(one) if element in both]
    theirs = [at for at, element in enumerate(other) if element in both]
    if len(ours) * len(theirs) > _EXACT:
        return None
    places: dict[object, int] = {}
    for bit, at in enumerate(ours):
        places[one[at]] = places.get(one[at], 0) | 1 << bit
    full = (1 << len(ours)) - 1
    row, rows = full, []
    for at in theirs:
        known = row & places[other[at]]
        row = ((row + known) | (row - known)) & full
        rows.append(row)
    pairs: list[tuple[int, int]] = []
    column, line = len(ours) - 1, len(theirs) - 1
    while column >= 0 and line >= 0:
        if one[ours[column]] == other[theirs[line]]:
            pairs.append((ours[column], theirs[line]))
            column, line = column - 1, line - 1
        elif rows[line] >> column & 1:
            column -= 1
        else:
            line -= 1
    return pairs[::-1]


def _without_lost(matches: Sequence[_Match], one: _Tokens, other: _Tokens) -> list[_Match]:
    """The matches but those less than a third as long as the differences on either side, which then become one.

    After the "semantic cleanup" of Fraser 2006, "Writing: Diff Strategies".
    """

    def gap(before: _Match, after: _Match) -> int:
        return max(
            one.extent(before.first + before.length, after.first),
            other.extent(before.second + before.length, after.second),
        )

    kept = [_Match(0, 0, 0)]
    for match in [*matches, _Match(len(one.words), len(other.words), 0)]:
        while len(kept) > 1:
            lost = kept[-1]
            if 3 * one.extent(lost.first, lost.first + lost.length) > min(gap(kept[-2], lost), gap(lost, match)):
                break
            kept.pop()
        kept.append(match)
    return kept[1:-1]


def _moved(matches: list[_Match], one: _Tokens, other: _Tokens) -> list[_Match]:
    """The same where one text only has more, moved to begin with a sentence or line if it can as well stand there."""
    moved = matches[:]
    for at, after in enumerate(matches[1:]):
        before = moved[at]
        end, to = before.first + before.length, before.second + before.length
        if end == after.first:
            shift = _shift(other, to, after.second, before.length, after.length)
        elif to == after.second:
            shift = _shift(one, end, after.first, before.length, after.length)
        else:
            continue
        moved[at] = before._replace(length=before.length + shift)
        moved[at + 1] = _Match(after.first + shift, after.second + shift, after.length - shift)
    return moved


def _shift(tokens: _Tokens, start: int, end: int, back: int, on: int) -> int:
    """By how many tokens `start` … `end` is best moved: the least move to where a sentence or line begins, or 0."""
    words = tokens.words
    if tokens.begins(start):
        return 0
    for step in range(1, min(on, _FARTHEST) + 1):
        if words[start + step - 1] != words[end + step - 1]:
            break
        if tokens.begins(start + step):
            return step
    for step in range(1, min(back, _FARTHEST) + 1):
        if words[start - step] != words[end - step]:
            break
        if tokens.begins(start - step):
            return -step
    return 0
