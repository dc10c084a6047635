"""The overall answers of a comparison: a preference or a ranking, over the outputs as they were shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewer.errors import BadInput
from reviewer.rubric.model import Preference

BOTH_BAD = "both_bad"

_STEP = re.compile(r"[-+]?[0-9](?:\.0*)?")
_CELL = re.compile(r"[0-9]{1,4}(?:[>=][0-9]{1,4})*")

Ranking = list[list[int]]


def preference_fault(preference: Preference, value: object) -> str:
    """What is wrong with a preference, as the end of a sentence; empty if it is right."""
    if value == BOTH_BAD:
        return "" if preference.allow_both_bad else "both bad is not allowed by this rubric"
    if isinstance(value, bool) or not isinstance(value, int):
        return f"must be a step or {BOTH_BAD}"
    if value == 0 and not preference.allow_tie and preference.scale != 2:
        return "a tie is not allowed by this rubric"
    if value not in preference.steps:
        steps = ", ".join(str(step) for step in preference.steps)
        return f"must be one of {steps}"
    return ""


def parse_preference(preference: Preference, raw: object) -> int | str:
    """The preference that a cell or a JSON value stands for. Raises BadInput if the rubric refuses it."""
    value = raw
    if isinstance(raw, str):
        word = raw.strip()
        value = int(word.partition(".")[0]) if _STEP.fullmatch(word) else word
    if fault := preference_fault(preference, value):
        raise BadInput(f"preference: {fault}.", mend="Negative is the first shown, positive the second.")
    assert isinstance(value, int | str)
    return value


def ranking_fault(ranking: object, outputs: int) -> str:
    """What is wrong with a ranking of the outputs 1 … `outputs`; empty if each stands in it once."""
    if not isinstance(ranking, list) or not all(isinstance(group, list) and group for group in ranking):
        return "must be a list of groups, best first"
    placed = [one for group in ranking for one in group]
    if any(isinstance(one, bool) or not isinstance(one, int) for one in placed):
        return "must hold whole numbers alone"
    if sorted(placed) != list(range(1, outputs + 1)):
        return f"must hold each output from 1 to {outputs} once"
    return ""


def parse_ranking(raw: object, outputs: int) -> Ranking:
    """The ranking that a cell (`2>1=3`) or a JSON value stands for, best first. Raises BadInput."""
    value = raw
    if isinstance(raw, str):
        cell = "".join(raw.split())
        value = raw
        if _CELL.fullmatch(cell):
            value = [[int(one) for one in group.split("=")] for group in cell.split(">")]
    if (fault := ranking_fault(value, outputs)) or not isinstance(value, list):
        raise BadInput(f"ranking: it {fault}.", mend="Write it as 2>1=3, the best first.")
    return [sorted(group) for group in value]


def format_ranking(ranking: Sequence[Sequence[int]]) -> str:
    """The table cell of a ranking."""
    return ">".join("=".join(str(one) for one in group) for group in ranking)
