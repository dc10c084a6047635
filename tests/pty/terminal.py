"""A program at a pseudo-terminal: keys go in, bytes come out with the time of their arrival."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.pty.emulator import Emulator

Rows = list[str]
Predicate = Callable[[Rows], bool]

_BASE_ENVIRONMENT: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
_FOREIGN: Final = re.compile(
    r"NO_COLOR|FORCE_COLOR|CLICOLOR.*|COLUMNS|LINES|TMUX.*|STY|TERM_.*|TEXTUAL.*|ESCDELAY|EDITOR|VISUAL|PAGER|LANG|LC_.*"
    r"|REVIEWER_.*|SSH_.*|WT_SESSION|KITTY_.*|VTE_VERSION|COLORFGBG"
)
_QUERY: Final = re.compile(rb"\x1b\[(\??[0-9;]*)(\$p|[cn])|\x1b\](1[01]);\?(?:\x07|\x1b\\)")
_QUERY_TAIL: Final = 24
_READ_SIZE: Final = 1 << 16
_WRITE_TIMEOUT: Final = 5.0
_RESTORED_SIGNALS: Final = (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class ScreenTimeoutError(AssertionError):
    """What was waited for did not appear; the message shows the screen as it stood."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of one read, and the `time.perf_counter_ns` at which they were there."""

    at: int
    data: bytes


class Terminal:
    """Runs `argv` as the leader of a session whose controlling terminal is a new pty of the given size.

    `env` is laid over this process's environment, freed of what steers terminal programs; a value `None`
    removes a name. A thread stamps and stores what arrives; the emulator is fed only when somebody looks.
    With `answers` the queries that programs send at start are answered as a common terminal does.
    Raises `FileNotFoundError` when the program does not exist.
    """

    def __init__(
        self,
        argv: Sequence[str],
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | str | None = None,
        *,
        graphemes: bool = True,
        answers: bool = True,
    ) -> None:
        self.argv = list(argv)
        self.columns, self.rows = columns, rows
        self._emulator = Emulator(columns, rows, graphemes=graphemes)
        self.chunks: list[Chunk] = []
        self._answers = answers
        self._fed = 0
        self._arrived = threading.Event()
        self._ended = threading.Event()
        self._exit_code: int | None = None
        self._exited = threading.Event()
        self._query_tail = b""
        self._master, slave = os.openpty()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._master, False)
        _set_size(self._master, columns, rows)
        try:
            self.started_at = time.perf_counter_ns()
            self.pid = _spawn(self.argv, os.ttyname(slave), _environment(env or {}), cwd)
        except OSError:
            for descriptor in (self._master, self._wake_read, self._wake_write):
                os.close(descriptor)
            raise
        finally:
            os.close(slave)
        self._reader = threading.Thread(target=self._read, name="pty-reader", daemon=True)
        self._waiter = threading.Thread(target=self._reap, name="pty-waiter", daemon=True)
        self._reader.start()
        self._waiter.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What the person does

    def send(self, keys: str | bytes) -> int:
        """Writes `keys` to the program and returns the `perf_counter_ns` just before.

        Raises `BrokenPipeError` when the line is closed, `ScreenTimeoutError` when the program takes no input.
        """
        data = keys.encode() if isinstance(keys, str) else keys
        sent = time.perf_counter_ns()
        self._write(data)
        return sent

    def resize(self, columns: int, rows: int) -> None:
        """Changes the size of the terminal; the kernel tells the program."""
        self._feed()
        self.columns, self.rows = columns, rows
        self._emulator.resize(columns, rows)
        if not self._ended.is_set():
            _set_size(self._master, columns, rows)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends a signal to the program, if it still runs."""
        if not self._exited.is_set():
            os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Drops the line, as a lost SSH connection does: the program gets SIGHUP and can write no more."""
        if not self._ended.is_set():
            os.write(self._wake_write, b"x")
        self._reader.join(5)

    def close(self, timeout: float = 2.0) -> None:
        """Hangs up and sees to it that the program is gone; safe to call twice."""
        if self._wake_write < 0:
            return
        self.hang_up()
        if not self._exited.wait(timeout):
            self.kill()
        self._waiter.join(5)
        for descriptor in (self._wake_read, self._wake_write):
            os.close(descriptor)
        self._wake_read = self._wake_write = -1

    # What the person sees

    def screen(self) -> Rows:
        """The rows of the screen after all bytes that have arrived."""
        self._feed()
        return self._emulator.rows()

    def text(self) -> str:
        """The screen as one string, trailing blanks cut."""
        return "\n".join(row.rstrip() for row in self.screen())

    @property
    def emulator(self) -> Emulator:
        """The emulator after all bytes that have arrived: cursor, clipboard strings, strange sequences."""
        self._feed()
        return self._emulator

    @property
    def output(self) -> bytes:
        """Every byte that the program has written so far."""
        return b"".join(chunk.data for chunk in list(self.chunks))

    @property
    def exit_code(self) -> int | None:
        """The program's exit code, minus the signal's number if one ended it, `None` while it runs."""
        return self._exit_code

    @property
    def ended(self) -> bool:
        """Whether the line is closed and nothing more will arrive."""
        return self._ended.is_set()

    def wait_for(self, wanted: str | Predicate, timeout: float = 10.0) -> Rows:
        """The screen as soon as it holds a text, or satisfies a predicate over its rows.

        Raises `ScreenTimeoutError` after `timeout` seconds, or when the program ended without showing it.
        """
        holds = (lambda rows: any(wanted in row for row in rows)) if isinstance(wanted, str) else wanted
        deadline = time.monotonic() + timeout
        while True:
            self._arrived.clear()
            ended = self._ended.is_set()
            rows = self.screen()
            if holds(rows):
                return rows
            if ended:
                raise self._failure(f"the program ended without showing {wanted!r}", rows)
            if not self._arrived.wait(max(0.0, deadline - time.monotonic())):
                raise self._failure(f"after {timeout:g} s the screen does not show {wanted!r}", rows)
            self._settle(0.004, min(deadline, time.monotonic() + 0.1))

    def wait_idle(self, quiet: float = 0.05, timeout: float = 10.0) -> Rows:
        """The screen once nothing has arrived for `quiet` seconds.

        Raises `ScreenTimeoutError` when the program keeps writing for `timeout` seconds.
        """
        if not self._settle(quiet, time.monotonic() + timeout, since=time.perf_counter_ns()):
            raise self._failure(f"the program is still writing after {timeout:g} s", self.screen())
        return self.screen()

    def wait_exit(self, timeout: float = 10.0) -> int:
        """The program's exit code, with all that it wrote before it went.

        Raises `ScreenTimeoutError` when it still runs after `timeout` seconds.
        """
        if not self._exited.wait(timeout):
            raise self._failure(f"the program still runs after {timeout:g} s", self.screen())
        self._ended.wait(1.0)
        assert self._exit_code is not None
        return self._exit_code

    # What the timing uses

    def wait_burst(self, quiet: float, timeout: float) -> bool:
        """Waits for bytes beyond those looked at, then for `quiet` seconds of silence; false if none came.

        The emulator rests meanwhile, so that the program has the machine to itself.
        """
        deadline = time.monotonic() + timeout
        while len(self.chunks) == self._fed:
            self._arrived.clear()
            if len(self.chunks) > self._fed:
                break
            if self._ended.is_set() or not self._arrived.wait(max(0.0, deadline - time.monotonic())):
                return len(self.chunks) > self._fed
        self._settle(quiet, deadline)
        return True

    def replay(self) -> Iterator[tuple[Chunk, Rows | None]]:
        """Feeds what has arrived by chunks, with the screen after each; none in a synchronised update."""
        for _ in range(len(self.chunks) - self._fed):
            chunk = self.chunks[self._fed]
            self._feed_one()
            yield chunk, None if self._emulator.holding else self._emulator.rows()

    # Behind the glass

    def _write(self, data: bytes) -> None:
        while data:
            if self._ended.is_set():
                raise BrokenPipeError("the line to the program is closed")
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                if not select.select([], [self._master], [], _WRITE_TIMEOUT)[1]:
                    raise self._failure(f"for {_WRITE_TIMEOUT:g} s the program took no input") from None

    def _feed(self) -> None:
        while self._fed < len(self.chunks):
            self._feed_one()

    def _feed_one(self) -> None:
        chunk = self.chunks[self._fed]
        self._fed += 1
        self._emulator.feed(chunk.data)

    def _settle(self, quiet: float, deadline: float, since: int = 0) -> bool:
        """Sleeps until the last byte (or `since`) is `quiet` seconds past; false at the deadline."""
        while True:
            last = max(self.chunks[-1].at if self.chunks else 0, since)
            rest = quiet - (time.perf_counter_ns() - last) / 1e9
            if rest <= 0 or self._ended.is_set():
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(rest, left))

    def _failure(self, what: str, rows: Rows | None = None) -> ScreenTimeoutError:
        if self._ended.is_set():
            self._exited.wait(0.5)
        frame = "─" * self.columns
        state = "running" if self._exit_code is None else f"exit code {self._exit_code}"
        shown = "\n".join(row.rstrip() for row in rows or self._emulator.rows())
        return ScreenTimeoutError(
            f"{what}\nprogram: {' '.join(self.argv)} ({state}); {len(self.output)} bytes; "
            f"cursor {self._emulator.cursor}\n{frame}\n{shown}\n{frame}"
        )

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        clock, store, arrived = time.perf_counter_ns, self.chunks.append, self._arrived
        try:
            while True:
                ready = poll.poll()
                if any(descriptor == self._wake_read for descriptor, _ in ready):
                    break
                data = os.read(self._master, _READ_SIZE)
                at = clock()
                if not data:
                    break
                store(Chunk(at, data))
                arrived.set()
                if self._answers:
                    self._answer(data)
        except (OSError, ScreenTimeoutError):
            pass  # Linux says EIO where others say end of file.
        finally:
            self._ended.set()
            os.close(self._master)
            arrived.set()

    def _answer(self, data: bytes) -> None:
        data = self._query_tail + data
        end = 0
        for query in _QUERY.finditer(data):
            end = query.end()
            reply = self._reply(query)
            if reply:
                self._write(reply)
        self._query_tail = data[max(end, len(data) - _QUERY_TAIL) :] if b"\x1b" in data[-_QUERY_TAIL:] else b""

    def _reply(self, query: re.Match[bytes]) -> bytes:
        parameters, final, colour = query.groups()
        if colour is not None:
            shade = b"ffff" if colour == b"10" else b"0000"
            return b"\x1b]%s;rgb:%s/%s/%s\x1b\\" % (colour, shade, shade, shade)
        if final == b"$p" and parameters.startswith(b"?"):
            # 2: known and not set; 0: not known. Synchronised output is common, in-band resizing is not.
            return b"\x1b[%s;%d$y" % (parameters, 2 if parameters == b"?2026" else 0)
        if final == b"c" and parameters in (b"", b"0"):
            return b"\x1b[?62;22c"
        if final == b"n" and parameters == b"5":
            return b"\x1b[0n"
        if final == b"n" and parameters == b"6":
            # An emulator of its own: this is the reader's thread, and no chunk may be taken from a timing.
            scratch = Emulator(self.columns, self.rows)
            scratch.feed(self.output)
            row, column = scratch.cursor
            return b"\x1b[%d;%dR" % (row + 1, min(column, self.columns - 1) + 1)
        return b""

    def _reap(self) -> None:
        _, status = os.waitpid(self.pid, 0)
        self._exit_code = os.waitstatus_to_exitcode(status)
        self._exited.set()


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not _FOREIGN.fullmatch(name)}
    environment |= _BASE_ENVIRONMENT
    for name, value in changes.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


def _spawn(argv: Sequence[str], tty: str, environment: dict[str, str], cwd: Path | str | None) -> int:
    """Starts `argv` on `tty`: a session leader that opens a terminal gets it as the controlling one.

    Not a fork: this process has threads, and a forked copy of it may hold their locks for ever.
    """
    if cwd is not None:
        argv = ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(cwd), *argv]
    return os.posix_spawnp(
        argv[0],
        list(argv),
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, tty, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=_RESTORED_SIGNALS,
    )
