"""Running a set of checks over a queue: every output examined once, each batch kept as it is done."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from typing import Any

from reviewer.errors import BadInput
from reviewer.ids import digest
from reviewer.rubric import rubric_from_data
from reviewer.store import machines, queues
from reviewer.store.connection import Store
from reviewer.store.machines import MachineLabel, MachineTask
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.triage.checks import CheckSet, Finding, Passage, Subject, decide, made_of
from reviewer.triage.checks.logprobs import logprobs_of

PAGE = 500
_A_JOB = 50
_WORTH_PROCESSES = 400
"""From so many tasks on, processes of their own are worth their start."""

Progress = Callable[[int, int], None]
Findings = list[dict[str, Finding]]
"""By output, what each check said."""


@dataclass(frozen=True, slots=True)
class Caught:
    """An output of which a check said that something does not hold, or that a rule speaks of."""

    item: str
    output: int
    rule: str
    then: str
    checks: dict[str, str]
    """The reasons, by check."""


@dataclass(slots=True)
class Checked:
    """What came of a run. `by_check` counts true, false, told (a figure) and unknown; `by_rule` the outputs by rule."""

    name: str
    tasks: int = 0
    outputs: int = 0
    known: int = 0
    new: int = 0
    by_check: dict[str, Counter[str]] = field(default_factory=dict)
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    caught: list[Caught] = field(default_factory=list)
    failed: int = 0
    """Outputs that fail: by a rule, or where there is no rule, by any check."""


def check_queue(
    store: Store,
    name: str,
    checks: CheckSet,
    actor: str,
    *,
    dry: bool = False,
    most_caught: int = 20,
    processes: int | None = None,
    progress: Progress = lambda _done, _of: None,
) -> Checked:
    """Examines every output of a queue with the checks, and keeps what they say as labels of a rater of kind `code`.

    What this very set has said before is not asked again, so that a run that was ended goes on where it was. With `dry`
    nothing is kept. Raises BadInput where there is no such queue, or it is a round that is blind yet.
    """
    queue, of = _queue(store, name)
    done: set[tuple[str, int]] = set()
    rater = rubric = ""
    if not dry:
        rater, rubric = store.transact(lambda driver: _enrol(driver, checks))
        with store.reading() as connection:
            done = machines.done(connection, queue.id, rater)
    result = Checked(checks.name, by_check={check.id: Counter() for check in checks.checks})
    with ExitStack() as stack:
        examine = _examiner(checks, of, processes, stack)
        after = -1
        while True:
            with store.reading() as connection:
                page = machines.tasks(connection, queue, after=after, most=PAGE)
            if not page:
                return result
            after = page[-1].position
            # Of what was said before the counts are wanted all the same.
            findings = examine(page)
            said = [_label(task, found, checks, rubric) for task, found in zip(page, findings, strict=True)]
            fresh = [label for label in said if (label.task, 0) not in done]
            if fresh and not dry:
                result.new += store.transact(
                    lambda driver, fresh=fresh: machines.take(  # type: ignore[misc]
                        driver, queue, rater, "code", fresh, stream=store.device, actor=actor
                    )
                )
            result.known += len(said) - len(fresh)
            for task, found in zip(page, findings, strict=True):
                _count(result, checks, task, found, most_caught)
            progress(result.tasks, of)


def subjects_of(task: MachineTask) -> list[Subject]:
    """The outputs of a task, each with the item."""
    prompt = "\n\n".join(str(turn.get("text", "")) for turn in task.prompt)
    system = "\n\n".join(str(turn.get("text", "")) for turn in task.prompt if turn.get("role") == "system")
    context = tuple(Passage(str(one.get("title", "")), str(one.get("text", ""))) for one in task.context)
    metadata = task.meta.get("metadata")
    return [
        Subject(
            output.text,
            prompt,
            context,
            task.reference,
            system,
            logprobs_of(output.text, output.parts, metadata if isinstance(metadata, dict) else {}),
        )
        for output in task.outputs
    ]


def _queue(store: Store, name: str) -> tuple[QueueRecord, int]:
    with store.reading() as connection:
        found = queues.find(connection, name)
        if found is None:
            raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those there are.")
        return found, machines.count(connection, found)


def _enrol(driver: Driver, checks: CheckSet) -> tuple[str, str]:
    """The identifiers of the rater and of the rubric that it answers."""
    rubric = rubric_from_data(checks.rubric)
    kept = queues.keep_rubric(driver, rubric.document(), content_hash=rubric.content_hash, scale_hash=rubric.scale_hash)
    return machines.ensure(driver, "code", checks.name, checks.document, checks.version), kept


def _examiner(
    checks: CheckSet, of: int, processes: int | None, stack: ExitStack
) -> Callable[[Sequence[MachineTask]], list[Findings]]:
    wanted = processes if processes is not None else (os.cpu_count() or 1)
    if wanted < 2 or of < _WORTH_PROCESSES:
        return lambda page: [[checks.examine(subject) for subject in subjects_of(task)] for task in page]
    pool = stack.enter_context(
        ProcessPoolExecutor(
            wanted,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(checks.document, checks.allows_commands),
        )
    )

    def examine(page: Sequence[MachineTask]) -> list[Findings]:
        jobs = list(_in_jobs([subjects_of(task) for task in page]))
        return [findings for job in pool.map(_work, jobs) for findings in job]

    return examine


_checks: CheckSet | None = None


def _begin(document: dict[str, Any], allow_commands: bool) -> None:
    global _checks
    _checks = made_of(document, allow_commands=allow_commands)


def _work(job: list[list[Subject]]) -> list[Findings]:
    assert _checks is not None
    return [[_checks.examine(subject) for subject in subjects] for subjects in job]


def _in_jobs(subjects: list[list[Subject]]) -> Iterator[list[list[Subject]]]:
    rest = iter(subjects)
    while job := list(islice(rest, _A_JOB)):
        yield job


def _label(task: MachineTask, found: Findings, checks: CheckSet, rubric: str) -> MachineLabel:
    values: dict[str, Any] = {}
    rationale: dict[str, Any] = {}
    evidence: dict[str, Any] = {}
    thens: list[str] = []
    for number, findings in enumerate(found, 1):
        for identifier, finding in findings.items():
            key = identifier if len(found) == 1 else f"{identifier}@output:{number}"
            values[key] = finding.value
            if finding.why:
                rationale[key] = {"text": finding.why, "reasons": []}
            if finding.evidence:
                evidence[key] = [span.to_json() for span in finding.evidence]
        decision = decide(checks.rules, findings)
        if decision.then:
            thens.append(decision.then)
            told = f"{decision.then}: {decision.rule}"
            before = rationale.get("label", {}).get("text", "")
            of = told if len(found) == 1 else f"output {number} {told}"
            rationale["label"] = {"text": f"{before}; {of}" if before else of, "reasons": []}
    unknown = all(value is None for value in values.values())
    return MachineLabel(
        task=task.id,
        position=task.position,
        rubric=rubric,
        outcome="abstained" if unknown else "submitted",
        values=values,
        shown_order=[output.public_id for output in task.outputs],
        rationale=rationale,
        evidence=evidence,
        flags=list(dict.fromkeys(thens)),
        inputs=digest([output.content_hash for output in task.outputs]),
    )


def _count(result: Checked, checks: CheckSet, task: MachineTask, found: Findings, most: int) -> None:
    result.tasks += 1
    for number, findings in enumerate(found, 1):
        result.outputs += 1
        for identifier, finding in findings.items():
            value = finding.value
            word = "unknown" if value is None else str(value).lower() if isinstance(value, bool) else "told"
            result.by_check[identifier][word] += 1
        decision = decide(checks.rules, findings)
        if decision.then:
            result.by_rule[decision.rule, decision.then] += 1
        broken = {name: one.why or "does not hold" for name, one in findings.items() if one.value is False}
        fails = decision.then == "fail" if checks.rules else bool(broken)
        result.failed += fails
        if (broken or decision.then in ("fail", "expert")) and len(result.caught) < most:
            result.caught.append(Caught(task.key, number, decision.rule, decision.then, broken))
