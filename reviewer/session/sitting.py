"""A sitting: one rater at one queue, from the first item to the last, with nothing ever lost between."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from time import monotonic, sleep
from typing import Self

from reviewer.session import terminals
from reviewer.session.columns import decided_values, submitted_columns
from reviewer.session.entering import enter
from reviewer.session.giving import AHEAD, Giving
from reviewer.session.in_hand import InHand
from reviewer.session.keeping import Pending
from reviewer.session.steps import Standing, Step
from reviewer.session.view import TaskView
from reviewer.session.walk import Walk
from reviewer.session.work import LABEL, Work
from reviewer.store import passing, queues
from reviewer.store.connection import Store
from reviewer.store.reading import HeadRecord
from reviewer.store.troubles import StoreTrouble

MOST_UNSAVED = 3
_PACE_OVER = 20
_PASSED_AT_ONCE = 1000


class Sitting(InHand):
    """Cursor, label in hand, undo and timing. Used from one thread, but for `on_report`."""

    def __init__(self, store: Store, walk: Walk, rater: str, *, idle_after: float = 60, source: str = "tui") -> None:
        dealer = walk.dealer()
        super().__init__(store, walk, rater, idle_after=idle_after)
        self._giving = Giving(store, self.keeping, dealer) if dealer else None
        self.closed = False
        self._source = source
        self._undone_before: str | None = None
        self._paces: deque[int] = deque(maxlen=_PACE_OVER)
        self._submitted_here = 0

    @classmethod
    def open(cls, store: Store, queue: str, rater: str, *, idle_after: float = 60, source: str = "tui") -> Sitting:
        """Opens `queue` for the rater of that name and stands where they left off.

        Raises BadInput where there is no such queue, it is closed, holds no task, has no rubric, or is planned for
        others.
        """
        found, known = enter(store, queue, rater)
        return cls.begin(store, Walk(store, found, known), known, idle_after=idle_after, source=source)

    @classmethod
    def begin(cls, store: Store, walk: Walk, rater: str, *, idle_after: float = 60, source: str = "tui") -> Self:
        """Goes along `walk`, which is closed with the sitting, and stands where the rater left off."""
        sitting = cls(store, walk, rater, idle_after=idle_after, source=source)
        try:
            sitting._resume()
        except BaseException:
            sitting.keeping.close()
            sitting.reader.close()
            raise
        return sitting

    def can_close(self) -> bool:
        """Whether everything that was submitted or typed is on the disk, after waiting for it a little."""
        self.flush_draft()
        self.drain(2.0)
        return self.keeping.complete and not self.dirty

    def close(self) -> bool:
        """Keeps the draft and the place, waits for the writer, and says whether everything is on the disk."""
        self.closed = True
        terminals.end(self.sitting)
        if self._giving:
            self._giving.get_ready()
        self.on_report = _unheard
        self.keeping.on_given = None
        self.flush_draft()
        self.drain(10)
        self._keep_unsaved()
        self.keeping.stand_at(self._at)
        finished = self.keeping.close()
        self.settle(return_to_failed=False)
        self.reader.close()
        return finished and self.keeping.complete and not self.dirty

    # -- where the rater stands ------------------------------------------------------------------------

    @property
    def rater_name(self) -> str:
        """Whose sitting it is: in a server's queue whom the server knows."""
        return queues.rater_name(self.reader, self.rater)

    @property
    def size(self) -> int:
        """How many places the rater's order has; where they are dealt one by one, how many can be expected."""
        return self.walk.reach if self._giving and self._giving.ended else self.walk.size

    @property
    def reach(self) -> int:
        """How many places there are by now: all, unless they are dealt one by one."""
        return self.walk.reach

    @property
    def standing(self) -> Standing:
        """Place, counts and pace, with the labels that are still on their way counted as done."""
        counters = self.walk.counters
        done = counters.done + self.keeping.new_on_the_way
        return Standing(
            number=self._at + 1,
            size=self.size,
            done=done,
            left=max(0, self.size - counters.passed - done),
            counters=counters,
            this_sitting=self._submitted_here,
            goal=int(self.queue.settings.get("goal", 0)),
            pace=statistics.median(self._paces) / 1000 if self._paces else None,
        )

    # -- saying something ------------------------------------------------------------------------------

    def submit(self, *, anyway: bool = False) -> Step:
        """Commits the label in hand and opens the next open item; says what is missing instead, where something is."""
        if self.view is None:
            return Step(False)
        missing = self._missing()
        if missing and not anyway:
            return Step(False, missing[0].message, tuple(missing))
        return self._conclude("submitted")

    def submit_if_complete(self) -> Step | None:
        """Submits where nothing is missing; None where something is."""
        return None if self.view is None or self._missing() else self._conclude("submitted")

    def skip(self, reason: str) -> Step:
        """Passes the task on with a reason; it stays open for others."""
        return self._conclude_with("skipped", reason)

    def send_back(self, reason: str) -> Step:
        """Sends a disputed task back to its raters, who are told the reason; for an adjudicator alone."""
        return self._conclude_with("sent_back", reason)

    def abstain(self, reason: str) -> Step:
        """Records that the rater cannot judge this, and why."""
        return self._conclude_with("abstained", reason)

    # -- moving ----------------------------------------------------------------------------------------

    def move(self, by: int) -> Step:
        """Opens the item `by` places on in the rater's order, submitting nothing."""
        if self.view is None and by < 0:
            return self.go_to(self._at)
        return self.go_to(self._at + by)

    def go_to(self, seq: int) -> Step:
        """Opens the item at place `seq` of the rater's order; beyond what was dealt, the one that is dealt next."""
        reach = self.reach
        if seq < 0:
            return Step(False, "This is the first item.")
        seq = min(seq, reach) if self._giving else seq
        if not self.queue.settings.get("pick", True) and seq > self.walk.frontier(self.keeping.on_the_way):
            return Step(False, "This queue is rated in order: what comes later opens in its turn.")
        if seq >= reach and not self._deal_beyond(reach):
            return Step(False, self._why_no_more() or "This is the last item.")
        self.flush_draft()
        self._undone_before = None
        self._open(seq)
        return Step(True)

    def next_open(self) -> Step:
        """Opens the next item that still needs this rater, after the present one."""
        self.flush_draft()
        return self._advance(self._at + 1 if self.view is not None else 0)

    def undo(self) -> Step:
        """Opens the label that was submitted last for change; again, the one before it, without limit."""
        self.flush_draft()
        failed_before = set(self.keeping.unsaved)
        if self.keeping.on_the_way:
            self.drain(1.0)
        if self.keeping.on_the_way:
            return Step(False, "Still saving: undo in a moment.")
        if failed := self.keeping.unsaved.keys() - failed_before:
            return self._return_to(min(failed))
        found = self.walk.done_before(self._undone_before)
        if found is None:
            return Step(False, "There is nothing further back to undo.")
        seq, self._undone_before = found
        if seq >= self.reach:  # labelled in another terminal, of what was published since
            self.refresh()
        self._open(seq)
        return Step(True, "The label stands as it was until you submit another.")

    def leave(self) -> Step:
        """Leaves the item to the newer terminal that holds it, and opens the next open one."""
        self.keeping.drafts.pop(self._at, None)
        self.dirty = False
        self.held_elsewhere = False
        return self._advance(self._at + 1)

    def refresh(self) -> bool:
        """Looks whether another program wrote to the store; True where the queue has changed by it."""
        changed = self.walk.refresh()
        if changed and self._giving:
            self._giving.ended = False
        return changed

    def ahead(self) -> Iterator[TaskView]:
        """The views that are likely next: the two next open items, then the neighbours. Each step may read one."""
        if self.view is not None:
            with suppress(StoreTrouble):  # whoever opens what cannot be read is told
                if self._giving:
                    self._giving.ahead(AHEAD - self.walk.open_ahead(self._at, self.keeping.on_the_way, AHEAD))
                for seq in self.walk.likely_after(self._at):
                    kept = [] if self.walk.way == "drawn" else self.walk.mine(seq).shown_order
                    yield self._view(seq, self.walk.rubric_in_force(seq), kept)

    # -- saving ----------------------------------------------------------------------------------------

    def settle(self, *, return_to_failed: bool = True) -> Step:
        """Hears what the writer has reported. A commit that failed brings its item back with everything typed."""
        heard = self.keeping.hear()
        for pending in heard.failed:
            self._submitted_here -= 1
            if self.view is not None and self._at == pending.seq:  # opened again meanwhile, perhaps with more said
                self.work.base, pending.work = pending.work.base, self.work
        became = heard.drafts.get(self._at)
        self.dirty = self.dirty or became == "failed"
        self.held_elsewhere = self.held_elsewhere or became == "refused"
        if became == "kept" and self.dirty:
            self.flush_draft()
        if heard.failed and return_to_failed:
            self.flush_draft()
            return self._return_to(min(pending.seq for pending in heard.failed))
        return Step(False, "settled" if heard.anything else "")

    def drain(self, timeout: float) -> None:
        """Waits until nothing is on its way, or `timeout` seconds have gone."""
        self.keeping.hand_over()
        until = monotonic() + timeout
        while self.keeping.busy and monotonic() < until:
            self.settle(return_to_failed=False)
            sleep(0.001)

    # -- inside ----------------------------------------------------------------------------------------

    def _resume(self) -> None:
        here = max(0, min(self.walk.counters.here, self.reach - 1))
        if here < self.reach and self.walk.mine(here).draft is not None:
            self._open(here)
            return
        self._at = here
        if (again := self.walk.sent_back(())) is not None:
            self._open(again)
            return
        self._advance(here)

    def _return_to(self, seq: int) -> Step:
        self._open(seq)
        return Step(True, f"Not saved: {self.saving.trouble}")

    def _advance(self, start: int) -> Step:
        if (again := self.walk.sent_back({*self.keeping.on_the_way, start - 1})) is not None:
            self._open(again)
            return Step(True)
        reach = self.reach
        seq = self._first_open(start, reach)
        while seq is None and self._deal_beyond(reach):
            reach, begin = self.reach, reach
            seq = self._first_open(begin, reach)
        if seq is None:
            seq = self._first_open(0, min(start, reach))
        if seq is None:
            self.view = None
            self.remark = ""
            self.work = Work("")
            self.held_elsewhere = False
            return Step(True, self._why_no_more() or "Nothing is left to rate here.")
        self._open(seq)
        return Step(True)

    def _first_open(self, start: int, end: int) -> int | None:
        """The first open place from `start` up to `end`; what is passed on the way is marked as done with."""
        seq, passed = self.walk.next_open(start, end, self.keeping.on_the_way)
        if passed:
            told = partial(passing.pass_over, queue=self.queue.id, rater=self.rater)
            for first in range(0, len(passed), _PASSED_AT_ONCE):
                self.keeping.give(partial(told, places=passed[first : first + _PASSED_AT_ONCE]))
        return seq

    def _deal_beyond(self, reach: int) -> bool:
        """Whether there are more places than `reach`, once another was dealt where there were not."""
        while self._giving and self.reach <= reach:
            if not self._giving.wait():
                return False
        return self.reach > reach

    def _why_no_more(self) -> str:
        trouble = self._giving.trouble if self._giving else ""
        return f"The next item cannot be given out: {trouble}" if trouble else ""

    def _conclude_with(self, outcome: str, reason: str) -> Step:
        if self.view is None:
            return Step(False)
        if self.phase == "revote":
            return Step(False, "Your first label stands unless you submit another.")
        if not reason.strip():
            return Step(False, "A reason is needed.")
        work = self.work
        said_before = work.rationale.get(LABEL)
        written = work.rationale_text(LABEL)
        work.write_rationale(LABEL, reason if not written or written.startswith(reason) else f"{reason}\n{written}")
        step = self._conclude(outcome)
        if not step.moved:
            work.rationale.pop(LABEL)
            work.rationale |= {LABEL: said_before} if said_before else {}
        return step

    def _conclude(self, outcome: str) -> Step:
        assert self.view is not None
        waiting = self.saving.waiting
        if waiting >= MOST_UNSAVED:
            return Step(False, f"{waiting} labels are not saved yet: wait for the disk.")
        if self.held_elsewhere:
            return Step(False, "A newer terminal of yours holds this item.")
        base, at = self.work.base, self._at
        self._undone_before = None
        if base and base.outcome in ("skipped", "abstained") and outcome == "submitted":
            self._forget_reason(base)
        if base and self._says_nothing_new(base, outcome):
            self.flush_draft()
            return self._advance(at + 1)
        columns = submitted_columns(
            self.view,
            self.work,
            outcome,
            queue=self.queue.id,
            rater=self.rater,
            phase=self.phase,
            exposure=self.exposure,
            device=self.store.device,
            source=self._source,
            spent=(self.clock.active_ms, self.clock.idle_ms),
        )
        golden = decided_values(self.view, self.work) if self.phase == "adjudication" else ()
        self.keeping.give_label(Pending(at, self.work, columns, golden if outcome == "submitted" else ()), self.sitting)
        self._paces.append(columns["active_ms"])
        self._submitted_here += 1
        self.dirty = False
        if (failed := self.keeping.first_unsaved()) is not None:
            return self._return_to(failed)
        return self._advance(at + 1)

    def _says_nothing_new(self, base: HeadRecord, outcome: str) -> bool:
        """Whether what is in hand is what counts. Where another device's label stands beside that, giving it again
        settles which one does."""
        same = base.outcome == outcome and self.work.content() == self.work.base_content()
        return same and not base.disputed

    def _forget_reason(self, base: HeadRecord) -> None:
        """Why an item was passed on is no reason for the label that is given after all."""
        if self.work.rationale.get(LABEL) == base.rationale.get(LABEL):
            self.work.rationale.pop(LABEL, None)


def _unheard() -> None:
    """Nobody listens any more."""
