"""What a ranking says, criterion by criterion: systems, differences, the plan, raters, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reviewer.errors import WrongUsage
from reviewer.measure.differences import Difference
from reviewer.measure.figure import Figure
from reviewer.measure.planning import Plan
from reviewer.measure.position import Position
from reviewer.measure.raters import RaterReport
from reviewer.measure.reported import Reported, check_resampling
from reviewer.measure.strengths import MODELS, Model


@dataclass(frozen=True, slots=True)
class Settings:
    """How to rank; raises WrongUsage for what makes no sense."""

    model: str = "bradley-terry"
    position: bool = False
    prior: float = 0.0
    rounds: int = 1000
    seed: int = 0
    alpha: float = 0.05
    power: float = 0.8
    slices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise WrongUsage(f"there is no model {self.model!r}.", mend=f"Name one of {', '.join(MODELS)}.")
        if not 0 <= self.prior < float("inf"):
            raise WrongUsage("the prior must be a number of games, 0 or more.", mend="Say 0.1, say.")
        check_resampling(self.rounds, self.seed, self.alpha)
        if not 0.5 <= self.power < 1:
            raise WrongUsage("the power must lie between 0.5 and 1.", mend="0.8 is usual.")

    def fitted(self, *, position: bool) -> Model:
        """The model that these settings ask for."""
        return Model(self.model, position, self.prior)

    def to_json(self) -> dict[str, Any]:
        """The settings for a program."""
        return {
            "model": self.model,
            "position": self.position,
            "prior": self.prior,
            "rounds": self.rounds,
            "seed": self.seed,
            "alpha": self.alpha,
            "power": self.power,
        }


@dataclass(slots=True)
class SystemRow:
    """One system: its strength as a share (`bradley_terry`, all of them summing to 1), as a log strength, as Elo."""

    system: str
    votes: int
    win_rate: Figure
    bradley_terry: Figure
    log_strength: Figure
    elo: Figure
    rank: int | None
    rank_low: int | None = None
    rank_high: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The row for a program."""
        told: dict[str, Any] = {
            "system": self.system,
            "votes": self.votes,
            "win_rate": self.win_rate.to_json(),
            "bradley_terry": self.bradley_terry.to_json(),
            "log_strength": self.log_strength.to_json(),
            "elo": self.elo.value,
            "elo_low": self.elo.low,
            "elo_high": self.elo.high,
            "rank": self.rank,
            "rank_low": self.rank_low,
            "rank_high": self.rank_high,
        }
        if self.elo.why:
            told["why"] = self.elo.why
        return told


@dataclass(frozen=True, slots=True)
class Resampling:
    """How the intervals came about: rounds, those without a finite estimate, and what was resampled."""

    rounds: int
    dropped: int
    unit: str

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {"rounds": self.rounds, "used": self.rounds - self.dropped, "dropped": self.dropped, "unit": self.unit}


@dataclass(slots=True)
class Table:
    """The ranking under one criterion, or in one slice of it; `systems` from the best down, the names in `names`.

    `groups` has more than one member where no vote joins the systems; each is then ranked by itself in `components`.
    """

    names: tuple[str, ...]
    votes: int
    items: int | None
    systems: list[SystemRow]
    tie: Figure
    both_bad: Figure
    position: Position
    tie_parameter: Figure | None
    resampling: Resampling
    why: str
    groups: list[tuple[str, ...]]
    differences: list[Difference] = field(default_factory=list)
    family: int = 0
    plan: Plan | None = None
    components: list[Table] = field(default_factory=list)
    raters: list[RaterReport] = field(default_factory=list)
    slices: dict[str, dict[str, Table]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def connected(self) -> bool:
        """Whether the votes join all systems, direction ignored."""
        return len(self.groups) <= 1

    def to_json(self) -> dict[str, Any]:
        """The table for a program."""
        told: dict[str, Any] = {
            "votes": self.votes,
            "items": self.items,
            "connected": self.connected,
            "systems": [one.to_json() for one in self.systems],
            "tie_rate": self.tie.value,
            "both_bad_rate": self.both_bad.value,
            "rates": {"tie": self.tie.to_json(), "both_bad": self.both_bad.to_json()},
            "position": self.position.to_json(),
            "resamples": self.resampling.to_json(),
            "differences": [one.to_json(self.names) for one in self.differences],
            "family": self.family,
            "plan": self.plan.to_json(self.names) if self.plan else None,
            "groups": [list(group) for group in self.groups],
            "components": [one.to_json() for one in self.components],
            "raters": [one.to_json() for one in self.raters],
            "notes": list(self.notes),
        }
        if self.tie_parameter is not None:
            told["tie_parameter"] = self.tie_parameter.to_json()
        if self.slices:
            told["slices"] = {
                column: {value: table.to_json() for value, table in tables.items()}
                for column, tables in self.slices.items()
            }
        return told


class Ranking(Reported[Table, Settings]):
    """The tables by criterion, the settings, and the rows that were no votes, by reason."""

    __slots__ = ()
