"""A rater's line of revisions on a task, in one phase: which of them counts, and which stand beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from reviewer.ids import canonical_json
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

LINE = ("task", "rater", "phase", "sample")
"""The columns of Label that say to which line it belongs."""

_sql = statements("lines")


@dataclass(frozen=True, slots=True)
class Line:
    """The label that counts, and those that nothing supersedes either."""

    head: str
    conflict: tuple[str, ...] = ()

    def beside(self, label: str) -> list[str]:
        """The labels that stand beside this one, where it counts or is in conflict with what does."""
        ends = (self.head, *self.conflict)
        return [end for end in ends if end != label] if label in ends else []


class Revision(NamedTuple):
    """A label as far as its place in a line goes; `supersedes` is JSON."""

    id: str
    revision: int
    supersedes: str
    received_at: str


def line_of(found: Sequence[Revision]) -> Line:
    """What counts of the revisions of a line; other loose ends beside it are a conflict.

    Of two ends the one that came first counts.
    """
    if len(found) == 1:
        return Line(found[0].id)
    replaced = {label for one in found for label in orjson.loads(one.supersedes)}
    ends = [one for one in found if one.id not in replaced] or found
    head, *others = sorted(ends, key=lambda one: (one.received_at, -one.revision, one.id))
    # Whatever a foreign graph says, a revision above the head is not lost from sight.
    beside = others or [one for one in found if one.revision > head.revision]
    return Line(head.id, tuple(sorted(one.id for one in beside)))


def put_line(driver: Driver, row: Mapping[str, Any]) -> Line:
    """Points the head of a label's line at the revision that counts now. To be called in the label's transaction, once
    it stands."""
    of = {name: row[name] for name in LINE}
    line = line_of([Revision._make(found) for found in _sql.line.rows(driver, **of)])
    _sql.put_head.run(driver, **head_row(of, line))
    return line


def head_row(of: Mapping[str, Any], line: Line) -> dict[str, Any]:
    """A line as its row of LabelHead."""
    return {**of, "label": line.head, "conflict": canonical_json(line.conflict).decode()}
