"""What the systems of a queue are called: by their names, or, while the queue is sealed, by aliases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from string import ascii_uppercase

from reviewer.blinding import order_key
from reviewer.exchange.columns import normal
from reviewer.store import judged
from reviewer.store.judged import NamedSystem
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

_SHORT = 4


@dataclass(frozen=True, slots=True)
class SystemNames:
    """The systems that were dealt or judged, in an order that the queue's seed draws and no name or count tells.

    `codes` has the place of each among the `names`.
    """

    names: tuple[str, ...]
    codes: dict[str, int]
    words: frozenset[str]

    @classmethod
    def of(cls, driver: Driver, queue: QueueRecord, identifiers: Iterable[str]) -> SystemNames:
        """The names of these systems. Aliases are the same on every run; new systems may shift them."""
        asked = frozenset(identifiers)
        found = {one.id: one for one in judged.systems(driver) if one.id in asked}
        drawn = sorted(found, key=lambda one: order_key(queue.seed, "systems", one))
        told = [f"system {_letters(at)}" for at in range(len(drawn))]
        if not queue.sealed:
            told = _told_apart([found[one] for one in drawn])
        words = {word for one in found.values() for word in (one.name, _whole(one), one.family) if word}
        return cls(tuple(told), {one: at for at, one in enumerate(drawn)}, frozenset(words))

    def are_named_in(self, text: str) -> bool:
        """Whether a text holds the name of a system: a short one as a word, a longer one anywhere."""
        squeezed, tokens = normal(text), set(text.casefold().split())
        return any(
            word.casefold() in tokens if len(normal(word)) < _SHORT else normal(word) in squeezed for word in self.words
        )


def _whole(system: NamedSystem) -> str:
    return " ".join(part for part in (system.name, system.version) if part)


def _told_apart(systems: list[NamedSystem]) -> list[str]:
    """Name and version, with a number where two systems would read alike."""
    told: list[str] = []
    for system in systems:
        name = _whole(system)
        numbered = (f"{name} ({number})" for number in count(2))
        while name in told:
            name = next(numbered)
        told.append(name)
    return told


def _letters(at: int) -> str:
    """A … Z, AA, AB, …"""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, len(ascii_uppercase))
        letters = ascii_uppercase[rest] + letters
    return letters
