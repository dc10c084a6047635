"""Commands as a person gives them: arguments in, exit code and both streams out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli import run


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)


Command = Callable[..., Ran]


def commands(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """`reviewer`, with `home` as its home."""

    def command(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(["--home", str(home), *arguments])
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return command
