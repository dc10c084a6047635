"""`reviewer rank`: comparisons to a ranking."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.importing import map_option, mapping_of
from reviewer.cli.options import home_option, json_option, plainly, print_json

if TYPE_CHECKING:
    from reviewer.measure.votes import Votes


@click.command(name="rank")
@click.option(
    "--file",
    "file",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="VOTES",
    help="Ranks a table of votes: left, right, winner, and item, rater, criterion, shown_first where it has them.",
)
@map_option
@click.option("--model", default="bradley-terry", show_default=True, help="bradley-terry or davidson.")
@click.option("--position", is_flag=True, help="Estimates the advantage of the side shown first in the model.")
@click.option(
    "--prior",
    default=0.0,
    show_default=True,
    help="Wins and losses of each system against an average one; makes strengths finite where one always wins.",
)
@click.option("--rounds", default=1000, show_default=True, help="Resamples of the items for the intervals.")
@click.option("--seed", default=0, show_default=True, help="Where the resampling begins.")
@click.option("--alpha", default=0.05, show_default=True, help="Intervals at 1 - alpha; tests at alpha.")
@click.option("--power", default=0.8, show_default=True, help="Of the test that the plan is for.")
@click.option("--slice", "slices", multiple=True, metavar="COLUMN", help="Ranks each value of COLUMN by itself, too.")
@home_option
@json_option
def rank(
    file: Path,
    renamed: tuple[str, ...],
    model: str,
    position: bool,
    prior: float,
    rounds: int,
    seed: int,
    alpha: float,
    power: float,
    slices: tuple[str, ...],
    home: Path | None,  # noqa: ARG001  # every command takes it
    as_json: bool,
) -> None:
    """Ranks systems by the votes of a table.

    Strengths come with intervals over resampled items; which differences hold is corrected for their number; per
    rater it is tested whether a side was preferred. VOTES is CSV, TSV or JSONL, plain or gzipped; `-` is standard
    input.

    \b
    Examples:
      reviewer rank --file votes.csv
      reviewer rank --file battles.jsonl --map left=model_a --map right=model_b --model davidson
      reviewer rank --file votes.csv --slice language --json
    """
    from reviewer.measure.ranked import Settings

    settings = Settings(model, position, prior, rounds, seed, alpha, power, tuple(dict.fromkeys(slices)))
    mapping = mapping_of(renamed)
    with _working(hidden=as_json):
        from reviewer.measure.ranking import rank_votes

        ranking = rank_votes(_of_file(file, mapping, settings.slices), settings)
    if as_json:
        print_json(ranking.to_json())
    else:
        from reviewer.cli.rank_shown import show

        show(ranking)


def _of_file(file: Path, mapping: dict[str, str], slices: tuple[str, ...]) -> Votes:
    from reviewer.exchange.votes import read_votes

    read = read_votes(file, mapping=mapping, keep=slices)
    for reason, number in read.votes.dropped.items():
        many = f"{number:,} row{'' if number == 1 else 's'}"
        click.echo(plainly(f"{many} dropped: {reason} ({read.faults[reason]})."), err=True)
    return read.votes


@contextmanager
def _working(*, hidden: bool) -> Iterator[None]:
    """A word that work goes on, on a terminal; nothing elsewhere."""
    if hidden or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status("Ranking …"):
        yield
