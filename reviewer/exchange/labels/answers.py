"""The values of a label that comes in, held against its rubric: a rating's, or a comparison's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewer.errors import BadInput
from reviewer.exchange.rows import FieldFault
from reviewer.rubric import (
    BOTH_BAD,
    Criterion,
    Preference,
    Rubric,
    parse_preference,
    parse_ranking,
    parse_value,
    preference_fault,
    ranking_fault,
    split_key,
    value_fault,
)
from reviewer.rubric.questions import PREFERENCE, RANKING


class Answers:
    """Reads the values of labels on tasks of `outputs` outputs in a queue of that kind. All raise FieldFault.

    In a comparison the overall answer, and each criterion under its own id, is a preference or a ranking; under
    `CRITERION@output:2` a criterion has its own scale. With `between`, as in a consensus, a mean may lie between the
    points of a scale.
    """

    def __init__(self, rubric: Rubric, kind: str, outputs: int, *, between: bool = False) -> None:
        self._between = between
        self._rubric = rubric
        self._compares = kind != "rating"
        self._outputs = outputs

    def checked(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values of a JSON line, as they are."""
        for key, value in values.items():
            if self._is_mean(key, value):
                continue
            if self._is_compared(key):
                fault = self._comparison_fault(value)
            else:
                fault = value_fault(self._criterion(key), value)
            if fault:
                raise FieldFault(f"values.{key[:60]}: {fault}.")
        return values

    def parsed(self, cells: Mapping[str, str]) -> dict[str, Any]:
        """The values that the cells of a table say; a blank one says nothing."""
        values: dict[str, Any] = {}
        for key, cell in cells.items():
            try:
                if (mean := _fraction(cell)) is not None and self._is_mean(key, mean):
                    values[key] = mean
                    continue
                if self._is_compared(key):
                    if cell.strip():
                        values[key] = self._parse_comparison(cell)
                    continue
                criterion = self._criterion(key)
                if cell.strip() or criterion.type == "multi":
                    values[key] = parse_value(criterion, cell)
            except BadInput as error:
                raise FieldFault(str(error)) from None
        return values

    def _is_mean(self, key: str, value: object) -> bool:
        """Whether it is no point of the scale, and lies between two of a consensus."""
        if not self._between or not isinstance(value, float):
            return False
        if self._is_compared(key):
            return abs(value) <= self._preference.steps[-1]
        asked = self._criterion(key)
        low, high = asked.min, asked.max
        return asked.type == "scale" and low is not None and high is not None and low <= value <= high

    @property
    def _preference(self) -> Preference:
        return self._rubric.preference or Preference()

    def _is_compared(self, key: str) -> bool:
        return self._compares and (key in (PREFERENCE, RANKING) or self._rubric.criterion(key) is not None)

    def _comparison_fault(self, value: object) -> str:
        if isinstance(value, list):
            fault = ranking_fault(value, self._outputs)
            return f"the ranking {fault}" if fault else ""
        return preference_fault(self._preference, value)

    def _parse_comparison(self, cell: str) -> Any:
        if ">" in cell or "=" in cell:
            return parse_ranking(cell, self._outputs)
        return parse_preference(self._preference, cell)

    def _criterion(self, key: str) -> Criterion:
        parts = split_key(key)
        criterion = self._rubric.criterion(parts.criterion) if parts else None
        if parts is None or criterion is None:
            raise FieldFault(f"the rubric '{self._rubric.name}' has no criterion {key[:60]!r}; {self._known()}.")
        if parts.unit not in ("", "output", criterion.per):
            raise FieldFault(
                f"{key[:60]!r} is no part that the criterion is asked of; it is asked per {criterion.per}."
            )
        return criterion

    def _known(self) -> str:
        names = [criterion.id for criterion in self._rubric.criteria]
        if self._compares:
            names = [PREFERENCE, RANKING, *names]
        return f"it has {', '.join(names)}"


def _fraction(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return None if number.is_integer() else number


def is_ranking(value: object) -> bool:
    """Whether a stored value is a ranking: groups of outputs, best first."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def is_preference(key: str, value: object) -> bool:
    """Whether a stored value is the overall preference."""
    return key == PREFERENCE and (value == BOTH_BAD or isinstance(value, int))
