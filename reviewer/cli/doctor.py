"""`reviewer doctor`: how the store and the terminal stand, and what to do where they do not stand well."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json
from reviewer.errors import BadInput, CheckFailed, WrongUsage

if TYPE_CHECKING:
    from reviewer.config import Home
    from reviewer.store.health import Finding


@click.command(name="doctor")
@click.option("--keys", is_flag=True, help="Names the keys that arrive, until q or ctrl+c.")
@home_option
@json_option
def doctor(keys: bool, home: Path | None, as_json: bool) -> None:
    """Examines the store and the terminal, and says what to do.

    The store: rights, disk, integrity, event log, and whether what is kept beside the labels follows from them; of a
    database what its server does not see to itself. The terminal: size, colours, characters, and what stands between.
    Nothing is changed, but that an older store is brought up to date as by every command. Exits with 1 where something
    fails, with 3 where the store cannot be read.

    \b
    Examples:
      reviewer doctor
      reviewer doctor --json
      reviewer doctor --keys
      reviewer doctor --database postgresql://reviewer@db.example/reviewer
    """
    if keys:
        _keys()
        return
    chosen = home_at(home)
    found: list[Finding] = []
    unreadable = False
    for finding in _examined(chosen):
        found.append(finding)
        unreadable = unreadable or (finding.name == "store" and finding.status == "fail")
        if not as_json:
            _print(finding)
    failed = [finding.name for finding in found if finding.status == "fail"]
    if as_json:
        print_json({"ok": not failed, "findings": [finding.to_json() for finding in found]})
    if unreadable:
        where = "" if chosen.database else str(chosen.store)
        raise BadInput("the store cannot be read.", where=where, mend="Do what is said above.")
    if failed:
        raise CheckFailed(f"{len(failed)} of {len(found)} findings fail: {', '.join(failed)}.", mend="See above.")


def _examined(home: Home) -> Iterator[Finding]:
    from reviewer.cli.terminal import examine_terminal, surroundings

    yield _versions()
    yield from _database(home.database) if home.database else _store(home)
    yield _keymap(home)
    yield from examine_terminal(surroundings())


def _versions() -> Finding:
    import sqlite3
    from importlib.metadata import version

    from reviewer import __version__
    from reviewer.store.health import Finding

    python = sys.version.split()[0]
    told = f"Reviewer {__version__}, Python {python}, SQLite {sqlite3.sqlite_version}, Textual {version('textual')}."
    return Finding("versions", "ok", told)


def _store(home: Home) -> Iterator[Finding]:
    from reviewer.store.connection import Store
    from reviewer.store.health import Finding, examine, examine_file
    from reviewer.store.troubles import StoreTrouble

    try:
        store = Store.open(home.store, create=False)
    except StoreTrouble as error:
        yield Finding("store", "fail", f"{error.where}: {error.what}", error.mend)
        if home.path.is_dir():
            yield from examine_file(home.path, home.store)
        return
    told = f" It was brought up to date; as it was before: {store.copy}." if store.copy else ""
    yield Finding("store", "ok", f"{home.store} opens.{told}")
    yield from examine_file(home.path, home.store)
    yield from examine(store)


def _database(url: str) -> Iterator[Finding]:
    from reviewer.store.health import Finding, examine
    from reviewer.store.postgres import open_database
    from reviewer.store.troubles import StoreTrouble

    try:
        store = open_database(url)
    except StoreTrouble as error:
        yield Finding("store", "fail", f"{error.where}: {error.what}", error.mend)
        return
    with closing(store):
        yield Finding("store", "ok", f"{store.where} opens.")
        yield from examine(store)


def _keymap(home: Home) -> Finding:
    from reviewer.keys.files import find
    from reviewer.keys.validate import check
    from reviewer.store.health import Finding

    name = home.settings.keymap
    try:
        problems = check(find(name, home.keymaps), home.keymaps)
    except BadInput as error:
        return Finding("keymap", "fail", error.what, error.mend)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        return Finding(
            "keymap", "fail", f"the keymap '{name}' cannot be used.", f"`reviewer keymap check {name}` says why."
        )
    return Finding("keymap", "ok", f"the keymap '{name}' holds.")


def _keys() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise WrongUsage("keys can be examined at a terminal only.", mend="Run `reviewer doctor --keys` in one.")
    from reviewer.cli.key_echo import echo_keys

    click.echo("Press keys: each is named as a keymap file names it, with what the terminal sent. q ends.")
    echo_keys(click.echo)


def _print(finding: Finding) -> None:
    click.echo(f"{finding.status:<5} {finding.name:<12} {plainly(finding.what)}")
    if finding.mend and finding.status != "ok":
        click.echo(f"{'':<18} {plainly(finding.mend)}")
