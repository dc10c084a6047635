"""Taking an item of a round, with what the group agreed on, into the rubric as an annotated example of a level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reviewer.errors import BadInput
from reviewer.rubric import Criterion, Rubric
from reviewer.rubric.stored import stored_rubric
from reviewer.store import events, golden, holding, queues, reading, remotes, rounds
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.reading import TaskRecord
from reviewer.store.rounds import BatchTask, RoundRecord

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Proposal:
    """An annotated example as it would stand in the rubric of the round's queue.

    `lines` are the difference, each with `+` or a blank before it; `base` is the rubric that it was made for.
    """

    round: str
    queue: str
    task: str
    item: str
    key: str
    criterion: str
    level: str
    example: dict[str, str]
    base: str
    lines: tuple[str, ...]


def propose_example(store: Store, name: str, task: str, criterion: str, level: object, why: str) -> Proposal:
    """What taking the output of `task` as an example of that level would change.

    Raises BadInput where the round is not under discussion, the task compares outputs or has a rubric of its own, the
    reason is empty, or the rubric in force has no such criterion or level.
    """
    if not why.strip():
        raise BadInput("an annotated example needs a reason.", mend="Say why it deserves the level.")
    with store.reading() as connection:
        found = _under_discussion(connection, name)
        chosen = _task_of(connection, found, task)
        record = _read(connection, found, chosen)
        parent = _queue(connection, found.parent)
        base, document = queues.rubrics_of(connection, parent.id)[-1]
        asked = _criterion(document, criterion, parent.name)
        said = _level(asked, level)
        example = {"prompt": _prompt(record), "output": record.outputs[0].text, "why": why.strip()}
        changed = _with_example(document, asked.id, said, example)
        return Proposal(
            round=name,
            queue=parent.name,
            task=chosen.id,
            item=chosen.item,
            key=chosen.key,
            criterion=asked.id,
            level=said,
            example=example,
            base=base,
            lines=tuple(_lines(asked, said, changed)),
        )


def promote(store: Store, proposal: Proposal, actor_name: str) -> str:
    """Brings the rubric with the example into force in the round's queue and in the round; returns its identifier.

    The item's golden values count no more, and no later round draws it. Raises BadInput where the rubric or the
    round has changed since it was proposed.
    """
    with store.writing() as connection:
        found = _under_discussion(connection, proposal.round)
        actor = queues.ensure_rater(connection, actor_name)
        parent, child = _queue(connection, found.parent), _queue(connection, found.name)
        for held in sorted((parent.id, child.id)):
            holding.queue(connection, held)
        holding.items_of(connection, [proposal.task])
        base, document = queues.rubrics_of(connection, parent.id)[-1]
        if base != proposal.base:
            raise BadInput(
                f"the rubric of '{parent.name}' has changed meanwhile.", mend="Look at the difference once more."
            )
        said = {"stream": store.device, "actor": actor}
        example = (proposal.criterion, proposal.level, proposal.example)
        rubric = _put(connection, parent, document, *example, **said)
        own = queues.rubrics_of(connection, child.id)[-1][1]
        if any(one["id"] == proposal.criterion for one in own.get("criteria", ())):
            _put(connection, child, own, *example, **said)
        golden.retire(connection, proposal.item, golden.PROMOTED, **said)
        events.append(
            connection,
            **said,
            action="round.promoted",
            subject=found.child,
            content=proposal.example,
            data={"task": proposal.task, "criterion": proposal.criterion, "rubric": rubric},
        )
    return rubric


def _under_discussion(driver: Driver, name: str) -> RoundRecord:
    found = rounds.get(driver, name)
    remotes.refuse_remote(driver, _queue(driver, name))
    if found.state == "revealed":
        return found
    if found.state in ("finished", "cancelled"):
        mend = f"`reviewer queue set {found.parent} rubric=FILE` changes the rubric of its queue."
    else:
        mend = f"`reviewer round reveal {name}` comes first."
    raise BadInput(f"the round '{name}' is {found.state}.", mend=mend)


def _queue(driver: Driver, name: str) -> QueueRecord:
    found = queues.find(driver, name)
    if found is None:
        raise BadInput(f"the queue '{name}' of the round is gone.", mend="Run `reviewer doctor`.")
    return found


def _task_of(driver: Driver, found: RoundRecord, task: str) -> BatchTask:
    chosen = next((one for one in rounds.batch(driver, found.child) if one.id == task), None)
    if chosen is None:
        raise BadInput(f"the round '{found.name}' has no such task.", mend="Name one of its items.")
    if chosen.rubric is not None:
        raise BadInput(
            f"the item {chosen.key[:60]!r} has a rubric of its own.", mend="Add the example where the item comes from."
        )
    return chosen


def _read(driver: Driver, found: RoundRecord, chosen: BatchTask) -> TaskRecord:
    queue = _queue(driver, found.name)
    record = reading.read_task(driver, queue.id, queue.dataset, chosen.position)
    assert record is not None
    if len(record.outputs) > 1:
        raise BadInput(
            "an annotated example shows one output, and this round compares several.",
            mend=f"Write it into the rubric: `reviewer queue set {found.parent} rubric=FILE`.",
        )
    return record


def _criterion(document: dict[str, Any], name: str, queue: str) -> Criterion:
    rubric = stored_rubric(document)
    found = rubric.criterion(name)
    known = [one.id for one in rubric.criteria if one.type not in ("number", "text")]
    if found is None or found.id not in known:
        said = "has no levels" if found else f"is none of the rubric of '{queue}'"
        mend = f"Name one of {', '.join(known)}." if known else "None of its criteria has levels."
        raise BadInput(f"the criterion '{name}' {said}.", mend=mend)
    return found


def _level(criterion: Criterion, level: object) -> str:
    """The name of the level in the rubric."""
    said = str(level).strip()
    if criterion.type == "boolean":
        said = {"1": "true", "yes": "true", "0": "false", "no": "false"}.get(said.lower(), said.lower())
    if criterion.type == "scale":
        known = [str(step) for step in criterion.steps]
    elif criterion.type == "boolean":
        known = ["true", "false"]
    else:
        known = [option.value for option in criterion.options]
    if said not in known:
        told = f"{known[0]} to {known[-1]}" if criterion.type == "scale" else ", ".join(known)
        raise BadInput(f"the criterion '{criterion.id}' has no level '{said}'.", mend=f"It has {told}.")
    return said


def _prompt(record: TaskRecord) -> str:
    if len(record.prompt) == 1:
        return record.prompt[0]["text"]
    return "\n\n".join(f"{turn['role']}: {turn['text']}" for turn in record.prompt)


def _with_example(document: dict[str, Any], criterion: str, level: str, example: dict[str, str]) -> Rubric:
    """The rubric with one more example. Raises BadInput where it stands there already."""
    criteria = []
    for one in document["criteria"]:
        levels = one.get("levels", {})
        there = levels.get(level, {})
        more = {**levels, level: {**there, "examples": [*there.get("examples", []), example]}}
        criteria.append({**one, "levels": more} if one["id"] == criterion else one)
    after = Rubric.from_document({**document, "criteria": criteria})
    asked = after.criterion(criterion)
    examples = asked.levels[level].examples if asked else ()
    if any((one.prompt, one.output) == (examples[-1].prompt, examples[-1].output) for one in examples[:-1]):
        raise BadInput(f"it is an example of {criterion} {level} already.", mend="There is nothing to add.")
    return after


def _lines(before: Criterion, level: str, after: Rubric) -> Iterator[str]:
    asked = after.criterion(before.id)
    assert asked is not None
    label = asked.levels[level].label
    yield f"  {asked.title} ({asked.id})"
    yield f"  level {level}{f': {label}' if label else ''}"
    *earlier, added = asked.levels[level].examples
    for one in earlier:
        yield f"    example: {' '.join(one.output.split())[:_SHOWN]}"
    for name in ("prompt", "output", "why"):
        first, *more = getattr(added, name).split("\n")
        yield f"+   {name}: {first}"
        yield from (f"+     {line}" for line in more)


def _put(driver: Driver, queue: QueueRecord, document: dict[str, Any], *example: Any, stream: str, actor: str) -> str:
    rubric = _with_example(document, *example)
    kept = queues.keep_rubric(driver, rubric.document(), content_hash=rubric.content_hash, scale_hash=rubric.scale_hash)
    queues.put_rubric(driver, queue, kept, stream=stream, actor=actor)
    return kept
