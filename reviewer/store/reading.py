"""What the screen reads: one task with its texts, and what this rater has done with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import orjson

from reviewer.store.prepared import Driver
from reviewer.store.statements import statements
from reviewer.store.troubles import StoreTrouble

_AFTER_EVERYTHING = "9"
_DISCUSSED = ("revealed", "finished")
"""The states of a round whose blind part is over."""

_sql = statements("reading")


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """An output as a task holds it, in canonical order (by slot)."""

    public_id: str
    slot: int
    output: str
    parts: list[dict[str, str]]
    text: str
    sample: int
    content_hash: str
    system: str
    version: str


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task with its texts. `meta` is `{"metadata": {…}, "tags": […]}`, unfiltered."""

    task: str
    position: int
    key: str
    rubric: str | None
    state: str
    prompt: list[dict[str, str]]
    context: list[dict[str, str]]
    reference: str | None
    meta: dict[str, Any]
    outputs: list[OutputRecord]


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A draft as it was kept."""

    sitting: str
    rubric: str
    base_label: str | None
    document: dict[str, Any]
    cursor: dict[str, Any]
    active_ms: int
    idle_ms: int
    updated_at: str


@dataclass(frozen=True, slots=True)
class HeadRecord:
    """What the label that counts says. `disputed` is one beside which another device's stands, until one is given
    again."""

    label: str
    outcome: str
    rubric: str
    values: dict[str, Any]
    rationale: dict[str, Any]
    correction: dict[str, str]
    notes: str | None
    flags: list[str]
    revision: int
    committed_at: str
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Mine:
    """What one rater has done with a task.

    `phase` is where a label that they give now belongs, `head` the label that counts in it, `before` the one of an
    earlier phase from which they begin, and `exposure` what they were shown of others' judgment on the item.
    """

    state: str
    shown_order: list[str]
    flagged: bool
    draft: DraftRecord | None
    head: HeadRecord | None
    phase: str = "independent"
    before: HeadRecord | None = None
    exposure: str = "none"


@dataclass(frozen=True, slots=True)
class Counters:
    """A rater's progress as it is stored. `sent_back` counts the tasks that wait for another label of theirs."""

    submitted: int = 0
    skipped: int = 0
    abstained: int = 0
    sent_back: int = 0
    flagged: int = 0
    passed: int = 0
    active_ms: int = 0
    idle_ms: int = 0
    here: int = 0

    @property
    def done(self) -> int:
        """How many tasks need nothing more from the rater because they have said what they had to say."""
        return self.submitted + self.skipped + self.abstained


@dataclass(frozen=True, slots=True)
class Brief:
    """A task as a row of the item list."""

    task: str
    key: str
    state: str
    opening: str


def read_task(driver: Driver, queue: str, dataset: str, position: int) -> TaskRecord | None:
    """The task at `position`, or None where none is published there."""
    row = _sql.task.first(driver, queue=queue, dataset=dataset, position=position)
    if row is None:
        return None
    task, key, rubric, state, prompt, context, reference, meta, gold = row
    if gold:
        (meta,) = _sql.meta_of_gold.first(driver, task=task) or (None,)
    outputs = [
        OutputRecord(public, slot, output, _loads(parts), text, sample, content_hash, system, version)
        for public, slot, output, parts, text, sample, content_hash, system, version in _sql.outputs.rows(
            driver, task=task
        )
    ]
    return TaskRecord(
        task=task,
        position=position,
        key=key,
        rubric=rubric,
        state=state,
        prompt=_loads(prompt),
        context=_loads(context),
        reference=reference,
        meta=_loads(meta) if meta else {},
        outputs=outputs,
    )


def _loads(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise StoreTrouble(
            "what is stored of a task cannot be read.", mend="Run `reviewer doctor`: the file is damaged."
        ) from error


def read_state(driver: Driver, queue: str, position: int) -> tuple[str, str] | None:
    """The identifier and the state of the task at `position`, without its texts."""
    row = _sql.task_state.first(driver, queue=queue, position=position)
    return (row[0], row[1]) if row else None


def read_mine(driver: Driver, task: str, rater: str) -> Mine:
    """The rater's assignment, draft and label of `task`; empty where there is nothing yet."""
    given = _sql.assignment.first(driver, task=task, rater=rater)
    draft = _sql.draft.first(driver, task=task, rater=rater)
    found = list(_sql.heads.rows(driver, task=task, rater=rater))
    heads = {row[0]: row[2:] for row in found}
    exposed = _sql.exposure.first(driver, task=task, rater=rater)
    state = given[0] if given else "open"
    # Only what was said before others' judgment was seen is worth keeping apart; in a revealed round all of it is.
    first = any(row[0] == "independent" and row[1] == "none" for row in found)
    again = exposed is not None and (first or exposed[1] in _DISCUSSED)
    phase = _phase(state, heads, again=again)
    head, before = heads.get(phase), heads.get("independent")
    return Mine(
        state=state,
        shown_order=_loads(given[1]) if given else [],
        flagged=bool(given and given[2]),
        draft=_draft_record(draft) if draft else None,
        head=_head_record(head) if head else None,
        phase=phase,
        before=_head_record(before) if before and phase != "independent" else None,
        exposure=str(exposed[0]) if exposed else "none",
    )


def read_decision(driver: Driver, task: str, rater: str) -> Mine:
    """As `read_mine`, of an adjudicator: what they have decided of a task that is not theirs to rate."""
    draft = _sql.draft.first(driver, task=task, rater=rater)
    head = next((row[2:] for row in _sql.heads.rows(driver, task=task, rater=rater) if row[0] == "adjudication"), None)
    exposed = _sql.exposure.first(driver, task=task, rater=rater)
    said = _head_record(head) if head else None
    return Mine(
        state=said.outcome if said else "open",
        shown_order=[],
        flagged=bool(said and said.flags),
        draft=_draft_record(draft) if draft else None,
        head=said,
        phase="adjudication",
        exposure=str(exposed[0]) if exposed else "none",
    )


def _phase(state: str, heads: Collection[str], *, again: bool) -> str:
    """Where a label given now belongs: `again`, that an independent one takes no revision any more."""
    if state == "sent_back" or "rework" in heads:
        return "rework"
    return "revote" if "independent" in heads and (again or "revote" in heads) else "independent"


def _draft_record(row: Any) -> DraftRecord:
    sitting, rubric, base, document, cursor, active, idle, at = row
    return DraftRecord(sitting, rubric, base, _loads(document), _loads(cursor), active, idle, at)


def _head_record(row: Any) -> HeadRecord:
    label, outcome, rubric, values, rationale, correction, notes, flags, revision, at, conflict = row
    said = (_loads(values), _loads(rationale), _loads(correction))
    return HeadRecord(label, outcome, rubric, *said, notes, _loads(flags), revision, at, conflict != "[]")


def read_counters(driver: Driver, queue: str, rater: str) -> Counters | None:
    """The rater's counters, or None where they have not begun."""
    row = _sql.progress.first(driver, queue=queue, rater=rater)
    return Counters(*row) if row else None


def read_brief(driver: Driver, queue: str, position: int) -> Brief | None:
    """The row of the item list for the task at `position`."""
    row = _sql.brief.first(driver, queue=queue, position=position)
    return Brief(row[0], row[1], row[2], opening_of(row[3])) if row else None


_LONGEST_ESCAPE = len("\\u001b")


def opening_of(prompt: str) -> str:
    """The first words of a stored prompt, which may have been cut off anywhere."""
    begin = prompt.find('"text":"')
    body = prompt[begin + 8 :] if begin >= 0 else ""
    end = _end_of_string(body)
    for cut in range(end, end - _LONGEST_ESCAPE, -1):
        try:
            return str(orjson.loads(f'"{body[:cut]}"'))
        except orjson.JSONDecodeError:
            continue
    return ""


def _end_of_string(body: str) -> int:
    place = 0
    while place < len(body) and body[place] != '"':
        place += 2 if body[place] == "\\" else 1
    return min(place, len(body))


def state_of(driver: Driver, task: str, rater: str) -> tuple[str, bool]:
    """The state of the rater's assignment and whether it is flagged."""
    row = _sql.assignment.first(driver, task=task, rater=rater)
    return (row[0], bool(row[2])) if row else ("open", False)


def key_of(driver: Driver, task: str) -> str | None:
    """The key of a task's item."""
    row = _sql.key_of.first(driver, task=task)
    return str(row[0]) if row else None


def position_of(driver: Driver, task: str) -> int | None:
    """Where in its queue a task stands."""
    row = _sql.position_of.first(driver, task=task)
    return int(row[0]) if row else None


def seqs_in_state(driver: Driver, queue: str, rater: str, state: str, start: int, most: int) -> list[int]:
    """The rater's places from `start` on whose task is in `state`; "flagged" is a state here too."""
    found = (
        _sql.flagged_seqs.rows(driver, queue=queue, rater=rater, start=start, most=most)
        if state == "flagged"
        else _sql.seqs_in_state.rows(driver, queue=queue, rater=rater, state=state, start=start, most=most)
    )
    return [row[0] for row in found]


def drafted_positions(driver: Driver, queue: str, rater: str) -> list[int]:
    """The positions of all tasks on which the rater has a draft."""
    return [row[0] for row in _sql.drafted_positions.rows(driver, queue=queue, rater=rater)]


def done_before(driver: Driver, queue: str, rater: str, before: str | None) -> tuple[int, str] | None:
    """Place and time of the label that was committed last before the moment `before`, or last of all."""
    row = _sql.done_before.first(driver, queue=queue, rater=rater, before=before or _AFTER_EVERYTHING)
    return (row[0], row[1]) if row else None
