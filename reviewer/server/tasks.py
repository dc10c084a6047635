"""From what is stored to what goes out: the wire's messages, made of the one allow-list that a screen shows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from reviewer.rubric import Rubric
from reviewer.rubric.stored import stored_rubric
from reviewer.session.view import TaskView, view_of
from reviewer.store import decisions, reading, serving
from reviewer.store.leases import LeaseRecord
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.receiving import mine
from reviewer.store.troubles import StoreTrouble
from reviewer.sync import wire

SETTINGS = ("show", "reference", "submit", "pick", "idle_after", "goal")
"""The settings of a queue that a rater may be told."""

Kind: TypeAlias = Literal["rating", "pairwise", "ranking"]

_OPEN, _SENT_BACK = "open", "sent_back"
_MOST_RUBRICS = 1000


class KnownRubric(NamedTuple):
    """A rubric as it goes out, and as a model."""

    told: wire.Rubric
    model: Rubric


class Rubrics:
    """Rubrics by their identifiers, read once: one never changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, KnownRubric] = OrderedDict()
        self._gate = Lock()

    def get(self, driver: Driver, rubric: str) -> KnownRubric:
        """The rubric of that identifier, which must be there."""
        found = self._kept.get(rubric)
        if found is None:
            kept = serving.rubric(driver, rubric)
            told = wire.Rubric(**kept._asdict())
            found = KnownRubric(told, stored_rubric(kept.document))
            with self._gate:
                self._kept[rubric] = found
                if len(self._kept) > _MOST_RUBRICS:
                    self._kept.popitem(last=False)
        return found


def queue_told(
    driver: Driver, rubrics: Rubrics, queue: QueueRecord, rater: str, moment: str, own: Sequence[str] = ()
) -> wire.Queue:
    """A queue as the rater may see it. `own` are rubrics of single tasks, told before the queue's: the last one is in
    force."""
    listed = serving.rubrics(driver, queue.id)
    told = [*(one for one in dict.fromkeys(own) if one not in listed), *listed]
    return wire.Queue.model_construct(
        id=queue.id,
        name=queue.name,
        kind=cast("Kind", queue.kind),
        purpose=queue.purpose,
        state=queue.state,
        sealed=queue.sealed,
        settings={name: queue.settings[name] for name in SETTINGS if name in queue.settings},
        rubrics=[rubrics.get(driver, one).told for one in told],
        mine=wire.Share.model_construct(**serving.standing(driver, queue.id, rater, moment)._asdict()),
    )


def tasks_told(driver: Driver, rubrics: Rubrics, queue: QueueRecord, leases: Sequence[LeaseRecord]) -> list[wire.Task]:
    """Leased tasks as their rater may see them, in the order of their numbers."""
    in_force = serving.rubrics(driver, queue.id)[-1:] if leases else []
    return [_task_told(driver, rubrics, queue, lease, in_force) for lease in leases]


def _task_told(
    driver: Driver, rubrics: Rubrics, queue: QueueRecord, lease: LeaseRecord, in_force: Sequence[str]
) -> wire.Task:
    record = reading.read_task(driver, queue.id, queue.dataset, lease.position)
    if record is None or record.task != lease.task or lease.until is None:
        raise StoreTrouble("what is stored of a leased task cannot be read.", mend="Run `reviewer doctor`.")
    rubric = record.rubric or (in_force[0] if in_force else "")
    if not rubric:
        raise StoreTrouble(f"the queue '{queue.name}' has no rubric.", mend="Give it one with `reviewer queue set`.")
    view = view_of(queue, record, lease.seq, lease.shown_order, rubric, rubrics.get(driver, rubric).model)
    sent_back = decisions.sent_back_for(driver, lease.task) if lease.state == _SENT_BACK else None
    said = mine(driver, lease.task, lease.rater) if lease.state != _OPEN else []
    return _from_view(view, lease, lease.until, record.rubric, sent_back, said)


def _from_view(
    view: TaskView,
    lease: LeaseRecord,
    until: str,
    own: str | None,
    sent_back: str | None,
    said: Sequence[dict[str, Any]],
) -> wire.Task:
    """The message. What is made here was read from columns and models: nothing is left to validate."""
    return wire.Task.model_construct(
        id=lease.id,
        number=lease.number,
        until=until,
        key=view.name,
        rubric=own,
        prompt=[_turn(turn) for turn in view.prompt],
        context=[
            wire.Document.model_construct(title=one.title, text=one.text, source=one.source) for one in view.context
        ],
        reference=view.reference,
        shown=list(view.shown),
        outputs=[
            wire.Output.model_construct(
                public_id=output.public_id, turns=[_turn(turn) for turn in output.turns], name=output.name
            )
            for output in view.outputs
        ],
        mine=[wire.Mine(**one) for one in said],
        sent_back=sent_back,
    )


def _turn(turn: Any) -> wire.Turn:
    return wire.Turn.model_construct(role=turn.role, text=turn.text, kind=turn.kind, name=turn.name)
