"""A user's own command, function or unit tests as a check: in a process of its own, with limits."""

from __future__ import annotations

import json
import math
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, ClassVar, Literal

from reviewer.errors import BadInput
from reviewer.triage.checks.fences import blocks
from reviewer.triage.checks.model import Finding, Options, Span, Subject

_RUNNER = str(Path(__file__).with_name("runner.py"))
_MOST = 64 << 10
_WHY = 300
_KINDS = ("run", "python", "unit_tests")
_CODE = frozenset(("python", "py", "python3", ""))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its code, what it wrote, and whether it was killed for what it took or wrote too much."""

    code: int
    out: bytes
    trouble: str = ""


class Command:
    """Whether your own code says that the output holds: a command (`run`), a function (`python` = "file.py:name") or
    the tests of a file (`unit_tests`) against the output's code; only with --allow-commands."""

    type: ClassVar[str] = "command"
    gives: ClassVar[Literal["boolean", "number"]] = "boolean"

    def __new__(cls, id: str, options: Options) -> Command:  # noqa: A002, ARG004  # the name in the file
        """A check of figures where the options say so."""
        return super().__new__(_Figure if options.get("gives") == "number" else cls)

    def __init__(self, id: str, options: Options) -> None:  # noqa: A002
        self.id = id
        given = [kind for kind in _KINDS if kind in options]
        if len(given) != 1:
            raise BadInput(f"one of {', '.join(_KINDS)} is needed.", mend='Write such as run = ["./check.sh"].')
        (self._kind,) = given
        if options.get("gives", "boolean") not in ("boolean", "number"):
            raise BadInput(f"gives = {options['gives']!r} is none that there is.", mend="Take boolean or number.")
        if self._kind == "unit_tests" and self.gives == "number":
            raise BadInput("unit tests give true or false.", mend="Leave gives out.")
        self._seconds = float(options.get("seconds", 10))
        self._megabytes = int(options.get("memory_mb", 512))
        if not 0 < self._seconds <= 3600:
            raise BadInput(f"seconds = {self._seconds:g} is out of range.", mend="Take more than 0, and at most 3600.")
        if not 32 <= self._megabytes <= 1 << 20:
            raise BadInput(f"memory_mb = {self._megabytes} is out of range.", mend="Take 32 to 1048576.")
        self._source, self._name, self._run = "", "", []
        if self._kind == "run":
            self._run = _command(options["run"])
            return
        self._name = str(options[self._kind]).rpartition(":")[2]
        self._source = str(options.get("source", ""))
        if "source" not in options:
            raise BadInput(f"the file of {self._kind} was not read.", mend="Load the checks from their file.")
        if self._kind == "python" and not self._name.isidentifier():
            raise BadInput(f"{self._name!r} is no function.", mend='Write python = "file.py:function".')

    def examine(self, subject: Subject) -> Finding:
        """Abstains where the process ends in another way than it should, takes too long or too much, or gives what is
        no value."""
        if self._kind == "run":
            return self._of_run(subject)
        if self._kind == "python":
            return self._told(self._inside("function", given_of(subject)))
        code = [block for block in blocks(subject.output) if block.language in _CODE]
        if not code:
            return Finding(False, "The output has no block of code.")
        spans = tuple(Span("output", block.start, block.end) for block in code if block.start < block.end)
        found = self._told(self._inside("tests", "\n".join(subject.output[one.start : one.end] for one in code)))
        return Finding(found.value, found.why, spans if found.value is False else ())

    def _of_run(self, subject: Subject) -> Finding:
        ended = self._process("run", json.dumps(given_of(subject)).encode() + b"\n", None)
        if ended.trouble:
            return Finding(None, ended.trouble)
        if ended.code not in (0, 1):
            return Finding(None, f"The command ended with {ended.code}.")
        lines = ended.out.decode("utf-8", "replace").strip().splitlines()
        if lines and lines[-1].startswith("{"):
            try:
                said = json.loads(lines[-1])
            except (ValueError, RecursionError):
                return Finding(None, "The command's last line is no JSON.")
            if "value" in said:
                return self._told(said)
        if self.gives == "number":
            return Finding(None, "The command gave no figure.")
        return Finding(ended.code == 0, "" if ended.code == 0 else "The command says that it does not hold.")

    def _inside(self, mode: str, given: Any) -> Any:
        token = token_hex(16)
        told = {"source": self._source, "name": self._name, "given": given, "token": token}
        with tempfile.TemporaryDirectory(prefix="reviewer-check-", ignore_cleanup_errors=True) as folder:
            ended = self._process(mode, json.dumps(told).encode() + b"\n", folder)
        if ended.trouble:
            return {"value": None, "why": ended.trouble}
        for line in ended.out.decode("utf-8", "replace").splitlines():
            if line.startswith(token):
                return json.loads(line.removeprefix(token))
        # The code under test ended the process itself.
        ended_so = f"It ended before it said anything, with {ended.code}."
        return {"value": False if mode == "tests" else None, "why": ended_so}

    def _process(self, mode: str, given: bytes, folder: str | None) -> Ended:
        limits = (mode, str(math.ceil(self._seconds)), str(self._megabytes))
        # A command needs no packages of ours; a function may need those that are installed.
        flags = ("-I", "-S") if mode == "run" else ("-I",)
        return bounded([sys.executable, *flags, _RUNNER, *limits, *self._run], given, self._seconds, folder)

    def _told(self, said: Any) -> Finding:
        value = said.get("value") if isinstance(said, dict) else None
        why = said.get("why", "") if isinstance(said, dict) else ""
        why = "".join(letter if letter.isprintable() else " " for letter in str(why or ""))[:_WHY].strip()
        if value is None:
            return Finding(None, why or "It gave no value.")
        if self.gives == "boolean":
            return Finding(value, why) if isinstance(value, bool) else Finding(None, "It gave no true or false.")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Finding(None, "It gave no figure.")
        try:
            figure = float(value)
        except OverflowError:
            figure = math.inf
        return Finding(figure, why) if math.isfinite(figure) else Finding(None, "It gave no finite figure.")


class _Figure(Command):
    __doc__ = Command.__doc__
    gives: ClassVar[Literal["boolean", "number"]] = "number"


def given_of(subject: Subject) -> dict[str, Any]:
    """What a user's code is given of an output."""
    return {
        "output": subject.output,
        "prompt": subject.prompt,
        "context": [{"title": passage.title, "text": passage.text} for passage in subject.context],
        "reference": subject.reference,
    }


def _command(arguments: Sequence[str]) -> list[str]:
    """The arguments with the whole path of the program. Raises BadInput where there is none."""
    if not arguments:
        raise BadInput("run is empty.", mend='Write run = ["program", "argument"].')
    if any("\0" in argument for argument in arguments):
        raise BadInput("run holds a zero byte.", mend="Leave it out.")
    found = shutil.which(arguments[0])
    if found is None:
        raise BadInput(f"there is no program {arguments[0]!r}.", mend="Check the name, and that it may be executed.")
    return [str(Path(found).absolute()), *arguments[1:]]


def bounded(arguments: Sequence[str], given: bytes, seconds: float, folder: str | None) -> Ended:
    """Runs a program with `given` on its standard input and little else of ours; whatever it started in its group is
    ended with it. At most 64 KB of what it writes are read."""
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    out = b""
    with tempfile.TemporaryFile() as file:
        # A file and no pipe: a program that does not read cannot hold us up.
        file.write(given)
        file.seek(0)
        try:
            process = subprocess.Popen(
                list(arguments),
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            return Ended(-1, b"", f"It cannot be started ({error.strerror}).")
        trouble = ""
        try:
            out, trouble = _read(process, time.monotonic() + seconds)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
            assert process.stdout is not None
            process.stdout.close()
    if len(out) > _MOST:
        return Ended(code, b"", f"It wrote more than {_MOST >> 10} KB.")
    return Ended(code, out, trouble or ("It took too long." if code == -signal.SIGXCPU else ""))


def _read(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, str]:
    """What the process wrote until it ended, and what was amiss. One that it left behind may hold the pipe open."""
    assert process.stdout is not None
    out, place = bytearray(), process.stdout.fileno()
    os.set_blocking(place, False)
    with selectors.DefaultSelector() as selector:
        selector.register(place, selectors.EVENT_READ)
        while len(out) <= _MOST:
            ended = process.poll() is not None
            left = until - time.monotonic()
            if not ended and left <= 0:
                return bytes(out), "It took too long."
            if selector.get_map() and selector.select(0 if ended else min(left, 0.02)):
                if read := os.read(place, _MOST):
                    out += read
                    continue
                selector.unregister(place)
            if ended:
                break
            if not selector.get_map():
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, min(left, 0.02)))
    return bytes(out), ""
