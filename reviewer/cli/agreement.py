"""`reviewer agreement`: how far raters agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.importing import map_option, mapping_of
from reviewer.cli.options import json_option, plainly, print_json
from reviewer.cli.shown import many, working
from reviewer.errors import WrongUsage

if TYPE_CHECKING:
    from reviewer.measure.agreement.ratings import Ratings
    from reviewer.measure.agreement.report import Agreement


@click.command(name="agreement")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="RATINGS",
    required=True,
    help="A table of ratings: item, rater, value, and criterion, system; or an item and a column for each rater.",
)
@map_option
@click.option("--level", metavar="LEVEL", help="nominal, ordinal, interval or ratio; else by the values.")
@click.option("--scale", "scale", metavar="SCALE", help="The whole scale: 1-6, or low,mid,high from the lowest up.")
@click.option(
    "--criterion", "criteria", multiple=True, metavar="NAME", help="This criterion alone; may be given again."
)
@click.option("--weights", metavar="WEIGHTS", help="Of AC2: linear, quadratic, ordinal or ratio; else by the level.")
@click.option("--rounds", default=1000, show_default=True, help="Resamples of the items for the intervals.")
@click.option("--seed", default=0, show_default=True, help="Where the resampling begins.")
@click.option("--alpha", default=0.05, show_default=True, help="Intervals at 1 - alpha.")
@click.option("--width", type=float, metavar="WIDTH", help="Says how many items would make intervals that wide.")
@click.option("--csv", "as_csv", is_flag=True, help="Prints the figures as CSV.")
@json_option
def agreement(
    file: Path,
    renamed: tuple[str, ...],
    level: str | None,
    scale: str | None,
    criteria: tuple[str, ...],
    weights: str | None,
    rounds: int,
    seed: int,
    alpha: float,
    width: float | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Measures how far the raters of a table of ratings agree, criterion by criterion.

    RATINGS is CSV, TSV or JSONL, plain or gzipped; `-` is standard input. It is long if it has the columns item, rater
    and value; else the first column is the item and each other one a rater, with blanks for what is missing. A system
    named beside an item makes it an item of its own.

    Numbers are ordinal unless --level says otherwise, texts are nominal. Without --scale the scale has the values that
    were seen: kappas, AC1, AC2 and Brennan-Prediger change with points that nobody gave, so name it where there is one.

    \b
    Intervals are for these raters; the items are resampled. A figure that is undefined says why.

    \b
    Examples:
      reviewer agreement --file ratings.csv --scale 1-5
      reviewer agreement --file wide.tsv --level interval --width 0.1
      reviewer agreement --file scores.jsonl --map rater=annotator --map value=score --json
    """
    from reviewer.measure.agreement.report import Settings
    from reviewer.measure.agreement.scale import parse_scale

    if as_csv and as_json:
        raise WrongUsage("--csv and --json are two ways of printing.", mend="Give one of them.")
    points = None if scale is None else parse_scale(scale)
    settings = Settings(level, points, weights, rounds, seed, alpha, width, tuple(dict.fromkeys(criteria)))
    mapping = mapping_of(renamed)
    with working("Measuring …", hidden=as_json or as_csv):
        from reviewer.measure.agreement.agree import measure_agreement

        # The labels of a queue would come in here, as ratings like those of a file.
        found = measure_agreement(_of_file(file, mapping, points or ()), settings)
    _tell_dropped(found)
    if as_json:
        print_json(found.to_json())
    elif as_csv:
        from reviewer.cli.agreement_shown import print_csv

        print_csv(found)
    else:
        from reviewer.cli.agreement_shown import show

        show(found)


def _of_file(file: Path, mapping: dict[str, str], points: tuple[str, ...]) -> Ratings:
    from reviewer.exchange.ratings import read_ratings

    read = read_ratings(file, mapping=mapping, points=points)
    for reason, number in read.ratings.dropped.items():
        _dropped(number, reason, read.faults[reason])
    return read.ratings


def _tell_dropped(found: Agreement) -> None:
    for name, report in found.criteria.items():
        for reason, number in report.dropped.items():
            _dropped(number, reason, f"{name}: {report.faults[reason]}")


def _dropped(number: int, reason: str, where: str) -> None:
    click.echo(plainly(f"{many(number, 'rating')} dropped: {reason} ({where})."), err=True)
