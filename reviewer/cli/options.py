"""Options and small services that many commands share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reviewer.config import Home, open_home

if TYPE_CHECKING:
    from reviewer.store.connection import Store

_F = TypeVar("_F", bound=Callable[..., Any])
_S = TypeVar("_S", bound="Store")


def _keep_address(context: click.Context, _option: click.Parameter, url: str | None) -> None:
    if url is not None:
        context.ensure_object(dict)["database"] = url


_home_alone = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that holds the store, the settings and the keymaps; else REVIEWER_HOME names it.",
)
_database = click.option(
    "--database",
    metavar="URL",
    expose_value=False,
    callback=_keep_address,
    help="The store in this PostgreSQL database (postgresql://…), not the home's own; else REVIEWER_DATABASE names it.",
)


def home_option(function: _F) -> _F:
    """Adds --home, which the command is given, and --database, which `home_at` keeps to: where the store lies."""
    return _home_alone(_database(function))


json_option = click.option("--json", "as_json", is_flag=True, help="Prints one JSON object, for programs.")


_IN_USE: deque[Home] = deque(maxlen=1)


def home_at(path: Path | None) -> Home:
    """The home that a command was given, before or after its name, else the one of the environment; so too the
    database that holds its store, if one does."""
    context = click.get_current_context(silent=True)
    given = (context.find_root().obj if context is not None else None) or {}
    home = open_home(path or given.get("home"), database=given.get("database"))
    _IN_USE.append(home)
    return home


def home_in_use() -> Home:
    """The home that was opened last, else the one of the environment: where the log of a defect belongs."""
    return _IN_USE[-1] if _IN_USE else open_home()


def store_at(home: Home, *, create: bool = False) -> Store:
    """The store of `home`, opened until the command ends; made where `create` allows it, which never holds for one in
    a database. Raises StoreTrouble where it is missing."""
    if home.database:
        from reviewer.store.postgres import open_database

        return _closed_at_the_end(open_database(home.database))
    from reviewer.store.connection import Store

    store = Store.open(home.store, create=create)
    if store.remark:
        click.echo(store.remark, err=True)
    return store


def _closed_at_the_end(store: _S) -> _S:
    context = click.get_current_context(silent=True)
    if context is not None:
        context.find_root().call_on_close(store.close)
    return store


def print_json(value: Any) -> None:
    """Prints one JSON object, indented."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def plainly(text: str) -> str:
    """`text` with what a terminal would obey made visible."""
    from reviewer.text.sanitise import visible

    return visible(text)
