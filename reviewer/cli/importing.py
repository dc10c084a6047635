"""`reviewer import`: items into a queue."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.exchange.intake import Imported
    from reviewer.exchange.naming import Named
    from reviewer.exchange.rejects import Rejected
    from reviewer.store.pairing import Paired

_SAID = 20
_KINDS = ("rating", "pairwise", "ranking")

map_option = click.option(
    "--map",
    "renamed",
    multiple=True,
    metavar="NEW=OLD",
    help="Reads the column OLD as NEW; may be given again.",
)


def mapping_of(renamed: tuple[str, ...]) -> dict[str, str]:
    """The columns that `--map` renames, new to old. Raises WrongUsage for what is no NEW=OLD, or a NEW given twice."""
    mapping: dict[str, str] = {}
    for given in renamed:
        new, equals, old = given.partition("=")
        if not equals or not new or not old:
            raise WrongUsage(f"--map {given!r} is not of the form NEW=OLD.", mend="Write --map prompt=Frage.")
        if new in mapping:
            raise WrongUsage(f"--map names {new!r} twice.", mend="Give each field one column.")
        mapping[new] = old
    return mapping


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("-q", "--queue", "queue", required=True, help="The queue that takes the items; made where missing.")
@click.option(
    "--answers",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="MT-Bench answers to the questions in FILE; may be given again.",
)
@click.option("--rubric", "rubric_file", type=click.Path(path_type=Path, dir_okay=False), help="A rubric, as YAML.")
@click.option(
    "--kind",
    metavar="|".join(_KINDS),
    help="What is asked of outputs; that of the queue where it is left out, rating for a new one.",
)
@click.option(
    "--pairs",
    "pairs_given",
    metavar="all|baseline=NAME|balanced=N",
    help="Which outputs of an item make a pair: all; each with those of one system; N an item, all systems evenly. "
    "A pairwise queue keeps it for later imports.",
)
@click.option(
    "--mask-self-naming",
    "mask",
    is_flag=True,
    help="Replaces names of systems in outputs by […], and keeps what was replaced; the queue keeps to it for later "
    "imports. Outputs that are in already change with --revise only.",
)
@click.option("--format", "format_name", help="jsonl, json, csv, tsv or mtbench; found out where it is left out.")
@map_option
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where rows that cannot be taken are written; FILE.rejects.jsonl where it is left out.",
)
@click.option("--revise", is_flag=True, help="Lets a known key take a changed text: its old tasks are recalled.")
@click.option("--dry-run", is_flag=True, help="Reads and checks everything and writes nothing.")
@click.option("--strict", is_flag=True, help="Takes nothing if one row cannot be taken.")
@click.option("--rater", help="Who imports, for the event log.")
@home_option
@json_option
def import_(
    files: tuple[Path, ...],
    queue: str,
    answers: tuple[Path, ...],
    rubric_file: Path | None,
    kind: str | None,
    pairs_given: str | None,
    mask: bool,
    format_name: str | None,
    renamed: tuple[str, ...],
    rejects: Path | None,
    revise: bool,
    dry_run: bool,
    strict: bool,
    rater: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Reads items into a queue: each output a task to rate, or the outputs of an item a task to compare.

    FILE is JSONL, a JSON array, CSV or TSV, plain or gzipped; `-` is standard input. All rows become visible together
    at the end. The same file twice adds nothing; a known key with another text is rejected unless --revise.

    The outputs of one item that are compared may stand in one row, or in rows of their own with the same id. Two make
    a pair, 3 to 8 of different systems a ranking. Outputs that name a system are listed.

    \b
    Examples:
      reviewer import items.jsonl -q kyc --rubric kyc.yaml
      reviewer import answers.csv -q kyc --map prompt=Question --map output=Answer --dry-run
      reviewer import question.jsonl -q mt --answers gpt-4.jsonl --answers vicuna.jsonl
      reviewer import outputs.jsonl -q duel --kind pairwise --pairs baseline=model-a
      reviewer import outputs.jsonl -q duel --kind pairwise --pairs balanced=3 --mask-self-naming
      reviewer import outputs.jsonl -q order --kind ranking
    """
    from reviewer.exchange import registry
    from reviewer.exchange.intake import ImportOptions, import_items
    from reviewer.store.pairs import parse_pairs

    if kind is not None and kind not in _KINDS:
        raise WrongUsage(f"queues of kind '{kind}' do not exist.", mend=f"Say one of {', '.join(_KINDS)}.")
    pairs = None if pairs_given is None else parse_pairs(pairs_given)
    if pairs is not None and kind not in (None, "pairwise"):
        raise WrongUsage(f"--pairs is for pairwise queues, not for {kind} ones.", mend="Leave --pairs out.")
    rubric = None
    if rubric_file is not None:
        from reviewer.rubric import load_rubric

        rubric = load_rubric(rubric_file)
    chosen = home_at(home)
    told, naming = Told("row"), NamesTold()
    with registry.read(files, format=format_name, answers=answers, mapping=mapping_of(renamed)) as reader:
        store = None if dry_run and not chosen.has_store else store_at(chosen, create=not dry_run)
        with bar(hidden=as_json) as on_progress:
            options = ImportOptions(
                rubric=rubric,
                kind=kind,
                pairs=pairs,
                mask=mask,
                revise=revise,
                strict=strict,
                dry_run=dry_run,
                rejects=rejects,
                on_progress=on_progress,
                on_reject=told.say,
                on_named=naming.say,
            )
            done = import_items(store, queue, reader, rater=chosen.rater(rater), options=options)
    told.end()
    naming.end(done)
    if as_json:
        print_json(done.to_json())
    else:
        click.echo(plainly(_summary(done, queue, dry_run=dry_run)))
        if reader.columns:
            click.echo(plainly(f"The table was read with {reader.columns}; --map NEW=OLD says otherwise."))
    if done.paired is not None:
        _say_of_graph(done.paired, as_json=as_json)
    _complain(done, strict=strict, dry_run=dry_run)


class Positioned(Protocol):
    """A reader that knows how far it is."""

    size: int | None

    @property
    def position(self) -> int:
        """Bytes read so far."""
        ...


class Told:
    """Names the first rejects on standard error, and counts the others."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0

    def say(self, rejected: Rejected) -> None:
        self._count += 1
        if self._count <= _SAID:
            click.echo(plainly(str(rejected)), err=True)

    def end(self) -> None:
        if self._count > _SAID:
            click.echo(f"… and {self._count - _SAID} more {self._what}s that cannot be taken.", err=True)


class NamesTold:
    """Lists on standard error the first places where a system is named, counts the others, and says what to do."""

    def __init__(self) -> None:
        self._count = 0

    def say(self, line: str) -> None:
        self._count += 1
        if self._count <= _SAID:
            click.echo(plainly(line), err=True)

    def end(self, done: Imported) -> None:
        named = done.named
        if named is None or not named.count:
            return
        if self._count > _SAID:
            click.echo(f"… and {self._count - _SAID:,} more that name a system.", err=True)
        if named.outputs:
            click.echo(_said_of_outputs(done, named), err=True)
        if named.fields:
            click.echo(
                "Keys are never shown while the queue is sealed, tags and metadata only if `show` declares them: "
                "`reviewer queue set QUEUE show=` takes that back.",
                err=True,
            )


def _said_of_outputs(done: Imported, named: Named) -> str:
    who = f"{counted(named.outputs, 'output')} {'says' if named.outputs == 1 else 'say'} who wrote"
    if not done.masking:
        return f"{who}: --mask-self-naming hides it."
    if not done.outputs:
        return f"{who}, and what is in already stays as it is: --mask-self-naming --revise masks it."
    said = f"{counted(named.masked, 'name')} in {counted(named.outputs, 'output')} masked as […]."
    return f"{said} What was in already stays as it was without --revise." if done.duplicates else said


def _say_of_graph(paired: Paired, *, as_json: bool) -> None:
    """How the comparisons hang together: a warning where they do not."""
    count = len(paired.systems)
    if len(paired.groups) > 1:
        apart = " | ".join(_names_of(group) for group in paired.groups[:_SAID])
        more = f" | and {len(paired.groups) - _SAID} more" if len(paired.groups) > _SAID else ""
        said = f"the systems fall into {len(paired.groups)} groups that are never compared: {apart}{more}"
        click.echo(plainly(f"Warning: {said}; no ranking can join them."), err=True)
    elif count > 1 and not as_json:
        click.echo(f"{count} systems, all compared with each other directly or through others.")
    elif count == 1 and not as_json:
        click.echo(plainly(f"1 system so far, {paired.systems[0]}: there is nothing to compare it with."))


def _names_of(group: list[str]) -> str:
    more = f" and {len(group) - _SAID} more" if len(group) > _SAID else ""
    return ", ".join(group[:_SAID]) + more


def _without_task(paired: Paired) -> list[str]:
    """Which items make no task, and why."""
    said = []
    if paired.single:
        said.append(f"{counted(paired.single, 'item')} with a single output {_make(paired.single)} no task yet.")
    if paired.without_baseline:
        count = paired.without_baseline
        said.append(f"{counted(count, 'item')} without an output of the baseline {_make(count)} no task yet.")
    if paired.few:
        said.append(f"{counted(paired.few, 'item')} with two outputs {_make(paired.few)} no ranking: pairwise suits.")
    if paired.many:
        said.append(f"{counted(paired.many, 'item')} with more than 8 outputs {_make(paired.many)} no ranking.")
    if paired.further:
        said.append(f"{counted(paired.further, 'further output')} of a system that is ranked already left out.")
    return said


def _summary(done: Imported, queue: str, *, dry_run: bool) -> str:
    began = "Would import" if dry_run else "Imported"
    if not dry_run and not done.published:
        return f"Imported nothing: {counted(done.rows, 'row')} read, {done.rejected} rejected."
    said = [
        f"{began} {counted(done.items, 'item')}, {counted(done.outputs, 'output')}, {counted(done.tasks, 'task')} "
        f"into '{queue}'{' (a new queue)' if done.queue_made else ''}."
    ]
    if done.duplicates:
        said.append(f"{counted(done.duplicates, 'row')} {'was' if done.duplicates == 1 else 'were'} known already.")
    if done.without_output:
        said.append(f"{counted(done.without_output, 'item')} without an output {_make(done.without_output)} no task.")
    if done.paired is not None:
        said += _without_task(done.paired)
    if done.recalled:
        said.append(f"{counted(done.recalled, 'task')} recalled for changed texts.")
    if done.escaped:
        said.append(f"{counted(done.escaped, 'character')} that cannot be stored became a visible escape.")
    if done.pairs_before:
        said.append(f"Pairs were made by {done.pairs_before} so far: the new rule is for outputs that come now.")
    if done.rubric_changed:
        said.append("The new rubric is in force.")
    if done.rejected:
        where = f", written to {done.rejects_file}" if done.rejects_file else ""
        said.append(f"{counted(done.rejected, 'row')} rejected{where}.")
    return " ".join(said)


def _complain(done: Imported, *, strict: bool, dry_run: bool) -> None:
    if strict and done.rejected:
        nothing = "would be" if dry_run else "was"
        where = f" (they are in {done.rejects_file})" if done.rejects_file else ""
        raise BadInput(
            f"{counted(done.rejected, 'row')} cannot be taken, and with --strict nothing {nothing} imported.",
            mend=f"Mend them{where}, or leave --strict out.",
        )
    if done.rows == done.rejected:
        what = "none of the rows can be taken." if done.rows else "there is no row to take."
        raise BadInput(what, mend="The lines above say why." if done.rows else "Name another file.")


def counted(number: int, word: str) -> str:
    """A number with its noun."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _make(number: int) -> str:
    return "makes" if number == 1 else "make"


@contextmanager
def bar(*, hidden: bool) -> Iterator[Callable[[Positioned, int], None]]:
    """A progress bar on a terminal; nothing elsewhere."""
    if hidden or not sys.stderr.isatty():
        yield lambda _reader, _rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[rows]:,} rows"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, rows=0)
        yield lambda reader, rows: progress.update(task, total=reader.size, completed=reader.position, rows=rows)
