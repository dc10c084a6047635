"""A judge over a queue: every task asked as often as the judge's file says, each batch of labels kept as it comes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from reviewer.errors import RemoteFailed, ReviewerError
from reviewer.ids import digest
from reviewer.rubric import Rubric
from reviewer.store import machines
from reviewer.store.connection import Store
from reviewer.store.machines import MachineLabel, MachineTask
from reviewer.triage.judge.answer import Answer, Unusable, read_answer
from reviewer.triage.judge.cache import FILE, AnswerCache
from reviewer.triage.judge.calls import Account, Caller, OutOfBudget, Unanswered
from reviewer.triage.judge.hostile import flags_of
from reviewer.triage.judge.prompt import Asked, ask, repair_message
from reviewer.triage.judge.providers import Exchange, Reply
from reviewer.triage.judge.question import Question
from reviewer.triage.judge.spec import JudgeSpec
from reviewer.triage.judge.work import Work

_A_BATCH = 100
_KEPT_EVERY = 1.0
_MOST_IN_A_ROW = 10
"""So many questions in a row that got no answer end a run: the next ones would get none either."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Judged:
    """What came of a run. `answers` were wanted, `known` given by earlier runs; `unanswered` counts reasons.

    `abstained` counts answers that could not be read, or that the model refused to give; `flagged` tasks whose outputs
    speak to their judge, by what shows it. `spent_before` is what earlier runs came to, `broken_before` counts their
    calls that were never heard of again, `stopped` says why a run ended early.
    """

    name: str
    version: str
    tasks: int = 0
    answers: int = 0
    known: int = 0
    new: int = 0
    abstained: int = 0
    repaired: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    account: Account = field(default_factory=Account)
    spent_before: float = 0.0
    broken_before: int = 0
    stopped: str = ""


def judge_queue(
    store: Store,
    name: str,
    spec: JudgeSpec,
    key: str,
    actor: str,
    *,
    folder: Path,
    most: int | None = None,
    progress: Progress = lambda _done, _of: None,
) -> Judged:
    """Asks the judge every question of a queue, `most` tasks of it, and keeps what it says as labels of its rater.

    A run that was ended goes on where it was, and pays for no answer that it has, in `folder`. Raises BadInput where
    there is no such queue, it is a round that is blind yet, or another program has this judge at work there;
    RemoteFailed where the endpoint answers nothing.
    """
    work = Work(store, name, spec, most)
    job = f"{work.version} {work.queue.id}"
    cache = AnswerCache(folder / FILE)
    try:
        with cache.alone(job):
            result = Judged(spec.name, work.version, broken_before=cache.break_off(job))
            result.spent_before = cache.booked(job).spent
            result.account = Account(spec.limits.budget, spent=result.spent_before)
            rater = store.transact(work.enrol)
            with store.reading() as connection:
                done = machines.done(connection, work.queue.id, rater)
            run = _Run(work, rater, done, actor, result, progress)
            asyncio.run(run.whole(key, cache, job))
    finally:
        cache.close()
    return result


@dataclass(frozen=True, slots=True)
class _Job:
    task: MachineTask
    question: Question
    sample: int
    flags: tuple[str, ...]


class _Run:
    """One run: workers that share the questions, and one keeper of labels."""

    def __init__(
        self,
        work: Work,
        rater: str,
        done: set[tuple[str, int]],
        actor: str,
        result: Judged,
        progress: Progress,
    ) -> None:
        self._work, self._rater, self._done = work, rater, done
        self._actor, self._result, self._progress = actor, result, progress
        self._waiting: list[MachineLabel] = []
        self._in_a_row = 0
        self._trouble: ReviewerError | None = None
        self._more = asyncio.Event()
        self._over = False
        self._jobs = self._all_jobs()

    async def whole(self, key: str, cache: AnswerCache, job: str) -> None:
        """Asks everything. What was answered is kept whatever ends the run."""
        spec = self._work.spec
        async with Caller(spec, key, cache, job, self._result.account) as caller:
            keeper = asyncio.create_task(self._keep_going())
            workers = [asyncio.create_task(self._worker(caller, number)) for number in range(spec.limits.concurrency)]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
                self._over = True
                self._more.set()
                await keeper
        if self._trouble is not None:
            raise self._trouble

    def _all_jobs(self) -> Iterator[_Job]:
        for task in self._work.tasks():
            question = self._work.question(task)
            flags = flags_of(question)
            self._result.tasks += 1
            self._result.flagged.update(flags)
            for sample in self._work.samples(question):
                self._result.answers += 1
                if (task.id, sample) in self._done:
                    self._result.known += 1
                    continue
                yield _Job(task, question, sample, flags)
            self._progress(self._result.tasks, self._work.size)

    async def _worker(self, caller: Caller, number: int) -> None:
        while not self._result.stopped and self._trouble is None and (job := next(self._jobs, None)) is not None:
            try:
                label = await self._asked(caller, number, job)
            except OutOfBudget:
                self._result.stopped = "budget"
            except Unanswered as error:
                self._missed(str(error))
            except ReviewerError as error:
                self._trouble = error
            else:
                self._in_a_row = 0
                self._waiting.append(label)
                if len(self._waiting) >= _A_BATCH:
                    self._more.set()

    def _missed(self, why: str) -> None:
        self._result.unanswered[why] += 1
        self._in_a_row += 1
        if self._in_a_row >= _MOST_IN_A_ROW and self._trouble is None:
            self._trouble = RemoteFailed(
                f"{self._in_a_row} questions in a row got no answer; the last one: {why}.",
                mend="Mend that and run it again: what was answered is kept and not paid for twice.",
            )

    async def _asked(self, caller: Caller, number: int, job: _Job) -> MachineLabel:
        shown = job.question.as_shown(job.sample)
        asked = ask(self._work.spec, self._work.rubric, shown)
        rubric = job.question.rubric or self._work.rubric
        began, kept = monotonic(), self._result.account.kept
        reply = await caller.ask(asked, job.sample, number)
        replies = [reply]
        read = _read(reply, rubric, shown)
        if isinstance(read, str) and reply.ended != "refused":
            again = [Exchange(reply.text, repair_message(read))]
            reply = await caller.ask(asked, job.sample, number, again)
            replies.append(reply)
            read = _read(reply, rubric, shown)
            self._result.repaired += not isinstance(read, str)
        self._result.abstained += isinstance(read, str)
        cost = self._cost(replies, monotonic() - began, self._result.account.kept > kept)
        return _label(job, shown, read, job.task.rubric or self._work.rubric_id, asked, cost)

    def _cost(self, replies: list[Reply], seconds: float, was_kept: bool) -> dict[str, Any]:
        counted = [(one.tokens_in, one.tokens_out) for one in replies]
        told: dict[str, Any] = {"calls": len(replies), "seconds": None if was_kept else round(seconds, 3)}
        if all(one is not None and other is not None for one, other in counted):
            told["tokens_in"] = sum(one or 0 for one, _ in counted)
            told["tokens_out"] = sum(other or 0 for _, other in counted)
            if prices := self._work.spec.prices:
                told["money"] = prices.of(told["tokens_in"], told["tokens_out"])
        return told

    async def _keep_going(self) -> None:
        """Keeps labels batch by batch, on a thread beside, until the workers are through."""
        over = False
        while not over:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._more.wait(), _KEPT_EVERY)
            self._more.clear()
            over = self._over
            batch, self._waiting = self._waiting, []
            if not batch:
                continue
            try:
                self._result.new += await asyncio.to_thread(self._keep, batch)
            except ReviewerError as error:
                # What was answered lies with the answers, and the next run makes labels of it.
                self._trouble = error

    def _keep(self, batch: list[MachineLabel]) -> int:
        work = self._work
        return work.store.transact(
            lambda driver: machines.take(
                driver, work.queue, self._rater, "judge", batch, stream=work.store.device, actor=self._actor
            )
        )


def _read(reply: Reply, rubric: Rubric, question: Question) -> Answer | str:
    """The answer, or why there is none."""
    if reply.ended == "refused":
        return "the model refused to answer"
    try:
        return read_answer(reply.text, rubric, question)
    except Unusable as error:
        if reply.ended == "length":
            return "it was cut off at the longest that an answer may be: write less"
        return error.fault


def _label(
    job: _Job, shown: Question, read: Answer | str, rubric: str, asked: Asked, cost: dict[str, Any]
) -> MachineLabel:
    text = f"no answer: {read}" if isinstance(read, str) else read.rationale
    return MachineLabel(
        task=job.task.id,
        position=job.task.position,
        rubric=rubric,
        outcome="abstained" if isinstance(read, str) else "submitted",
        values={} if isinstance(read, str) else read.values,
        shown_order=shown.shown_order,
        sample=job.sample,
        rationale={"label": {"text": text, "reasons": []}} if text else {},
        flags=job.flags,
        confidence=None if isinstance(read, str) else read.confidence,
        cost=cost,
        inputs=digest([asked.system, asked.user, asked.schema]),
    )
