"""`reviewer remote`: the servers that this device works for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.errors import CheckFailed, WrongUsage

if TYPE_CHECKING:
    from reviewer.store.connection import Store
    from reviewer.store.prepared import Driver
    from reviewer.store.remotes import RemoteRecord

_TOKEN_VARIABLE = "REVIEWER_TOKEN"


@click.group()
def remote() -> None:
    """The servers that this device works for.

    \b
    Examples:
      reviewer remote add team https://reviewer.example
      reviewer remote list
      reviewer remote remove team
    """


@remote.command()
@click.argument("name")
@click.argument("url")
@click.option("--token-stdin", is_flag=True, help="Reads the token from standard input; else it is asked for.")
@click.option(
    "--insecure-http", is_flag=True, help="Allows plain http to another machine: everybody on the way can read along."
)
@home_option
@json_option
def add(name: str, url: str, token_stdin: bool, insecure_http: bool, home: Path | None, as_json: bool) -> None:
    """Adds the server at URL under NAME, with the token that its admin gave you.

    The token is kept in the system's keyring, else in a file that you alone can read. It is typed when asked for, read
    from standard input with --token-stdin, or from the variable REVIEWER_TOKEN. Adding a remote again gives it a new
    address or token.

    \b
    Examples:
      reviewer remote add team https://reviewer.example
      reviewer remote add team https://reviewer.example --token-stdin < token.txt
    """
    from reviewer.cli.shown import working
    from reviewer.sync import remotes

    token = _token(from_input=token_stdin)
    store = store_at(home_at(home), create=True)
    with working("Asking the server …", hidden=as_json):
        made = remotes.add(store, name, url, token, insecure_http=insecure_http)
    if as_json:
        print_json(_row(made, {}))
        return
    place = "the system's keyring" if made.document["token"] == "keyring" else "a file that you alone can read"
    _say(f"'{name}' is added: you work there as {made.rater_name} ({made.role}). The token is kept in {place}.")
    _say(f"`reviewer pull` lists what there is; `reviewer pull {name}/QUEUE` fetches items.")


@remote.command(name="list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Lists the remotes, and how many labels wait for each.

    \b
    Examples:
      reviewer remote list
      reviewer remote list --json
    """
    from reviewer.store import remotes
    from reviewer.store.packs import PACK_URL

    with store_at(home_at(home)).reading() as connection:
        rows = [_row(record, _counts(connection, record)) for record in remotes.every(connection)]
    if as_json:
        print_json({"remotes": rows})
        return
    if not rows:
        click.echo("There is no remote yet: `reviewer remote add NAME URL` adds one.")
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        synced = f"synced {row['synced_at'][:16].replace('T', ' ')}" if row["synced_at"] else "never synced"
        where = "by packs" if row["url"] == PACK_URL else row["url"]
        _say(f"{row['name']:<{width}}  {where}  as {row['rater']} ({row['role']})  {synced}")
        for queue in row["queues"]:
            _say(f"{'':<{width}}  {queue['queue']}  {_standing(queue)}")


@remote.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Even while labels wait to be sent.")
@home_option
@json_option
def remove(name: str, force: bool, home: Path | None, as_json: bool) -> None:
    """Forgets a remote and its token. Its queues and labels stay here.

    \b
    Examples:
      reviewer remote remove team
    """
    from reviewer.store import remotes
    from reviewer.sync import remotes as adding

    store = store_at(home_at(home))
    record = adding.find(store, name)
    with store.reading() as connection:
        waiting = remotes.waiting(connection, name) + remotes.refused(connection, name)
        queues = [queue.name for queue in remotes.queues_of(connection, name)]
    if waiting and not force:
        raise CheckFailed(
            f"{_labels(waiting)} not on the server '{name}' yet.",
            mend="`reviewer sync` sends them; with --force they stay here and are not sent.",
        )
    adding.remove(store, name)
    if as_json:
        print_json({"remote": name, "unsent": waiting, "queues": queues})
        return
    _say(f"'{name}' is forgotten, with its token.")
    if queues:
        _say(f"Still here, and closed: {', '.join(queues)}. `reviewer labels export QUEUE` writes their labels.")
    if waiting:
        _say(
            f"{_labels(waiting)} not on the server: adding it again (`reviewer remote add {name} {record.url}`) and "
            "pulling sends them."
        )


def _token(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().strip()
    if told := os.environ.get(_TOKEN_VARIABLE):
        return told.strip()
    if not sys.stdin.isatty():
        raise WrongUsage("there is no terminal to ask for the token.", mend="Give it with --token-stdin.")
    return str(click.prompt("Token", hide_input=True)).strip()


def _counts(connection: Driver, record: RemoteRecord) -> dict[str, tuple[int, int, int]]:
    from reviewer.store import remotes

    counts = remotes.counts(connection, record.name)
    return {
        queue.name: (*counts[queue.name], remotes.left(connection, queue.queue, record.rater))
        for queue in remotes.queues_of(connection, record.name)
    }


def _row(record: RemoteRecord, counts: dict[str, tuple[int, int, int]]) -> dict[str, Any]:
    return {
        "name": record.name,
        "url": record.url,
        "rater": record.rater_name,
        "role": record.role,
        "token": record.document.get("token"),
        "added_at": record.added_at,
        "synced_at": record.synced_at,
        "waiting": sum(waiting for waiting, _, _ in counts.values()),
        "refused": sum(refused for _, refused, _ in counts.values()),
        "queues": [
            {"queue": name, "left": left, "waiting": waiting, "refused": refused}
            for name, (waiting, refused, left) in counts.items()
        ],
    }


def _standing(queue: dict[str, Any]) -> str:
    told = [f"{queue['left']:,} to label"]
    told += [
        f"{queue[what]:,} {words}" for what, words in (("waiting", "to send"), ("refused", "refused")) if queue[what]
    ]
    return ", ".join(told)


def _labels(number: int) -> str:
    return "1 label is" if number == 1 else f"{number:,} labels are"


def _say(line: str) -> None:
    click.echo(plainly(line))


def chosen_remotes(store: Store, name: str | None) -> list[RemoteRecord]:
    """The remote of that name, or all that are reached over a network. Raises BadInput where there is none."""
    from reviewer.errors import BadInput
    from reviewer.store import remotes
    from reviewer.store.packs import PACK_URL
    from reviewer.sync import remotes as adding

    if name is not None:
        return [adding.find(store, name)]
    with store.reading() as connection:
        every = remotes.every(connection)
    found = [remote for remote in every if remote.url != PACK_URL]
    if every and not found:
        raise BadInput(
            "every remote here is reached by packs alone.",
            mend=f"`reviewer pack export {every[0].name} -o FILE` writes what waits.",
        )
    if not found:
        raise BadInput("there is no remote yet.", mend="`reviewer remote add NAME URL` adds one.")
    return found
