"""What reaches the rater: the allow-list of the house's §7, and nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from reviewer.blinding import drawn_order, order_key
from reviewer.rubric import Criterion, Rubric, keys_of
from reviewer.rubric.questions import comparison_questions
from reviewer.store.queues import QueueRecord
from reviewer.store.reading import OutputRecord, TaskRecord


@dataclass(frozen=True, slots=True)
class Turn:
    """One message or step. `name` is a tool's or a speaker's, where there is one."""

    role: str
    text: str
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ContextDocument:
    """One document that the output should rest on."""

    title: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """An output under its random identifier. `name` is the system's, and empty while the queue is sealed.

    `turns` is never empty; a plain answer is one turn of the assistant.
    """

    public_id: str
    turns: tuple[Turn, ...]
    name: str = ""

    @property
    def text(self) -> str:
        """The whole output as one text, as a correction starts from."""
        return "\n\n".join(turn.text for turn in self.turns if turn.role == "assistant") or self.turns[-1].text


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as its rater may see it. `seq` is its place in the rater's order, from 0.

    `name` is the item's key, and empty while the queue is sealed. `shown` holds what the queue declares of metadata and
    tags.
    """

    task: str
    seq: int
    name: str
    prompt: tuple[Turn, ...]
    context: tuple[ContextDocument, ...]
    outputs: tuple[ShownOutput, ...]
    reference: str | None
    shown: tuple[tuple[str, str], ...]
    rubric_id: str
    rubric: Rubric
    kind: Literal["rating", "pairwise", "ranking"] = "rating"

    @property
    def counts(self) -> dict[str, int]:
        """How many outputs, turns, context documents and steps there are to answer a criterion `per`."""
        turns = self.outputs[0].turns if self.outputs else ()
        return {
            "outputs": len(self.outputs),
            "turns": sum(turn.role == "assistant" for turn in turns),
            "contexts": len(self.context),
            "steps": len(turns),
        }

    def asked(self) -> list[tuple[str, Criterion]]:
        """The keys that may be answered, each with its criterion, in the rubric's order.

        Of a comparison, the overall answer first, and each criterion as a question in the same shape.
        """
        if self.kind in ("pairwise", "ranking"):
            return comparison_questions(self.rubric, self.kind, len(self.outputs))
        counts = self.counts
        return [(key, criterion) for criterion in self.rubric.criteria for key in keys_of(criterion, **counts)]


def view_of(
    queue: QueueRecord, record: TaskRecord, seq: int, order: list[str], rubric_id: str, rubric: Rubric
) -> TaskView:
    """The view of a task with its outputs in `order`, a list of public ids, first shown first."""
    by_id = {output.public_id: output for output in record.outputs}
    return TaskView(
        task=record.task,
        seq=seq,
        name="" if queue.sealed else record.key,
        prompt=tuple(_turn(turn) for turn in record.prompt),
        context=tuple(
            ContextDocument(document.get("title", ""), document["text"], document.get("source", ""))
            for document in record.context
        ),
        outputs=tuple(_shown(by_id[public_id], sealed=queue.sealed) for public_id in order),
        reference=record.reference if queue.settings.get("reference") else None,
        shown=tuple(_declared(queue.settings.get("show", []), record.meta)),
        rubric_id=rubric_id,
        rubric=rubric,
        kind=cast("Literal['rating', 'pairwise', 'ranking']", queue.kind),
    )


def shown_order(queue: QueueRecord, record: TaskRecord, rater: str, kept: list[str]) -> list[str]:
    """The order in which the rater sees the outputs: as kept with the assignment, else drawn by the queue's seed."""
    if kept:
        return kept
    ids = [output.public_id for output in record.outputs]
    return drawn_order(order_key(queue.seed, rater, record.task), ids) if len(ids) > 1 else ids


def _turn(turn: Mapping[str, str]) -> Turn:
    return Turn(turn.get("role", "user"), turn["text"], turn.get("kind", ""), turn.get("name", ""))


def _shown(output: OutputRecord, *, sealed: bool) -> ShownOutput:
    turns = tuple(_turn(part) for part in output.parts) or (Turn("assistant", output.text),)
    name = "" if sealed else " ".join(part for part in (output.system, output.version) if part)
    return ShownOutput(output.public_id, turns, name)


def _declared(show: list[str], meta: dict[str, Any]) -> list[tuple[str, str]]:
    metadata = meta.get("metadata", {})
    declared = [(name, _word(metadata[name])) for name in show if name != "tags" and name in metadata]
    if "tags" in show and meta.get("tags"):
        declared.append(("tags", ", ".join(map(str, meta["tags"]))))
    return declared


def _word(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
