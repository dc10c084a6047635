"""What is known of a queue's tasks by decisions made elsewhere, read as if a second coder had labelled them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import orjson

from reviewer.exchange.queue_answers import COMPOSITE, Answer, Answers
from reviewer.rubric import Rubric
from reviewer.rubric.questions import scale_of_answer
from reviewer.store import rater_rows
from reviewer.store.examples import is_shown, shown_by
from reviewer.store.golden import canonical_order, hash_of_outputs
from reviewer.store.judged import JudgedTask
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord


class Asks(NamedTuple):
    """A question as it was asked of a task: of the whole, of a part of it, or of the outputs in these slots."""

    question: str
    part: str
    outputs: tuple[int, ...]


Said = dict[Asks, str]
"""The answers that count, as texts."""


def said_in(answers: list[Answer]) -> Said:
    """What was answered to the rubric's questions; the composite follows from these and is left out."""
    return {
        Asks(one.question, one.part, one.outputs): one.value
        for one in answers
        if not one.why and one.question != COMPOSITE
    }


def gold_of(
    driver: Driver,
    queue: QueueRecord,
    tasks: Mapping[str, JudgedTask],
    answers: Answers,
    rubric: Callable[[str], Rubric],
    in_force: str,
    *,
    own: bool = False,
) -> dict[str, Said]:
    """The golden answers to each task that has some from another task (with `own`, from itself, too), on scales that
    hold now; none where the rubric shows the output as an example."""
    found: dict[str, Said] = {}
    kind = cast("Any", queue.kind)
    shown: dict[str, frozenset[str]] = {}
    for task, rows, hashes in rater_rows.golden(driver, queue.id, own=own):
        known = tasks.get(task)
        if known is None:
            continue
        asked, wanted = known.rubric or in_force, hash_of_outputs(hashes)
        if asked not in shown:
            shown[asked] = shown_by(rubric(asked))
        if is_shown(driver, task, shown[asked]):
            continue
        values = {
            row.criterion: row.value
            for row in rows
            if row.output_hash == wanted and row.scale_hash == scale_of_answer(rubric(asked), kind, row.criterion)
        }
        # A golden value counts outputs by their sorted hashes, which is an order in which they could have been shown.
        places = canonical_order(hashes)
        order = tuple(sorted(range(len(places)), key=places.__getitem__))
        told = orjson.dumps(values).decode()
        if said := said_in(answers.of(told, asked, asked, own=known.rubric is not None, order=order)):
            found[task] = said
    return found
