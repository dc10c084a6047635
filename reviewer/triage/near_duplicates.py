"""Texts that are nearly the same: a short signature of each, and clusters by what signatures share.

A signature is a MinHash by one permutation (Li, Owen and Zhang 2012) with its empty places filled (Shrivastava 2017,
optimal densification): the share of equal places of two estimates the Jaccard similarity of their sets of shingles.
"""

from __future__ import annotations

import unicodedata
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from reviewer.measure.arrays import Floats, Ints

PLACES = 128
"""Numbers in a signature: the standard error of a similarity of 0.8 is 0.035."""
SHINGLE = 5
"""Characters in a shingle: words would do nothing for scripts without spaces."""

Signature = NDArray[np.uint32]

_EMPTY = np.uint32(0xFFFFFFFF)
_BITS = 7
_MISSED = 0.01
"""The share of pairs just at the threshold that no band may bring together."""
_BESIDE = 8
_ROWS_AT_ONCE = 50_000
_MOST_CHARACTERS = 1_000_000
_ODD = np.uint64(0x9E3779B97F4A7C15)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): each bit depends on all."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


_EDGES = np.arange(PLACES, dtype=np.uint64) << np.uint64(64 - _BITS)
_PROBES = (_mixed(np.arange(1, PLACES * 64 + 1, dtype=np.uint64) * _ODD) >> np.uint64(64 - _BITS)).astype(np.int64)
_PROBES = _PROBES.reshape(64, PLACES)
"""Where an empty place looks for a number, try by try: the same for all texts."""


def normalised(text: str) -> str:
    """The text as it is compared: compatibility forms, case and white space make no difference. Of more than a million
    characters the beginning and the end count."""
    if len(text) > _MOST_CHARACTERS:
        text = text[: _MOST_CHARACTERS // 2] + text[-_MOST_CHARACTERS // 2 :]
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def signature(text: str) -> Signature:
    """128 numbers of a text: equal ones for equal texts, in any process and on any machine.

    A text that is empty, or nothing but white space, has a signature that is like no other, its own kind included. A
    text shorter than a shingle is one.
    """
    characters = np.frombuffer(normalised(text).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    if not len(characters):
        return np.full(PLACES, _EMPTY, dtype=np.uint32)
    width = min(SHINGLE, len(characters))
    rolled = np.zeros(len(characters) - width + 1, dtype=np.uint64)
    for at in range(width):
        rolled = rolled * _ODD + characters[at : at + len(rolled)] + np.uint64(1)
    hashes = np.sort(_mixed(rolled))
    first = np.searchsorted(hashes, _EDGES)
    found = hashes[np.minimum(first, len(hashes) - 1)]
    filled = (first < len(hashes)) & ((found >> np.uint64(64 - _BITS)) == np.arange(PLACES, dtype=np.uint64))
    numbers = np.minimum((found & np.uint64(0xFFFFFFFF)).astype(np.uint32), _EMPTY - np.uint32(1))
    return numbers if filled.all() else _densified(numbers, filled)


def _densified(numbers: Signature, filled: NDArray[np.bool_]) -> Signature:
    source = np.where(filled, np.arange(PLACES), -1)
    for probe in _PROBES:
        open_places = source < 0
        if not open_places.any():
            break
        source = np.where(open_places & filled[probe], probe, source)
    # With one shingle alone 64 tries may all miss: then the first filled place serves.
    return numbers[np.where(source < 0, int(np.argmax(filled)), source)]


def similarity(one: Signature, other: Signature) -> Floats:
    """The estimated Jaccard similarity of signatures, row by row; 0 where either is of an empty text."""
    shared: Floats = ((one == other) & (one != _EMPTY)).mean(axis=-1, dtype=np.float64)
    return shared


def clusters(signatures: Signature, threshold: float = 0.8) -> Ints:
    """The cluster of each of n signatures (n × 128), named by the lowest place in it.

    In rising order each text that is in no cluster yet leads one, and takes those that are in none and of which at
    least `threshold` of the places equal its own: all are like their leader, which chains of neighbours would not be.
    Pairs are looked for by locality-sensitive bands (Leskovec, Rajaraman and Ullman, chapter 3), so that a few near
    the threshold are missed. Raises ValueError for another shape, and a threshold outside 0 … 1.
    """
    if signatures.ndim != 2 or signatures.shape[1] != PLACES:
        raise ValueError(f"a signature has {PLACES} numbers")
    if not 0 < threshold <= 1:
        raise ValueError("the threshold is a share above 0")
    count = len(signatures)
    leader = np.arange(count, dtype=np.int64)
    full = np.flatnonzero(signatures[:, 0] != _EMPTY)
    if len(full) < 2:
        return leader
    rows = np.ascontiguousarray(signatures[full]).view([("", np.uint32)] * PLACES).reshape(-1)
    _, first, of_row = np.unique(rows, return_index=True, return_inverse=True)
    # Copies to the letter are one row each, named by its first place, in rising order of these.
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    distinct = first[order]
    led = _leaders(signatures[full[distinct]], threshold)
    leader[full] = full[distinct[led[rank[of_row.reshape(-1)]]]]
    return leader


def _leaders(rows: Signature, threshold: float) -> Ints:
    one, other = _alike(rows, threshold)
    leader = np.full(len(rows), -1, dtype=np.int64)
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    ends = np.searchsorted(one, np.arange(len(rows) + 1))
    for row in np.unique(one):
        if leader[row] >= 0:
            continue
        leader[row] = row
        beside = other[ends[row] : ends[row + 1]]
        leader[beside[leader[beside] < 0]] = row
    alone = leader < 0
    leader[alone] = np.flatnonzero(alone)
    return leader


def _alike(rows: Signature, threshold: float) -> tuple[Ints, Ints]:
    """Pairs of rows that share a band and are alike enough, the lower place first."""
    count, found = len(rows), [np.zeros(0, dtype=np.int64)]
    width = _band_width(threshold)
    for start in range(0, PLACES - width + 1, width):
        keys = np.full(count, start + 1, dtype=np.uint64)
        for at in range(start, start + width):
            keys = _mixed(keys * _ODD + rows[:, at])
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        new = np.concatenate([[True], ranked[1:] != ranked[:-1]])
        head = order[np.maximum.accumulate(np.where(new, np.arange(count), 0))]
        found.append(_codes(head[~new], order[~new], count))
        # A bucket of many is held against its first and the few before each: its pairs would grow with the square.
        for step in range(1, _BESIDE + 1):
            same = ranked[step:] == ranked[:-step]
            if not same.any():
                break
            found.append(_codes(order[:-step][same], order[step:][same], count))
    codes = np.unique(np.concatenate(found))
    one, other = codes // count, codes % count
    kept = np.zeros(len(codes), dtype=np.bool_)
    for begin in range(0, len(codes), _ROWS_AT_ONCE):
        part = slice(begin, begin + _ROWS_AT_ONCE)
        kept[part] = similarity(rows[one[part]], rows[other[part]]) >= threshold
    return one[kept], other[kept]


def _codes(one: Ints, other: Ints, count: int) -> Ints:
    return np.minimum(one, other) * count + np.maximum(one, other)


def _band_width(threshold: float) -> int:
    """The widest band of which a pair just at the threshold shares one, but for a hundredth of such pairs."""
    for width in range(PLACES // 4, 1, -1):
        chance = threshold**width
        if chance >= 1 or (PLACES // width) * log1p(-chance) <= log(_MISSED):
            return width
    return 1
