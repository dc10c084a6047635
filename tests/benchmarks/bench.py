"""What every case is given: a folder to work in, the number of runs, and the registry it stands in."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.corpus import Corpus, write_items, write_pairs
from tests.benchmarks.table import Figure


@dataclass(slots=True)
class Bench:
    """One run of the script; `runs`, when given, stands for every case's own number of presses or starts."""

    work: Path
    runs: int | None = None
    million: int = 1_000_000

    def count(self, usual: int) -> int:
        """How often a case that usually does it `usual` times shall do it now."""
        return self.runs or usual

    def items(self, corpus: Corpus) -> Path:
        """The corpus as a JSONL file, written once a folder."""
        self.work.mkdir(parents=True, exist_ok=True)
        return write_items(self.work / f"{corpus.name}.jsonl", corpus)

    def pairs(self, corpus: Corpus) -> Path:
        """The corpus with two outputs an item, written once a folder."""
        self.work.mkdir(parents=True, exist_ok=True)
        return write_pairs(self.work / f"{corpus.name}-pairs.jsonl", corpus)


@dataclass(frozen=True, slots=True)
class Case:
    """A named measurement; `needs_reviewer` cases are left out, and listed so, while the program cannot run."""

    name: str
    run: Callable[[Bench], list[Figure]]
    needs_reviewer: bool = False


def quieten() -> None:
    """Keeps this process from disturbing its own stamps: short turns for the threads, no collector pauses."""
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)
