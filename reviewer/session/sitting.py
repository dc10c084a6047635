"""A sitting: one rater at one queue, from the first item to the last, with nothing ever lost between."""

from __future__ import annotations

import os
import queue as queues_
import statistics
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from reviewer import __version__
from reviewer.errors import BadInput
from reviewer.ids import new_id, now
from reviewer.rubric import Missing, Rubric, carry, problems
from reviewer.session.clock import ActivityClock
from reviewer.session.view import TaskView, shown_order, view_of
from reviewer.session.work import LABEL, Work
from reviewer.store import drafts, labels, passing, queues, reading, stretches
from reviewer.store.connection import Store, StoreTrouble
from reviewer.store.order import RaterOrder
from reviewer.store.queues import QueueRecord
from reviewer.store.reading import Counters, HeadRecord, Mine, TaskRecord
from reviewer.store.writer import Writer

MOST_UNSAVED = 3
_KEPT_RECORDS = 24
_PACE_OVER = 20


@dataclass(frozen=True, slots=True)
class Step:
    """What came of an action. `moved` says that another item is open now; `message` is for the notice line."""

    moved: bool
    message: str = ""
    missing: tuple[Missing, ...] = ()


@dataclass(slots=True)
class _Pending:
    """A label on its way to the disk."""

    seq: int
    work: Work
    columns: dict[str, Any]


@dataclass(slots=True)
class _Kept:
    """A draft that is not on the disk: under way, failed and waiting for another try, or refused because a newer
    terminal holds the item."""

    ticket: int
    task: str
    work: Work
    spent: tuple[int, int]
    state: Literal["under way", "failed", "refused"] = "under way"


@dataclass(slots=True)
class Saving:
    """The state of the saved mark. `saved` counts labels that this sitting has on the disk."""

    waiting: int = 0
    saved: int = 0
    trouble: str = ""
    drafts_trouble: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the rater stands. `total` leaves out tasks that need nothing from them; `pace` is in seconds an item."""

    number: int
    size: int
    done: int
    left: int
    counters: Counters
    this_sitting: int
    goal: int
    pace: float | None


@dataclass(slots=True)
class _Report:
    """What the writer thread says, kept until the sitting's own thread hears it."""

    kind: str
    ticket: int
    result: Any = None
    trouble: StoreTrouble | None = None


@dataclass(slots=True)
class _Undo:
    """How far back undo has gone: labels committed before `before` are next."""

    before: str | None = None
    visited: set[int] = field(default_factory=set)


class Sitting:
    """Cursor, label in hand, undo, drafts, timing and saving. Used from one thread, but for `on_report`.

    `on_report` is called on the writer's thread whenever there is something to `settle()`.
    """

    def __init__(
        self, store: Store, queue: QueueRecord, rater: str, *, idle_after: float = 60, source: str = "tui"
    ) -> None:
        self.store = store
        self.queue = queue
        self.rater = rater
        self.sitting = _sitting_id()
        _OPEN.add(self.sitting)
        self.saving = Saving()
        self.clock = ActivityClock(float(queue.settings.get("idle_after", idle_after)))
        self.on_report: Callable[[], None] = lambda: None
        self.view: TaskView | None = None
        self.work = Work("")
        self.flagged = False
        self.state = "open"
        self.notice = ""
        self.held_elsewhere = False
        self.dirty = False
        self.closed = False
        self._source = source
        self.reader = store.reader()
        self._writer = Writer(store)
        self._reports: queues_.SimpleQueue[_Report] = queues_.SimpleQueue()
        self._tickets = 0
        self._pending: OrderedDict[int, _Pending] = OrderedDict()
        self._unsaved: dict[int, _Pending] = {}
        self._drafts: dict[int, _Kept] = {}
        self._records: OrderedDict[int, TaskRecord] = OrderedDict()
        self._rubrics: dict[str, Rubric] = {}
        self._undo = _Undo()
        self._paces: deque[int] = deque(maxlen=_PACE_OVER)
        self._submitted_here = 0
        self._data_version = -1
        self._at = 0

    @classmethod
    def open(cls, store: Store, queue: str, rater: str, *, idle_after: float = 60, source: str = "tui") -> Sitting:
        """Opens `queue` for the rater of that name and stands where they left off.

        Raises BadInput where there is no such queue, it is closed, holds no task, or has no rubric.
        """
        with store.reading() as connection:
            found = queues.find(connection, queue)
            known = queues.rater_called(connection, rater)
            begun = bool(found and known and reading.read_counters(connection, found.id, known))
            names = [record.name for record in queues.all_queues(connection)] if found is None else []
        if found is None:
            raise BadInput(f"there is no queue '{queue}'.", mend=_queues_there(names))
        if found.state == "closed":
            raise BadInput(f"the queue '{queue}' is closed.", mend=f"`reviewer queue reopen {queue}` opens it again.")
        if not found.size:
            raise BadInput(
                f"the queue '{queue}' holds no task yet.", mend=f"`reviewer import FILE -q {queue}` adds some."
            )
        if not begun:
            # From here on the rater's order stands: the queue's shuffle may not change under it.
            with store.writing() as connection:
                known = queues.ensure_rater(connection, rater)
                labels.ensure_progress(connection, found.id, known, now())
        assert known is not None
        sitting = cls(store, found, known, idle_after=idle_after, source=source)
        try:
            sitting._load_queue()
            sitting._resume()
        except BaseException:
            sitting._writer.close()
            sitting.reader.close()
            raise
        return sitting

    def can_close(self) -> bool:
        """Whether everything that was submitted or typed is on the disk, after waiting for it a little."""
        self.flush_draft()
        self.drain(2.0)
        return not (self._pending or self._unsaved or self._lacks_drafts())

    def close(self) -> bool:
        """Keeps the draft and the place, waits for the writer, and says whether everything is on the disk."""
        self.closed = True
        _OPEN.discard(self.sitting)
        self.on_report = lambda: None
        self.flush_draft()
        self.drain(10)
        self._keep_unsaved()
        self._keep_place()
        finished = self._writer.close(timeout=10)
        self.settle(return_to_failed=False)
        self.reader.close()
        return finished and not (self._unsaved or self._lacks_drafts())

    @property
    def size(self) -> int:
        """How many places the rater's order has."""
        return self.order.size

    # -- where the rater stands ------------------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        """Place, counts and pace, with the labels that are still on their way counted as done."""
        counters = reading.read_counters(self.reader, self.queue.id, self.rater) or Counters()
        waiting = sum(pending.work.base is None for pending in self._pending.values())
        done = counters.submitted + counters.skipped + counters.abstained + counters.sent_back + waiting
        return Standing(
            number=self._at + 1,
            size=self.order.size,
            done=done,
            left=max(0, self.order.size - counters.passed - done),
            counters=counters,
            this_sitting=self._submitted_here,
            goal=int(self.queue.settings.get("goal", 0)),
            pace=statistics.median(self._paces) / 1000 if self._paces else None,
        )

    @property
    def rubric_outdated(self) -> bool:
        """Whether a newer rubric is in force than the one under which the open label stands."""
        return self.view is not None and self.work.rubric_id != self._rubric_in_force(self._record(self.view.seq))

    def rubric(self, rubric_id: str) -> Rubric:
        """The rubric of that identifier."""
        if rubric_id not in self._rubrics:
            document = queues.rubric_document(self.reader, rubric_id)
            if document is None:
                raise BadInput("the label's rubric is missing from the store.", mend="Run `reviewer doctor`.")
            self._rubrics[rubric_id] = Rubric.from_document(document)
        return self._rubrics[rubric_id]

    # -- saying something ------------------------------------------------------------------------------

    def touch(self) -> None:
        """Something was said or unsaid: the draft is out of date."""
        self.dirty = True

    def flush_draft(self) -> None:
        """Hands the draft, as it stands, to the writer, and the drafts of other items that did not get to the disk."""
        if self.dirty and self.view is not None:
            self.dirty = False
            self._give_draft(self._at, self.view.task, self.work, (self.clock.active_ms, self.clock.idle_ms))
        for seq, kept in list(self._drafts.items()):
            if kept.state == "failed" and seq != self._at:
                self._give_draft(seq, kept.task, kept.work, kept.spent)

    def keep_draft(self) -> None:
        """As `flush_draft`, but while the writer has a draft of the open item in hand the next one waits for it."""
        kept = self._drafts.get(self._at)
        if kept is None or kept.state != "under way":
            self.flush_draft()

    def submit(self, *, anyway: bool = False) -> Step:
        """Commits the label in hand and opens the next open item; says what is missing instead, where something is."""
        if self.view is None:
            return Step(False)
        missing = problems(self.view.rubric, self.work.values, self.work.rationale, **self.view.counts)
        if missing and not anyway:
            return Step(False, missing[0].message, tuple(missing))
        return self._conclude("submitted")

    def submit_if_complete(self) -> Step | None:
        """Submits where nothing is missing; None where something is."""
        if self.view is None or problems(self.view.rubric, self.work.values, self.work.rationale, **self.view.counts):
            return None
        return self._conclude("submitted")

    def skip(self, reason: str) -> Step:
        """Passes the task on with a reason; it stays open for others."""
        return self._conclude_with("skipped", reason)

    def abstain(self, reason: str) -> Step:
        """Records that the rater cannot judge this, and why."""
        return self._conclude_with("abstained", reason)

    def toggle_flag(self) -> bool:
        """Flags the label in hand, or takes the flag back; returns whether it is flagged now."""
        self.work.toggle_flag()
        self.touch()
        return bool(self.work.flags)

    def move_to_current_rubric(self) -> tuple[str, ...]:
        """Moves the label in hand under the rubric in force; returns the keys whose answers could not come along."""
        if self.view is None or not self.rubric_outdated:
            return ()
        target = self._rubric_in_force(self._record(self.view.seq))
        old, new = self.rubric(self.work.rubric_id), self.rubric(target)
        values, rationale, dropped = carry(self.work.values, self.work.rationale, old, new)
        self.work.values, self.work.rationale, self.work.rubric_id = values, rationale, target
        self.work.focus = ""
        self.view = replace(self.view, rubric_id=target, rubric=new)
        self.touch()
        return tuple(dropped)

    # -- moving ----------------------------------------------------------------------------------------

    def move(self, by: int) -> Step:
        """Opens the item `by` places on in the rater's order, submitting nothing."""
        if self.view is None and by < 0:
            return self.go_to(self._at)
        return self.go_to(self._at + by)

    def go_to(self, seq: int) -> Step:
        """Opens the item at place `seq` of the rater's order."""
        if not 0 <= seq < self.order.size:
            return Step(False, "This is the first item." if seq < 0 else "This is the last item.")
        if not self.queue.settings.get("pick", True) and seq > self._frontier():
            return Step(False, "This queue is rated in order: what comes later opens in its turn.")
        self.flush_draft()
        self._open(seq)
        return Step(True)

    def next_open(self) -> Step:
        """Opens the next item that still needs this rater, after the present one."""
        self.flush_draft()
        return self._advance(self._at + 1 if self.view is not None else 0)

    def undo(self) -> Step:
        """Opens the label that was submitted last for change; again, the one before it, without limit."""
        self.flush_draft()
        failed_before = set(self._unsaved)
        if self._pending:
            self.drain(1.0)
        if self._pending:
            return Step(False, "Still saving: undo in a moment.")
        if failed := self._unsaved.keys() - failed_before:
            self._open(min(failed))
            return Step(True, f"Not saved: {self.saving.trouble}")
        found = reading.done_before(self.reader, self.queue.id, self.rater, self._undo.before)
        if found is None:
            return Step(False, "There is nothing further back to undo.")
        seq, self._undo.before = found
        self._open(seq)
        return Step(True, "The label stands as it was until you submit another.")

    def leave(self) -> Step:
        """Leaves the item to the newer terminal that holds it, and opens the next open one."""
        self._drafts.pop(self._at, None)
        self.dirty = False
        self.held_elsewhere = False
        return self._advance(self._at + 1)

    def take_back(self) -> None:
        """Takes the draft from the newer terminal that holds it."""
        _OPEN.discard(self.sitting)
        self.sitting = _sitting_id()
        _OPEN.add(self.sitting)
        self.held_elsewhere = False
        self.dirty = True
        self.flush_draft()

    # -- saving ----------------------------------------------------------------------------------------

    def settle(self, *, return_to_failed: bool = True) -> Step:
        """Hears what the writer has reported. A commit that failed brings its item back with everything typed."""
        failed: list[int] = []
        heard = False
        while not self._reports.empty():
            heard = True
            report = self._reports.get()
            if report.kind == "label":
                failed += self._settle_label(report)
            elif report.kind == "draft":
                self._settle_draft(report)
        self.saving.waiting = len(self._pending)
        if failed and return_to_failed:
            self.flush_draft()
            self._open(min(failed))
            return Step(True, f"Not saved: {self.saving.trouble}")
        return Step(False, "settled" if heard else "")

    def drain(self, timeout: float) -> None:
        """Waits until nothing is on its way, or `timeout` seconds have gone."""
        from time import monotonic, sleep

        until = monotonic() + timeout
        while self._is_under_way() and monotonic() < until:
            self.settle(return_to_failed=False)
            sleep(0.001)

    def refresh(self) -> bool:
        """Looks whether another program wrote to the store; True where the queue has changed by it."""
        version = self.reader.execute("PRAGMA data_version").fetchone()[0]
        if version == self._data_version:
            return False
        first = self._data_version < 0
        self._data_version = version
        if first:
            return False
        before = (self.queue.size, self._rubric_ids)
        self._load_queue()
        if before == (self.queue.size, self._rubric_ids):
            return False
        self._records.clear()
        return True

    # -- looking ahead ---------------------------------------------------------------------------------

    def ahead(self) -> Iterator[TaskView]:
        """The views that are likely next: the two next open items, then the neighbours. Each step may read one."""
        if self.view is not None:
            with suppress(StoreTrouble):  # whoever opens what cannot be read is told
                for seq in self._likely_next():
                    yield self._peek(seq)

    # -- inside ----------------------------------------------------------------------------------------

    def _load_queue(self) -> None:
        found = queues.find(self.reader, self.queue.name)
        self.queue = found or self.queue
        self.order = RaterOrder.load(
            self.reader, self.queue.id, self.queue.seed, self.rater, shuffle=self.queue.settings.get("shuffle", True)
        )
        documents = queues.rubrics_of(self.reader, self.queue.id)
        if not documents:
            raise BadInput(f"the queue '{self.queue.name}' has no rubric.", mend="Import it again with --rubric.")
        self._rubric_ids = tuple(identifier for identifier, _ in documents)

    def _rubric_in_force(self, record: TaskRecord) -> str:
        return record.rubric or self._rubric_ids[-1]

    def _resume(self) -> None:
        counters = reading.read_counters(self.reader, self.queue.id, self.rater)
        here = min(counters.here if counters else 0, self.order.size - 1)
        record = self._record(here)
        if reading.read_mine(self.reader, record.task, self.rater).draft is not None:
            self._open(here)
            return
        self._at = here
        self._advance(here)

    def _frontier(self) -> int:
        on_the_way = {pending.seq for pending in self._pending.values()}
        seq = self._uncovered(0)
        while seq in on_the_way:
            seq = self._uncovered(seq + 1)
        return seq

    def _first_unsaved(self) -> int | None:
        on_the_way = {pending.seq for pending in self._pending.values()}
        return min((seq for seq in self._unsaved if seq not in on_the_way), default=None)

    def _advance(self, start: int) -> Step:
        seq = self._next_open(start)
        if seq is None:
            self.view = None
            self.work = Work("")
            self.held_elsewhere = False
            return Step(True, "Nothing is left to rate here.")
        self._open(seq)
        return Step(True)

    def _next_open(self, start: int) -> int | None:
        on_the_way = {pending.seq for pending in self._pending.values()}
        passed: list[int] = []
        try:
            for begin, end in ((start, self.order.size), (0, min(start, self.order.size))):
                seq = self._uncovered(begin)
                while seq < end:
                    if seq not in on_the_way:
                        if self._wants_me(seq):
                            return seq
                        passed.append(seq)
                    seq = self._uncovered(seq + 1)
        finally:
            if passed:
                queue, rater = self.queue.id, self.rater
                self._give("place", lambda c: passing.pass_over(c, queue, rater, passed), durable=False)
        return None

    def _uncovered(self, seq: int) -> int:
        return stretches.next_uncovered(self.reader, self.queue.id, self.rater, seq)

    def _wants_me(self, seq: int) -> bool:
        record = self._record(seq)
        if record.state != "open":
            return False
        return not labels.filled_by_others(self.reader, record.task, self.rater, self.queue.overlap)

    def _likely_next(self) -> list[int]:
        ahead: list[int] = []
        seq = self._at
        for _ in range(2):
            seq = self._uncovered(seq + 1)
            if seq >= self.order.size:
                break
            ahead.append(seq)
        around = [near for near in (self._at + 1, self._at - 1) if 0 <= near < self.order.size]
        return list(dict.fromkeys(ahead + around))

    def _record(self, seq: int) -> TaskRecord:
        record = self._records.get(seq)
        if record is None:
            position = self.order.position(seq)
            record = reading.read_task(self.reader, self.queue.id, self.queue.dataset, position)
            if record is None:
                raise BadInput(
                    f"the task at position {position} is missing from the store.", mend="Run `reviewer doctor`."
                )
            self._records[seq] = record
            while len(self._records) > _KEPT_RECORDS:
                self._records.popitem(last=False)
        else:
            self._records.move_to_end(seq)
        return record

    def _peek(self, seq: int) -> TaskView:
        record = self._record(seq)
        rubric_id = self._rubric_in_force(record)
        order = shown_order(self.queue, record, self.rater, [])
        return view_of(self.queue, record, seq, order, rubric_id, self.rubric(rubric_id))

    def _open(self, seq: int) -> None:
        record = self._record(seq)
        mine = self._mine(seq, record)
        kept = self._unsaved.get(seq)
        unkept = None if kept else self._drafts.get(seq)
        in_hand = kept or unkept
        work = in_hand.work if in_hand else Work.opened(self._rubric_in_force(record), mine.head, mine.draft)
        order = shown_order(self.queue, record, self.rater, mine.shown_order)
        self.view = view_of(self.queue, record, seq, order, work.rubric_id, self.rubric(work.rubric_id))
        self.work = work
        self.state = mine.state
        self.flagged = mine.flagged
        self.held_elsewhere = bool(unkept and unkept.state == "refused")
        self.dirty = kept is not None or bool(unkept and unkept.state == "failed")
        self.notice = self._say_taken(mine)
        self._at = seq
        if kept:
            self.clock.restart(kept.columns["active_ms"], kept.columns["idle_ms"])
        elif unkept:
            self.clock.restart(*unkept.spent)
        elif draft := mine.draft:
            self.clock.restart(draft.active_ms, draft.idle_ms)
        else:
            self.clock.restart()
        if self.dirty:
            self.flush_draft()  # so that a take-over, or what could not be committed, is on the disk

    def _mine(self, seq: int, record: TaskRecord) -> Mine:
        on_its_way = next((p for p in reversed(self._pending.values()) if p.seq == seq), None)
        if on_its_way is None:
            return reading.read_mine(self.reader, record.task, self.rater)
        said = on_its_way.columns
        head = HeadRecord(
            label=said["id"],
            outcome=said["outcome"],
            rubric=said["rubric"],
            values=orjson.loads(said["values"]),
            rationale=orjson.loads(said["rationale"]),
            correction=orjson.loads(said["correction"]),
            notes=said["notes"],
            flags=orjson.loads(said["flags"]),
            revision=0,
            committed_at=said["committed_at"],
        )
        return Mine(said["outcome"], orjson.loads(said["shown_order"]), bool(head.flags), None, head)

    def _say_taken(self, mine: Mine) -> str:
        if mine.draft is None or mine.draft.sitting == self.sitting or not _is_alive(mine.draft.sitting):
            return ""
        if mine.draft.sitting > self.sitting:
            self.held_elsewhere = True
            return "This draft is open in a newer terminal of yours."
        self.dirty = True
        return "This draft was open in another terminal of yours; it is here now."

    def _conclude_with(self, outcome: str, reason: str) -> Step:
        if self.view is None:
            return Step(False)
        if not reason.strip():
            return Step(False, "A reason is needed.")
        work = self.work
        said_before = work.rationale.get(LABEL)
        work.write_rationale(LABEL, reason)
        step = self._conclude(outcome)
        if not step.moved:
            work.rationale.pop(LABEL)
            work.rationale |= {LABEL: said_before} if said_before else {}
        return step

    def _conclude(self, outcome: str) -> Step:
        assert self.view is not None
        if len(self._pending) >= MOST_UNSAVED:
            return Step(False, f"{len(self._pending)} labels are not saved yet: wait for the disk.")
        if self.held_elsewhere:
            return Step(False, "A newer terminal of yours holds this item.")
        base, at = self.work.base, self._at
        if base and base.outcome == outcome and self.work.content() == self.work.base_content():
            if self.dirty:
                self.flush_draft()
            self._undo = _Undo()
            return self._advance(at + 1)
        columns = self._columns(outcome)
        pending = _Pending(at, self.work, columns)
        ticket = self._tickets + 1
        self._pending[ticket] = pending
        self._drafts.pop(at, None)
        new = labels.NewLabel(columns, at, self.sitting, bool(self.work.flags))
        stream = self.store.device
        self._give("label", lambda connection: labels.commit(connection, new, stream=stream), durable=True)
        self.saving.waiting = len(self._pending)
        self._paces.append(columns["active_ms"])
        self._submitted_here += 1
        self._undo = _Undo()
        self.dirty = False
        if (failed := self._first_unsaved()) is not None:
            self._open(failed)
            return Step(True, f"Not saved: {self.saving.trouble}")
        return self._advance(at + 1)

    def _columns(self, outcome: str) -> dict[str, Any]:
        assert self.view is not None
        said = self.work.content()
        return {
            "id": new_id(),
            "queue": self.queue.id,
            "task": self.view.task,
            "rater": self.rater,
            "phase": "independent",
            "sample": 0,
            "outcome": outcome,
            "rubric": self.work.rubric_id,
            "values": _json(said.get("values", {})),
            "rationale": _json(said.get("rationale", {})),
            "correction": _json(said.get("correction", {})),
            "notes": said.get("notes"),
            "flags": _json(said.get("flags", [])),
            "exposure": "none",
            "shown_order": _json([output.public_id for output in self.view.outputs]),
            "evidence": "{}",
            "confidence": None,
            "cost": None,
            "inputs": None,
            "active_ms": self.clock.active_ms,
            "idle_ms": self.clock.idle_ms,
            "device": self.store.device,
            "client_version": __version__,
            "committed_at": now(),
            "source": self._source,
            "external_ref": None,
        }

    def _keep_unsaved(self) -> None:
        """Keeps as drafts what could not be committed and is not open."""
        for seq, kept in self._unsaved.items():
            if seq != self._at:
                said = kept.columns
                self._give_draft(seq, said["task"], kept.work, (said["active_ms"], said["idle_ms"]))

    def _give_draft(self, seq: int, task: str, work: Work, spent: tuple[int, int]) -> None:
        draft = drafts.NewDraft(
            task=task,
            rater=self.rater,
            queue=self.queue.id,
            device=self.store.device,
            sitting=self.sitting,
            rubric=work.rubric_id,
            base_label=work.base.label if work.base else None,
            document=work.draft(),
            cursor={"focus": work.focus},
            active_ms=spent[0],
            idle_ms=spent[1],
        )
        queue, rater, at = self.queue.id, self.rater, self._at

        def job(connection: Any) -> bool:
            kept = drafts.save(connection, draft)
            drafts.stand_at(connection, queue, rater, at)
            return kept

        self._drafts[seq] = _Kept(self._tickets + 1, task, work, spent)
        self._give("draft", job, durable=False)

    def _keep_place(self) -> None:
        queue, rater, at = self.queue.id, self.rater, self._at
        self._give("place", lambda connection: drafts.stand_at(connection, queue, rater, at), durable=False)

    def _give(self, kind: str, job: Callable[[Any], Any], *, durable: bool) -> None:
        self._tickets += 1
        ticket = self._tickets

        def report(result: Any, trouble: StoreTrouble | None) -> None:
            self._reports.put(_Report(kind, ticket, result, trouble))
            self.on_report()

        self._writer.give(job, report, durable=durable)

    def _is_under_way(self) -> bool:
        return bool(self._pending) or any(kept.state == "under way" for kept in self._drafts.values())

    def _lacks_drafts(self) -> bool:
        return self.dirty or any(kept.state != "refused" for kept in self._drafts.values())

    def _settle_draft(self, report: _Report) -> None:
        """Lets a draft go that is on the disk; one that is not stays in hand."""
        self.saving.drafts_trouble = str(report.trouble or "")
        seq = next((seq for seq, kept in self._drafts.items() if kept.ticket == report.ticket), None)
        if seq is None:
            return
        if report.trouble:
            self._drafts[seq].state = "failed"
            self.dirty = self.dirty or seq == self._at
        elif report.result is False:
            self._drafts[seq].state = "refused"
            self.held_elsewhere = self.held_elsewhere or seq == self._at
        else:
            del self._drafts[seq]
            if self.dirty and seq == self._at:
                self.flush_draft()

    def _settle_label(self, report: _Report) -> list[int]:
        pending = self._pending.pop(report.ticket)
        if report.trouble:
            self.saving.trouble = str(report.trouble)
            if self.view is not None and self._at == pending.seq:  # opened again meanwhile, perhaps with more said
                self.work.base, pending.work = pending.work.base, self.work
            self._unsaved[pending.seq] = pending
            self._submitted_here -= 1
            return [pending.seq]
        self.saving.saved += 1
        self._unsaved.pop(pending.seq, None)
        if not self._unsaved:
            self.saving.trouble = ""
        return []


_OPEN: set[str] = set()
"""The sittings of this process that are open."""


def _sitting_id() -> str:
    return f"{new_id()}/{os.getpid()}"


def _is_alive(sitting: str) -> bool:
    pid = int(sitting.rpartition("/")[2] or 0)
    if pid == os.getpid():
        return sitting in _OPEN
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return pid > 0


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _queues_there(names: list[str]) -> str:
    if not names:
        return "There is none yet: try `reviewer demo`, or `reviewer import FILE -q QUEUE`."
    return f"There are {', '.join(names[:8])}{' and more' if len(names) > 8 else ''}."
