"""How much of a soak test is run, and with which seed."""

from __future__ import annotations

import os
import random

SEED = int(os.environ.get("REVIEWER_SOAK_SEED", "20261122"))


def compiled_once() -> dict[str, str]:
    """An environment in which what a program runs from is compiled once, and not at each of hundreds of starts."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def share(full: int) -> int:
    """All `full` rounds in a soak run, a twentieth of them in an ordinary one."""
    return full if os.environ.get("REVIEWER_SOAK") == "full" else max(1, full // 20)


def dice(*names: object) -> random.Random:
    """A source of chance of its own for what `names` name, so that one round can be played again alone."""
    return random.Random(f"{SEED} {names}")
