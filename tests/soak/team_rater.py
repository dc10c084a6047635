"""A rater of a server's queue without a screen: a process that says, saves, undoes and syncs until it is killed.

What it says goes to a diary outside of its store: what it is about to say before, and that it is saved after the
sitting says so. Whoever killed the process can tell by it what must be there.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path

import orjson

from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store
from reviewer.sync.background import Background
from reviewer.sync.remotes import find
from reviewer.sync.syncing import sync
from reviewer.sync.trouble import RemoteTrouble

REMOTE, QUEUE = "team", "team/kyc"
_PATIENCE = 30.0
_THINKING = 0.03
_IN_VAIN = 0.02


@dataclass(slots=True)
class Diary:
    """What was said of each task, in its order: each by a word of its own."""

    said: dict[str, list[str]] = field(default_factory=dict)
    saved: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> Diary:
        """What stands in the file; its last line may have been cut off."""
        diary = cls()
        for line in path.read_bytes().split(b"\n")[:-1] if path.exists() else ():
            entry = orjson.loads(line)
            if "task" in entry:
                diary.said.setdefault(entry["task"], []).append(entry["word"])
            else:
                diary.saved.add(entry["word"])
        return diary

    @property
    def words(self) -> Iterator[str]:
        """Everything that was said, be it saved or not."""
        return (word for words in self.said.values() for word in words)

    def may_count(self, task: str) -> set[str]:
        """What may count on a task in the end: what was saved last, or what was said since."""
        words = self.said.get(task, [])
        last = max((number for number, word in enumerate(words) if word in self.saved), default=0)
        return set(words[last:])


class Rater:
    """One sitting, played by chance. `name` makes its words differ from those of all other sittings."""

    def __init__(self, home: Path, name: str, diary: Path, chance: random.Random, rater: str) -> None:
        self._store = Store.open(home / "reviewer.db", create=False)
        self._sitting = Sitting.open(self._store, QUEUE, rater)
        self._name = name
        self._chance = chance
        self._words = 0
        self._diary = os.open(diary, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def play(self) -> None:
        """Says and syncs for ever, in the background as beside a screen, or between two labels as by a command."""
        background = Background.over(self._store, [REMOTE]) if self._chance.random() < 0.7 else None
        while True:
            self._sitting.refresh()
            for _ in range(self._chance.randint(1, 5)):
                self.act()
                time.sleep(self._chance.uniform(0, _THINKING))
            if background is None:
                self._sync()
                continue
            background.wake(QUEUE)
            if self._chance.random() < 0.5:
                background.sync_now()
            state = background.state
            assert state.mark != "refused", state.message
            assert not state.message.startswith("the program failed"), state.message

    def finish(self) -> None:
        """Says something of everything that is left here."""
        self._sitting.refresh()
        self._sitting.next_open()
        while self._sitting.view is not None:
            self._say()
        assert self._sitting.close()

    def act(self) -> None:
        """Does one of what a person may do."""
        sitting, dice = self._sitting, self._chance.random()
        if sitting.view is None:
            sitting.next_open()
        if dice < 0.2 or sitting.view is None:
            sitting.undo()
            if self._chance.random() < 0.3:
                sitting.next_open()
        if sitting.view is None:
            time.sleep(_IN_VAIN)
        else:
            self._say(skip=dice > 0.95)

    def _say(self, *, skip: bool = False) -> None:
        sitting = self._sitting
        assert sitting.view is not None
        self._words += 1
        word = f"{self._name}.{self._words}"
        sitting.work.values["score"] = self._chance.randint(1, 5)
        sitting.work.write_rationale("score", word)
        sitting.touch()
        if self._chance.random() < 0.2:
            sitting.flush_draft()
        self._note({"task": sitting.view.task, "word": word})
        saved = sitting.saving.saved
        step = sitting.skip(word) if skip else sitting.submit()
        sitting.drain(_PATIENCE)
        assert not sitting.saving.trouble, sitting.saving.trouble
        if sitting.saving.saved > saved:
            self._note({"word": word})
        else:
            assert not step.moved, step

    def _note(self, entry: dict[str, str]) -> None:
        os.write(self._diary, orjson.dumps(entry) + b"\n")

    def _sync(self) -> None:
        try:
            synced = sync(self._store, find(self._store, REMOTE))
        except RemoteTrouble:
            return
        assert not synced.refused, synced
        assert not synced.pushed.faults, synced


def play(home: Path, rater: str, name: str, diary: Path, seed: str, ready: Event) -> None:
    """Plays until the process is killed; to be called in one of its own."""
    playing = Rater(home, name, diary, random.Random(seed), rater)
    ready.set()
    playing.play()
