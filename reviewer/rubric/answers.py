"""A label against its rubric: which keys it answers, what is still missing, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from reviewer.rubric.comparison import preference_fault, ranking_fault
from reviewer.rubric.model import Criterion, Rubric
from reviewer.rubric.values import value_fault

Kind = Literal["missing", "wrong", "not_applicable", "rationale", "unknown"]

_KEY = re.compile(r"(?P<criterion>[^@]+)(?:@(?P<unit>output|turn|context|step):(?P<number>[1-9][0-9]{0,5}))?")


class Key(NamedTuple):
    """A key of `values` taken apart; without a unit it speaks of the whole label."""

    criterion: str
    unit: str = ""
    number: int = 0

    def __str__(self) -> str:
        return f"{self.criterion}@{self.unit}:{self.number}" if self.unit else self.criterion


class Missing(NamedTuple):
    """What keeps a label from being submitted: the key, the kind of trouble, and a sentence."""

    key: str
    kind: Kind
    message: str


def split_key(key: str) -> Key | None:
    """The parts of a key of `values`; None if it is none."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    return Key(match["criterion"], match["unit"] or "", int(match["number"] or 0))


def keys_of(criterion: Criterion, outputs: int = 1, *, turns: int = 1, contexts: int = 0, steps: int = 0) -> list[str]:
    """The keys under which the criterion is answered, in the order of the parts that it judges.

    A criterion about contexts or steps of a task that has none has no keys: it is not asked. A key names one
    unit, so that in a comparison a criterion per turn or step is answered once an output.
    """
    if criterion.per == "context":
        return _numbered(criterion, "context", contexts)
    if outputs > 1:
        return _numbered(criterion, "output", outputs)
    if criterion.per == "output":
        return [criterion.id]
    return _numbered(criterion, criterion.per, turns if criterion.per == "turn" else steps)


def answered(criterion: Criterion, value: object) -> bool:
    """Whether a present value says anything: a blank text, and no option of a required multi, do not."""
    if criterion.type == "text" and isinstance(value, str):
        return bool(value.strip())
    return not (criterion.type == "multi" and value == [] and criterion.required)


def rationale_needed(criterion: Criterion, value: object) -> bool:
    """Whether the criterion's rule wants a rationale for this value."""
    rule = criterion.rationale
    if rule.rule == "required":
        return True
    if isinstance(value, int | float) and not isinstance(value, bool):
        if rule.required_below is not None and value < rule.required_below:
            return True
        if rule.required_above is not None and value > rule.required_above:
            return True
    given = value if isinstance(value, list) else [value]
    return any(_same(one, wanted) for wanted in rule.required_on for one in given)


def problems(
    rubric: Rubric,
    values: Mapping[str, Any],
    rationale: Mapping[str, Any],
    outputs: int = 1,
    *,
    turns: int = 1,
    contexts: int = 0,
    steps: int = 0,
) -> list[Missing]:
    """What keeps the label from being submitted, in the rubric's order; empty if nothing does.

    In a comparison (two outputs or more) the overall answer is what is required: a `preference`, or a `ranking`.
    Criteria may then be answered an output, or beside it in the shape of the overall answer.
    """
    found: list[Missing] = []
    known: set[str] = set()
    if outputs > 1:
        known |= {"preference", "ranking"}
        found += _overall(rubric, values, outputs)
    for criterion in rubric.criteria:
        keys = keys_of(criterion, outputs, turns=turns, contexts=contexts, steps=steps)
        known.update(keys)
        if outputs > 1:
            known.add(criterion.id)
            found += _beside(rubric, criterion, values, rationale, outputs)
        for key in keys:
            found += _of_key(criterion, key, values, rationale, required=criterion.required and outputs == 1)
    found += [
        Missing(key, "unknown", f"{key}: the rubric asks no such thing of this task.")
        for key in values
        if key not in known
    ]
    return found


def has_rationale(rationale: Mapping[str, Any], key: str) -> bool:
    """Whether a rationale stands under the key: words, or a quick reason."""
    entry = rationale.get(key)
    if not isinstance(entry, Mapping):
        return False
    return bool(str(entry.get("text") or "").strip() or entry.get("reasons"))


def _same(one: object, other: object) -> bool:
    # 1 == True in Python, and never in a rubric.
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _numbered(criterion: Criterion, unit: str, count: int) -> list[str]:
    return [f"{criterion.id}@{unit}:{number}" for number in range(1, count + 1)]


def _of_key(
    criterion: Criterion, key: str, values: Mapping[str, Any], rationale: Mapping[str, Any], *, required: bool
) -> Iterator[Missing]:
    name = _name(criterion, key)
    value = values.get(key)
    if key not in values or (value is not None and not answered(criterion, value)):
        if required:
            said = "no option is chosen yet" if criterion.type == "multi" else "is not answered yet"
            yield Missing(key, "missing", f"{name}: {said}.")
        return
    if fault := value_fault(criterion, value):
        yield Missing(key, "not_applicable" if value is None else "wrong", f"{name}: {fault}.")
    elif rationale_needed(criterion, value) and not has_rationale(rationale, key):
        yield Missing(key, "rationale", f"{name}: this answer needs a rationale.")


def _overall(rubric: Rubric, values: Mapping[str, Any], outputs: int) -> Iterator[Missing]:
    preference = rubric.preference
    if "ranking" in values:
        if fault := ranking_fault(values["ranking"], outputs):
            yield Missing("ranking", "wrong", f"The ranking {fault}.")
    elif outputs > 2:
        yield Missing("ranking", "missing", "The outputs are not ranked yet.")
    if "preference" in values:
        if preference is None:
            yield Missing("preference", "unknown", "The rubric asks for no preference.")
        elif fault := preference_fault(preference, values["preference"]):
            yield Missing("preference", "wrong", f"The preference: {fault}.")
    elif outputs == 2 and preference is not None and "ranking" not in values:
        yield Missing("preference", "missing", "No preference is given yet.")


def _beside(
    rubric: Rubric, criterion: Criterion, values: Mapping[str, Any], rationale: Mapping[str, Any], outputs: int
) -> Iterator[Missing]:
    value = values.get(criterion.id)
    if value is None:
        return
    if isinstance(value, list):
        fault = ranking_fault(value, outputs)
        fault = f"the ranking {fault}" if fault else ""
    elif rubric.preference is not None and outputs == 2:
        fault = preference_fault(rubric.preference, value)
    else:
        fault = "is answered for each output in this comparison"
    if fault:
        yield Missing(criterion.id, "wrong", f"{criterion.title}: {fault}.")
    elif criterion.rationale.rule == "required" and not has_rationale(rationale, criterion.id):
        yield Missing(criterion.id, "rationale", f"{criterion.title}: this answer needs a rationale.")


def _name(criterion: Criterion, key: str) -> str:
    parts = split_key(key)
    return f"{criterion.title} ({parts.unit} {parts.number})" if parts and parts.unit else criterion.title
