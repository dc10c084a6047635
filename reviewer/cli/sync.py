"""`reviewer sync`: pushes, hears what changed, and pulls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at

if TYPE_CHECKING:
    from reviewer.store.connection import Store
    from reviewer.store.remotes import RemoteRecord


@click.command()
@click.argument("remote", required=False)
@click.option(
    "--conflicts", "list_conflicts", is_flag=True, help="Lists what you labelled on two devices, offline too."
)
@home_option
@json_option
def sync(remote: str | None, list_conflicts: bool, home: Path | None, as_json: bool) -> None:
    """Sends the labels that wait, hears what happened meanwhile, and fetches up to as many items as were wanted last.

    \b
    Examples:
      reviewer sync
      reviewer sync team --json
      reviewer sync --conflicts
    """
    from reviewer.cli.remote import chosen_remotes

    store = store_at(home_at(home))
    chosen = chosen_remotes(store, remote)
    if list_conflicts:
        _list_conflicts(store, chosen, as_json)
        return
    told = [_sync(store, record, as_json) for record in chosen]
    if as_json:
        print_json({"remotes": told})


def _sync(store: Store, record: RemoteRecord, as_json: bool) -> dict[str, Any]:
    from reviewer.cli.remote_shown import bar, show_synced
    from reviewer.store import remotes
    from reviewer.sync.syncing import sync as sync_all

    with bar("Syncing", hidden=as_json) as progress:
        synced = sync_all(store, record, progress=progress, fetching=lambda _queue: progress)
    with store.reading() as connection:
        refusals = remotes.refusals(connection, record.name)
    if not as_json:
        show_synced(synced, refusals)
    return synced.to_json() | {"refusals": [refusal._asdict() for refusal in refusals]}


def _list_conflicts(store: Store, chosen: list[RemoteRecord], as_json: bool) -> None:
    from reviewer.cli.remote_shown import say
    from reviewer.store import remotes
    from reviewer.store.label_rows import label
    from reviewer.sync.syncing import named

    rows: list[dict[str, Any]] = []
    with store.reading() as connection:
        for record in chosen:
            for queue in remotes.queues_of(connection, record.name):
                for conflict in remotes.conflicts(connection, queue.queue, record.rater):
                    labels = [found for one in conflict.labels if (found := label(connection, one))]
                    rows.append(
                        {
                            "queue": queue.name,
                            "item": named(conflict),
                            "task": conflict.task,
                            "labels": [_told(one, store.device) for one in labels],
                        }
                    )
    if as_json:
        print_json({"conflicts": rows})
        return
    if not rows:
        say("No item was labelled on two devices.")
        return
    for row in rows:
        say(f"{row['queue']}, {row['item']}")
        for one in row["labels"]:
            where = "here" if one["here"] else "on another device"
            say(f"  {where}, {one['committed_at'][:16].replace('T', ' ')}: {one['outcome']} {one['values']}")
    say(
        "Open the item and submit it again: that settles it. The label that the server received first counts till then."
    )


def _told(row: dict[str, Any], device: str) -> dict[str, Any]:
    import orjson

    return {
        "id": row["id"],
        "here": row["device"] == device,
        "outcome": row["outcome"],
        "values": orjson.loads(row["values"]),
        "committed_at": row["committed_at"],
    }
