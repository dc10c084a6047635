"""The outputs that a rubric shows as annotated examples: whoever reads it knows their scores."""

from __future__ import annotations

from reviewer.rubric import Rubric
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("drawing")


def shown_by(rubric: Rubric) -> frozenset[str]:
    """The outputs among the examples of a rubric, for `is_shown`."""
    return frozenset(
        _as_shown(example.output)
        for criterion in rubric.criteria
        for level in criterion.levels.values()
        for example in level.examples
    )


def is_shown(driver: Driver, task: str, examples: frozenset[str]) -> bool:
    """Whether one of the task's outputs is among these examples."""
    return bool(examples) and any(_as_shown(text) in examples for (text,) in _sql.texts.rows(driver, task=task))


def _as_shown(text: str) -> str:
    """An output as it would stand in a rubric, where texts end alike."""
    return text.replace("\r\n", "\n").strip("\n").rstrip()
