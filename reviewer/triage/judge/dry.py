"""What a judge's run would come to: calls, tokens and cost, asking nobody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from reviewer.store import machines
from reviewer.store.connection import Store
from reviewer.triage.judge import providers
from reviewer.triage.judge.cache import FILE, AnswerCache
from reviewer.triage.judge.calls import tokens_in
from reviewer.triage.judge.hostile import flags_of
from reviewer.triage.judge.prompt import ask
from reviewer.triage.judge.spec import JudgeSpec
from reviewer.triage.judge.work import Work

_USUAL_ANSWER = 250
"""About how many tokens an answer has."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would come to, asking nobody. `kept` answers are there already; costs are None without prices."""

    tasks: int
    answers: int
    known: int
    kept: int
    tokens_in: int
    tokens_out: int
    most_tokens_out: int
    cost: float | None
    most_cost: float | None
    flagged: Counter[str]

    @property
    def calls(self) -> int:
        """How many calls there would be, if no answer has to be repaired."""
        return self.answers - self.known - self.kept


def estimate(store: Store, name: str, spec: JudgeSpec, *, folder: Path, most: int | None = None) -> Estimate:
    """What a run would come to; asks nobody and writes nothing."""
    work = Work(store, name, spec, most)
    cache = AnswerCache(folder / FILE) if (folder / FILE).exists() else None
    try:
        return _estimated(work, cache)
    finally:
        if cache is not None:
            cache.close()


def _estimated(work: Work, cache: AnswerCache | None) -> Estimate:
    spec = work.spec
    done: set[tuple[str, int]] = set()
    with work.store.reading() as connection:
        if rater := machines.known(connection, "judge", spec.name, work.version):
            done = machines.done(connection, work.queue.id, rater)
    counts: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    for task in work.tasks():
        question = work.question(task)
        counts["tasks"] += 1
        flagged.update(flags_of(question))
        for sample in work.samples(question):
            counts["answers"] += 1
            if (task.id, sample) in done:
                counts["known"] += 1
                continue
            asked = ask(spec, work.rubric, question.as_shown(sample))
            body = providers.request(spec, asked, sample)
            if cache is not None and cache.find(providers.request_hash(spec, sample, body)) is not None:
                counts["kept"] += 1
                continue
            counts["in"] += tokens_in(body.decode())
            counts["out"] += min(_USUAL_ANSWER, spec.parameters.longest)
            counts["most"] += spec.parameters.longest
    cost = most = None
    if spec.prices is not None:
        cost = spec.prices.of(counts["in"], counts["out"])
        most = spec.prices.of(counts["in"], counts["most"])
    sizes = (counts["tasks"], counts["answers"], counts["known"], counts["kept"])
    return Estimate(*sizes, counts["in"], counts["out"], counts["most"], cost, most, flagged)
