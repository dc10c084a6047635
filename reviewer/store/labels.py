"""Committing a label: everything that must be true together, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, update

from reviewer.ids import canonical_json
from reviewer.store import events, passing, stretches
from reviewer.store.prepared import Driver, Prepared, insert_into, upsert
from reviewer.store.tables import Assignment, Draft, Label, LabelHead, Progress, Queue, core

_A, _D, _H, _L, _P, _Q = (core(table).c for table in (Assignment, Draft, LabelHead, Label, Progress, Queue))
_mine = (_A.task == bindparam("task")) & (_A.rater == bindparam("rater"))
_assignment = Prepared(select(_A.state, _A.flagged).where(_mine))
_head = Prepared(
    select(_H.label, _L.revision)
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(
        _H.task == bindparam("task"),
        _H.rater == bindparam("rater"),
        _H.phase == bindparam("phase"),
        _H.sample == bindparam("sample"),
    )
)
_primary_of_others = Prepared(
    select(func.count())
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(
        _H.task == bindparam("task"),
        _H.rater != bindparam("rater"),
        _H.phase == "independent",
        _L.outcome == "submitted",
        ~_L.surplus,
    )
)
_overlap = Prepared(select(_Q.overlap).where(_Q.id == bindparam("queue")))
_put_head = upsert(LabelHead)
_put_assignment = upsert(Assignment, skip=["seq", "queue"])
_end_draft = Prepared(
    delete(core(Draft)).where(
        _D.task == bindparam("task"), _D.rater == bindparam("rater"), _D.sitting <= bindparam("sitting")
    )
)
_COUNTED = ("submitted", "skipped", "abstained", "sent_back")
_count = Prepared(
    update(core(Progress))
    .where(_P.queue == bindparam("of_queue"), _P.rater == bindparam("of_rater"))
    .values(
        **{
            name: core(Progress).c[name]
            + case((bindparam("became") == name, 1), else_=0)
            - case((bindparam("was") == name, 1), else_=0)
            for name in _COUNTED
        },
        flagged=_P.flagged + bindparam("more_flagged"),
        passed=_P.passed - bindparam("less_passed"),
        active_ms=_P.active_ms + bindparam("more_active"),
        idle_ms=_P.idle_ms + bindparam("more_idle"),
        here=bindparam("at_seq"),
        updated_at=bindparam("at"),
    )
)
_put_progress = insert_into(Progress)
_has_progress = Prepared(select(_P.submitted).where(_P.queue == bindparam("queue"), _P.rater == bindparam("rater")))


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label as its author made it; revision, what it supersedes and surplus are settled at the commit.

    `columns` holds every column of Label but those three and `received_at`, as stored values.
    """

    columns: dict[str, Any]
    seq: int
    sitting: str
    flagged: bool


@dataclass(frozen=True, slots=True)
class Committed:
    """What the commit made of it."""

    label: str
    revision: int
    surplus: bool


def commit(driver: Driver, new: NewLabel, *, stream: str) -> Committed:
    """Writes the label, its head, the assignment's state, the draft's end, the counters and the event.

    To be called inside a transaction.
    """
    said = new.columns
    queue, task, rater = said["queue"], said["task"], said["rater"]
    head = _head.first(driver, task=task, rater=rater, phase=said["phase"], sample=said["sample"])
    before = _assignment.first(driver, task=task, rater=rater)
    row = {
        **said,
        "revision": head[1] + 1 if head else 1,
        "supersedes": canonical_json([head[0]] if head else []).decode(),
        "received_at": said["committed_at"],
        "surplus": int(_is_surplus(driver, queue, task, rater)),
    }
    insert_into(Label).run(driver, **row)
    _put_head.run(
        driver,
        task=task,
        rater=rater,
        phase=said["phase"],
        sample=said["sample"],
        label=row["id"],
        conflict="[]",
    )
    _put_assignment.run(
        driver,
        task=task,
        rater=rater,
        queue=queue,
        seq=new.seq,
        shown_order=said["shown_order"],
        state=said["outcome"],
        flagged=int(new.flagged),
        committed_at=said["committed_at"],
    )
    _end_draft.run(driver, task=task, rater=rater, sitting=new.sitting)
    was_passed_over = not stretches.cover(driver, queue, rater, new.seq) and before is None
    if before and before[0] == "submitted" and said["outcome"] != "submitted":
        passing.give_back(driver, queue, task)
    ensure_progress(driver, queue, rater, said["committed_at"])
    _count.run(
        driver,
        of_queue=queue,
        of_rater=rater,
        was=before[0] if before else "open",
        became=said["outcome"],
        more_flagged=int(new.flagged) - (before[1] if before else 0),
        less_passed=int(was_passed_over),
        more_active=said["active_ms"],
        more_idle=said["idle_ms"],
        at_seq=new.seq,
        at=said["committed_at"],
    )
    events.append(
        driver,
        stream=stream,
        actor=rater,
        action=f"label.{said['outcome']}",
        subject=row["id"],
        content=events.label_digest(row),
        data={"queue": queue, "task": task, "revision": row["revision"]},
    )
    return Committed(row["id"], row["revision"], bool(row["surplus"]))


def ensure_progress(driver: Driver, queue: str, rater: str, at: str) -> None:
    """Makes the rater's counters in the queue where they are missing."""
    if _has_progress.first(driver, queue=queue, rater=rater) is None:
        zero = dict.fromkeys((*_COUNTED, "flagged", "passed", "active_ms", "idle_ms", "here"), 0)
        _put_progress.run(driver, queue=queue, rater=rater, updated_at=at, **zero)


def filled_by_others(driver: Driver, task: str, rater: str, overlap: int) -> bool:
    """Whether other raters' primary labels fill the task's overlap."""
    return overlap > 0 and _primary_of_others.first(driver, task=task, rater=rater)[0] >= overlap


def _is_surplus(driver: Driver, queue: str, task: str, rater: str) -> bool:
    return filled_by_others(driver, task, rater, _overlap.first(driver, queue=queue)[0])
