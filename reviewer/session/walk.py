"""The queue as one rater goes through it: their order, the tasks in it, and the rubrics that hold for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import ClassVar

from reviewer.errors import BadInput
from reviewer.rubric import Rubric
from reviewer.rubric.stored import stored_rubric
from reviewer.store import dealing, passing, queues, reading, stretches
from reviewer.store.connection import Store, version_of_data
from reviewer.store.order import DealtOrder, Order, RaterOrder, batches_of, next_place, way_of
from reviewer.store.queues import QueueRecord
from reviewer.store.reading import Counters, Mine, TaskRecord

_KEPT_RECORDS = 24
_SENT_BACK_AT_ONCE = 50


class Walk:
    """Reads by a connection of its own, which cannot write. Raises BadInput where the queue has no rubric."""

    keeps_place: ClassVar[bool] = True
    """Whether the rater's place and counters in the queue are kept."""

    def __init__(self, store: Store, queue: QueueRecord, rater: str) -> None:
        self.queue = queue
        self.rater = rater
        self.reader = store.reader()
        self._records: OrderedDict[int, TaskRecord] = OrderedDict()
        self._rubrics: dict[str, Rubric] = {}
        self._published: tuple[object, ...] = ()
        try:
            self._load()
        except BaseException:
            self.reader.close()
            raise

    def _load(self) -> None:
        self._data_version = self._version_of_data()
        self.queue = queues.find(self.reader, self.queue.name) or self.queue
        self.way = way_of(self.queue.kind, self.queue.settings)
        self._load_order()
        documents = queues.rubrics_of(self.reader, self.queue.id)
        if not documents:
            raise BadInput(f"the queue '{self.queue.name}' has no rubric.", mend="Import it again with --rubric.")
        self._rubric_ids = tuple(identifier for identifier, _ in documents)

    def _load_order(self) -> None:
        batches = batches_of(self.reader, self.queue.id)
        # Not the queue's size: that grows by hidden repeats, and nobody is to see when they are dealt.
        published = (tuple(batches), self.queue.overlap, self._planned())
        if published == self._published:
            return
        self._published = published
        shuffle = self.queue.settings.get("shuffle", True)
        self.order: Order = (
            RaterOrder(batches, self.queue.seed, self.rater, shuffle=shuffle)
            if self.way == "drawn"
            else DealtOrder(self.reader, self.queue.id, self.rater)
        )
        self._expected = dealing.expected(self.reader, self.queue, self.rater)

    def _planned(self) -> int:
        """How many places are written ahead for the rater, where they are: more come while the queue is open."""
        return next_place(self.reader, self.queue.id, self.rater) if self.way == "planned" else 0

    def dealer(self) -> dealing.Dealer | None:
        """Who deals the rater's places one by one; None where they stand from the beginning."""
        if self.way not in ("open", "turn"):
            return None
        return dealing.Dealer(self.queue, self.rater)

    def refresh(self) -> bool:
        """Looks whether another program wrote to the store; True where the queue has changed by it."""
        if self._version_of_data() == self._data_version:
            return False
        before = (self._published, self._rubric_ids)
        self._load()
        if before == (self._published, self._rubric_ids):
            return False
        self._records.clear()
        return True

    def _version_of_data(self) -> int:
        return version_of_data(self.reader)

    @property
    def size(self) -> int:
        """How many places the rater's order has; of one that is dealt place by place, how many can be expected."""
        return max(self.reach, self._expected) if isinstance(self.order, DealtOrder) else self._expected

    @property
    def reach(self) -> int:
        """How many places there are by now."""
        return self.order.reach if isinstance(self.order, DealtOrder) else self._expected

    @property
    def counters(self) -> Counters:
        """The rater's counters as they are stored."""
        return reading.read_counters(self.reader, self.queue.id, self.rater) or Counters()

    def record(self, seq: int) -> TaskRecord:
        """The task at place `seq`, from memory where it was read lately. Raises BadInput where it is missing."""
        record = self._records.get(seq)
        if record is not None:
            self._records.move_to_end(seq)
            return record
        position = self.order.position(seq)
        record = reading.read_task(self.reader, self.queue.id, self.queue.dataset, position)
        if record is None:
            raise BadInput(f"the task at position {position} is missing from the store.", mend="Run `reviewer doctor`.")
        self._records[seq] = record
        while len(self._records) > _KEPT_RECORDS:
            self._records.popitem(last=False)
        return record

    def place_of(self, seq: int) -> int:
        """Where the rater's own order has what stands at place `seq` of this walk: there too, as a rule."""
        return seq

    def mine(self, seq: int) -> Mine:
        """What the rater has done with the task at place `seq`."""
        return reading.read_mine(self.reader, self.record(seq).task, self.rater)

    def in_state(self, state: str) -> list[int] | None:
        """The places in a state of the item list; None where the rater's assignments say."""
        del state
        return None

    def state_at(self, seq: int, task: str) -> tuple[str, bool]:
        """The state of the task at place `seq`, and whether it is flagged, for the item list."""
        del seq
        return reading.state_of(self.reader, task, self.rater)

    def told_at(self, seq: int) -> str:
        """What the item list tells of a place before the words of its item: nothing here."""
        del seq
        return ""

    def done_before(self, before: str | None) -> tuple[int, str] | None:
        """Place and time of the label that was committed last before the moment `before`, or last of all."""
        return reading.done_before(self.reader, self.queue.id, self.rater, before)

    def rubric(self, rubric_id: str) -> Rubric:
        """The rubric of that identifier."""
        if rubric_id not in self._rubrics:
            document = queues.rubric_document(self.reader, rubric_id)
            if document is None:
                raise BadInput("the label's rubric is missing from the store.", mend="Run `reviewer doctor`.")
            self._rubrics[rubric_id] = stored_rubric(document)
        return self._rubrics[rubric_id]

    def rubric_in_force(self, seq: int) -> str:
        """The identifier of the rubric under which a new label at place `seq` stands."""
        return self.record(seq).rubric or self._rubric_ids[-1]

    def is_recalled(self, seq: int) -> bool:
        """Whether the task at place `seq` was taken back since it was opened."""
        found = reading.read_state(self.reader, self.queue.id, self.order.position(seq))
        return found is not None and found[1] == "recalled"

    def uncovered(self, seq: int) -> int:
        """The first place from `seq` on that still needs this rater; it may lie beyond the end."""
        return stretches.next_uncovered(self.reader, self.queue.id, self.rater, seq)

    def sent_back(self, besides: Collection[int]) -> int | None:
        """The first place whose task was sent back to this rater, `besides` these; None where there is none."""
        if not self.counters.sent_back:
            return None
        most = len(besides) + _SENT_BACK_AT_ONCE
        places = reading.seqs_in_state(self.reader, self.queue.id, self.rater, "sent_back", 0, most)
        return next((seq for seq in places if seq not in besides and self._look(seq)[1]), None)

    def next_open(self, start: int, end: int, on_the_way: Collection[int]) -> tuple[int | None, list[tuple[int, str]]]:
        """The next place from `start` up to `end` that needs this rater and is not `on_the_way` to the disk.

        Also the places that were passed because the task was recalled or others fill it, with these tasks.
        """
        passed: list[tuple[int, str]] = []
        seq = self.uncovered(start)
        while seq < end:
            if seq not in on_the_way:
                task, wanted = self._look(seq)
                if wanted:
                    return seq, passed
                passed.append((seq, task))
            seq = self.uncovered(seq + 1)
        return None, passed

    def open_ahead(self, at: int, on_the_way: Collection[int], most: int) -> int:
        """How many places behind `at` no label covers yet, counted up to `most`."""
        reach, found = self.reach, 0
        seq = self.uncovered(at + 1)
        while seq < reach and found < most:
            found += seq not in on_the_way
            seq = self.uncovered(seq + 1)
        return found

    def frontier(self, on_the_way: Collection[int]) -> int:
        """The first place that needs this rater and is not `on_the_way` to the disk."""
        seq = self.uncovered(0)
        while seq in on_the_way:
            seq = self.uncovered(seq + 1)
        return seq

    def likely_after(self, at: int) -> list[int]:
        """The places that are likely next: the two next open ones, then the neighbours."""
        ahead: list[int] = []
        seq, reach = at, self.reach
        for _ in range(2):
            seq = self.uncovered(seq + 1)
            if seq >= reach:
                break
            ahead.append(seq)
        around = [near for near in (at + 1, at - 1) if 0 <= near < reach]
        return list(dict.fromkeys(ahead + around))

    def _look(self, seq: int) -> tuple[str, bool]:
        """The task at place `seq`, and whether it needs this rater."""
        task, state = reading.read_state(self.reader, self.queue.id, self.order.position(seq)) or ("", "")
        return task, state == "open" and not passing.is_filled(self.reader, task, self.rater, self.queue.overlap)
