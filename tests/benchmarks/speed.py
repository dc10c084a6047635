"""Prints the speed table: `python -m tests.benchmarks.speed [--only NAME] [--runs N] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.benchmarks import compare_cases, peer_cases, reveal_cases, reviewer_cases
from tests.benchmarks.bench import Bench, Case, quieten
from tests.benchmarks.sitting import can_run
from tests.benchmarks.table import Figure, as_json, render, surroundings

CASES = [*reviewer_cases.CASES, *compare_cases.CASES, *reveal_cases.CASES, *peer_cases.CASES]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the cases asked for and prints one table; 1 when a bound was missed or a case failed."""
    parser = argparse.ArgumentParser(prog="speed", description="Measure the workstation at a real pty.")
    names = [case.name for case in CASES]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help=f"one of: {', '.join(names)}")
    parser.add_argument("--runs", type=int, metavar="N", help="presses or starts of every case, for a quick look")
    parser.add_argument("--million", type=int, default=1_000_000, metavar="N", help="tasks of the large queue")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--work", type=Path, metavar="DIR", help="a folder to keep corpora and homes in")
    chosen = parser.parse_args(arguments)
    cases = [case for case in CASES if not chosen.only or case.name in chosen.only]
    around = surroundings()
    print("  ".join(f"{name} {value}" for name, value in around.items()), file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(chosen.work or Path(folder), chosen.runs, chosen.million)
        figures = measure_all(bench, cases)
    print("Speed  " + "  ".join(f"{name} {value}" for name, value in around.items()))
    print(render(figures))
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(figures, around), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(any(figure.verdict in ("MISSED", "not run") for figure in figures))


def measure_all(bench: Bench, cases: Sequence[Case]) -> list[Figure]:
    """Every case in turn; one that fails leaves a line that says so, and its complaint on standard error."""
    quieten()
    figures: list[Figure] = []
    for case in cases:
        print(f"… {case.name}", file=sys.stderr, flush=True)
        if case.needs_reviewer and not can_run():
            figures.append(Figure(case.name, note="there is no program yet"))
            continue
        try:
            figures += case.run(bench)
        except (AssertionError, OSError, RuntimeError, ValueError) as error:
            print(error, file=sys.stderr)
            figures.append(Figure(case.name, note=str(error).partition("\n")[0]))
    return figures


if __name__ == "__main__":
    sys.exit(main())
