"""`reviewer sync`: pushes, hears what changed, and pulls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at

if TYPE_CHECKING:
    from reviewer.store.connection import Store
    from reviewer.store.prepared import Driver
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
    from reviewer.cli.remote_shown import bar, safe_here, show_synced
    from reviewer.store import remotes
    from reviewer.sync.syncing import sync as sync_all

    with bar("Syncing", hidden=as_json) as progress, safe_here(store, record.name):
        synced = sync_all(store, record, progress=progress, fetching=lambda _queue: progress)
    with store.reading() as connection:
        refusals = remotes.refusals(connection, record.name)
    if not as_json:
        show_synced(synced, refusals)
    return synced.to_json() | {"refusals": [refusal._asdict() for refusal in refusals]}


def _list_conflicts(store: Store, chosen: list[RemoteRecord], as_json: bool) -> None:
    rows: list[dict[str, Any]] = []
    with store.reading() as connection:
        for record in chosen:
            rows += _conflicts(connection, record, store.device)
    if as_json:
        print_json({"conflicts": rows})
        return
    from reviewer.cli.remote_shown import show_conflicts

    show_conflicts(rows)


def _conflicts(driver: Driver, record: RemoteRecord, device: str) -> Iterator[dict[str, Any]]:
    """What the remote's rater labelled on two devices, each with the labels that stand beside each other."""
    from reviewer.store import reading, remotes
    from reviewer.store.label_rows import label
    from reviewer.sync.syncing import named

    for queue in remotes.queues_of(driver, record.name):
        counting = queue.document.get("counts", {})
        for conflict in remotes.conflicts(driver, queue.queue, record.rater):
            labels = [found for one in conflict.labels if (found := label(driver, one))]
            brief = reading.read_brief(driver, queue.queue, conflict.position)
            yield {
                "queue": queue.name,
                "item": named(conflict),
                "task": conflict.task,
                "opening": brief.opening if brief else "",
                "labels": [_told(one, device, counts=one["id"] == counting.get(conflict.task)) for one in labels],
            }


def _told(row: dict[str, Any], device: str, *, counts: bool) -> dict[str, Any]:
    import orjson

    return {
        "id": row["id"],
        "here": row["device"] == device,
        "counts": counts,
        "outcome": row["outcome"],
        "values": orjson.loads(row["values"]),
        "rationale": orjson.loads(row["rationale"]),
        "notes": row["notes"],
        "committed_at": row["committed_at"],
    }
