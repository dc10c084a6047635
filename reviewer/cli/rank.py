"""`reviewer rank`: comparisons to a ranking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.importing import map_option, mapping_of
from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.cli.shown import working
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.exchange.queue_votes import QueueVotes
    from reviewer.measure.votes import Votes


@click.command(name="rank")
@click.argument("queue", required=False)
@click.option(
    "--file",
    "file",
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
@click.option(
    "--slice",
    "slices",
    multiple=True,
    metavar="COLUMN",
    help="Ranks each value of COLUMN by itself, too; of a queue: metadata of the items, tags, or rater.",
)
@click.option("--surplus", is_flag=True, help="Counts labels of QUEUE beyond its overlap, too.")
@home_option
@json_option
def rank(
    queue: str | None,
    file: Path | None,
    renamed: tuple[str, ...],
    model: str,
    position: bool,
    prior: float,
    rounds: int,
    seed: int,
    alpha: float,
    power: float,
    slices: tuple[str, ...],
    surplus: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Ranks systems by the labels of a comparison queue, or by the votes of a table.

    Strengths come with intervals over resampled items; which differences hold is corrected for their number; per
    rater it is tested whether a side was preferred. VOTES is CSV, TSV or JSONL, plain or gzipped; `-` is standard
    input.

    Of QUEUE the last independent label of each rater on each task counts. Much better counts as a win like slightly
    better; a ranking is read as its pairs; each criterion that was answered as a comparison is ranked by itself.
    Hidden repeats only tell how consistent their rater is. While the queue is sealed, systems are called system A,
    system B and so on: their names come after `reviewer queue reveal`.

    \b
    Examples:
      reviewer rank pairs
      reviewer rank pairs --slice tags --json
      reviewer rank --file votes.csv
      reviewer rank --file battles.jsonl --map left=model_a --map right=model_b --model davidson
      reviewer rank --file votes.csv --slice language --json
    """
    from reviewer.measure.ranked import Settings

    settings = Settings(model, position, prior, rounds, seed, alpha, power, tuple(dict.fromkeys(slices)))
    mapping = mapping_of(renamed)
    _check_source(queue, file, renamed=bool(renamed), surplus=surplus)
    read: QueueVotes | None = None
    with working("Ranking …", hidden=as_json):
        from reviewer.measure.ranking import rank_votes

        if queue is not None:
            read = _of_queue(queue, home, settings.slices, surplus=surplus)
            votes = read.votes
        else:
            assert file is not None
            votes = _of_file(file, mapping, settings.slices)
        ranking = rank_votes(votes, settings)
    if as_json:
        print_json((read.to_json() if read else {}) | ranking.to_json())
    else:
        from reviewer.cli.rank_shown import show

        show(ranking, read)


def _check_source(queue: str | None, file: Path | None, *, renamed: bool, surplus: bool) -> None:
    if (queue is None) == (file is None):
        raise WrongUsage(
            f"rank goes by a queue or by a table of votes{', and one of them alone' if queue else ''}.",
            mend="`reviewer rank QUEUE`, or `reviewer rank --file VOTES`.",
        )
    if queue is not None and renamed:
        raise WrongUsage("--map renames the columns of a table, and a queue has none.", mend="Leave --map out.")
    if file is not None and surplus:
        raise WrongUsage("--surplus speaks of the labels of a queue.", mend="Leave --surplus out.")


def _of_queue(name: str, home: Path | None, slices: tuple[str, ...], *, surplus: bool) -> QueueVotes:
    from reviewer.exchange.queue_votes import read_queue_votes
    from reviewer.store import queues

    with store_at(home_at(home)).reading() as connection:
        found = queues.find(connection, name)
        if found is None:
            raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those that there are.")
        read = read_queue_votes(connection, found, surplus=surplus, slices=slices)
    for reason, number in read.votes.dropped.items():
        click.echo(plainly(f"{number:,} label{'' if number == 1 else 's'} left out: {reason}."), err=True)
    return read


def _of_file(file: Path, mapping: dict[str, str], slices: tuple[str, ...]) -> Votes:
    from reviewer.exchange.votes import read_votes

    read = read_votes(file, mapping=mapping, keep=slices)
    for reason, number in read.votes.dropped.items():
        many = f"{number:,} row{'' if number == 1 else 's'}"
        click.echo(plainly(f"{many} dropped: {reason} ({read.faults[reason]})."), err=True)
    return read.votes
