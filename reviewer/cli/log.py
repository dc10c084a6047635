"""The log: tracebacks without the values of variables, because these hold texts and names."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

from reviewer import __version__
from reviewer.cli.options import home_in_use
from reviewer.config import ensure_private
from reviewer.errors import ReviewerError
from reviewer.ids import now


def write_traceback(error: BaseException) -> str:
    """Appends the traceback of `error` to the log; returns the sentence that says where it is."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{now()} reviewer {__version__} python {sys.version.split()[0]}: {type(error).__name__}"]
    # The message of an exception may quote what a rater is reading, so that only its type is kept.
    lines += [f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    path = _log_file()
    try:
        with open(path, "a", opener=_private) as log:
            log.write("\n".join(lines) + "\n")
    except OSError:
        return "The log could not be written."
    return f"The log tells where: {path}"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _log_file() -> Path:
    try:
        folder = home_in_use().logs
        ensure_private(folder)
    except ReviewerError:
        folder = Path(tempfile.gettempdir())
    return folder / "reviewer.log"
