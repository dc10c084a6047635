"""A sitting played by chance at a real terminal, with everything that was said written down as it was said."""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.pty.terminal import Predicate, Rows, ScreenTimeoutError, Terminal
from tests.soak.recount import Said

COLUMNS, ROWS = 80, 24
_PLACE = re.compile(r" (\d+)/\d+ ")
_SAVED = re.compile(r"✓ saved (\d+)")
_PAUSED = "‖ pau"  # a narrow status line cuts it short
_LETTERS = "abcdefghijklmnopqrstuvwxyz ,.äß漢"
_REACTION = 10.0
_UNTOUCHED = float("-inf")


class Gone(Exception):
    """The program was killed."""


def open_queue(home: Path, queue: str, rater: str) -> Terminal:
    """The program, rating `queue` at a terminal of the smallest common size."""
    arguments = ["rate", queue, "--rater", rater, "--home", str(home)]
    start = "from reviewer.cli import main; main()"
    # What the program runs from is compiled once, not at each of hundreds of starts.
    return Terminal([sys.executable, "-c", start, *arguments], COLUMNS, ROWS, env={"PYTHONDONTWRITEBYTECODE": None})


def place_on(rows: Rows) -> int | None:
    """The place in the rater's order that the status line shows, from 0."""
    found = _PLACE.search(rows[0])
    return int(found[1]) - 1 if found else None


def is_open(rows: Rows) -> bool:
    """Whether an item stands on the screen with its form."""
    return place_on(rows) is not None and " Score" in "\n".join(rows)


def shows(rows: Rows, said: Said) -> bool:
    """Whether the form shows what was said, as far as a form does."""
    form = "\n".join(rows[ROWS // 2 :])
    scored = f"[{said.score}]" in form if said.score is not None else re.search(r"\[\d\]", form) is None
    return scored and ("✎ why" in form) == bool(said.text) and ("⚑" in form) == said.flagged


def saved_on(rows: Rows) -> int:
    """The count that the saved mark shows; 0 where it shows none."""
    found = _SAVED.search(rows[0])
    return int(found[1]) if found else 0


@dataclass(slots=True)
class Diary:
    """What the person said: by place, every state that stood on the item, with the time of the key that made it."""

    said: dict[int, list[tuple[float, Said]]] = field(default_factory=dict)
    killed_at: float = 0.0

    def due(self, place: int, grace: float) -> list[Said]:
        """What may stand at `place`: nothing older than what stood there `grace` seconds before the kill."""
        states = self.said[place]
        old = [number for number, (at, _) in enumerate(states) if at <= self.killed_at - grace]
        return [said for _, said in states[old[-1] :]]


class Person:
    """One person at one terminal, who acts by `chance` until the program is killed under their hands.

    `most_saved` is the highest count that the saved mark was seen to show, up to the last byte before the kill.
    `known` tells what stood at a place before the sitting. Times are those of `time.monotonic`, taken before a key is
    sent.
    """

    def __init__(self, terminal: Terminal, chance: random.Random, known: Callable[[int], Said], name: str) -> None:
        self.diary = Diary()
        self._terminal = terminal
        self._chance = chance
        self._known = known
        self._name = name
        self._until = float("inf")
        self._into_submit: float | None = None
        self._submits_left = 0
        self._words = 0
        self.most_saved = 0
        self.keys = ""
        self.place = -1
        self._said = Said()
        self._arrive(terminal.screen())

    # -- until when ------------------------------------------------------------------------------------

    def play_until(self, moment: float) -> None:
        """Acts until `moment`, then kills the program, whatever it is doing."""
        self._until = moment
        self._play()

    def play_into_submit(self, submits: int, after: float) -> None:
        """Acts until the submit key was pressed so many times, and kills the program `after` seconds later."""
        self._submits_left, self._into_submit = submits, after
        self._play()

    def rush(self, moment: float) -> None:
        """Submits one item after the other faster than anybody reads, and kills the program at `moment`.

        What is said is written down up to here alone.
        """
        self._until = moment
        for place in [place for place in self.diary.said if place >= self.place]:
            del self.diary.said[place]
        self._said = replace(self._said, score=1)
        self._play(self._rush_one)

    def _rush_one(self) -> None:
        self._key(self._chance.choice("123456789"))
        self._key("\r")
        self._wait(self._chance.uniform(0, 0.02))

    def _play(self, act: Callable[[], None] | None = None) -> None:
        try:
            while True:
                (act or self._act)()
        except Gone:
            self._terminal.wait_exit()
            for _, rows in self._terminal.replay():
                self._look(rows or [""])

    def _kill(self) -> None:
        self.diary.killed_at = time.monotonic()
        self._terminal.kill()
        raise Gone

    # -- acting ----------------------------------------------------------------------------------------

    def _act(self) -> None:
        if self._said.score is None:
            self._score()
        acts: dict[Callable[[], None], int] = {
            self._write: 5,
            self._submit: 6,
            self._score: 2,
            self._flag: 1,
            self._step: 2,
            self._undo: 2,
            self._skip: 1,
            self._think: 1,
        }
        self._chance.choices(list(acts), list(acts.values()))[0]()

    def _score(self) -> None:
        digit = self._chance.randint(1, 9)
        self._key(str(digit), replace(self._said, score=digit))

    def _flag(self) -> None:
        self._key("f", replace(self._said, flagged=not self._said.flagged))

    def _write(self) -> None:
        self._words += 1
        letters = "".join(self._chance.choice(_LETTERS) for _ in range(self._chance.randint(3, 25)))
        self._key("e")
        for letter in f"({self._name}.{self._words}:{letters})":
            self._wait(self._chance.uniform(0.002, 0.03))
            self._key(letter, replace(self._said, text=self._said.text + letter))
        self._key("\r")

    def _submit(self) -> None:
        self._submits_left -= 1
        if self._into_submit is not None and self._submits_left <= 0:
            self._until = time.monotonic() + self._into_submit
            self._key("\r", at_once=True)
            self._wait(self._into_submit)
        self._go("\r", lambda place: place != self.place)

    def _skip(self) -> None:
        self._key("s")
        self._go(self._chance.choice("1234"), lambda place: place != self.place)

    def _step(self) -> None:
        key, by = self._chance.choice((("[", -1), ("]", 1)))
        to = max(0, self.place + by)
        self._go(key, lambda place: place == to)

    def _undo(self) -> None:
        self._go("u", lambda _: True)

    def _think(self) -> None:
        self._wait(self._chance.uniform(0.0, 0.3))

    # -- keys and the screen ---------------------------------------------------------------------------

    def _key(self, key: str, said: Said | None = None, *, at_once: bool = False) -> None:
        if not at_once:
            self._wait(0)
        at = time.monotonic()
        try:
            self._terminal.send(key)
        except BrokenPipeError as error:
            raise AssertionError(f"the program ended by itself:\n{self._terminal.text()}") from error
        self.keys += key
        if said is not None:
            self._said = said
            self.diary.said[self.place].append((at, said))

    def _go(self, key: str, leads_to: Callable[[int], bool]) -> None:
        """Presses a key that leads to another item, and looks where it has led.

        The key of the pause follows it: when the screen shows the pause, it shows what the key before it has done.
        """
        if _PAUSED in self._terminal.screen()[0]:
            self._key(",")  # a document before the only one: nothing but the end of the pause
            self._see(lambda rows: _PAUSED not in rows[0])
        self._key(key)
        self._key("p")

        def arrived(rows: Rows) -> bool:
            place = place_on(rows)
            return _PAUSED in rows[0] and place is not None and leads_to(place)

        self._arrive(self._see(arrived))

    def _see(self, wanted: Predicate) -> Rows:
        def holds(rows: Rows) -> bool:
            self._look(rows)
            return wanted(rows)

        try:
            return self._terminal.wait_for(holds, min(_REACTION, max(0.0, self._until - time.monotonic())))
        except ScreenTimeoutError as error:
            self._wait(0)
            raise AssertionError(f"{error}\nkeys: {self.keys!r}, at place {self.place + 1}") from error

    def _look(self, rows: Rows) -> None:
        self.most_saved = max(self.most_saved, saved_on(rows))

    def _arrive(self, rows: Rows) -> None:
        place = place_on(rows)
        assert place is not None
        self.place = place
        self._said = self.diary.said.setdefault(place, [(_UNTOUCHED, self._known(place))])[-1][1]

    def _wait(self, seconds: float) -> None:
        rest = min(time.monotonic() + seconds, self._until) - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        if time.monotonic() >= self._until:
            self._kill()
