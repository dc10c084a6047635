"""`reviewer push`: sends labels to the servers that they are for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at


@click.command()
@click.argument("remote", required=False)
@click.option("--refused", "refused_too", is_flag=True, help="Also what the server did not take before.")
@home_option
@json_option
def push(remote: str | None, refused_too: bool, home: Path | None, as_json: bool) -> None:
    """Sends the labels that wait, to REMOTE or to every remote.

    \b
    Examples:
      reviewer push
      reviewer push team --refused
    """
    from reviewer.cli.remote import chosen_remotes
    from reviewer.cli.remote_shown import bar, show_pushed
    from reviewer.store import remotes
    from reviewer.sync.pushing import push as push_all
    from reviewer.sync.remotes import alone, connect

    store = store_at(home_at(home))
    told: list[dict[str, Any]] = []
    for record in chosen_remotes(store, remote):
        with (
            bar("Sending", hidden=as_json) as progress,
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
