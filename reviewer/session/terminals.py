"""Which sittings live: each has an identifier that names its process, and a newer one takes the draft of an older."""

from __future__ import annotations

import os

from reviewer.ids import new_id

_OPEN: set[str] = set()
"""The sittings of this process that are open."""


def begin() -> str:
    """The identifier of a new sitting of this process, which is open from now on."""
    sitting = f"{new_id()}/{os.getpid()}"
    _OPEN.add(sitting)
    return sitting


def is_alive(sitting: str) -> bool:
    """Whether the sitting is open, here or in a process that runs."""
    pid = int(sitting.rpartition("/")[2] or 0)
    if pid == os.getpid():
        return sitting in _OPEN
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return pid > 0


def end(sitting: str) -> None:
    """Says that a sitting of this process is over."""
    _OPEN.discard(sitting)
