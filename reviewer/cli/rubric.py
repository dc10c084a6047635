"""`reviewer rubric`: check, read and compare rubric files, and the schema that helps to write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at
from reviewer.errors import BadInput, CheckFailed, WrongUsage

if TYPE_CHECKING:
    from rich.console import Console

    from reviewer.rubric import Checked, Criterion, Rubric


@click.group(name="rubric")
def rubric() -> None:
    """Rubrics: what is asked of a rater.

    A rubric is a YAML file: criteria, each with its scale, its levels and annotated examples.

    \b
    Examples:
      reviewer rubric check kyc.yaml
      reviewer rubric show kyc.yaml
      reviewer rubric diff kyc.yaml kyc-2.yaml
    """


@rubric.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@home_option
@json_option
def check(files: tuple[Path, ...], home: Path | None, as_json: bool) -> None:  # noqa: ARG001 -- on every command
    """Checks rubric files and prints every problem with its file and line.

    Notes are advice and no problem. Exit code 1 when a rubric has problems, 3 when one cannot be read.

    \b
    Examples:
      reviewer rubric check kyc.yaml
      reviewer rubric check rubrics/*.yaml --json
    """
    results = [_checked(file) for file in files]
    if as_json:
        print_json({"files": [_report(result) for result in results]})
    else:
        for result in results:
            _print_checked(result)
    bad = [result for result in results if result.problems]
    told = f"{len(bad)} of {len(results)} rubric{'s' * (len(results) > 1)}"
    if unreadable := [result for result in bad if not result.readable]:
        raise BadInput(f"{told} failed, {len(unreadable)} of them unreadable.", mend="Mend what is listed.")
    if bad:
        raise CheckFailed(f"{told} failed.", mend="Mend what is listed.")


@rubric.command()
@click.argument("file", metavar="FILE|QUEUE")
@home_option
@json_option
def show(file: str, home: Path | None, as_json: bool) -> None:
    """Shows a rubric as a rater reads it: criteria, levels, annotated examples.

    QUEUE is the rubric in force in a queue, QUEUE@1 the first that it had.

    \b
    Examples:
      reviewer rubric show kyc.yaml
      reviewer rubric show kyc-summaries
      reviewer rubric show kyc.yaml --json
    """
    shown = _resolve(file, home)
    if as_json:
        scales = {criterion.id: criterion.scale_hash for criterion in shown.criteria}
        if shown.preference is not None:
            scales["preference"] = shown.preference.scale_hash
        print_json(
            {
                "name": shown.name,
                "content_hash": shown.content_hash,
                "scale_hash": shown.scale_hash,
                "criteria": scales,
                "document": shown.document(),
            }
        )
    else:
        _print_rubric(shown)


@rubric.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@home_option
@json_option
def diff(old: str, new: str, home: Path | None, as_json: bool) -> None:
    """Says what changed from OLD to NEW, and which answers stay comparable.

    A change marked ! makes old answers to that criterion incomparable with new ones.

    \b
    Examples:
      reviewer rubric diff kyc.yaml kyc-2.yaml
      reviewer rubric diff kyc-summaries@1 kyc-summaries
      reviewer rubric diff kyc-summaries kyc-2.yaml --json
    """
    from reviewer.rubric import difference

    before, after = _resolve(old, home), _resolve(new, home)
    changes = difference(before, after)
    same = [one.id for one in before.criteria if one.scale_hash == after.scale_hash_of(one.id)]
    if as_json:
        print_json(
            {
                "old": before.content_hash,
                "new": after.content_hash,
                "comparable": same,
                "changes": [change._asdict() for change in changes],
            }
        )
        return
    if not changes:
        click.echo("No difference.")
        return
    width = max(len(_flat(change.criterion)) for change in changes)
    for change in changes:
        mark = " " if change.comparable else "!"
        click.echo(f"{mark} {_flat(change.criterion).ljust(width)}  {_flat(change.what)}")
    click.echo(f"Comparable as before: {_flat(', '.join(same)) or 'none'}.")


@rubric.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Writes to this file.")
@home_option
def schema(output: Path | None, home: Path | None) -> None:  # noqa: ARG001 -- on every command
    """Prints the JSON Schema of rubric files, for editors.

    \b
    Examples:
      reviewer rubric schema -o rubric.schema.json
      # then, as the first line of a rubric:
      # yaml-language-server: $schema=rubric.schema.json
    """
    from reviewer.rubric import json_schema

    text = _json(json_schema())
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"cannot be written: {error.strerror or error}.", mend="Check the path.", where=_flat(str(output))
        ) from None


def _resolve(argument: str, home: Path | None) -> Rubric:
    """The rubric that an argument names: a file, else the one in force in the queue of that name; `QUEUE@1` is the
    first that a queue had, `QUEUE@2` the second."""
    from reviewer.rubric import load_rubric

    chosen = home_at(home)
    if Path(argument).exists() or not chosen.has_store:
        return load_rubric(Path(argument))
    from reviewer.rubric import Rubric
    from reviewer.store import queues

    name, _, number = argument.partition("@")
    with store_at(chosen).reading() as connection:
        queue = queues.find(connection, name)
        kept = queues.rubrics_of(connection, queue.id) if queue else []
    if queue is None:
        return load_rubric(Path(argument))
    if number and not (number.isdecimal() and 1 <= int(number) <= len(kept)):
        raise WrongUsage(f"the queue '{name}' has had {len(kept)} rubrics, no '{number}'.")
    if not kept:
        raise BadInput(f"the queue '{name}' has no rubric.")
    return Rubric.from_document(kept[int(number or 0) - 1][1])


def _checked(file: Path) -> Checked:
    from reviewer.rubric import Checked, Problem, check_rubric, read_text

    try:
        return check_rubric(read_text(file), str(file))
    except BadInput as error:
        return Checked(str(file), problems=[Problem(0, f"{error.what} {error.mend}")], readable=False)


def _report(result: Checked) -> dict[str, Any]:
    found = result.rubric
    return {
        "file": _flat(result.origin),
        "ok": not result.problems,
        "readable": result.readable,
        "name": found.name if found else None,
        "content_hash": found.content_hash if found else None,
        "problems": [{"line": one.line or None, "message": one.message} for one in result.problems],
        "notes": [{"line": one.line or None, "message": one.message} for one in result.notes],
    }


def _print_checked(result: Checked) -> None:
    from reviewer.rubric import place

    for problem in result.problems:
        click.echo(_flat(f"{place(result.origin, problem.line)}: {problem.message}"))
    for note in result.notes:
        click.echo(_flat(f"{place(result.origin, note.line)}: note: {note.message}"))
    if result.rubric is not None:
        count = len(result.rubric.criteria)
        many = "criterion" if count == 1 else "criteria"
        click.echo(_flat(f"{result.origin}: holds: {result.rubric.name}, {count} {many}"))


def _print_rubric(shown: Rubric) -> None:
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)
    _say(console, shown.name, bold=True)
    if shown.instructions:
        _say(console, shown.instructions)
    if shown.criteria:
        _print_table(console, shown)
    if shown.composite:
        _say(console, f"Composite: {shown.composite}")
    if shown.preference is not None:
        allowed = ["a tie"] * (0 in shown.preference.steps) + ["both bad"] * shown.preference.allow_both_bad
        also = f", or {' or '.join(allowed)}" if allowed else ""
        _say(console, f"Preference: {shown.preference.scale} steps{also}")
    for criterion in shown.criteria:
        _print_criterion(console, criterion)


def _print_table(console: Console, shown: Rubric) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("criterion", "type", "answers", "better", "weight", "asked"):
        table.add_column(heading, overflow="fold")
    for one in shown.criteria:
        asked = ["required" if one.required else "optional"]
        asked += ["n/a allowed"] * one.allow_na + [f"per {one.per}"] * (one.per != "output")
        better = one.direction if one.points is None else f"{one.points:+} points"
        cells = (one.id, one.type, _answers(one), better, str(one.weight), ", ".join(asked))
        table.add_row(*(Text(_flat(cell)) for cell in cells))
    console.print(table)


def _print_criterion(console: Console, criterion: Criterion) -> None:
    console.print()
    _say(console, f"{criterion.title} ({criterion.id})" if criterion.label else criterion.id, bold=True)
    if criterion.help:
        _say(console, criterion.help, 2)
    if (rule := _rule(criterion)) != "optional":
        _say(console, f"Rationale: {rule}", 2)
    for value, level in criterion.described():
        _say(console, f"{_word(value)}  {level.label}", 2, bold=True)
        for example in level.examples:
            if example.prompt:
                _say(console, f"asked: {example.prompt}", 6)
            _say(console, f"answered: {example.output}", 6)
            _say(console, f"why: {example.why}", 6)
    for option in criterion.options:
        if criterion.level(option.value) is None:
            score = "" if option.score is None else f" ({option.score})"
            _say(console, f"{option.value}  {option.label}{score}".rstrip(), 2)
    if criterion.reasons:
        _say(console, "Quick reasons: " + "; ".join(criterion.reasons), 2)


def _answers(criterion: Criterion) -> str:
    match criterion.type:
        case "boolean":
            return "yes, no"
        case "choice" | "multi":
            return ", ".join(option.value for option in criterion.options)
        case "text":
            return "words"
        case _:
            low = "…" if criterion.min is None else criterion.min
            high = "…" if criterion.max is None else criterion.max
            return f"{low} to {high}"


def _rule(criterion: Criterion) -> str:
    rule = criterion.rationale
    if not rule.conditional:
        return rule.rule
    parts = [f"below {rule.required_below}"] if rule.required_below is not None else []
    parts += [f"above {rule.required_above}"] if rule.required_above is not None else []
    on = ["n/a" if one is None else _word(one) for one in rule.required_on]
    parts += [f"on {', '.join(on)}"] if on else []
    return f"required {', '.join(parts)}"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _say(console: Console, text: str, indent: int = 0, *, bold: bool = False) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from reviewer.text.sanitise import visible

    console.print(Padding(Text(visible(text), style="bold" if bold else ""), (0, 0, 0, indent), expand=False))


def _flat(text: str) -> str:
    from reviewer.text.sanitise import visible

    return " ".join(visible(text).split("\n"))


def _json(value: Any) -> str:
    import orjson

    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
