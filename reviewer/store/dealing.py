"""Dealing a queue's tasks one by one: what a rater gets next, and in which order its outputs are shown.

Among a queue's own tasks stand hidden ones: repeats of what the rater has seen, and gold that was decided elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

from reviewer.blinding import Offer, apart, drawn_order, hand_out, order_key
from reviewer.ids import now
from reviewer.store import holding, openings, passing, repeating, waiting, weaving
from reviewer.store.openings import Openings
from reviewer.store.order import RaterOrder, batches_of, next_place, tasks_in, way_of
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements

_sql = statements("dealing")

Deal = Literal["dealt", "looking", "nothing"]
"""What came of dealing. `looking`: much was looked through in vain, and the next call goes on from there."""

_OFFERED = 8
_LOOKED_AT = 300
_LATELY = 50
_COUNTED_EXACTLY = 2000
"""Up to this size, and where others can fill a task, what is left for a rater is counted and not guessed."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A task that may be dealt: its outputs by slot, and the orders of slots in which it was shown."""

    task: str
    public_ids: tuple[str, ...]
    systems: tuple[str, ...]
    earlier: tuple[tuple[int, ...], ...] = ()

    def ids_in(self, order: Sequence[int]) -> list[str]:
        return [self.public_ids[slot] for slot in order]


class Dealer:
    """Deals to one rater of an open queue, or of a rating queue with repeats or gold.

    What it remembers spares look-ups and can be lost: places, views and who waits lie in the store. Used from one
    thread at a time.
    """

    def __init__(self, queue: QueueRecord, rater: str) -> None:
        self._queue = queue
        self._rater = rater
        self._open = way_of(queue.kind, queue.settings) == "open"
        self._share = float(queue.settings.get("repeats") or 0)
        self._gold_share = float(queue.settings.get("gold") or 0)
        self._without_gold = -1
        self._order = RaterOrder([], queue.seed, rater, shuffle=False)
        self._overlap = queue.overlap
        self._forget()
        self._cursor = 0
        self._fresh: list[tuple[int, str]] = []
        self._passed: dict[str, str] = {}
        self._looks = 0
        self._likely = 0
        self._moment = ""
        self._known = Openings(queue, self._overlap, [])

    def load(self, driver: Driver) -> None:
        """Takes up where the rater's last sitting left: what they were shown, and about how far their order is dealt.

        What that passes over is found when the order has come to its end, and is looked through once more.
        """
        self._catch_up(driver)
        found = _sql.lately.rows(driver, queue=self._queue.id, rater=self._rater, most=_LATELY)
        reached = [self._order.seq(position) for position, others in found if not (others and self._open)]
        self._cursor = max(reached, default=-1) + 1

    def deal(self, driver: Driver, moment: str | None = None) -> Deal:
        """Writes the rater's next place. To be called in an immediate transaction, so that nobody deals beside it.

        What devices of others hold at `moment`, or now, is filled by it.
        """
        self._moment = moment or now()
        holding.queue(driver, self._queue.id)
        self._catch_up(driver)
        self._known = openings.of(self._queue, self._overlap, self._order.batches)
        self._looks = _LOOKED_AT
        self._likely = self._size(driver) if self._share else 0
        if self._is_repeat_due() and not self._repeated_last and not self._is_gold_due() and self._deal_repeat(driver):
            return "dealt"
        waiting_, all_seen = self._waiting(driver) if self._open and self._overlap != 1 else ([], True)
        self._find_fresh(driver)
        offers = [*waiting_, *(self._candidate(driver, task) for _, task in self._fresh)]
        if not offers:
            if not all_seen or self._cursor < self._order.size:
                return "looking"
            again = self._find_again(driver)
            if again is None:
                if not self._looks:
                    return "looking"
                return "dealt" if self._is_repeat_due() and self._deal_repeat(driver) else "nothing"
            offers = [again]
        elif self._is_gold_due() and self._deal_gold(driver):
            return "dealt"
        self._deal_one_of(driver, offers)
        return "dealt"

    # -- what was dealt --------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._next = 0
        self._repeats = self._golds = 0
        self._repeated_last = False
        self._last_gold = -1
        self._gold = weaving.Gold(self._queue, self._rater)
        self._shown: Counter[tuple[str, int]] = Counter()

    def _catch_up(self, driver: Driver) -> None:
        """Learns what was published, and what was dealt to the rater in another terminal or did not get written."""
        queue, rater = self._queue.id, self._rater
        self._overlap = _sql.queue_now.first(driver, queue=queue)[0]
        batches = batches_of(driver, queue)
        if tuple(batches) != self._order.batches:
            shuffle = self._queue.settings.get("shuffle", True)
            self._order = RaterOrder(batches, self._queue.seed, rater, shuffle=shuffle)
        following = next_place(driver, queue, rater)
        if following < self._next:
            self._forget()
            openings.forget_rater(self._queue, rater)
        if following > self._next:
            since = {"queue": queue, "rater": rater, "start": self._next}
            shown = list(_sql.shown.rows(driver, **since)) if self._open else []
            repeats, last = _sql.repeats.first(driver, **since) if self._share else (0, None)
            golds, last_gold = _sql.gold.first(driver, **since) if self._gold_share else (0, None)
            for name, version, place, times in shown:
                self._shown[_system(name, version), place] += times
            self._repeats += repeats
            self._repeated_last = last == following - 1
            self._golds += golds
            self._last_gold = self._last_gold if last_gold is None else last_gold
            self._next = following

    def _deal_one_of(self, driver: Driver, offers: list[_Candidate]) -> None:
        seed = self._queue.seed
        if self._open:
            asked = [Offer(one.task, one.systems, one.earlier) for one in offers]
            chosen, order = hand_out(asked, self._shown, seed, self._rater)
            candidate = offers[chosen]
            shown = candidate.ids_in(order)
            self._shown.update((candidate.systems[slot], place) for place, slot in enumerate(order))
        else:
            candidate = offers[0]
            shown = drawn_order(order_key(seed, self._rater, candidate.task), candidate.public_ids)
        self._fresh = [(position, task) for position, task in self._fresh if task != candidate.task]
        self._write(driver, candidate.task, shown)
        if self._open and self._overlap != 1:
            waiting.note(driver, self._queue.id, candidate.task, self._rater)

    def _write(self, driver: Driver, task: str, shown: list[str], *, repeat: bool = False, gold: bool = False) -> None:
        _sql.insert_assignment.run(
            driver,
            task=task,
            rater=self._rater,
            queue=self._queue.id,
            seq=self._next,
            shown_order=orjson.dumps(shown).decode(),
            state="open",
            flagged=0,
            committed_at=None,
        )
        if gold:
            self._golds, self._last_gold = self._golds + 1, self._next
        self._next += 1
        self._repeats += repeat
        self._repeated_last = repeat

    @property
    def _own(self) -> int:
        """How many of the queue's own tasks were dealt."""
        return self._next - self._repeats - self._golds

    # -- what could be dealt ---------------------------------------------------------------------------

    def _waiting(self, driver: Driver) -> tuple[list[_Candidate], bool]:
        """The tasks that waited longest and that the rater has not seen, oldest first; whether these are all."""
        queue, rater = self._queue.id, self._rater
        found: list[tuple[str, str]] = []
        complete = True
        few = list(_sql.all_waiting.rows(driver, queue=queue, me=rater, most=_LOOKED_AT))
        if len(few) < _LOOKED_AT:
            found = [(since, task) for task, since, other, mine in few if other != rater and not mine]
        else:
            for (other,) in list(_sql.raters.rows(driver, queue=queue)):
                if other != rater:
                    unseen, all_seen = self._unseen_after(driver, other)
                    found += unseen
                    complete = complete and all_seen
        offers = []
        for _, task in sorted(found)[:_OFFERED]:
            if _sql.state.first(driver, task=task)[0] == "open" and not self._is_filled(driver, task):
                offers.append(self._candidate(driver, task, shown=True))
            else:
                waiting.forget(driver, queue, task)
                complete = False
        return offers, complete

    def _unseen_after(self, driver: Driver, other: str) -> tuple[list[tuple[str, str]], bool]:
        """Of what waits since `other` saw it, the oldest that this rater has not seen; whether there is no more.

        Those that the rater saw stay seen: from a row before which there are only such, the next look begins.
        """
        unseen: list[tuple[str, str]] = []
        looked = 0
        since = self._passed.get(other, "")
        rows = _sql.waiting.rows(
            driver, queue=self._queue.id, rater=other, me=self._rater, since=since, most=_LOOKED_AT
        )
        for task, at, mine in rows:
            looked += 1
            if not mine:
                unseen.append((at, task))
            elif not unseen:
                self._passed[other] = at
            if len(unseen) == _OFFERED:
                break
        return unseen, looked < _LOOKED_AT and len(unseen) < _OFFERED

    def _find_fresh(self, driver: Driver) -> None:
        """Keeps the next tasks of the rater's own order at hand that nobody was shown; of a drawn order, the next.

        Where almost everything was shown, what is left is drawn by lot: along the order it would be long to come by.
        """
        known = self._known
        most, draw = (_OFFERED, known.unseen) if self._open else (1, known.view(self._rater).scattered)
        self._fresh = [one for one in self._fresh if self._look(driver, one[0], fresh=self._open)]
        while len(self._fresh) < most and self._cursor < self._order.size and self._looks:
            if known.is_seen if self._open else known.is_sparse:
                drawn = draw(most - len(self._fresh), [position for position, _ in self._fresh])
                self._cursor = self._cursor if drawn else self._order.size
            else:
                drawn = [self._order.position(self._cursor)]
                self._cursor += 1
                if (known.seen if self._open else known.shut)[drawn[0]]:
                    continue
            for position in drawn:
                if task := self._look(driver, position, fresh=self._open):
                    self._fresh.append((position, task))

    def _find_again(self, driver: Driver) -> _Candidate | None:
        """The next task of the rater's own order that they have not seen and that is not filled, seen by whomever."""
        view = self._known.view(self._rater)
        learnt = False
        while self._looks:
            found = view.scattered(_OFFERED)
            for position in found:
                if task := self._look(driver, position, fresh=False):
                    return self._candidate(driver, task, shown=True)
            if not found:
                if learnt or not self._known.learn(driver, self._moment):
                    break
                learnt = True
        return None

    def _look(self, driver: Driver, position: int, *, fresh: bool) -> str:
        """The task at `position` where it may be dealt, else nothing; `fresh`: only where nobody was shown it."""
        self._looks = max(0, self._looks - 1)
        task, state, seen, mine = _sql.look.first(driver, queue=self._queue.id, rater=self._rater, position=position)
        if fresh and seen:
            self._known.seen[position] = 1
            return ""
        if mine:
            self._known.view(self._rater).meet(position)
        elif state == "open" and not self._is_filled(driver, task):
            return str(task)
        else:
            self._known.shut[position] = 1
        return ""

    def _is_filled(self, driver: Driver, task: str) -> bool:
        return passing.is_taken(driver, task, self._rater, self._overlap, self._moment)

    def _candidate(self, driver: Driver, task: str, *, shown: bool = False) -> _Candidate:
        slots = list(_sql.slots.rows(driver, task=task))
        ids = tuple(public_id for public_id, _, _ in slots)
        systems = tuple(_system(name, version) for _, name, version in slots)
        earlier: tuple[tuple[int, ...], ...] = ()
        if shown and self._open:
            views = (orjson.loads(order) for (order,) in _sql.orders.rows(driver, task=task))
            earlier = tuple(tuple(map(ids.index, view)) for view in views)
        return _Candidate(task, ids, systems, earlier)

    # -- hidden repeats --------------------------------------------------------------------------------

    def _size(self, driver: Driver) -> int:
        """How many tasks the rater is likely to see: all, or their share where others fill some."""
        size = self._order.size
        if self._overlap:
            raters = max(1, sum(1 for _ in _sql.raters.rows(driver, queue=self._queue.id)))
            size = -(-size * min(self._overlap, raters) // raters)
        return max(size, self._own)

    def _is_repeat_due(self) -> bool:
        """Whether `share` of the tasks come again where the next place is a repeat, spread evenly.

        One repeat lies in each of as many equal stretches of what follows the first `apart` tasks, at a place that is
        drawn; as `blinding.repeat_places` lays them, but without knowing the whole sequence.
        """
        if not self._share:
            return False
        size = self._likely
        wanted, room = round(size * self._share), size - apart(size)
        drawn = self._draw("repeat", self._repeats, "due") / 2**64
        return (self._own - apart(size)) * wanted >= (self._repeats + drawn) * room

    def _draw(self, what: str, number: int, *names: str) -> int:
        key = order_key(self._queue.seed, self._rater, what, str(number), *names)
        return int.from_bytes(key[:8], "big") + 1

    def _deal_repeat(self, driver: Driver) -> bool:
        """Deals a repeat of a task that the rater submitted long ago, with the sides mirrored; False without one."""
        queue, rater = self._queue.id, self._rater
        end = self._next - apart(self._likely)
        if end <= 0 or not repeating.can_be_made(driver, queue):
            return False
        middle = self._draw("repeat", self._repeats, "which") % end
        for start, stop in ((middle, end), (0, middle)):
            found = _sql.repeatable.first(driver, queue=queue, rater=rater, start=start, end=stop)
            if found is not None:
                ((repeat, renamed),) = repeating.make(driver, [found[0]])
                shown = [renamed[public_id] for public_id in reversed(orjson.loads(found[1]))]
                self._write(driver, repeat, shown, repeat=True)
                return True
        return False

    # -- gold woven in ---------------------------------------------------------------------------------

    def _is_gold_due(self) -> bool:
        """Whether the next place is gold: one place is, drawn, in each of the stretches of 1 / share places.

        A stretch that found nothing to give owes nothing to those after it.
        """
        if not self._gold_share:
            return False
        stretch = self._stretch_of(self._next)
        if stretch in (self._without_gold, self._stretch_of(self._last_gold)):
            return False
        drawn = (self._draw("gold", stretch, "due") - 1) / 2**64
        return self._next >= int((stretch + drawn) / self._gold_share)

    def _stretch_of(self, place: int) -> int:
        return int(place * self._gold_share) if place >= 0 else -1

    def _deal_gold(self, driver: Driver) -> bool:
        """Deals a task whose answer is known; False where none is left, or not all was looked through yet."""
        stretch = self._stretch_of(self._next)
        try:
            task = self._gold.task(driver, self._draw("gold", stretch, "which"))
        except LookupError:
            return False
        if task is None:
            self._without_gold = stretch
            return False
        ids = [public_id for public_id, _, _ in _sql.slots.rows(driver, task=task)]
        shown = drawn_order(order_key(self._queue.seed, self._rater, task), ids)
        self._write(driver, task, shown, gold=True)
        return True


def place_for(driver: Driver, queue: str, task: str, rater: str) -> int:
    """The place of a task in the rater's dealt order: where it was dealt, else the next one."""
    found = _sql.place_of_task.first(driver, task=task, rater=rater)
    return int(found[0]) if found else next_place(driver, queue, rater)


def expected(driver: Driver, queue: QueueRecord, rater: str) -> int:
    """How many places the rater can expect to see in all, with the repeats to come; more where others do less."""
    way = way_of(queue.kind, queue.settings)
    if way == "drawn":
        return tasks_in(driver, queue.id)
    dealt = next_place(driver, queue.id, rater)
    if way == "planned":
        return dealt
    share, gold_share = (float(queue.settings.get(name) or 0) for name in ("repeats", "gold"))
    of = {"queue": queue.id, "rater": rater, "start": 0}
    repeats = _sql.repeats.first(driver, **of)[0] if dealt and share else 0
    golds = _sql.gold.first(driver, **of)[0] if dealt and gold_share else 0
    size = tasks_in(driver, queue.id)
    tasks = size
    if queue.overlap and size <= _COUNTED_EXACTLY:
        left = _sql.unseen.first(driver, queue=queue.id, rater=rater, size=queue.size, overlap=queue.overlap)[0]
        tasks = dealt - repeats - golds + left
    places = tasks + max(round(tasks * share), repeats)
    if gold_share:
        wanted = round(places * gold_share / (1 - gold_share))
        places += max(golds, min(wanted, golds + weaving.left_for(driver, queue, rater)))
    return int(places)


def _system(name: str, version: str) -> str:
    return f"{name}\0{version}"
