"""`reviewer audit`: whether the event log and the labels hold, and what happened."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from reviewer.store.prepared import Driver


@click.group(name="audit")
def audit() -> None:
    """The event log: one hash chain, in which every label and every change of a queue stands.

    \b
    Examples:
      reviewer audit verify
      reviewer audit show --last 20
    """


@audit.command()
@home_option
@json_option
def verify(home: Path | None, as_json: bool) -> None:
    """Follows the chain from its first event, and holds every label against the event that vouches for it.

    Keep the heads that it prints: a chain that was cut off and closed again shows by another head alone. Exits with 1
    and names every fault where something does not hold, with 3 where the store cannot be read.

    \b
    Examples:
      reviewer audit verify
      reviewer audit verify --json
    """
    from reviewer.store.events import verify as follow

    with store_at(home_at(home)).reading() as connection:
        seen = follow(connection)
    if as_json:
        print_json(seen.to_json() | {"holds": not seen.faults})
    else:
        click.echo(f"{seen.events} events, {seen.labels} labels")
        for stream, head in seen.heads.items():
            click.echo(f"head   {stream}  {head}")
        for fault in seen.faults:
            place = f"{fault.stream} event {fault.seq}: " if fault.stream else ""
            click.echo(f"fault  {plainly(place + fault.what)}")
        if not seen.faults:
            click.echo("Everything holds.")
    if seen.faults:
        raise CheckFailed(
            f"{len(seen.faults)} fault{'s' * (len(seen.faults) > 1)} in the event log.",
            mend="Keep this store as it is, and compare it with a copy made by `reviewer store backup`.",
        )


@audit.command()
@click.option("--subject", metavar="ID", help="Only the events of this label, queue or import.")
@click.option("--last", metavar="N", type=click.IntRange(min=1), help="Only the last N events.")
@home_option
@json_option
def show(subject: str | None, last: int | None, home: Path | None, as_json: bool) -> None:
    """Shows what happened, the newest last: when, who, what, and to what.

    Raters are named, systems never; items are named unless their queue is blind.

    \b
    Examples:
      reviewer audit show --last 20
      reviewer audit show --subject 0199f0c2-…
    """
    from reviewer.store import events

    with store_at(home_at(home)).reading() as connection:
        named, placed = _namer(connection), _placer(connection)
        found = [
            {**event, "data": events.event_data(event), "actor_name": named(event["actor"])}
            for event in events.events(connection, subject=subject, last=last)
        ]
        if as_json:
            print_json({"events": found})
            return
        for event in found:
            click.echo(plainly(_line(event, placed)))
        if not found:
            click.echo("No event of this subject." if subject else "Nothing has happened yet.")


def _line(event: dict[str, Any], placed: Callable[[str, str], str]) -> str:
    data: dict[str, Any] = dict(event["data"])
    queue = data.pop("queue", event["subject"] if event["action"].startswith(("queue.", "items.")) else "")
    where = placed(queue, data.pop("task", "")) if queue else ""
    facts = ", ".join(f"{name} {_written(value)}" for name, value in data.items())
    told = "; ".join(part for part in (where, facts) if part)
    return f"{event['seq']:>7}  {event['at']}  {event['actor_name']}  {event['action']}  {event['subject']}  {told}"


def _written(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _namer(connection: Driver) -> Callable[[str], str]:
    from reviewer.store import queues

    @cache
    def named(actor: str) -> str:
        return queues.rater_name(connection, actor)

    return named


def _placer(connection: Driver) -> Callable[[str, str], str]:
    from reviewer.store import queues, reading

    known = {record.id: record for record in queues.all_queues(connection)}

    def placed(queue: str, task: str) -> str:
        record = known.get(queue)
        if record is None:
            return f"queue {queue}"
        if not task:
            return f"queue {record.name}"
        key = None if record.sealed else reading.key_of(connection, task)
        return f"queue {record.name}, " + (f"task {task}" if key is None else f"item {key}")

    return placed
