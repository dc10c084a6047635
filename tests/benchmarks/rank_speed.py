"""Prints how fast votes become a ranking: `python -m tests.benchmarks.rank_speed [--votes N] [--rounds N]`.

The same resamples of the items, against a loop over evalica: each resample as weights of the votes, the index of the
systems made once. The loop is run `--loops` times and its time taken by the round. Estimates are compared as well.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from reviewer.measure.ranked import Settings
from reviewer.measure.ranking import rank_votes
from reviewer.measure.votes import WINNERS, Column, Votes
from tests.benchmarks.table import Figure, render, surroundings

SYSTEMS = 50
TIMES_FASTER = 50
MOST_MEMORY = 1024


def corpus(votes: int, items: int | None, seed: int = 0) -> Votes:
    """Votes on systems of normal strengths, one in twenty a tie; each an item of its own where `items` is None."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, 1, SYSTEMS)
    left = rng.integers(0, SYSTEMS, votes).astype(np.int32)
    right = ((left + rng.integers(1, SYSTEMS, votes)) % SYSTEMS).astype(np.int32)
    won = rng.random(votes) < 1 / (1 + np.exp(strengths[right] - strengths[left]))
    winner = np.where(rng.random(votes) < 0.05, 2, np.where(won, 0, 1)).astype(np.int8)
    item = None
    if items is not None:
        item = Column(tuple(map(str, range(items))), rng.integers(0, items, votes).astype(np.int32))
    names = tuple(f"system-{at}" for at in range(SYSTEMS))
    return Votes(names, left, right, winner, rng.random(votes) < 0.5, item)


def ours(votes: Votes, rounds: int) -> tuple[float, dict[str, float]]:
    """Seconds for the whole ranking, and its estimates."""
    begin = perf_counter()
    table = rank_votes(votes, Settings(rounds=rounds)).criteria["preference"]
    seconds = perf_counter() - begin
    assert all(row.bradley_terry.low is not None for row in table.systems)
    return seconds, {row.system: row.bradley_terry.value or 0.0 for row in table.systems}


def theirs(votes: Votes, loops: int) -> tuple[list[float], dict[str, float]]:
    """Seconds for each resample by evalica, and its estimates of the votes as they are."""
    import evalica

    left, right = ([votes.systems[at] for at in side.tolist()] for side in (votes.left, votes.right))
    words = (evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw)
    winners = [words[at] for at in votes.winner.tolist()]
    *_, index = evalica.indexing(left, right)
    item = votes.item.codes if votes.item is not None else np.arange(len(votes))
    items = int(item.max()) + 1
    rng = np.random.default_rng(0)
    times = []
    for _ in range(loops):
        weights = np.bincount(rng.integers(0, items, items), minlength=items)[item].astype(float)
        begin = perf_counter()
        evalica.bradley_terry(left, right, winners, index=index, weights=weights)
        times.append(perf_counter() - begin)
    scores = evalica.bradley_terry(left, right, winners, index=index, tolerance=1e-12, limit=10_000).scores
    return times, (scores / scores.sum()).to_dict()


def choix_distance(votes: Votes, mine: dict[str, float]) -> float:
    """The largest difference from choix, a tie being told it as one win each way and a win as two."""
    import choix

    wins = np.zeros((SYSTEMS, SYSTEMS))
    tied = votes.winner == 2
    for side, other, won in ((votes.left, votes.right, 0), (votes.right, votes.left, 1)):
        np.add.at(wins, (side, other), (votes.winner == won) + 0.5 * tied)
    found = np.exp(choix.ilsr_pairwise_dense(wins, alpha=0, tol=1e-12))
    shares = found / found.sum()
    return max(abs(mine[name] - float(shares[at])) for at, name in enumerate(votes.systems))


def whole_command(votes: Votes, rounds: int, folder: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of `reviewer rank --file` on the same votes as CSV."""
    path = folder / "votes.csv"
    item = votes.item.codes.tolist() if votes.item is not None else range(len(votes))
    with path.open("w", encoding="utf-8") as stream:
        stream.write("item,left,right,winner\n")
        rows = zip(item, votes.left.tolist(), votes.right.tolist(), votes.winner.tolist(), strict=True)
        stream.writelines(f"{at},{votes.systems[a]},{votes.systems[b]},{WINNERS[w]}\n" for at, a, b, w in rows)
    begin = perf_counter()
    command = [sys.executable, "-m", "tests.benchmarks.rank_speed", "--file", str(path), "--rounds", str(rounds)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return perf_counter() - begin, float(told.stdout.splitlines()[-1])


def _rank_file(path: str, rounds: int) -> int:
    from reviewer.cli import run

    code = run(["rank", "--file", path, "--rounds", str(rounds), "--json"])
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the table, and gives 1 when a bound was missed."""
    parser = argparse.ArgumentParser(prog="rank_speed", description=__doc__)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--loops", type=int, default=7, help="resamples that evalica is timed on")
    parser.add_argument("--file", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.file:
        return _rank_file(chosen.file, chosen.rounds)
    print("Rank  " + "  ".join(f"{name} {value}" for name, value in surroundings().items()))
    figures = []
    for items in (chosen.votes // 50, chosen.votes // 10, chosen.votes // 3, None):
        figures += _compared(corpus(chosen.votes, items), items, chosen.rounds, chosen.loops)
    with tempfile.TemporaryDirectory() as folder:
        seconds, memory = whole_command(corpus(chosen.votes, chosen.votes // 10), chosen.rounds, Path(folder))
    figures.append(Figure("the whole command, from CSV", "s", {"n": 1, "p50": seconds}))
    figures.append(Figure("its memory", "MB", {"n": 1, "max": memory}, {"max": MOST_MEMORY}))
    print(render(figures))
    return int(any("MISSED" in (figure.verdict, figure.note[-6:]) for figure in figures))


def _compared(votes: Votes, items: int | None, rounds: int, loops: int) -> list[Figure]:
    name = f"{len(votes):,} votes, " + (f"{items:,} items" if items is not None else "no items")
    # In turns, so that whatever else the machine does falls on both.
    half = max(1, loops // 2)
    before, scores = theirs(votes, half)
    seconds, mine = ours(votes, rounds)
    after, _ = theirs(votes, max(1, loops - half))
    loop = median([*before, *after]) * rounds
    distance = max(abs(mine[system] - score) for system, score in scores.items())
    return [
        Figure(f"{name}: ours, {rounds:,} rounds", "s", {"n": 1, "p50": seconds}),
        Figure(
            f"{name}: evalica, {rounds:,} rounds",
            "s",
            {"n": len(before) + len(after), "p50": loop},
            note="by the round",
        ),
        Figure(f"{name}: evalica / ours", "times", {"p50": loop / seconds}, note=_held(loop / seconds >= TIMES_FASTER)),
        Figure(f"{name}: from evalica", "1e-6", {"max": distance * 1e6}, {"max": 1}),
        Figure(f"{name}: from choix", "1e-6", {"max": choix_distance(votes, mine) * 1e6}, {"max": 1}),
    ]


def _held(held: bool) -> str:
    return f"at least {TIMES_FASTER}: {'held' if held else 'MISSED'}"


if __name__ == "__main__":
    sys.exit(main())
