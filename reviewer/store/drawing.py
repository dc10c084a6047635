"""Drawing the batch of a calibration round from a queue, and opening it as a queue of its own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from reviewer.ids import canonical_json, new_id, new_public_id, now
from reviewer.store import events, queues, rounds
from reviewer.store.examples import is_shown
from reviewer.store.prepared import Driver
from reviewer.store.queues import CALIBRATION, QueueRecord
from reviewer.store.statements import statements

SHOWN_BY = ("show", "reference", "submit", "pick", "idle_after")
"""The settings of a queue that say how its items are shown and answered: a batch keeps them."""

EARLIER = "in an earlier round"
MET = "known to a member"
EXAMPLE = "an example of the rubric"

_sql = statements("drawing")
_rounds = statements("rounds")
_tasks = statements("dealing")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task of the queue's own that is open. `earlier`: its item stood in a round of a member's; `exposed`: a member
    was shown others' judgment on it."""

    task: str
    item: str
    earlier: bool
    met: bool
    exposed: bool


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum by its name: how many were drawn of how many."""

    name: str
    drawn: int
    of: int


@dataclass(slots=True)
class Drawn:
    """What was drawn, in the order of the batch. `left_out` counts, by reason, the items that could not be.

    `exposed` are those drawn on which a member was shown others' judgment.
    """

    tasks: list[str] = field(default_factory=list)
    strata: list[Stratum] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    exposed: int = 0


@dataclass(frozen=True, slots=True)
class Copied:
    """A task to be copied, with why and with which probability it was chosen, where that was so."""

    task: str
    reason: str | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class NewRound:
    """What a round is to be called, who takes part in it, and its settings."""

    name: str
    members: tuple[str, ...]
    settings: dict[str, Any]


def candidates(driver: Driver, queue: QueueRecord, members: Sequence[str]) -> list[Candidate]:
    """The open tasks of the queue's own by their positions, without repeats and gold."""
    given = {"queue": queue.id, "size": queue.size, "members": orjson.dumps(list(members)).decode()}
    return [
        Candidate(task, item, bool(earlier), bool(met), bool(exposed))
        for task, item, earlier, met, exposed in _sql.candidates.rows(driver, **given)
    ]


def metadata(driver: Driver, queue: QueueRecord) -> dict[str, dict[str, Any]]:
    """Metadata and tags of the items, by task, of the queue's own open tasks."""
    rows = _sql.meta.rows(driver, queue=queue.id, size=queue.size, dataset=queue.dataset)
    return {task: orjson.loads(meta) for task, meta in rows}


def draw(
    driver: Driver,
    offered: Iterable[Candidate],
    strata: Mapping[str, str],
    *,
    items: int,
    seed: int,
    seen: bool,
    examples: frozenset[str],
) -> Drawn:
    """Draws tasks of so many items: equal shares of the strata as far as they hold, the rest spread over the others.

    `strata` names each task's stratum; `examples` are outputs that stand in the rubric. An item comes once at most,
    those that a member knows or had in an earlier round only if `seen`. The same seed draws the same from the same
    queue. Fewer than asked for are drawn where no more are there.
    """
    chance = random.Random(seed)
    drawn = Drawn()
    of_stratum: dict[str, list[Candidate]] = {}
    left_out: dict[str, set[str]] = {}
    for one in offered:
        if (one.earlier or one.met) and not seen:
            left_out.setdefault(EARLIER if one.earlier else MET, set()).add(one.item)
        else:
            of_stratum.setdefault(strata[one.task], []).append(one)
    names = sorted(of_stratum)
    for name in names:
        chance.shuffle(of_stratum[name])
    left = {name: iter(of_stratum[name]) for name in names}
    turns = chance.sample(names, len(names))
    taken: dict[str, Candidate] = {}
    counts: Counter[str] = Counter()
    while turns and len(taken) < items:
        for name in list(turns):
            if len(taken) == items:
                break
            for one in left[name]:
                if one.item in taken:
                    continue
                if is_shown(driver, one.task, examples):
                    left_out.setdefault(EXAMPLE, set()).add(one.item)
                    continue
                taken[one.item] = one
                counts[name] += 1
                break
            else:
                turns.remove(name)
    batch = list(taken.values())
    chance.shuffle(batch)
    drawn.tasks = [one.task for one in batch]
    drawn.exposed = sum(one.exposed for one in batch)
    drawn.strata = [Stratum(name, counts[name], len({one.item for one in of_stratum[name]})) for name in names]
    drawn.left_out = Counter({why: len(found - taken.keys()) for why, found in left_out.items()})
    return drawn


def open_round(
    driver: Driver, parent: QueueRecord, new: NewRound, tasks: Sequence[str], *, stream: str, actor: str
) -> QueueRecord:
    """Makes the batch a queue of its own for the members alone, open and blind, with its event.

    Its tasks are new ones with new public identifiers; it keeps the rubric that is in force and what the settings of
    `parent` say about showing. To be called in a transaction.
    """
    kept = {name: parent.settings[name] for name in SHOWN_BY if name in parent.settings}
    batch = replace(
        queues.draft(new.name, parent.dataset, kind=parent.kind, settings=kept),
        purpose=CALIBRATION,
        state="open",
        size=len(tasks),
    )
    copy_queue(driver, parent, batch, [Copied(task) for task in tasks], stream=stream, actor=actor)
    identifier = new_id()
    started = {
        "id": identifier,
        "parent": parent.id,
        "child": batch.id,
        "number": rounds.next_number(driver, parent.id),
        "settings": canonical_json(new.settings).decode(),
        "started_by": actor,
        "started_at": now(),
    }
    _rounds.insert_round.run(driver, **started, locked_at=None, revealed_at=None, finished_at=None)
    members = [queues.ensure_rater(driver, name) for name in new.members]
    _rounds.insert_member.run_all(driver, [{"round": started["id"], "rater": rater} for rater in members])
    events.append(
        driver,
        stream=stream,
        actor=actor,
        action="round.started",
        subject=batch.id,
        content=rounds.started_digest(driver, identifier),
        data={
            "parent": parent.id,
            "round": identifier,
            "items": len(tasks),
            "members": len(members),
            "vouches": "round",
        },
    )
    return batch


def copy_queue(
    driver: Driver, parent: QueueRecord, made: QueueRecord, tasks: Sequence[Copied], *, stream: str, actor: str
) -> None:
    """Adds a queue of these tasks of `parent`, anew and with new public identifiers, under the rubric in force there.

    To be called in a transaction; the event that tells of it is the caller's.
    """
    row = asdict(made) | {"blind": int(made.blind), "settings": orjson.dumps(made.settings).decode()}
    _rounds.insert_queue.run(driver, **row)
    _copy(driver, made.id, tasks)
    _rounds.insert_batch.run(driver, queue=made.id, first=0, size=len(tasks), at=made.created_at)
    rubric = queues.rubrics_of(driver, parent.id)[-1][0]
    queues.put_rubric(driver, made, rubric, stream=stream, actor=actor)


def _copy(driver: Driver, queue: str, tasks: Sequence[Copied]) -> None:
    rows, slots = [], []
    for position, one in enumerate(tasks):
        key, item, priority, rubric = _sql.copied.first(driver, task=one.task)
        copy = {"id": new_id(), "queue": queue, "key": key, "item": item, "position": position, "priority": priority}
        drawn = {"selection": one.reason, "probability": one.probability}
        rows.append({**copy, **drawn, "rubric": rubric, "repeat_of": None, "state": "open", "gold": 0})
        for slot, output in _sql.slots.rows(driver, task=one.task):
            slots.append({"task": copy["id"], "slot": slot, "output": output, "public_id": new_public_id()})
    _tasks.insert_task.run_all(driver, rows)
    _tasks.insert_task_output.run_all(driver, slots)
