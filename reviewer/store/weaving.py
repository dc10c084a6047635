"""Gold woven in: tasks whose answer was decided elsewhere, given to raters unannounced."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from reviewer.blinding import Permutation
from reviewer.ids import new_public_id
from reviewer.rubric import Rubric
from reviewer.rubric.questions import PREFERENCE, RANKING, scale_of_answer
from reviewer.rubric.stored import stored_rubric
from reviewer.store import holding, repeating
from reviewer.store.examples import is_shown, shown_by
from reviewer.store.order import batches_of, next_place
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements

_sql = statements("weaving")
_tasks = statements("dealing")

LOOKED_AT = 10_000
"""So many tasks are looked through at a time, for which the saves of all raters wait some milliseconds."""

_COUNTED_EXACTLY = 2000
_COMPARED_WITH = 50
_TRIED = 25
_KEYS_TRIED = 20
_HEXADECIMAL = "0123456789abcdef"
_NUMBER = re.compile(r"[0-9a-f]{8,}|[0-9]+")


class Decided(NamedTuple):
    """An output, or several that were compared, with golden values; `source` is the task on which these were given."""

    item: str
    output_hash: str
    source: str


@dataclass(frozen=True, slots=True)
class _Like:
    """What a task looks like to its rater: which of the declared metadata it has, and whether a reference."""

    shown: frozenset[str]
    reference: bool


class Gold:
    """What of all that was decided one rater may be asked in a queue, found out slice by slice.

    It holds nothing that they met anywhere, decided, or were shown others' judgment on, and nothing that the queue asks
    by itself. What it remembers can be lost. Used from one thread at a time.
    """

    def __init__(self, queue: QueueRecord, rater: str) -> None:
        self._queue = queue
        self._rater = rater
        self._open: list[Decided] = []
        self._looked_for: set[str] = set()
        self._out: set[str] = set()
        self._position = 0
        self._queues: list[str] | None = None
        self._seq = 0
        self._likes: set[_Like] = set()

    def task(self, driver: Driver, drawn: int) -> str | None:
        """A gold task that the rater may be given, made where there is none yet; None where nothing is left.

        `drawn` says where among what is left the look begins. Raises LookupError while not all was looked through: the
        next call goes on from there. To be called in a transaction.
        """
        holding.rater(driver, self._rater)
        self._learn(driver)
        if not self._open:
            return None
        if not self._is_looked_through(driver):
            raise LookupError
        self._open = [one for one in self._open if one.item not in self._out]
        for _ in range(_TRIED):
            if not self._open:
                return None
            chosen = self._open[drawn % len(self._open)]
            self._out.add(chosen.item)
            self._open = [one for one in self._open if one.item != chosen.item]
            if not self._is_known(driver, chosen) and self._looks_alike(driver, chosen):
                return self._made(driver, chosen)
        return None

    def _learn(self, driver: Driver) -> None:
        """Reads what is decided by now. What is new is looked for from the beginning."""
        found = [one for one in decided(driver, self._queue) if one.item not in self._out]
        if new := {one.item for one in found} - self._looked_for:
            self._looked_for |= new
            self._position, self._queues = 0, None
        self._open = found

    def _is_looked_through(self, driver: Driver) -> bool:
        """Looks through one more slice: the queue's own tasks, then those that were given to the rater anywhere."""
        items = orjson.dumps(sorted(self._looked_for)).decode()
        size = int(_tasks.queue_now.first(driver, queue=self._queue.id)[1])
        if self._position < size:
            end = min(size, self._position + LOOKED_AT)
            of = {"queue": self._queue.id, "first": self._position, "end": end}
            self._out |= {item for (item,) in _sql.ordinary.rows(driver, **of, items=items)}
            self._position = end
            if end < size:
                return False
        if self._queues is None:
            self._queues, self._seq = [queue for (queue,) in _sql.queues.rows(driver)], 0
        left = LOOKED_AT
        while self._queues and left > 0:
            queue = self._queues[-1]
            mine = {"queue": queue, "rater": self._rater, "start": self._seq}
            beyond = _sql.place_after.first(driver, **mine, many=left)
            end = int(beyond[0]) if beyond else self._end(driver, queue)
            self._out |= {item for (item,) in _sql.met.rows(driver, **mine, end=end, items=items)}
            left -= max(1, end - self._seq)
            self._seq = end
            if beyond is None:
                self._queues.pop()
                self._seq = 0
        return not self._queues

    def _end(self, driver: Driver, queue: str) -> int:
        return max(self._seq, next_place(driver, queue, self._rater))

    def _is_known(self, driver: Driver, one: Decided) -> bool:
        """Whether the rater decided it, was shown others' judgment on it, or was given it a moment ago elsewhere."""
        of = {"item": one.item, "output_hash": one.output_hash, "rater": self._rater}
        shown = _sql.exposed.first(driver, rater=self._rater, items=orjson.dumps([one.item]).decode())
        return shown is not None or _sql.known_to.first(driver, **of) is not None

    # -- looking like the others -----------------------------------------------------------------------

    def _looks_alike(self, driver: Driver, one: Decided) -> bool:
        """Whether some of the queue's own tasks show metadata of the same names, and a reference where this does."""
        if not self._likes:
            for position in _drawn_positions(driver, self._queue, _COMPARED_WITH):
                if found := _sql.at_position.first(driver, queue=self._queue.id, position=position):
                    self._likes.add(self._like(*found[4:]))
        found = _sql.of_task.first(driver, task=one.source)
        return found is not None and self._like(*found[4:]) in self._likes

    def _like(self, meta: str | None, reference: int) -> _Like:
        told: dict[str, Any] = orjson.loads(meta) if meta else {}
        names = {*told.get("metadata", {}), *(("tags",) if told.get("tags") else ())}
        shown = frozenset(names & set(self._queue.settings.get("show", [])))
        return _Like(shown, bool(reference) and bool(self._queue.settings.get("reference")))

    def _made(self, driver: Driver, one: Decided) -> str | None:
        """The queue's task of it; None while an import holds the positions behind the last one."""
        of = {"queue": self._queue.id, "item": one.item, "output_hash": one.output_hash}
        if found := _sql.woven.first(driver, **of):
            return str(found[0])
        if not repeating.can_be_made(driver, self._queue.id):
            self._out.discard(one.item)
            return None
        return make(driver, self._queue, one.source)


def make(driver: Driver, queue: QueueRecord, source: str) -> str:
    """Makes a gold task of `queue` that asks about the outputs of the task `source`; returns its identifier.

    Its identifier is as old as that of one of the queue's own tasks, and its key is made in the likeness of that one's.
    To be called in a transaction, in a queue with tasks where `repeating.can_be_made`.
    """
    (position,) = _drawn_positions(driver, queue, 1)
    own, key, _, priority, *_ = _sql.at_position.first(driver, queue=queue.id, position=position)
    _, source_key, item, *_ = _sql.of_task.first(driver, task=source)
    task = repeating.as_old_as(own)
    end = int(_tasks.queue_now.first(driver, queue=queue.id)[1])
    _tasks.insert_task.run(
        driver,
        id=task,
        queue=queue.id,
        key=_free_key(driver, queue.id, key, source_key),
        item=item,
        position=end,
        priority=priority,
        rubric=None,
        repeat_of=source,
        selection=None,
        probability=None,
        state="open",
        gold=1,
    )
    slots = [
        {"task": task, "slot": slot, "output": output, "public_id": new_public_id()}
        for slot, output, _ in _tasks.outputs.rows(driver, task=source)
    ]
    _tasks.insert_task_output.run_all(driver, slots)
    _tasks.set_size.run(driver, of=queue.id, to=end + 1)
    return task


def decided(driver: Driver, queue: QueueRecord) -> list[Decided]:
    """What was decided outside `queue` on scales of its rubric in force, once for each output or comparison.

    What that rubric shows as an example is left out: its answer stands before every rater's eyes.
    """
    found = _sql.in_force.first(driver, queue=queue.id)
    if found is None:
        return []
    rubric = stored_rubric(orjson.loads(found[1]))
    scales = _scales(queue, rubric)
    rows = _sql.decided.rows(driver, queue=queue.id, kind=queue.kind, scales=orjson.dumps(sorted(scales)).decode())
    once: dict[tuple[str, str], Decided] = {}
    for row in map(Decided._make, rows):
        once.setdefault((row.item, row.output_hash), row)
    shown = shown_by(rubric)
    return [one for one in once.values() if not is_shown(driver, one.source, shown)]


def outdated(driver: Driver, queue: QueueRecord) -> int:
    """How many values that were decided in `queue` stand on a scale that its rubric in force no longer has: nothing is
    compared with them any more."""
    found = _sql.in_force.first(driver, queue=queue.id)
    if found is None:
        return 0
    scales = orjson.dumps(sorted(_scales(queue, stored_rubric(orjson.loads(found[1]))))).decode()
    return int(_sql.outdated.first(driver, queue=queue.id, scales=scales)[0])


def _scales(queue: QueueRecord, rubric: Rubric) -> set[str]:
    """The scales of all that the rubric asks of a task of the queue, by their hashes."""
    kind: Any = queue.kind
    asked = [one.id for one in rubric.criteria if one.type != "text"]
    overall = {"pairwise": [PREFERENCE], "ranking": [RANKING]}.get(queue.kind, [])
    return {scale for name in (*overall, *asked) if (scale := scale_of_answer(rubric, kind, name))}


def left_for(driver: Driver, queue: QueueRecord, rater: str) -> int:
    """About how many gold tasks the rater can be given yet: in a large queue, some that it asks by itself are counted.

    Of an item with several outputs, one is given.
    """
    items = orjson.dumps(sorted({one.item for one in decided(driver, queue)})).decode()
    known = {item for (item,) in _sql.exposed.rows(driver, rater=rater, items=items)}
    mine = {"queue": queue.id, "rater": rater, "start": 0, "end": next_place(driver, queue.id, rater)}
    known |= {item for (item,) in _sql.met.rows(driver, **mine, items=items)}
    if queue.size <= _COUNTED_EXACTLY:
        own = _sql.ordinary.rows(driver, queue=queue.id, first=0, end=queue.size, items=items)
        known |= {item for (item,) in own}
    return len(set(orjson.loads(items)) - known)


def _drawn_positions(driver: Driver, queue: QueueRecord, most: int) -> list[int]:
    """Positions of the queue's own tasks, drawn by lot; all of them where there are no more than `most`."""
    batches = batches_of(driver, queue.id)
    size = sum(size for _, size in batches)
    if size <= most:
        return [first + at for first, length in batches for at in range(length)]
    order = Permutation(secrets.token_bytes(16), size)
    return [_position(batches, order.at(at)) for at in range(most)]


def _position(batches: Sequence[tuple[int, int]], place: int) -> int:
    for first, size in batches:
        if place < size:
            return first + place
        place -= size
    raise IndexError(place)


def _free_key(driver: Driver, queue: str, like: str, source: str) -> str:
    """A key that neither the queue nor its dataset has, with the shape of `like` where that holds a number."""
    for tried in range(_KEYS_TRIED):
        # Where the numbers of that length are taken, with one digit more.
        key = _redrawn(like + "0" * (tried >= _KEYS_TRIED // 2 and like[-1:].isdecimal()))
        if key != like and not _sql.key_taken.first(driver, queue=queue, key=key):
            return key
    key = source
    while _sql.key_taken.first(driver, queue=queue, key=key):
        key = f"{source}-{secrets.token_hex(2)}"
    return key


def _redrawn(key: str) -> str:
    """The key with its numbers drawn anew, each as long as it is."""
    return _NUMBER.sub(_drawn_number, key)


def _drawn_number(found: re.Match[str]) -> str:
    word = found[0]
    if not word.isdecimal():
        return "".join(secrets.choice(_HEXADECIMAL) for _ in word)
    drawn = "".join(secrets.choice(string.digits) for _ in word)
    if len(word) == 1:
        return drawn
    return (word[0] if word[0] == "0" else secrets.choice("123456789")) + drawn[1:]
