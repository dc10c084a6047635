"""The triage story of the demo: checks, a judge whose answers are shipped, and what they leave for an expert."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reviewer.shipped import shipped_folder

if TYPE_CHECKING:
    from reviewer.store.connection import Store
    from reviewer.store.prepared import Driver

QUEUE, EXPERTS = "screening-notes", "screening-notes-experts"
"""The queue that checks and a judge have seen whole, and what was drawn from it for experts."""

_DRAWN, _SEED = 12, 7


def prepare(store: Store, rater: str) -> None:
    """Has the checks examine the queue, takes the judge's answers in, draws what experts should see, and takes in what
    a colleague said of that."""
    from reviewer.exchange.labels.read import LabelReader
    from reviewer.exchange.labels.take import LabelOptions, import_labels
    from reviewer.store import queues
    from reviewer.triage.checking import check_queue
    from reviewer.triage.checks import load_checks
    from reviewer.triage.selecting import Wanted, draw_from, open_as

    folder = shipped_folder("sample_data") / QUEUE
    actor = store.transact(lambda driver: queues.ensure_rater(driver, rater))
    check_queue(store, QUEUE, load_checks(folder / "checks.toml"), actor)
    _take_answers(store, folder, actor)
    wanted = Wanted(n=_DRAWN, seed=_SEED, criterion="faithful", risk=("high-risk-country",))
    open_as(store, draw_from(store, QUEUE, wanted), wanted, EXPERTS, rater)
    with TemporaryDirectory() as made:
        file = Path(made) / "expert.csv"
        _keep_drawn(store, folder / file.name, file)
        with LabelReader(file, {}) as reader:
            import_labels(store, EXPERTS, reader, rater=rater, options=LabelOptions())


def _keep_drawn(store: Store, source: Path, made: Path) -> None:
    """Writes the labels of what was drawn: the colleague has rated the whole queue elsewhere."""
    from reviewer.store import machines, queues

    def job(driver: Driver) -> set[str]:
        queue = queues.find(driver, EXPERTS)
        assert queue is not None
        return {task.key for task in machines.tasks(driver, queue)}

    drawn = store.transact(job)
    with source.open(encoding="utf-8", newline="") as read, made.open("w", encoding="utf-8", newline="") as written:
        rows = csv.DictReader(read)
        kept = csv.DictWriter(written, rows.fieldnames or ())
        kept.writeheader()
        kept.writerows(row for row in rows if row["item"] in drawn)


def _take_answers(store: Store, folder: Path, actor: str) -> None:
    import orjson

    from reviewer.rubric.stored import stored_rubric
    from reviewer.store import machines, queues
    from reviewer.store.machines import MachineLabel
    from reviewer.triage.judge.hostile import flags_of
    from reviewer.triage.judge.question import Output, Question
    from reviewer.triage.judge.spec import load_judge

    spec = load_judge(folder / "judge.yaml")
    answers = {row["item"]: row for row in map(orjson.loads, (folder / "judge.jsonl").read_bytes().splitlines())}

    def job(driver: Driver) -> int:
        queue = queues.find(driver, QUEUE)
        assert queue is not None
        rubric, document = queues.rubrics_of(driver, queue.id)[-1]
        version = spec.version(stored_rubric(document).content_hash)
        judge = machines.ensure(driver, "judge", spec.name, spec.document(), version, family=spec.family)
        said = [
            MachineLabel(
                task=task.id,
                position=task.position,
                rubric=rubric,
                outcome="submitted",
                values=answers[task.key]["values"],
                shown_order=[output.public_id for output in task.outputs],
                rationale={"label": {"text": answers[task.key]["rationale"], "reasons": []}},
                confidence=answers[task.key]["confidence"],
                flags=flags_of(
                    Question(task.id, tuple(Output.of_text(one.public_id, one.text) for one in task.outputs))
                ),
            )
            for task in machines.tasks(driver, queue)
        ]
        return machines.take(driver, queue, judge, "judge", said, stream=store.device, actor=actor)

    store.transact(job)
