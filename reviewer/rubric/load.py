"""From a file, a text or raw data to a Rubric, with every complaint at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from reviewer.errors import BadInput
from reviewer.rubric.complaints import BadRubric, Problem, complaints_of, rules_were_heard, sentence, shown
from reviewer.rubric.hints import hints
from reviewer.rubric.model import Criterion, Rubric
from reviewer.rubric.rules import Complaint
from reviewer.rubric.tree import Path as TreePath
from reviewer.rubric.tree import Tree, Unreadable, read_tree

MAX_BYTES = 1 << 20

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(slots=True)
class Checked:
    """What became of a text: a rubric or problems, and notes that are no errors."""

    origin: str
    rubric: Rubric | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    readable: bool = True

    def taken(self) -> Rubric:
        """The rubric. Raises BadRubric with all problems."""
        if self.rubric is None or self.problems:
            raise BadRubric(self.origin, self.problems, readable=self.readable)
        return self.rubric


def load_rubric(path: str | Path) -> Rubric:
    """The rubric of a YAML file. Raises BadRubric, or BadInput where the file cannot be read."""
    return check_rubric(read_text(Path(path)), str(path)).taken()


def parse_rubric(text: str, origin: str = "rubric") -> Rubric:
    """The rubric of a YAML text; `origin` names it in complaints. Raises BadRubric."""
    return check_rubric(text, origin).taken()


def rubric_from_data(data: object, origin: str = "rubric") -> Rubric:
    """The rubric of data as JSON gives it, such as the one that stands on an item. Raises BadRubric."""
    return _check(Tree(data), origin, lined=False).taken()


def check_rubric(text: str, origin: str = "rubric") -> Checked:
    """Everything that can be said about a YAML text; raises nothing."""
    try:
        tree = read_tree(text.removeprefix("\ufeff"))
    except Unreadable as error:
        return Checked(origin, problems=[Problem(*error.finding)], readable=False)
    return _check(tree, origin, lined=True)


def read_text(path: Path) -> str:
    """The text of a rubric file. Raises BadInput if it cannot be read, is huge, or is not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}.", mend="Check the path.", where=str(path)) from None
    if len(raw) > MAX_BYTES:
        raise BadInput(f"is larger than {MAX_BYTES >> 20} MiB.", mend="Shorten its examples.", where=str(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput("is not UTF-8.", mend="Save it as UTF-8.", where=f"{path}:{line}") from None


def _check(tree: Tree, origin: str, *, lined: bool) -> Checked:
    rubric, complaints = _build(tree.data)
    problems = [Problem(*finding) for finding in tree.findings]
    problems += [
        Problem(tree.line(complaint.path) if lined else 0, sentence(complaint, tree.data)) for complaint in complaints
    ]
    checked = Checked(origin, problems=sorted(dict.fromkeys(problems), key=lambda problem: problem.line))
    if rubric is not None:
        checked.rubric = None if problems else rubric
        checked.notes = [
            Problem(tree.line(hint.path) if lined else 0, sentence(hint, tree.data)) for hint in hints(rubric)
        ]
    return checked


def _build(data: object) -> tuple[Rubric | None, list[Complaint]]:
    if not isinstance(data, Mapping):
        said = "is empty" if data is None else f"must be a mapping, got {shown(data)}"
        return None, [Complaint((), f"{said}; begin with name: and criteria:")]
    raw = data.get("criteria")
    criteria: object = raw
    complaints: list[Complaint] = []
    if isinstance(raw, list | tuple):
        criteria = [_criterion(one, ("criteria", position), complaints) for position, one in enumerate(raw)]
    rubric = _model(Rubric, {**data, "criteria": criteria}, (), complaints)
    return (None, complaints) if complaints else (rubric, [])


def _criterion(data: object, path: TreePath, complaints: list[Complaint]) -> Criterion:
    before = len(complaints)
    criterion = _model(Criterion, data, path, complaints)
    if criterion is not None and len(complaints) == before:
        return criterion
    named = data.get("id") if isinstance(data, Mapping) else None
    return _stand_in(named, int(path[-1]))


def _model(model: type[_Model], data: object, path: TreePath, complaints: list[Complaint]) -> _Model | None:
    """Validate; where fields are at fault, once more without them, so that rules on the others are heard too."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = complaints_of(error, path)
        ruled = rules_were_heard(error)
    complaints += found
    if ruled or not isinstance(data, Mapping):
        return None
    faulty = [complaint.path[len(path) :] for complaint in found]
    if ("type",) in faulty or () in faulty:
        return None
    try:
        return model.model_validate(_without(model, data, faulty))
    except ValidationError as error:
        again = complaints_of(error, path)
    pruned = {_pruned(one) for one in faulty}
    complaints += [one for one in again if _pruned(one.path[len(path) :]) not in pruned]
    return None


def _pruned(inside: TreePath) -> TreePath:
    """The part that is left out for a fault: one level, else the whole field."""
    return inside[: 2 if inside[:1] == ("levels",) else 1]


def _without(model: type[BaseModel], data: Mapping[str, Any], faulty: list[TreePath]) -> dict[str, Any]:
    fields = {one[0] for one in faulty if len(_pruned(one)) == 1}
    kept = {key: value for key, value in data.items() if key not in fields}
    levels = {one[1] for one in faulty if len(_pruned(one)) == 2}
    if levels and isinstance(kept.get("levels"), Mapping):
        kept["levels"] = {name: level for name, level in kept["levels"].items() if str(name) not in levels}
    stand_ins = {"id": "stand-in"} if model is Criterion else {"name": "stand-in", "preference": {}}
    return {key: value for key, value in stand_ins.items() if key in fields} | kept


def _stand_in(named: object, position: int) -> Criterion:
    """Keeps the place and the name of a broken criterion, so that the rules of the whole rubric can be heard.

    It has points because the broken one may have meant to.
    """
    try:
        return Criterion(id=str(named) if isinstance(named, str) else "", type="boolean", points=1)
    except ValidationError:
        return Criterion(id=f"stand-in-{position}", type="boolean", points=1)
