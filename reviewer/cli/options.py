"""Options and small services that many commands share."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.config import Home, open_home

if TYPE_CHECKING:
    from reviewer.store.connection import Store

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="REVIEWER_HOME",
    help="The folder that holds the store, the settings and the keymaps.",
)
database_option = click.option(
    "--database",
    metavar="URL",
    help="The store in this PostgreSQL database (postgresql://…) instead of the home's own.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Prints one JSON object, for programs.")


_IN_USE: deque[Home] = deque(maxlen=1)


def home_at(path: Path | None) -> Home:
    """The home that a command was given, before or after its name, else the one of the environment."""
    context = click.get_current_context(silent=True)
    above = context.find_root().obj if context is not None else None
    home = open_home(path or (above or {}).get("home"))
    _IN_USE.append(home)
    return home


def home_in_use() -> Home:
    """The home that was opened last, else the one of the environment: where the log of a defect belongs."""
    return _IN_USE[-1] if _IN_USE else open_home()


def store_at(home: Home, *, create: bool = False, database: str | None = None) -> Store:
    """The store of `home`, or the one in `database`, opened; made where `create` allows it, which never holds for a
    database. Raises StoreTrouble where it is missing."""
    if database is not None:
        from reviewer.store.postgres import open_database

        return open_database(database)
    from reviewer.store.connection import Store

    store = Store.open(home.store, create=create)
    if store.remark:
        click.echo(store.remark, err=True)
    return store


def print_json(value: Any) -> None:
    """Prints one JSON object, indented."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def plainly(text: str) -> str:
    """`text` with what a terminal would obey made visible."""
    from reviewer.text.sanitise import visible

    return visible(text)
