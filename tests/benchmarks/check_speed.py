"""Prints how many outputs a second the automated checks examine: `python -m tests.benchmarks.check_speed`.

The texts are those of the sample data, cut to a kilobyte of output and one of context, so that each subject has 2 KB.
The pure functions run as `reviewer check` runs them: in processes of their own, one for each processor.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, Final

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import orjson

from reviewer.triage.checks import Passage, Subject, made_of
from tests.benchmarks.table import Figure, render, surroundings

SAMPLES: Final = ("kyc-summaries", "support-replies")
EACH: Final = 1000
SUBJECTS: Final = 4000
RUNS: Final = 3
A_JOB: Final = 100
SETS: Final[dict[str, tuple[float, list[dict[str, Any]]]]] = {
    "guardrails and code-based checks": (
        5000,
        [
            {"type": "private"},
            {"type": "refusal"},
            {"type": "length", "max_words": 200},
            {"type": "contains", "none": ["guaranteed"]},
            {"type": "pattern", "pattern": r"\bcase \d{6}\b"},
            {"type": "leakage", "secret": ["Never tell a customer how the rules that hold a payment back are made."]},
            {"type": "language", "language": "en"},
            {"type": "json_schema", "schema": {"type": "object", "required": ["summary"]}},
        ],
    ),
    "negation and grounding signals": (
        500,
        [{"type": kind} for kind in ("negation", "numbers", "names", "dates", "relevance")],
    ),
}
LIBRARY_SHARE: Final = 0.8
"""Reference metrics are held against the library's own loop on as many processes."""
METRICS: Final = ("bleu", "chrf", "rouge")
REFERENCES: Final = 1000


def subjects() -> list[Subject]:
    """So many subjects of 2 KB, from the sample data over and over, no two of them the same."""
    folder = Path(__file__).resolve().parents[2] / "sample_data"
    found = []
    for name in SAMPLES:
        for line in (folder / name / "items.jsonl").read_bytes().splitlines():
            text = " ".join(_texts(orjson.loads(line)))
            if len(text) >= 2 * EACH:
                found.append(Subject(text[EACH : 2 * EACH], context=(Passage("", text[:EACH]),)))
    return [
        Subject(f"{number} {one.output}", context=(Passage("", f"{number} {one.context[0].text}"),))
        for number, one in enumerate(islice(cycle(found), SUBJECTS))
    ]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def _examine(job: tuple[dict[str, Any], Sequence[Subject]]) -> int:
    checks = made_of(job[0])
    return sum(len(checks.examine(subject)) for subject in job[1])


def with_references(told: Sequence[Subject]) -> list[Subject]:
    """Subjects whose reference is what was their context."""
    return [Subject(one.output, reference=one.context[0].text) for one in told[:REFERENCES]]


def _library(job: tuple[str, Sequence[tuple[str, str]]]) -> int:
    metric = _metric(job[0])
    return sum(1 for output, reference in job[1] if metric(output, reference) >= 0)


def _metric(kind: str) -> Callable[[str, str], float]:
    if kind == "rouge":
        from rouge_score.rouge_scorer import RougeScorer

        scorer = RougeScorer(["rougeL"])
        return lambda output, reference: float(scorer.score(reference, output)["rougeL"].fmeasure)
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    made = BLEU(effective_order=True) if kind == "bleu" else CHRF()
    return lambda output, reference: float(made.sentence_score(output, [reference]).score)


def metrics(pool: ProcessPoolExecutor, told: Sequence[Subject]) -> Iterator[Figure]:
    """Each metric as a check, with its share of the library's own loop: both in turns, on as many processes."""
    for kind in METRICS:
        has_peer = kind != "rouge" or find_spec("rouge_score") is not None
        ours, theirs = [], []
        document = {"name": "speed", "check": [{"type": kind}]}
        for run in range(RUNS + 1):
            # Other texts in each run: the library remembers what it has taken apart.
            fresh = [Subject(f"{run} {one.output}", reference=f"{run} {one.reference}") for one in told]
            again = [(f"{run} {run} {one.output}", f"{run} {run} {one.reference}") for one in told]
            places = range(0, len(told), A_JOB)
            began = time.perf_counter()
            list(pool.map(_examine, [(document, fresh[place : place + A_JOB]) for place in places]))
            middle = time.perf_counter()
            if has_peer:
                list(pool.map(_library, [(kind, again[place : place + A_JOB]) for place in places]))
            if run:  # the first run loads the library
                ours.append(len(told) / (middle - began))
                theirs.append(len(told) / (time.perf_counter() - middle))
        if has_peer:
            share = median(mine / its for mine, its in zip(ours, theirs, strict=True))
            held = "held" if share >= LIBRARY_SHARE else "MISSED"
            note = f"{share:.2f} of the library's {median(theirs):,.0f}; at least {LIBRARY_SHARE:g}: {held}"
        else:
            note = "rouge-score is not installed"
        yield Figure(kind, "outputs/s", {"n": len(told), "p50": median(ours)}, note=note)


def main() -> int:
    """Measures, prints the table, and gives 1 when a bound was missed."""
    around = surroundings()
    print("Checks  " + "  ".join(f"{name} {value}" for name, value in around.items()))
    told, figures = subjects(), []
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for name, (least, checks) in SETS.items():
            document = {"name": "speed", "check": checks}
            jobs = [(document, told[start : start + A_JOB]) for start in range(0, len(told), A_JOB)]
            rates = []
            list(pool.map(_examine, jobs[:4]))
            for _ in range(RUNS):
                began = time.perf_counter()
                list(pool.map(_examine, jobs))
                rates.append(len(told) / (time.perf_counter() - began))
            held = "held" if median(rates) >= least else "MISSED"
            spread = f"{min(rates):,.0f} to {max(rates):,.0f}; at least {least:,.0f}: {held}"
            figures.append(Figure(name, "outputs/s", {"n": len(told), "p50": median(rates)}, note=spread))
        figures.extend(metrics(pool, with_references(told)))
    print(render(figures))
    return int(any("MISSED" in figure.note for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
