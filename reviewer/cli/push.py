"""`reviewer push`: sends labels to the servers that they are for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at
from reviewer.errors import WrongUsage

if TYPE_CHECKING:
    from reviewer.store.connection import Store
    from reviewer.store.remotes import RemoteRecord


@click.command()
@click.argument("remote", required=False)
@click.option("--refused", "refused_too", is_flag=True, help="Also what the server did not take before.")
@click.option(
    "--let-go", is_flag=True, help="Asks no more for what the server did not take; these labels stay on this device."
)
@home_option
@json_option
def push(remote: str | None, refused_too: bool, let_go: bool, home: Path | None, as_json: bool) -> None:
    """Sends the labels that wait, to REMOTE or to every remote.

    \b
    Examples:
      reviewer push
      reviewer push team --refused
      reviewer push team --let-go
    """
    from reviewer.cli.remote import chosen_remotes
    from reviewer.cli.remote_shown import bar, safe_here, show_pushed
    from reviewer.store import remotes
    from reviewer.sync.pushing import push as push_all
    from reviewer.sync.remotes import alone, connect

    if let_go and refused_too:
        raise WrongUsage("--refused sends again what --let-go asks for no more.", mend="Leave one of them out.")
    store = store_at(home_at(home))
    if let_go:
        _let_go(store, chosen_remotes(store, remote), as_json)
        return
    told: list[dict[str, Any]] = []
    for record in chosen_remotes(store, remote):
        with (
            bar("Sending", hidden=as_json) as progress,
            safe_here(store, record.name),
            alone(store, record.name),
            closing(connect(store, record)) as client,
        ):
            pushed = push_all(store, client, record, refused_too=refused_too, progress=progress)
        with store.reading() as connection:
            refusals = remotes.refusals(connection, record.name)
            waiting = remotes.waiting(connection, record.name)
        told.append(
            {
                "remote": record.name,
                "sent": pushed.sent,
                "known": pushed.known,
                "surplus": pushed.surplus,
                "waiting": waiting,
                "refused": [refusal._asdict() for refusal in refusals],
            }
        )
        if not as_json:
            show_pushed(record.name, pushed, refusals)
    if as_json:
        print_json({"remotes": told})


def _let_go(store: Store, chosen: list[RemoteRecord], as_json: bool) -> None:
    from reviewer.cli.remote_shown import say
    from reviewer.cli.shown import many
    from reviewer.store import remotes

    names = [record.name for record in chosen]
    done = store.transact(lambda driver: {name: remotes.let_go(driver, name) for name in names})
    if as_json:
        print_json({"remotes": [{"remote": name, "let_go": number} for name, number in done.items()]})
        return
    for name, number in done.items():
        kept = "it stays" if number == 1 else "they stay"
        say(f"{name}: {many(number, 'label')} let go; {kept} on this device alone.")
