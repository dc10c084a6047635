"""`reviewer keymap`: which keymaps there are, what they say, and whether they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json
from reviewer.errors import BadInput, CheckFailed
from reviewer.keys.files import DEFAULT, Source, available, find
from reviewer.keys.names import printable
from reviewer.keys.problem import Problem


@click.group(name="keymap")
def keymap() -> None:
    """Which keys run what, and keymaps of your own.

    A keymap is a TOML file in the home's keymaps/ folder; it says what differs from the one that it extends.

    \b
    Examples:
      reviewer keymap list
      reviewer keymap show vim
      reviewer keymap check ./mine.toml
      reviewer rate QUEUE --keymap vim
    """


@keymap.command(name="list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Lists the keymaps, shipped and your own.

    One of your own stands before a shipped one of the same name.

    \b
    Examples:
      reviewer keymap list
      reviewer keymap list --json
    """
    chosen = home_at(home)
    rows = [
        {
            "name": printable(source.name),
            "shipped": source.shipped,
            "in_use": source.name == chosen.settings.keymap,
            "path": printable(str(source.path)),
            "description": _description(source),
        }
        for source in available(chosen.keymaps)
    ]
    if as_json:
        print_json({"keymaps": rows})
        return
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        used = "*" if row["in_use"] else " "
        owner = "shipped" if row["shipped"] else "yours"
        click.echo(f"{used} {row['name']:<{width}}  {owner:<7}  {row['description']}")


def _description(source: Source) -> str:
    from reviewer.keys.files import read

    try:
        return read(source).description
    except BadInput as error:
        return f"cannot be read: {error.what}"


@keymap.command()
@click.argument("name", default="")
@click.option("--markdown", is_flag=True, help="As the Markdown table that the README holds.")
@home_option
@json_option
def show(name: str, markdown: bool, home: Path | None, as_json: bool) -> None:
    """Shows the keys of the keymap NAME, or of the one in use.

    \b
    Examples:
      reviewer keymap show
      reviewer keymap show left-hand
      reviewer keymap show default --markdown
    """
    from reviewer.keys.actions import ACTIONS
    from reviewer.keys.cheatsheet import readme_table, sections, unbound
    from reviewer.keys.keymap import load

    chosen = home_at(home)
    loaded = load(name or chosen.settings.keymap, chosen.keymaps)
    if as_json:
        contexts: dict[str, dict[str, list[str]]] = {}
        for each in ACTIONS.values():
            contexts.setdefault(each.context.value, {})[each.name] = list(loaded.keys(each.name))
        print_json({"name": printable(loaded.name), "description": loaded.description, "contexts": contexts})
        return
    if markdown:
        click.echo(readme_table(loaded))
        return
    click.echo(f"{printable(loaded.name)}: {loaded.description}")
    for section in sections(loaded):
        click.echo(f"\n{section.heading} [{section.context}]")
        for row in section.rows:
            click.echo(f"  {' '.join(row.keys):<26} {row.action:<26} {row.description}")
    if without := unbound(loaded):
        click.echo(f"\nWithout a key: {', '.join(action.name for action in without)}")


@keymap.command()
@click.argument("keymaps", nargs=-1, metavar="[FILE|NAME]...")
@home_option
@json_option
def check(keymaps: tuple[str, ...], home: Path | None, as_json: bool) -> None:
    """Examines keymaps, by file or by name; without one, all that there are.

    Wrong are: unknown actions, contexts and keys, an action in another's context, a key with two actions in one
    context, keys that terminals cannot send, actions that nothing can reach. Noted are keys that an inner context
    takes from an outer one, and keys that do not arrive everywhere. Exits with 1 if one fails, 3 if one cannot be
    read.

    \b
    Examples:
      reviewer keymap check
      reviewer keymap check vim ./mine.toml
      reviewer keymap check --json
    """
    from reviewer.keys.validate import check as examine

    own = home_at(home).keymaps
    sources = [_named(name, own) for name in keymaps] or list(available(own))
    found: list[tuple[Source, list[Problem]]] = []
    unreadable: list[BadInput] = []
    for source in sources:
        try:
            found.append((source, examine(source, own)))
        except BadInput as error:
            unreadable.append(error)
            found.append((source, [Problem("error", error.what, error.mend, file=error.where)]))
    if as_json:
        print_json({"keymaps": [_report(source, problems) for source, problems in found]})
    else:
        for source, problems in found:
            _print_problems(source, problems)
    if unreadable:
        raise unreadable[0]
    failed = [printable(source.name) for source, problems in found if _errors(problems)]
    if failed:
        raise CheckFailed(
            f"{len(failed)} of {len(found)} keymaps cannot be used: {', '.join(failed)}.",
            mend="Mend what is listed; a keymap without errors may still have notes.",
        )


def _named(name: str, own: Path) -> Source:
    """A file if it looks like one, else the keymap of that name."""
    from reviewer.keys.validate import source_of

    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1:
        return next((each for each in available(own) if each.path == path.absolute()), source_of(path))
    return find(name or DEFAULT, own)


def _errors(problems: Iterable[Problem]) -> int:
    return Counter(problem.severity for problem in problems)["error"]


def _report(source: Source, problems: list[Problem]) -> dict[str, Any]:
    rows = [
        {
            "severity": problem.severity,
            "what": problem.what,
            "mend": problem.mend,
            "action": problem.action,
            "file": problem.file,
            "line": problem.line,
        }
        for problem in problems
    ]
    return {
        "name": printable(source.name),
        "path": printable(str(source.path)),
        "ok": not _errors(problems),
        "problems": rows,
    }


def _print_problems(source: Source, problems: list[Problem]) -> None:
    errors = _errors(problems)
    verdict = "holds" if not errors else f"{errors} error{'s' if errors > 1 else ''}"
    notes = len(problems) - errors
    tail = f", {notes} note{'s' if notes > 1 else ''}" if notes else ""
    click.echo(f"{printable(source.name)}: {verdict}{tail}")
    for problem in problems:
        click.echo(f"  {problem.severity}: {problem}")
