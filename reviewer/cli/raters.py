"""`reviewer raters`: how the raters of a queue do over time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.cli.shown import many
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.exchange.queue_raters import Wanted
    from reviewer.exchange.raters_report import RatersReport


@click.command()
@click.argument("queue")
@click.option("--rater", default="", metavar="NAME", help="This rater alone, with everything that there is.")
@click.option("--adjusted", is_flag=True, help="Adds the items' scores with the raters' severity taken out.")
@click.option(
    "--every",
    default=500,
    show_default=True,
    help="Alarms: all steady raters together give one false one while each gives so many labels.",
)
@click.option("--alpha", default=0.05, show_default=True, help="Intervals at 1 - alpha.")
@click.option("--csv", "as_csv", is_flag=True, help="Prints the figures as CSV; with --adjusted, the items' scores.")
@home_option
@json_option
def raters(
    queue: str,
    rater: str,
    adjusted: bool,
    every: int,
    alpha: float,
    as_csv: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Shows how raters do over time: gold, severity, drift, pace.

    Of each person who rated in QUEUE: accuracy on tasks that were decided elsewhere, level and use of the scale
    against the panel, drift with the rate of its false alarms, pace, consistency on hidden repeats, calibration rounds.
    Independent labels count, given before others' judgment was shown. Every figure has its n; none is a verdict.

    \b
    Examples:
      reviewer raters kyc
      reviewer raters kyc --rater ana
      reviewer raters kyc --adjusted --csv
    """
    from reviewer.exchange.queue_raters import Wanted

    if as_csv and as_json:
        raise WrongUsage("--csv and --json are two ways of printing.", mend="Give one of them.")
    if not 0 < alpha < 0.5:
        raise WrongUsage("alpha must lie between 0 and 0.5.", mend="0.05 is usual.")
    wanted = Wanted(rater=rater, every=every, alpha=alpha, adjusted=adjusted)
    with _progress(hidden=as_json or as_csv) as tell:
        report = _read(queue, home, wanted, tell)
    if as_json:
        print_json(report.to_json())
        return
    if as_csv:
        from reviewer.cli.raters_csv import print_csv

        print_csv(report, adjusted=adjusted)
        return
    from reviewer.cli.raters_shown import show

    show(report, whole=bool(rater), adjusted=adjusted)
    for reason, number in report.others.items():
        click.echo(plainly(f"{many(number, 'label')} not compared: {reason}."), err=True)


def _read(name: str, home: Path | None, wanted: Wanted, tell: Callable[[str], None]) -> RatersReport:
    from reviewer.exchange.queue_raters import read_queue_raters
    from reviewer.store import queues

    with store_at(home_at(home)).reading() as connection:
        found = queues.find(connection, name)
        if found is None:
            raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those that there are.")
        return read_queue_raters(connection, found, wanted, tell)


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Callable[[str], None]]:
    """How far the work is, on a terminal; nothing elsewhere."""
    if hidden or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text("Reading …")) as status:
        yield lambda word: status.update(Text(plainly(word)))
