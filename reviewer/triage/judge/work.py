"""The questions of a queue for one judge: each task without a word of who made its outputs or what others said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reviewer.blinding import order_key
from reviewer.errors import BadInput
from reviewer.rubric import Rubric
from reviewer.rubric.stored import stored_rubric
from reviewer.store import machines, queues
from reviewer.store.connection import Store
from reviewer.store.machines import MachineTask
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.triage.judge.question import Document, Output, Question, Turn, samples_of
from reviewer.triage.judge.spec import JudgeSpec

PAGE = 200


class Work:
    """The questions of a queue for one judge. Raises BadInput where there is no such queue, or it has no rubric."""

    def __init__(self, store: Store, name: str, spec: JudgeSpec, most: int | None) -> None:
        self.store, self.spec = store, spec
        with store.reading() as connection:
            found = queues.find(connection, name)
            if found is None:
                raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those there are.")
            self.queue: QueueRecord = found
            self.size = machines.count(connection, found)
            rubrics = queues.rubrics_of(connection, found.id)
        if not rubrics:
            raise BadInput(f"'{name}' has no rubric.", mend=f"Give it one: `reviewer queue set {name} rubric=FILE`.")
        self.size = self.size if most is None else min(self.size, most)
        self.rubric_id, document = rubrics[-1]
        self.rubric = stored_rubric(document)
        self.version = spec.version(self.rubric.content_hash)
        self._own: dict[str, Rubric] = {}

    def enrol(self, driver: Driver) -> str:
        """The identifier of the judge's rater."""
        return machines.ensure(
            driver, "judge", self.spec.name, self.spec.document(), self.version, family=self.spec.family
        )

    def tasks(self) -> Iterator[MachineTask]:
        """The tasks in the queue's order."""
        after, left = -1, self.size
        while left > 0:
            with self.store.reading() as connection:
                page = machines.tasks(connection, self.queue, after=after, most=min(PAGE, left))
            if not page:
                return
            yield from page
            after, left = page[-1].position, left - len(page)

    def question(self, task: MachineTask) -> Question:
        """What the judge is asked of a task, its outputs in an order that was drawn for it."""
        kind: Any = self.queue.kind
        outputs = [Output(one.public_id, _turns(one.parts) or (Turn("assistant", one.text),)) for one in task.outputs]
        outputs.sort(key=lambda one: order_key(self.queue.seed, f"judge {task.id} {one.public_id}"))
        return Question(
            id=task.id,
            outputs=tuple(outputs),
            kind=kind,
            prompt=_turns(task.prompt),
            context=tuple(
                Document(one.get("text", ""), one.get("title", ""), one.get("source", "")) for one in task.context
            ),
            reference=task.reference if self.queue.settings.get("reference") else None,
            rubric=self._rubric_of(task),
        )

    def samples(self, question: Question) -> Sequence[int]:
        """The numbers of the answers that are wanted."""
        return samples_of(question, self.spec.samples, both_orders=self.spec.both_orders)

    def _rubric_of(self, task: MachineTask) -> Rubric | None:
        if task.rubric is None:
            return None
        if task.rubric not in self._own:
            with self.store.reading() as connection:
                document = queues.rubric_document(connection, task.rubric)
            assert document is not None
            if len(self._own) > PAGE:
                self._own.clear()
            self._own[task.rubric] = stored_rubric(document)
        return self._own[task.rubric]


def _turns(parts: list[dict[str, Any]]) -> tuple[Turn, ...]:
    return tuple(
        Turn(one.get("role", ""), one.get("text", ""), one.get("kind", "text"), one.get("name", "")) for one in parts
    )
