"""What is wrong with a keymap, or worth knowing about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reviewer.errors import BadInput


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: an error makes the keymap unusable, a note is for its author to know.

    `action` is the action it is about, `file` and `line` where it is written, as far as that is known.
    """

    severity: Literal["error", "note"]
    what: str
    mend: str = ""
    action: str = ""
    file: str = ""
    line: int | None = None

    @property
    def where(self) -> str:
        """The file, and the line if it is known."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.where}:" if self.file else "", self.what, self.mend) if part)


def refusal(problems: list[Problem], name: str) -> BadInput:
    """The first of `problems` as the error that stops the program, saying how to see the others."""
    first = problems[0]
    others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return BadInput(
        first.what + others,
        mend=f"{first.mend} `reviewer keymap check {name}` lists all.".strip(),
        where=first.where,
    )
