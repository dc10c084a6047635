"""Two versions of a rubric: what changed, what stays comparable, and what of an open draft moves along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from reviewer.rubric.answers import split_key
from reviewer.rubric.model import Criterion, Rubric

Kind = Literal["added", "removed", "changed", "moved"]

_SHOWN = 60
# Of the fields that are listed one by one, those that the scale hash covers.
_SCALE = ("type", "min", "max", "direction", "points", "per")
_OTHER = ("weight", "required", "allow_na", "label", "help", "reasons")


class Change(NamedTuple):
    """One difference. `criterion` is empty for the rubric itself; `comparable`: old answers still compare with new.

    `composite` and `preference` stand as criteria, as they do among answers.
    """

    kind: Kind
    criterion: str
    what: str
    comparable: bool


class Carried(NamedTuple):
    """What moved along to the new rubric, and the keys of what did not."""

    values: dict[str, Any]
    rationale: dict[str, Any]
    dropped: list[str]


def difference(old: Rubric, new: Rubric) -> list[Change]:
    """What changed from `old` to `new`, the rubric's own fields first, then by criterion; empty if nothing did."""
    changes = list(_of_rubric(old, new))
    for criterion in old.criteria:
        after = new.criterion(criterion.id)
        if after is None:
            changes.append(Change("removed", criterion.id, f"criterion {criterion.title!r} is gone", False))
        else:
            changes += _of_criterion(criterion, after)
    for criterion in new.criteria:
        if old.criterion(criterion.id) is None:
            said = f"criterion {criterion.title!r} is new ({criterion.type})"
            changes.append(Change("added", criterion.id, said, True))
    changes += _moved(old, new)
    if old.composite and new.composite and old.scale_hash != new.scale_hash:
        changes.append(Change("changed", "composite", "composites before and after do not compare", False))
    return changes


def carry(values: Mapping[str, Any], rationale: Mapping[str, Any], old: Rubric, new: Rubric) -> Carried:
    """Move an open draft to the new rubric: answers whose scale is unchanged stay, the others are dropped and named.

    The label's own rationale always stays. What now breaks a rule (a value no longer allowed to be not applicable)
    moves along, and `problems` tells of it.
    """
    kept_values = {key: value for key, value in values.items() if _stays(key, old, new)}
    kept_rationale = {key: entry for key, entry in rationale.items() if key == "label" or _stays(key, old, new)}
    dropped = [key for key in values if key not in kept_values]
    dropped += [key for key in rationale if key not in kept_rationale and key not in dropped]
    return Carried(kept_values, kept_rationale, dropped)


def _stays(key: str, old: Rubric, new: Rubric) -> bool:
    parts = split_key(key)
    if parts is None:
        return False
    if parts.criterion == "ranking":
        return True
    before = old.scale_hash_of(parts.criterion)
    return before is not None and before == new.scale_hash_of(parts.criterion)


def _of_rubric(old: Rubric, new: Rubric) -> Iterator[Change]:
    if old.name != new.name:
        yield Change("changed", "", _arrow("name", old.name, new.name), True)
    if old.instructions != new.instructions:
        yield Change("changed", "", _arrow("instructions", old.instructions, new.instructions), True)
    if old.composite != new.composite:
        yield Change("changed", "composite", _arrow("composite", old.composite, new.composite), False)
    if old.preference != new.preference:
        same = old.scale_hash_of("preference") == new.scale_hash_of("preference")
        added = old.preference is None
        kind: Kind = "added" if added else "removed" if new.preference is None else "changed"
        before, after = (
            rubric.preference.model_dump(mode="json") if rubric.preference else None for rubric in (old, new)
        )
        yield Change(kind, "preference", _arrow("preference", before, after), same or added)


def _of_criterion(old: Criterion, new: Criterion) -> Iterator[Change]:
    for field in (*_SCALE, *_OTHER):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Change("changed", old.id, _arrow(field, before, after), field not in _SCALE)
    if old.rationale != new.rationale:
        before, after = (one.rationale.model_dump(mode="json") for one in (old, new))
        yield Change("changed", old.id, _arrow("rationale", before, after), True)
    yield from _options(old, new)
    yield from _levels(old, new)


def _options(old: Criterion, new: Criterion) -> Iterator[Change]:
    before = {option.value: option for option in old.options}
    after = {option.value: option for option in new.options}
    for value in [value for value in before if value not in after]:
        yield Change("changed", old.id, f"option {value!r} is gone", False)
    for value in [value for value in after if value not in before]:
        yield Change("changed", old.id, f"option {value!r} is new", False)
    for value in [value for value in before if value in after]:
        for field in ("text", "score"):
            was, now = getattr(before[value], field), getattr(after[value], field)
            if was != now:
                yield Change("changed", old.id, _arrow(f"option {value!r} {field}", was, now), False)
    if list(before) != list(after) and before.keys() == after.keys():
        yield Change("changed", old.id, "options stand in another order", False)


def _levels(old: Criterion, new: Criterion) -> Iterator[Change]:
    names = list(dict.fromkeys([*old.levels, *new.levels]))
    for name in names:
        was, now = old.levels.get(name), new.levels.get(name)
        label_was, label_now = (level.label if level else "" for level in (was, now))
        if label_was != label_now:
            yield Change("changed", old.id, _arrow(f"level {name}", label_was, label_now), False)
        examples_was, examples_now = (level.examples if level else () for level in (was, now))
        if len(examples_was) != len(examples_now):
            count = f"level {name}: {len(examples_was)} → {len(examples_now)} annotated examples"
            yield Change("changed", old.id, count, True)
        elif examples_was != examples_now:
            yield Change("changed", old.id, f"level {name}: annotated examples reworded", True)


def _moved(old: Rubric, new: Rubric) -> Iterator[Change]:
    before = [one.id for one in old.criteria if new.criterion(one.id)]
    after = [one.id for one in new.criteria if old.criterion(one.id)]
    if before != after:
        yield Change("moved", "", _arrow("order of criteria", ", ".join(before), ", ".join(after)), True)


def _arrow(name: str, before: object, after: object) -> str:
    return f"{name}: {_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    if value is None or value == "" or value == ():
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
