"""Real processes beside the test's own: the store is for several of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def start(code: str, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """A Python process that runs `code` from the root of the repository, its pipes open."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | (environment or {}),
    )


def said_by(child: subprocess.Popen[str], *, said: str = "") -> str:
    """What the child printed until it ended well."""
    out, error = child.communicate(said, timeout=60)
    assert child.returncode == 0, error
    return out


def run(code: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """What a Python process that runs `code` prints."""
    return said_by(start(code, *arguments, environment=environment))


def ended(code: str, *arguments: str) -> int:
    """The exit code of a Python process that runs `code`: negative where a signal ended it."""
    child = start(code, *arguments)
    child.communicate(timeout=60)
    return child.returncode
