"""`reviewer pull`: fetches tasks of a server's queues."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at
from reviewer.errors import WrongUsage

if TYPE_CHECKING:
    from reviewer.store.connection import Store
    from reviewer.store.remotes import Refused, RemoteRecord
    from reviewer.sync import wire
    from reviewer.sync.client import Client
    from reviewer.sync.pulling import Pulled


@click.command()
@click.argument("what", metavar="[REMOTE/QUEUE | REMOTE]", required=False)
@click.option(
    "-n",
    "wanted",
    type=click.IntRange(1, 1_000_000),
    help="Fetches until so many unlabelled items are here; else as many as last time, 50 at first.",
)
@click.option("--take-over", is_flag=True, help="Also what another device of yours has and has not labelled.")
@click.option("--return", "give_back", is_flag=True, help="Gives back what is not labelled, for others to label.")
@home_option
@json_option
def pull(
    what: str | None, wanted: int | None, take_over: bool, give_back: bool, home: Path | None, as_json: bool
) -> None:
    """Fetches items of a server's queue, to label them anywhere.

    Without a queue it fetches for all queues of which something is here, and lists what else there is.

    \b
    Examples:
      reviewer pull
      reviewer pull team/kyc -n 200
      reviewer pull team/kyc --return
    """
    from reviewer.cli.remote import chosen_remotes
    from reviewer.sync.remotes import alone, connect

    if give_back and (wanted or take_over):
        raise WrongUsage("--return gives items back; -n and --take-over fetch some.", mend="Leave one of them out.")
    store = store_at(home_at(home))
    name, slash, queue = (what or "").partition("/")
    told: list[dict[str, Any]] = []
    for record in chosen_remotes(store, name or None):
        with alone(store, record.name), closing(connect(store, record)) as client:
            if give_back:
                told.append(_give_back(store, client, record, queue, as_json))
                continue
            offered = client.queues()
            chosen = _chosen(store, record, offered, queue if slash else "")
            got = [_pull(store, client, record, one, wanted, take_over=take_over, as_json=as_json) for one in chosen]
        rest = [] if slash else [one for one in offered if one not in chosen]
        told.append(_row(record, got, rest))
        if not as_json:
            _list(record, rest, anything=bool(got))
    if as_json:
        print_json({"remotes": told})


def _chosen(store: Store, record: RemoteRecord, offered: list[wire.Queue], name: str) -> list[wire.Queue]:
    from reviewer.store import remotes
    from reviewer.sync.pulling import their_queue

    if name:
        return [their_queue(record, offered, name)]
    with store.reading() as connection:
        here = {queue.their_queue for queue in remotes.queues_of(connection, record.name)}
    return [queue for queue in offered if queue.id in here]


def _pull(
    store: Store,
    client: Client,
    record: RemoteRecord,
    queue: wire.Queue,
    wanted: int | None,
    *,
    take_over: bool,
    as_json: bool,
) -> Pulled:
    from reviewer.cli.remote_shown import bar, show_pulled
    from reviewer.sync.pulling import pull as pull_queue

    with bar(f"Fetching {record.name}/{queue.name}", hidden=as_json) as progress:
        got = pull_queue(store, client, record, queue, wanted, take_over=take_over, progress=progress)
    if not as_json:
        show_pulled(got)
    return got


def _give_back(store: Store, client: Client, record: RemoteRecord, name: str, as_json: bool) -> dict[str, Any]:
    from reviewer.cli.remote_shown import say, show_pushed
    from reviewer.cli.shown import many
    from reviewer.errors import BadInput
    from reviewer.store import remotes
    from reviewer.sync.pulling import give_back
    from reviewer.sync.pushing import push

    pushed = push(store, client, record)
    with store.reading() as connection:
        queues = remotes.queues_of(connection, record.name)
        refusals: list[Refused] = remotes.refusals(connection, record.name)
    chosen = [queue for queue in queues if not name or queue.name == f"{record.name}/{name}"]
    if name and not chosen:
        raise BadInput(f"nothing of the queue '{record.name}/{name}' is here.", mend="`reviewer remote list` lists it.")
    returned = {queue.name: give_back(store, client, record, queue) for queue in chosen}
    if not as_json:
        if pushed.sent or refusals:
            show_pushed(record.name, pushed, refusals)
        for queue, number in returned.items():
            say(f"{queue}: {many(number, 'item')} given back.")
    return {"remote": record.name, "sent": pushed.sent, "returned": returned}


def _row(record: RemoteRecord, got: list[Pulled], rest: list[wire.Queue]) -> dict[str, Any]:
    return {
        "remote": record.name,
        "queues": [
            {
                "queue": one.queue,
                "state": one.state,
                "pulled": one.new,
                "left": one.left,
                "until": one.until,
                "why": {"code": one.why_code, "what": one.why} if one.why else None,
            }
            for one in got
        ],
        "offered": [
            {"queue": f"{record.name}/{one.name}", "kind": one.kind, "state": one.state, "mine": one.mine.model_dump()}
            for one in rest
        ],
    }


def _list(record: RemoteRecord, rest: list[wire.Queue], *, anything: bool) -> None:
    from reviewer.cli.remote_shown import say

    if not rest:
        if not anything:
            say(f"'{record.name}' has no queue for you yet.")
        return
    say(f"Also on '{record.name}':" if anything else f"On '{record.name}':")
    width = max(len(queue.name) for queue in rest)
    for queue in rest:
        say(f"  {record.name}/{queue.name:<{width}}  {queue.kind:<8} {queue.state}")
    say(f"`reviewer pull {record.name}/{rest[0].name}` fetches items.")
