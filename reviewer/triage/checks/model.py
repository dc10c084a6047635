"""What a check is given and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, Protocol

Value = bool | float | str | None
"""Whether something holds, a figure, or None: the check cannot tell."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A context document."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Subject:
    """An output with its item, without a word of who made it or what others said of it.

    `system` is what the prompt's system turns say (they are in `prompt` too), `logprobs` the natural logarithms of the
    probabilities that the model gave its tokens; both are empty where none came.
    """

    output: str
    prompt: str = ""
    context: tuple[Passage, ...] = ()
    reference: str | None = None
    system: str = ""
    logprobs: tuple[float, ...] = ()

    @property
    def user(self) -> str:
        """The prompt without the system turns that it begins with."""
        return self.prompt[len(self.system) :] if self.prompt.startswith(self.system) else self.prompt


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text: `where` is output, reference, prompt or context:N, counted from 1; `start` and `end` count
    code points of the stored text."""

    where: str
    start: int
    end: int
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The span as a label's evidence holds it."""
        told = asdict(self)
        return told if self.note else {name: told[name] for name in ("where", "start", "end")}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of an output. A value of None is an abstention, and `why` says what is missing."""

    value: Value
    why: str = ""
    evidence: tuple[Span, ...] = ()


class Check(Protocol):
    """A check as it was configured; `type` names its kind, `gives` what its values are."""

    type: ClassVar[str]
    gives: ClassVar[Literal["boolean", "number"]]
    id: str

    def examine(self, subject: Subject) -> Finding:
        """What it says of one output. Depends on nothing else, and raises nothing for any text."""


def criterion_of(check: Check) -> dict[str, Any]:
    """The criterion of a rubric that a check answers. One that cannot tell says that it does not apply."""
    told: dict[str, Any] = {"id": check.id, "type": check.gives, "required": False, "allow_na": True}
    return told


def no_reference() -> Finding:
    """What is said where there is nothing to compare with."""
    return Finding(None, "The item has no reference.")


Options = Mapping[str, Any]
"""What stands in the configuration of a check beside `id` and `type`."""
