"""The comparison screen's figures, held to the bounds of the rating screen."""

from __future__ import annotations

from typing import Final

from tests.benchmarks.bench import Bench, Case
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.reviewer_cases import DOWN, ENOUGH, FRAME, SMALL, TWO_FRAMES, UP, submit_figures
from tests.benchmarks.screens import changed_beside_status
from tests.benchmarks.sitting import Sitting, prepare_pairs, times
from tests.benchmarks.table import Figure, spread
from tests.pty.terminal import Predicate

ONE_FRAME: Final = {"p95": 16.0}


def compare(bench: Bench) -> list[Figure]:
    """Submitting a preference and seeing the next pair: both sides, prompt, context, form and position."""
    presses = bench.count(300)
    prepared = prepare_pairs(bench, Corpus(max(ENOUGH, presses + 1)))
    return submit_figures("a pair of 4 KB, 120x40", prepared, presses, FRAME)


def compare_large(bench: Bench) -> list[Figure]:
    """Two outputs of 200 KB."""
    presses = bench.count(50)
    prepared = prepare_pairs(bench, Corpus(presses + 20, output_kb=200))
    return submit_figures("a pair of 200 KB, 120x40", prepared, presses, TWO_FRAMES)


def compare_wide(bench: Bench) -> list[Figure]:
    """A terminal of 240x67."""
    presses = bench.count(100)
    prepared = prepare_pairs(bench, Corpus(presses + 20))
    return submit_figures("a pair of 4 KB, 240x67", prepared, presses, TWO_FRAMES, (240, 67))


def compare_steps(bench: Bench) -> list[Figure]:
    """Both sides scrolled together, a preference, and the words that differ in two outputs of 20 KB."""
    count = bench.count(60)
    prepared = prepare_pairs(bench, Corpus(count + 20, output_kb=20))
    marked = []
    with Sitting(prepared) as sitting:
        sitting.opened()
        sitting.terminal.wait_idle(0.5)
        scrolled = [sitting.step(DOWN if turn // 10 % 2 == 0 else UP, _change(sitting)) for turn in range(count)]
        given = [sitting.step(str(1 + turn % 5), _change(sitting)) for turn in range(count)]
        for _ in range(count):
            sitting.score()
            sitting.submit()
            sitting.terminal.wait_idle(0.3)  # a rater reads before asking for what differs
            # Colours are no text: the notice, drawn with them, says that they stand.
            marked.append(sitting.step("w", _change(sitting)))
            sitting.step("w", _change(sitting))
    return [
        spread("scroll both sides by a line", times(scrolled), SMALL),
        spread("preference", times(given), SMALL),
        spread("words that differ, two outputs of 20 KB", times(marked), ONE_FRAME),
    ]


def _change(sitting: Sitting) -> Predicate:
    return changed_beside_status(sitting.screen(), sitting.prepared.total)


CASES: Final = [
    Case("compare", compare, needs_reviewer=True),
    Case("compare-200kb", compare_large, needs_reviewer=True),
    Case("compare-240x67", compare_wide, needs_reviewer=True),
    Case("compare-steps", compare_steps, needs_reviewer=True),
]
