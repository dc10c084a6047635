"""`reviewer agreement`: how far raters agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.importing import map_option, mapping_of
from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.cli.shown import many, working
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.exchange.queue_ratings import QueueRatings, Wanted
    from reviewer.measure.agreement.ratings import Ratings
    from reviewer.measure.agreement.report import Agreement, Settings

_KINDS = ("human", "judge", "code")


@click.command(name="agreement")
@click.argument("queue", required=False)
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="RATINGS",
    help="A table of ratings: item, rater, value, and criterion, system; or an item and a column for each rater.",
)
@map_option
@click.option("--level", metavar="LEVEL", help="nominal, ordinal, interval or ratio; else by rubric or values.")
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
@click.option(
    "--raters",
    "kind",
    type=click.Choice([*_KINDS, "all"]),
    help="Of QUEUE: people, LLM judges, checks or all of them; else people, or whom --rater names.",
)
@click.option("--rater", "raters", multiple=True, metavar="NAME", help="Of QUEUE: this rater; may be given again.")
@click.option("--phase", type=click.Choice(["independent", "revote"]), help="Of QUEUE: the first votes, or re-votes.")
@click.option(
    "--include",
    "included",
    multiple=True,
    type=click.Choice(["exposed", "surplus"]),
    help="Of QUEUE: labels given after seeing others' judgment, or beyond the overlap, too.",
)
@home_option
@json_option
def agreement(
    queue: str | None,
    file: Path | None,
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
    kind: str | None,
    raters: tuple[str, ...],
    phase: str | None,
    included: tuple[str, ...],
    home: Path | None,
    as_json: bool,
) -> None:
    """Measures how far the raters of a queue, or of a table of ratings, agree, criterion by criterion.

    Of QUEUE each rater's last independent label on a task counts, if they had seen nobody else's judgment of it.
    Levels and whole scales are those of the rubric in force; what was given on another scale is left out and counted,
    as is all else that is left out. A criterion asked of turns, context documents or steps counts each of them, a
    ranking each output's place, and each pair by itself. Yes-or-no criteria of the items' own rubrics count together,
    as `met`. A preference is read of the outputs themselves, on whatever side they were shown.

    RATINGS is CSV, TSV or JSONL, plain or gzipped; `-` is standard input. It is long if it has the columns item, rater
    and value; else the first column is the item and each other one a rater, with blanks for what is missing. A system
    named beside an item makes it an item of its own.

    Of a table, numbers are ordinal unless --level says otherwise, texts are nominal. Without --scale the scale has the
    values that were seen: kappas, AC1, AC2 and Brennan-Prediger change with points that nobody gave, so name it where
    there is one.

    \b
    Intervals are for these raters; the items are resampled. A figure that is undefined says why.

    \b
    Examples:
      reviewer agreement kyc
      reviewer agreement kyc --criterion grounded --width 0.1
      reviewer agreement kyc --raters all --json
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
    of_queue = {"--raters": kind, "--rater": raters, "--phase": phase, "--include": included}
    _check_source(queue, file, renamed=bool(renamed), of_queue=[name for name, given in of_queue.items() if given])
    read: QueueRatings | None = None
    with working("Measuring …", hidden=as_json or as_csv):
        from reviewer.measure.agreement.agree import measure_agreement

        if queue is not None:
            read = _of_queue(queue, home, _wanted(kind, raters, phase, included))
            _check_settings(read, settings)
            found = read.concealed(measure_agreement(read.ratings, settings))
        else:
            assert file is not None
            found = measure_agreement(_of_file(file, mapping, points or ()), settings)
    if read is None or as_csv:
        _tell_dropped(found, read)
    if as_json:
        print_json((read.to_json() if read else {}) | found.to_json())
    elif as_csv:
        from reviewer.cli.agreement_shown import print_csv

        print_csv(found)
    else:
        from reviewer.cli.agreement_shown import show

        show(found, read)


def _check_source(queue: str | None, file: Path | None, *, renamed: bool, of_queue: list[str]) -> None:
    if (queue is None) == (file is None):
        raise WrongUsage(
            f"agreement goes by a queue or by a table of ratings{', and one of them alone' if queue else ''}.",
            mend="`reviewer agreement QUEUE`, or `reviewer agreement --file RATINGS`.",
        )
    if queue is not None and renamed:
        raise WrongUsage("--map renames the columns of a table, and a queue has none.", mend="Leave --map out.")
    if file is not None and of_queue:
        raise WrongUsage(f"{of_queue[0]} speaks of the labels of a queue.", mend=f"Leave {of_queue[0]} out.")


def _wanted(kind: str | None, raters: tuple[str, ...], phase: str | None, included: tuple[str, ...]) -> Wanted:
    from reviewer.exchange.queue_ratings import Wanted

    everybody = kind == "all" or (kind is None and bool(raters))
    return Wanted(
        phase="revote" if phase == "revote" else "independent",
        kinds=_KINDS if everybody else (kind or "human",),
        raters=tuple(dict.fromkeys(raters)),
        exposed="exposed" in included,
        surplus="surplus" in included,
    )


def _of_queue(name: str, home: Path | None, wanted: Wanted) -> QueueRatings:
    from reviewer.exchange.queue_ratings import read_queue_ratings
    from reviewer.store import queues

    with store_at(home_at(home)).reading() as connection:
        found = queues.find(connection, name)
        if found is None:
            there = [one.name for one in queues.all_queues(connection) if one.state != queues.IMPORTING]
            raise BadInput(f"there is no queue '{name}'.", mend=_queues_there(there))
        return read_queue_ratings(connection, found, wanted)


def _queues_there(names: list[str]) -> str:
    if not names:
        return "There is none yet: `reviewer import FILE -q QUEUE` makes one."
    return f"There are {', '.join(names[:8])}{' and more' if len(names) > 8 else ''}."


def _check_settings(read: QueueRatings, settings: Settings) -> None:
    for name in settings.criteria:
        if why := read.unmeasured.get(name):
            raise WrongUsage(f"there is no rating to measure under {name!r}: {why}.", mend="Choose another criterion.")
    several = len(settings.criteria or read.ratings.asked) > 1
    if several and (settings.level is not None or settings.points is not None):
        raise WrongUsage(
            "--level and --scale speak of one criterion, and the queue's rubric has its own for each.",
            mend="Choose one by --criterion, or leave them out.",
        )


def _of_file(file: Path, mapping: dict[str, str], points: tuple[str, ...]) -> Ratings:
    from reviewer.exchange.ratings import read_ratings

    read = read_ratings(file, mapping=mapping, points=points)
    for reason, number in read.ratings.dropped.items():
        _dropped(number, reason, read.faults[reason])
    return read.ratings


def _tell_dropped(found: Agreement, read: QueueRatings | None) -> None:
    if read is not None:
        for reason, number in found.dropped.items():
            click.echo(plainly(f"{many(number, 'label')} left out: {reason}."), err=True)
    for name, report in found.criteria.items():
        for reason, number in report.dropped.items():
            example = report.faults.get(reason)
            _dropped(number, reason, f"{name}: {example}" if example else name)


def _dropped(number: int, reason: str, where: str) -> None:
    click.echo(plainly(f"{many(number, 'rating')} dropped: {reason} ({where})."), err=True)
