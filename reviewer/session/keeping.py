"""What is on its way to the disk, and what did not get there: nothing typed is let go before it is kept."""

from __future__ import annotations

import queue as queues_
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from reviewer.session.work import Work
from reviewer.store import drafts, labels
from reviewer.store.connection import Store
from reviewer.store.golden import GoldenValue
from reviewer.store.reading import HeadRecord, Mine
from reviewer.store.troubles import RoundShut, StoreTrouble
from reviewer.store.writer import Writer


@dataclass(slots=True)
class Pending:
    """A label on its way to the disk, or one that could not be committed."""

    seq: int
    work: Work
    columns: dict[str, Any]
    golden: tuple[GoldenValue, ...] = ()

    @property
    def spent(self) -> tuple[int, int]:
        """Active and idle milliseconds."""
        return self.columns["active_ms"], self.columns["idle_ms"]

    def as_mine(self) -> Mine:
        """What the rater has done with the task, as it will be once the label is on the disk."""
        said = self.columns
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
        shown = orjson.loads(said["shown_order"])
        flagged = bool(head.flags)
        return Mine(said["outcome"], shown, flagged, None, head, said["phase"], None, said["exposure"])


@dataclass(slots=True)
class KeptDraft:
    """A draft that is not on the disk: under way, failed and waiting for another try, or refused because a newer
    terminal holds the item."""

    ticket: int
    draft: drafts.NewDraft
    work: Work
    state: Literal["under way", "failed", "refused"] = "under way"

    @property
    def spent(self) -> tuple[int, int]:
        """Active and idle milliseconds."""
        return self.draft.active_ms, self.draft.idle_ms


@dataclass(slots=True)
class Saving:
    """The state of the saved mark. `saved` counts labels that this sitting has on the disk."""

    waiting: int = 0
    saved: int = 0
    trouble: str = ""
    drafts_trouble: str = ""


@dataclass(slots=True)
class Heard:
    """What the writer has reported since it was last asked: labels that failed, and the places of drafts by outcome."""

    anything: bool
    failed: list[Pending]
    drafts: dict[int, Literal["kept", "failed", "refused"]]


@dataclass(slots=True)
class _Report:
    kind: str
    ticket: int
    result: Any = None
    trouble: StoreTrouble | None = None


class Keeping:
    """Hands labels and drafts to the writer thread and hears what became of them, by place in the rater's order.

    `on_report` is called on the writer's thread whenever there is something to `hear`. Where `on_given` is set, what is
    given waits for `hand_over`: a screen draws first, because the writer would take the processor from it. Without
    `keeps_place` the sitting is no walk through the queue, and leaves no place and no counters behind. `place_of` tells
    for a place in the sitting the one in the rater's own order.
    """

    def __init__(
        self,
        store: Store,
        queue: str,
        rater: str,
        *,
        keeps_place: bool = True,
        place_of: Callable[[int], int] = lambda seq: seq,
    ) -> None:
        self.saving = Saving()
        self.on_report: Callable[[], None] = lambda: None
        self.unsaved: dict[int, Pending] = {}
        self.shut: set[int] = set()
        self.drafts: dict[int, KeptDraft] = {}
        self._stream = store.device
        self._queue = queue
        self._rater = rater
        self._keeps_place = keeps_place
        self._place_of = place_of
        self.on_given: Callable[[], None] | None = None
        self._given: list[tuple[Callable[[Any], Any], Callable[[Any, StoreTrouble | None], None], bool]] = []
        self._writer = Writer(store)
        self._reports: queues_.SimpleQueue[_Report] = queues_.SimpleQueue()
        self._tickets = 0
        self._pending: OrderedDict[int, Pending] = OrderedDict()

    @property
    def on_the_way(self) -> set[int]:
        """The places whose label is on its way."""
        return {pending.seq for pending in self._pending.values()}

    @property
    def new_on_the_way(self) -> int:
        """How many of these are first labels, not revisions."""
        return sum(pending.work.base is None for pending in self._pending.values())

    @property
    def busy(self) -> bool:
        """Whether a label or a draft is on its way."""
        return bool(self._pending) or any(kept.state == "under way" for kept in self.drafts.values())

    @property
    def complete(self) -> bool:
        """Whether everything is on the disk but for drafts that a newer terminal holds.

        A label that its round takes no more can never be: its draft is what is kept of it.
        """
        return self._drafts_are_kept and not (self._pending or self.unsaved.keys() - self.shut)

    @property
    def _drafts_are_kept(self) -> bool:
        return all(kept.state == "refused" for kept in self.drafts.values())

    def pending_at(self, seq: int) -> Pending | None:
        """The newest label on its way from the place `seq`."""
        return next((pending for pending in reversed(self._pending.values()) if pending.seq == seq), None)

    def first_unsaved(self) -> int | None:
        """The first place whose label could not be committed and is not being tried again."""
        return min((seq for seq in self.unsaved if seq not in self.on_the_way), default=None)

    def give_label(self, pending: Pending, sitting: str) -> None:
        """Hands a label to the writer; the draft of its place ends with it."""
        place = self._place_of(pending.seq)
        new = labels.NewLabel(pending.columns, place, sitting, bool(pending.work.flags), pending.golden)
        stream = self._stream
        self.drafts.pop(pending.seq, None)
        self._pending[self._tickets + 1] = pending
        self._give("label", lambda connection: labels.commit(connection, new, stream=stream), durable=True)
        self.saving.waiting = len(self._pending)

    def give_draft(self, seq: int, draft: drafts.NewDraft, work: Work, at: int) -> None:
        """Hands a draft to the writer, and with it the place where the rater stands."""
        queue, rater, keeps_place = self._queue, self._rater, self._keeps_place

        def job(connection: Any) -> bool:
            kept = drafts.save(connection, draft)
            if keeps_place:
                drafts.stand_at(connection, queue, rater, at)
            return kept

        self.drafts[seq] = KeptDraft(self._tickets + 1, draft, work)
        self._give("draft", job, durable=False)

    def give_again(self, at: int) -> None:
        """Tries the drafts of other places than `at` again that did not get to the disk."""
        for seq, kept in list(self.drafts.items()):
            if kept.state == "failed" and seq != at:
                self.give_draft(seq, kept.draft, kept.work, at)

    def stand_at(self, at: int) -> None:
        """Keeps the place for the next sitting, where places are kept."""
        if self._keeps_place:
            queue, rater = self._queue, self._rater
            self.give(lambda connection: drafts.stand_at(connection, queue, rater, at))

    def give(self, job: Callable[[Any], Any], heard: Callable[[Any, StoreTrouble | None], None] | None = None) -> None:
        """Hands the writer something that can be lost without harm; `heard` is told what came of it, on its thread."""
        self._give("aside", job, durable=False, heard=heard)

    def hand_over(self) -> None:
        """Gives the writer what has waited."""
        for job, report, durable in self._given:
            self._writer.give(job, report, durable=durable)
        self._given.clear()

    def hear(self) -> Heard:
        """Takes over what the writer has reported."""
        heard = Heard(False, [], {})
        while not self._reports.empty():
            heard.anything = True
            report = self._reports.get()
            if report.kind == "label":
                self._hear_of_label(report, heard)
            elif report.kind == "draft":
                self._hear_of_draft(report, heard)
        self.saving.waiting = len(self._pending)
        if self._drafts_are_kept:
            self.saving.drafts_trouble = ""
        return heard

    def close(self) -> bool:
        """Finishes what is queued; False where that took too long."""
        self.hand_over()
        return self._writer.close(timeout=10)

    def _hear_of_label(self, report: _Report, heard: Heard) -> None:
        pending = self._pending.pop(report.ticket)
        if report.trouble:
            self.saving.trouble = report.trouble.sentence
            self.unsaved[pending.seq] = pending
            if isinstance(report.trouble, RoundShut):
                self.shut.add(pending.seq)
            heard.failed.append(pending)
            return
        self.saving.saved += 1
        self.unsaved.pop(pending.seq, None)
        if not self.unsaved:
            self.saving.trouble = ""

    def _hear_of_draft(self, report: _Report, heard: Heard) -> None:
        if report.trouble:
            self.saving.drafts_trouble = report.trouble.sentence
        seq = next((seq for seq, kept in self.drafts.items() if kept.ticket == report.ticket), None)
        if seq is None:
            return
        if report.trouble:
            self.drafts[seq].state = heard.drafts[seq] = "failed"
        elif report.result is False:
            self.drafts[seq].state = heard.drafts[seq] = "refused"
        else:
            del self.drafts[seq]
            heard.drafts[seq] = "kept"

    def _give(
        self,
        kind: str,
        job: Callable[[Any], Any],
        *,
        durable: bool,
        heard: Callable[[Any, StoreTrouble | None], None] | None = None,
    ) -> None:
        self._tickets += 1
        ticket = self._tickets

        def report(result: Any, trouble: StoreTrouble | None) -> None:
            if heard is not None:
                heard(result, trouble)
            self._reports.put(_Report(kind, ticket, result, trouble))
            self.on_report()

        self._given.append((job, report, durable))
        if self.on_given is None:
            self.hand_over()
        else:
            self.on_given()
