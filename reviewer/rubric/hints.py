"""What would make a rubric better, though it may be used as it is."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.rubric.model import Criterion, Rubric
from reviewer.rubric.rules import Complaint

_ASKED = "two to three annotated examples a level are asked for"
_DIGITS = 9


def hints(rubric: Rubric) -> list[Complaint]:
    """Notes on the rubric, as complaints that are no errors."""
    found: list[Complaint] = []
    for position, criterion in enumerate(rubric.criteria):
        found += [Complaint(("criteria", position, *path), said) for path, said in _of_criterion(criterion)]
    if rubric.composite == "points" and not any((one.points or 0) > 0 for one in rubric.criteria):
        found.append(Complaint(("composite",), "is points, but no points are positive: it stays undefined"))
    return found


def _of_criterion(criterion: Criterion) -> Iterator[Complaint]:
    if criterion.type == "scale" and not any(level.examples for level in criterion.levels.values()):
        yield Complaint(("levels",), f"have no annotated examples; {_ASKED}")
    else:
        yield from _levels(criterion)
    if criterion.reasons and criterion.rationale.rule == "never":
        yield Complaint(("reasons",), "are never shown, because rationale is never")
    if len(criterion.reasons) > _DIGITS:
        yield Complaint(("reasons",), f"are {len(criterion.reasons)}; digits reach the first {_DIGITS}")
    if len(criterion.options) > _DIGITS:
        yield Complaint(("options",), f"are {len(criterion.options)}; digits reach the first {_DIGITS}")


def _levels(criterion: Criterion) -> Iterator[Complaint]:
    for value, level in criterion.described():
        count = len(level.examples)
        if not 2 <= count <= 3:
            name = str(value).lower() if isinstance(value, bool) else str(value)
            some = "no annotated example" if not count else f"{count} annotated example{'s' * (count > 1)}"
            yield Complaint(("levels", name), f"has {some}; {_ASKED}")
    if criterion.type == "scale" and len(criterion.levels) < len(criterion.steps):
        missing = [str(step) for step in criterion.steps[:101] if criterion.level(step) is None]
        said = ", ".join(missing[:10]) + (" and more" if len(missing) > 10 else "")
        yield Complaint(("levels",), f"leave out {said}; {_ASKED}")
