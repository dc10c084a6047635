"""Orders that are drawn by a key: computed, never stored, and the same on every machine."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_ROUNDS = 4


class Permutation:
    """A keyed permutation of 0 … size-1 that is computed, not stored.

    A balanced Feistel network over the smallest even number of bits that holds `size`, with BLAKE2b as
    round function and cycle walking back into the range (Black & Rogaway 2002, "Ciphers with Arbitrary Finite
    Domains"). `at` and `index` are inverse to each other.
    """

    __slots__ = ("_half", "_key", "_mask", "size")

    def __init__(self, key: bytes, size: int) -> None:
        if size < 0:
            raise ValueError("size must not be negative")
        self._key = hashlib.blake2b(key, digest_size=32).digest()
        self._half = max(1, ((max(size, 2) - 1).bit_length() + 1) // 2)
        self._mask = (1 << self._half) - 1
        self.size = size

    def at(self, index: int) -> int:
        """The element at `index`. Raises IndexError outside 0 … size-1."""
        self._check(index)
        value = index
        while True:
            value = self._forward(value)
            if value < self.size:
                return value

    def index(self, element: int) -> int:
        """Where `element` stands: `index(at(i)) == i`. Raises IndexError outside 0 … size-1."""
        self._check(element)
        value = element
        while True:
            value = self._backward(value)
            if value < self.size:
                return value

    def _check(self, value: int) -> None:
        if not 0 <= value < self.size:
            raise IndexError(value)

    def _round(self, number: int, half: int) -> int:
        message = number.to_bytes(1, "big") + half.to_bytes(8, "big")
        hashed = hashlib.blake2b(message, key=self._key, digest_size=8).digest()
        return int.from_bytes(hashed, "big") & self._mask

    def _forward(self, value: int) -> int:
        left, right = value >> self._half, value & self._mask
        for number in range(_ROUNDS):
            left, right = right, left ^ self._round(number, right)
        return left << self._half | right

    def _backward(self, value: int) -> int:
        left, right = value >> self._half, value & self._mask
        for number in reversed(range(_ROUNDS)):
            left, right = right ^ self._round(number, left), left
        return left << self._half | right


def order_key(seed: str, *names: str) -> bytes:
    """The key of an order: the queue's seed and whose, and what, order it is."""
    return hashlib.sha256("\0".join((seed, *names)).encode()).digest()


def drawn_order(key: bytes, elements: Sequence[T]) -> list[T]:
    """`elements` in the order that `key` draws; the same key draws the same order on every machine."""
    drawn = list(elements)
    random.Random(key).shuffle(drawn)
    return drawn
