"""`reviewer labels`: labels out, labels in, and what happened to them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.importing import Told, bar, counted, map_option, mapping_of
from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.exchange.labels.history import Entry
    from reviewer.exchange.labels.take import ImportedLabels
    from reviewer.store.prepared import Driver
    from reviewer.store.queues import QueueRecord


@click.group(name="labels")
def labels() -> None:
    """Exports, imports and lists labels.

    \b
    Examples:
      reviewer labels export kyc -o kyc.jsonl
      reviewer labels import ratings.csv -q kyc
      reviewer labels log kyc --rater ann
    """


@labels.command()
@click.argument("queue")
@click.option("-f", "--format", "form", type=click.Choice(["jsonl", "csv"]), help="By the name of FILE, else jsonl.")
@click.option(
    "-o", "--output", "to", type=click.Path(path_type=Path, dir_okay=False), help="FILE instead of the screen."
)
@click.option("--rater", help="The labels of one rater.")
@click.option("--all/--heads", "every", default=None, help="Every revision, or those that count.")
@click.option("--golden", is_flag=True, help="What was decided; in JSONL with what led to it.")
@home_option
@json_option
def export(
    queue: str,
    form: str | None,
    to: Path | None,
    rater: str | None,
    every: bool | None,
    golden: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Writes the labels of QUEUE.

    JSONL holds every revision and column, and imports again without loss. CSV has one row a label and criterion,
    of the revisions that count. While a blind queue is unrevealed, neither says which system gave an output, and it
    imports into this store alone: `reviewer queue reveal` comes first where labels go elsewhere.
    What one rater labelled on two devices is marked in JSONL (`disputed`) until they settle it: what came first counts.
    Once a queue is revealed, the answers to hidden repeats are marked (`repeat`); only the store that asked them takes
    them in. Preferences count from -2, the first shown is much better, to 2; 2>1=3 is a ranking of what was shown.
    In CSV, a text that a spreadsheet would run as a formula has an apostrophe before it; importing takes it away.
    With --golden, JSONL has the labels on whatever was decided, raters' too, and each decision says which of its values
    are golden, in whose name, what came over them and why one is retired; CSV has the values that are golden now, and
    nothing beside. Both import again, and make the same values golden.

    \b
    Examples:
      reviewer labels export kyc -o kyc.jsonl
      reviewer labels export kyc -f csv --rater ann > ann.csv
      reviewer labels export kyc --golden -o golden.jsonl
    """
    if as_json and to is None:
        raise WrongUsage("--json tells what was written, and the labels go to the same place.", mend="Add -o FILE.")
    from reviewer.exchange.labels.out import export as write
    from reviewer.exchange.labels.out import written_whole

    form = form or ("csv" if to is not None and to.suffix.lower() == ".csv" else "jsonl")
    with _reading(home, queue) as (connection, record):
        _check_rater(connection, rater)
        if to is None:
            write(connection, record, _print, form=form, rater=rater, every=every, golden=golden)
            sys.stdout.flush()
            return
        with written_whole(to) as stream:
            done = write(connection, record, stream.write, form=form, rater=rater, every=every, golden=golden)
    if as_json:
        told = {"labels": done.labels, "rows": done.rows, "disputed": done.disputed}
        print_json({**told, "file": str(to), "sealed": record.sealed})
        return
    sealed = (
        " The queue is blind and not revealed: systems are left out, and it imports into this store alone."
        if record.sealed
        else ""
    )
    disputed = f" {done.disputed:,} of them stand beside another of the same rater's device." if done.disputed else ""
    click.echo(plainly(f"Wrote {counted(done.labels, 'label')} to {to}.{sealed}{disputed}"))


@labels.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("-q", "--queue", required=True, help="The queue whose items the labels judge.")
@map_option
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where labels that cannot be taken are written; FILE.rejects.jsonl where it is left out.",
)
@click.option("--strict", is_flag=True, help="Takes nothing if one label cannot be taken.")
@click.option("--dry-run", is_flag=True, help="Reads and checks everything and writes nothing.")
@click.option("--rater", help="Who imports, for the event log; whose labels they are says the file.")
@home_option
@json_option
def import_labels(
    file: Path,
    queue: str,
    renamed: tuple[str, ...],
    rejects: Path | None,
    strict: bool,
    dry_run: bool,
    rater: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Reads labels into a queue, whose items must be there.

    FILE is JSONL as `labels export` writes it, or a table with the columns item, rater and value, and criterion
    where it is not `score`. Missing raters are made; labels that are known already add nothing. What stands in the
    phase `adjudication` becomes golden in its rater's name: a team brings its own answer key by a column `phase`.

    \b
    Examples:
      reviewer labels import kyc.jsonl -q kyc
      reviewer labels import ratings.csv -q kyc --map item=Case --map value=Score --dry-run
    """
    from reviewer.exchange.labels.read import LabelReader
    from reviewer.exchange.labels.take import LabelOptions
    from reviewer.exchange.labels.take import import_labels as take

    chosen = home_at(home)
    told = Told("label")
    with LabelReader(file, mapping_of(renamed)) as reader, bar(hidden=as_json) as on_progress:
        options = LabelOptions(
            strict=strict,
            dry_run=dry_run,
            rejects=rejects,
            on_progress=lambda read: on_progress(read, read.rows),
            on_reject=told.say,
        )
        done = take(store_at(chosen), queue, reader, rater=chosen.rater(rater), options=options)
    told.end()
    if as_json:
        print_json(done.to_json())
    else:
        click.echo(plainly(_summary(done, queue, strict=strict, dry_run=dry_run)))
    _complain(done, strict=strict)


@labels.command()
@click.argument("queue")
@click.option("--rater", help="The labels of one rater.")
@click.option("--item", "key", help="The labels of one item.")
@home_option
@json_option
def log(queue: str, rater: str | None, key: str | None, home: Path | None, as_json: bool) -> None:
    """Lists every revision of the labels of QUEUE, the newest last: when, who, on what, and what changed.

    \b
    Examples:
      reviewer labels log kyc
      reviewer labels log kyc --item kyc-014 --json
    """
    from reviewer.exchange.labels.history import history

    with _reading(home, queue) as (connection, record):
        _check_rater(connection, rater)
        entries = history(connection, record, rater=rater, key=key)
        if as_json:
            print_json({"labels": [asdict(entry) for entry in entries]})
            return
        for entry in entries:
            click.echo(plainly(_line(entry)).replace("\n", " "))


def _line(entry: Entry) -> str:
    phase = "" if entry.phase == "independent" else f" {entry.phase}"
    said = "; ".join(entry.changes)
    at = entry.at[:19].replace("T", " ")
    who = entry.rater if entry.kind == "human" else f"{entry.rater} ({entry.kind})"
    output = f" [{entry.output}]" if entry.output else ""
    return f"{at}  {who}  {entry.item}{output}  r{entry.revision}{phase} {entry.outcome}{f'  {said}' if said else ''}"


def _summary(done: ImportedLabels, queue: str, *, strict: bool, dry_run: bool) -> str:
    if strict and done.rejected and not dry_run:
        return f"Imported nothing: {counted(done.rows, 'row')} read, {done.rejected} rejected."
    said = [f"{'Would import' if dry_run else 'Imported'} {counted(done.labels, 'label')} into '{queue}'."]
    if done.raters:
        said.append(f"New raters: {done.raters}.")
    if done.golden:
        said.append(f"{counted(done.golden, 'golden value')}.")
    if done.duplicates:
        said.append(f"{counted(done.duplicates, 'label')} known already.")
    if done.rejected:
        where = f", written to {done.rejects_file}" if done.rejects_file else ""
        said.append(f"{counted(done.rejected, 'label')} rejected{where}.")
    return " ".join(said)


def _complain(done: ImportedLabels, *, strict: bool) -> None:
    if strict and done.rejected:
        raise BadInput(
            f"{counted(done.rejected, 'label')} cannot be taken, and with --strict nothing is imported.",
            mend="Mend them, or leave --strict out.",
        )
    if not done.labels and not done.duplicates:
        raise BadInput(
            "none of the labels can be taken." if done.rejected else "there is no label to take.",
            mend="The lines above say why." if done.rejected else "Name another file.",
        )


@contextmanager
def _reading(home: Path | None, name: str) -> Iterator[tuple[Driver, QueueRecord]]:
    from reviewer.store import queues

    with store_at(home_at(home)).reading() as connection:
        found = queues.find(connection, name)
        if found is None:
            raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those that there are.")
        yield connection, found


def _check_rater(connection: Driver, rater: str | None) -> None:
    from reviewer.store import queues

    if rater is not None and not any(queues.rater_called(connection, rater, kind=kind) for kind in _KINDS):
        raise BadInput(f"there is no rater '{rater}'.", mend="`reviewer queue show QUEUE` names those who rate it.")


_KINDS = ("human", "judge", "code")


def _print(line: bytes) -> None:
    """To standard output; at a terminal, what that would obey is made visible."""
    if sys.stdout.isatty():
        click.echo(plainly(line.decode()), nl=False)
    else:
        sys.stdout.buffer.write(line)
