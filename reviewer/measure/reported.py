"""What every report by criterion has: the settings of its resampling, what was dropped, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from reviewer.errors import WrongUsage


class _Told(Protocol):
    def to_json(self) -> dict[str, Any]: ...


One = TypeVar("One", bound=_Told)
How = TypeVar("How", bound=_Told)


@dataclass(slots=True)
class Reported(Generic[One, How]):
    """One report a criterion, the settings, and what was no rating and no vote, by reason."""

    criteria: dict[str, One]
    settings: How
    dropped: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """All of it for a program."""
        return {
            "criteria": {name: one.to_json() for name, one in self.criteria.items()},
            "dropped": dict(self.dropped),
            "settings": self.settings.to_json(),
        }


def check_resampling(rounds: int, seed: int, alpha: float) -> None:
    """Raises WrongUsage for what no interval can be resampled by."""
    if rounds < 0 or 0 < rounds < 100:
        raise WrongUsage("the rounds must be 0, for no intervals, or at least 100.", mend="1000 is usual.")
    if seed < 0:
        raise WrongUsage("the seed must not be negative.", mend="Any whole number from 0 does.")
    if not 0 < alpha < 0.5:
        raise WrongUsage("alpha must lie between 0 and 0.5.", mend="0.05 is usual.")
