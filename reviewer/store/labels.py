"""Committing a label: everything that must be true together, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from reviewer.ids import canonical_json, now
from reviewer.store import events, golden, holding, passing, stretches, waiting
from reviewer.store.golden import Changed, GoldenValue
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements
from reviewer.store.troubles import RoundShut

_COUNTED = ("submitted", "skipped", "abstained", "sent_back")

OF_RATERS = frozenset({"independent", "revote", "rework"})
"""The phases of those to whom a task was given, each of whom has an assignment."""

_SHUT = {"locked": OF_RATERS, "revealed": {"independent"}, "finished": OF_RATERS, "cancelled": OF_RATERS}
"""The labels that a calibration round takes no more, by its state."""

_CALIBRATION = "calibration"

_sql = statements("labels")


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label as its author made it; revision, what it supersedes and surplus are settled at the commit.

    `columns` holds every column of Label but those three and `received_at`, as stored values. `golden` is what an
    adjudicator's label decides.
    """

    columns: dict[str, Any]
    seq: int
    sitting: str
    flagged: bool
    golden: tuple[GoldenValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """What the commit made of it."""

    label: str
    revision: int
    surplus: bool


def commit(driver: Driver, new: NewLabel, *, stream: str) -> Committed:
    """Writes the label, its head, the assignment's state, the draft's end, the counters and the event.

    A decision has no assignment and fills no overlap; what it decides becomes golden. In a queue that stands for a
    server's the label goes into the outbox and its event into the server's stream. To be called inside a transaction.
    Raises StoreTrouble where the queue takes no such label any more.
    """
    said = new.columns
    queue, task, rater = said["queue"], said["task"], said["rater"]
    overlap, state, purpose, remote, remote_stream = _sql.queue_now.first(driver, queue=queue)
    stream = remote_stream or stream
    if purpose == _CALIBRATION:
        holding.queue_as_it_is(driver, queue)
        state = _sql.queue_now.first(driver, queue=queue)[1]
    if is_shut(state, said["phase"]):
        raise RoundShut(f"the calibration round is {state}.", mend="What you said is kept as a draft.")
    holding.tasks(driver, [task])
    head = _sql.head.first(driver, task=task, rater=rater, phase=said["phase"], sample=said["sample"])
    row = {
        **said,
        "revision": _next_revision(driver, head) if head else 1,
        "supersedes": canonical_json([head[0], *orjson.loads(head[3])] if head else []).decode(),
        "received_at": said["committed_at"],
        "surplus": int(counts_for_overlap(said) and passing.is_filled(driver, task, rater, overlap)),
    }
    _sql.insert_label.run(driver, **row)
    _sql.put_head.run(
        driver,
        task=task,
        rater=rater,
        phase=said["phase"],
        sample=said["sample"],
        label=row["id"],
        conflict="[]",
    )
    _sql.end_draft.run(driver, task=task, rater=rater, sitting=new.sitting)
    if said["phase"] in OF_RATERS:
        settle(
            driver,
            Standing(
                queue=queue,
                task=task,
                rater=rater,
                seq=new.seq,
                shown_order=said["shown_order"],
                state=said["outcome"],
                flagged=new.flagged,
                committed_at=said["committed_at"],
            ),
            active_ms=said["active_ms"],
            idle_ms=said["idle_ms"],
            here=new.seq,
        )
    if said["phase"] == "adjudication":
        holding.places(driver, queue, [task])
        holding.items_of(driver, [task])
        golden.expose(driver, rater, task, exposure="peers", queue=queue)
    events.append(
        driver,
        stream=stream,
        actor=rater,
        action=f"label.{said['outcome']}",
        subject=row["id"],
        content=events.label_digest(row),
        data={"queue": queue, "task": task, "revision": row["revision"]},
    )
    if remote:
        _sql.put_in_outbox.run(
            driver, label=row["id"], remote=remote, state="waiting", attempts=0, error=None, at=row["committed_at"]
        )
    golden.keep(driver, row, new.golden, approved_by=rater, stream=stream)
    if said["phase"] == "adjudication":
        before = head[:3] if head else None
        changed = follow_decision(driver, queue, task, said["outcome"], before=before)
        golden.vouch(driver, changed, action="golden.decided", subject=row["id"], stream=stream, actor=rater)
    return Committed(row["id"], row["revision"], bool(row["surplus"]))


def _next_revision(driver: Driver, head: Any) -> int:
    """A label that settles a conflict is above all that it supersedes."""
    beside = [_sql.revision.first(driver, label=label) for label in orjson.loads(head[3])]
    return 1 + max(int(revision) for (revision,) in [(head[1],), *filter(None, beside)])


def follow_decision(
    driver: Driver, queue: str, task: str, outcome: str, *, before: tuple[str, int, str] | None
) -> Changed:
    """Sends the task back where the adjudicator does so; a decision ends what raters were asked for by it, and who
    withdraws what they asked for ends that.

    `before` has the adjudicator's earlier label, its revision and its outcome: what it decided and this one does not
    is golden no more, and what another decided comes back. To be called in the transaction of the label, after its
    golden values are kept; returns what an event is to vouch for.
    """
    changed = withdraw(driver, task, before[0], restore=outcome != "sent_back") if before else Changed()
    if outcome == "sent_back":
        send_back(driver, queue, task)
    elif outcome == "submitted":
        end_rework(driver, queue, task)
    elif before is not None and before[2] == "sent_back":
        end_rework(driver, queue, task, but_since=str(_sql.asked_since.first(driver, task=task)[0] or ""))
    return changed


def withdraw(driver: Driver, task: str, label: str, *, restore: bool = True) -> Changed:
    """Takes back what a label made golden that another one replaces; with `restore` what stood behind it stands again.
    To be called in a transaction, which vouches for it."""
    holding.items_of(driver, [task])
    changed = golden.take_back(driver, label)
    if restore:
        changed.add(golden.restore(driver, task))
    return changed


def send_back(driver: Driver, queue: str, task: str) -> None:
    """Opens a task again for all who labelled it. To be called in the transaction of the label that says why."""
    for rater, seq in list(_sql.labelled.rows(driver, task=task)):
        holding.place(driver, queue, rater)
        _sql.reopen.run(driver, of_task=task, of_rater=rater)
        stretches.uncover(driver, queue, rater, seq)
        _sql.count_sent_back.run(driver, of_queue=queue, of_rater=rater, at=now())


def end_rework(driver: Driver, queue: str, task: str, *, but_since: str = "") -> None:
    """Lets the labels of those who were asked again, and have not answered, stand as they are; but not of those who
    gave theirs before the moment `but_since`, at which another asked them too."""
    for rater, seq, given in list(_sql.asked_again.rows(driver, task=task)):
        if given < but_since:
            continue
        holding.place(driver, queue, rater)
        _sql.close_again.run(driver, of_task=task, of_rater=rater)
        stretches.cover(driver, queue, rater, seq)
        _sql.count_closed.run(driver, of_queue=queue, of_rater=rater, at=now())


@dataclass(frozen=True, slots=True)
class Standing:
    """What an assignment says once its label counts; `shown_order` is JSON."""

    queue: str
    task: str
    rater: str
    seq: int
    shown_order: str
    state: str
    flagged: bool
    committed_at: str


class Tally:
    """What many labels of one transaction add to raters' counters, written once for all of them by `write`."""

    def __init__(self) -> None:
        self._moved: dict[tuple[str, str], Counter[str]] = {}
        self._at: dict[tuple[str, str], str] = {}

    def begin(self, driver: Driver, queue: str, rater: str, at: str) -> None:
        """Makes and holds the counters, before anything that they count is changed."""
        if (queue, rater) not in self._moved:
            ensure_progress(driver, queue, rater, at)
            holding.place(driver, queue, rater)
            self._moved[queue, rater] = Counter(dict.fromkeys((*_COUNTED, "flagged", "passed", "active", "idle"), 0))
        self._at[queue, rater] = at

    def add(self, queue: str, rater: str, *, was: str, became: str, **more: int) -> None:
        """Adds what one label moves."""
        moved = self._moved[queue, rater]
        moved.update(more)
        for state, by in ((was, -1), (became, 1)):
            if state in _COUNTED:
                moved[state] += by

    def write(self, driver: Driver) -> None:
        """Writes it down, and begins anew."""
        for (queue, rater), moved in sorted(self._moved.items()):
            more = {f"more_{name}": by for name, by in moved.items()}
            _sql.count_many.run(driver, of_queue=queue, of_rater=rater, at=self._at[queue, rater], **more)
        self._moved.clear()


def settle(
    driver: Driver,
    now_: Standing,
    *,
    active_ms: int,
    idle_ms: int,
    here: int | None = None,
    tally: Tally | None = None,
) -> None:
    """Brings the assignment, the rater's order and the counters to where a label leaves them.

    `here` is where the rater stands then; without it that stays. Counters that are kept by a `tally` are written with
    it. To be called in the label's own transaction.
    """
    queue, task, rater = now_.queue, now_.task, now_.rater
    stood = 0
    if tally is None:
        stood = ensure_progress(driver, queue, rater, now_.committed_at)
        holding.place(driver, queue, rater)
    else:
        tally.begin(driver, queue, rater, now_.committed_at)
    before = _sql.assignment.first(driver, task=task, rater=rater)
    _sql.put_assignment.run(
        driver,
        task=task,
        rater=rater,
        queue=queue,
        seq=now_.seq,
        shown_order=now_.shown_order,
        state=now_.state,
        flagged=int(now_.flagged),
        committed_at=now_.committed_at,
    )
    # A file may say that a rater's own label was sent back: it is asked for again.
    was_covered = (
        stretches.uncover(driver, queue, rater, now_.seq)
        if now_.state == "sent_back"
        else not stretches.cover(driver, queue, rater, now_.seq)
    )
    was_passed_over = was_covered and (before is None or before[0] == "open")
    if before and before[2] != now_.shown_order:
        waiting.note(driver, queue, task, rater)
    if before and before[0] == "submitted" and now_.state != "submitted":
        passing.give_back(driver, queue, task)
    was, more_flagged = (before[0], int(now_.flagged) - before[1]) if before else ("open", int(now_.flagged))
    if tally is not None:
        more = {"flagged": more_flagged, "passed": -int(was_passed_over), "active": active_ms, "idle": idle_ms}
        tally.add(queue, rater, was=was, became=now_.state, **more)
        return
    _sql.count.run(
        driver,
        of_queue=queue,
        of_rater=rater,
        was=was,
        became=now_.state,
        more_flagged=more_flagged,
        less_passed=int(was_passed_over),
        more_active=active_ms,
        more_idle=idle_ms,
        at_seq=stood if here is None else here,
        at=now_.committed_at,
    )


def ensure_progress(driver: Driver, queue: str, rater: str, at: str) -> int:
    """Makes the rater's counters in the queue where they are missing; returns where the rater stands."""
    found = _sql.here.first(driver, queue=queue, rater=rater)
    if found is None:
        zero = dict.fromkeys((*_COUNTED, "flagged", "passed", "active_ms", "idle_ms", "here"), 0)
        _sql.put_progress.run(driver, queue=queue, rater=rater, updated_at=at, **zero)
    return int(found[0]) if found else 0


def is_shut(state: str, phase: str) -> bool:
    """Whether a calibration round in that state takes labels of the phase no more."""
    return phase in _SHUT.get(state, ())


def counts_for_overlap(said: Mapping[str, Any]) -> bool:
    """Whether a label takes one of its task's places: one that was given after others' judgment was seen takes none,
    and so comes beyond none."""
    return bool(said["phase"] == "independent" and said["exposure"] == "none")


def is_surplus(driver: Driver, queue: str, task: str, rater: str) -> bool:
    """Whether a primary label of the rater would come beyond the task's overlap."""
    return passing.is_filled(driver, task, rater, _sql.queue_now.first(driver, queue=queue)[0])
