"""What the terminal can do, and what to set where it could do more."""

from __future__ import annotations

import locale
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from reviewer.store.health import Finding

_LEAST = (80, 24)
_SLOW_ESCAPE = 50  # milliseconds that a lone Esc may hang in a multiplexer before a person feels it


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the program finds around itself. `size` is None where standard output is no terminal."""

    environment: Mapping[str, str]
    size: tuple[int, int] | None
    reads_keys: bool
    encoding: str
    escape_time: int | None = None


def surroundings() -> Surroundings:
    """The terminal that this process runs in."""
    environment = dict(os.environ)
    return Surroundings(
        environment=environment,
        size=_size(),
        reads_keys=os.isatty(0),
        encoding=locale.getencoding(),
        escape_time=_tmux_escape_time() if environment.get("TMUX") else None,
    )


def examine_terminal(around: Surroundings) -> Iterator[Finding]:
    """How well the workstation will look and answer there."""
    yield _window(around)
    yield _kind(around.environment)
    yield _colours(around.environment)
    yield _unicode(around)
    yield from _multiplexer(around)


def _window(around: Surroundings) -> Finding:
    if around.size is None or not around.reads_keys:
        what = "this is no terminal, so that its size and its keys cannot be examined."
        return Finding("window", "warn", what, "Run doctor in the terminal; pipes and scripts use `--plain`.")
    columns, rows = around.size
    if columns < _LEAST[0] or rows < _LEAST[1]:
        mend = f"Make the window larger: {_LEAST[0]}×{_LEAST[1]} at least."
        return Finding("window", "fail", f"{columns}×{rows} is too small for the workstation.", mend)
    return Finding("window", "ok", f"{columns}×{rows}.")


def _kind(environment: Mapping[str, str]) -> Finding:
    term = environment.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        what = f"TERM is '{term}': this terminal cannot place text on a screen." if term else "TERM is not set."
        return Finding("terminal", "warn", what, "Set TERM as your terminal asks, or rate with `--plain`.")
    return Finding("terminal", "ok", f"TERM is {term}.")


def _colours(environment: Mapping[str, str]) -> Finding:
    if environment.get("NO_COLOR"):
        return Finding("colours", "ok", "none, as NO_COLOR asks.")
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return Finding("colours", "ok", "16 million, as COLORTERM says.")
    term = environment.get("TERM", "")
    if "256" in term or "direct" in term or "kitty" in term:
        return Finding("colours", "ok", "256, as TERM says.")
    mend = "If the terminal has more, set COLORTERM=truecolor or a TERM that ends in -256color."
    return Finding("colours", "warn", "16 at most, as far as TERM and COLORTERM say.", mend)


def _unicode(around: Surroundings) -> Finding:
    if around.encoding.lower().replace("-", "") == "utf8":
        return Finding("characters", "ok", "the locale speaks UTF-8.")
    mend = "Set LANG (or LC_ALL, where it is set) to a UTF-8 locale, such as C.UTF-8."
    return Finding("characters", "warn", f"the locale speaks {around.encoding}: many scripts cannot be shown.", mend)


def _multiplexer(around: Surroundings) -> Iterator[Finding]:
    if around.environment.get("TMUX"):
        yield _tmux(around.escape_time)
    elif around.environment.get("STY"):
        mend = "Put `maptimeout 10` into ~/.screenrc; its prefix ctrl+a does not arrive."
        yield Finding("screen", "warn", "inside screen, which holds Esc back for 300 ms unless told otherwise.", mend)


def _tmux(milliseconds: int | None) -> Finding:
    mend = "`tmux set -s escape-time 10`, and the same in ~/.tmux.conf; 0 breaks keys with alt."
    if milliseconds is None:
        return Finding("tmux", "warn", "inside tmux, and its escape-time cannot be read.", mend)
    status: Literal["ok", "warn"] = "ok" if 0 < milliseconds <= _SLOW_ESCAPE else "warn"
    what = f"inside tmux, which holds Esc back for {milliseconds} ms."
    return Finding("tmux", status, what, mend if status == "warn" else "")


def _size() -> tuple[int, int] | None:
    try:
        columns, rows = os.get_terminal_size(1)
    except OSError:
        return None
    return columns, rows


def _tmux_escape_time() -> int | None:
    try:
        said = subprocess.run(
            ["tmux", "show-options", "-sv", "escape-time"], capture_output=True, text=True, timeout=2, check=True
        ).stdout
        return int(said)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
