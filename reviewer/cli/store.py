"""`reviewer store`: copies of the store, and its schema."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json
from reviewer.errors import WrongUsage


@click.group(name="store")
def store() -> None:
    """The store: the one file that holds queues, items and labels.

    \b
    Examples:
      reviewer store backup reviewer-copy.db
      reviewer store upgrade
    """


@store.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@home_option
@json_option
def backup(file: Path, home: Path | None, as_json: bool) -> None:
    """Copies the store to FILE, whole and consistent, while raters may be at work. Overwrites nothing.

    To go back to a copy, end all programs and put it in the store's place as reviewer.db. A store in a database is
    copied by pg_dump.

    \b
    Examples:
      reviewer store backup /media/stick/reviewer-2026-11-22.db
    """
    from reviewer.store.backup import back_up
    from reviewer.store.connection import schema_of

    chosen = home_at(home)
    if chosen.database:
        raise WrongUsage(
            "the store lies in a database, which `store backup` does not copy.",
            mend="Copy it with pg_dump; --database '' goes to the home's own store.",
        )
    source = chosen.store
    schema_of(source)
    quiet = as_json or not sys.stderr.isatty()
    with click.progressbar(length=1000, label="Copying", file=sys.stderr, hidden=quiet) as bar:

        def tell(done: int, total: int) -> None:
            bar.update(1000 * done // max(total, 1) - bar.pos)

        back_up(source, file, tell)
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        click.echo(f"The copy stands at {plainly(str(file))} ({size / 1e6:.1f} MB).")


@store.command()
@home_option
@json_option
def upgrade(home: Path | None, as_json: bool) -> None:
    """Brings the store to the schema of this program, after a copy beside it.

    A local store is brought up to date whenever it is opened; this does it at a time of your choice, and tells. A store
    in a database is made and brought up to date by this alone, and without a copy: make one with pg_dump. PGPASSWORD or
    ~/.pgpass may hold the password.

    \b
    Examples:
      reviewer store upgrade
      reviewer store upgrade --database postgresql://reviewer@db.example/reviewer
    """
    chosen = home_at(home)
    if chosen.database:
        _upgrade_database(chosen.database, as_json)
        return
    from reviewer.store.connection import Store, schema_of
    from reviewer.store.version import SCHEMA_VERSION

    path = chosen.store
    before = schema_of(path)
    copy = Store.open(path, create=False).copy
    if as_json:
        print_json({"from": before, "to": SCHEMA_VERSION, "copy": str(copy) if copy else None})
    elif copy is None:
        click.echo(f"The store has schema {SCHEMA_VERSION} already; nothing was done.")
    else:
        click.echo(f"The store went from schema {before} to {SCHEMA_VERSION}. As it was before: {plainly(str(copy))}")


def _upgrade_database(url: str, as_json: bool) -> None:
    from reviewer.store.upgrading import upgrade as upgraded
    from reviewer.store.version import SCHEMA_VERSION

    before = upgraded(url)
    if as_json:
        print_json({"from": before, "to": SCHEMA_VERSION, "copy": None})
    elif before is None:
        click.echo(f"The database holds a store now, of schema {SCHEMA_VERSION}.")
    elif before == SCHEMA_VERSION:
        click.echo(f"The store has schema {SCHEMA_VERSION} already; nothing was done.")
    else:
        click.echo(f"The store went from schema {before} to {SCHEMA_VERSION}.")
