"""How a queue looks in a terminal, and what of it programs get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import plainly

if TYPE_CHECKING:
    from reviewer.store.prepared import Driver
    from reviewer.store.queues import QueueRecord


NO_GOLD = (
    "No gold is woven in yet: nothing was decided in another queue of this kind on a scale of this rubric. "
    "`reviewer adjudicate QUEUE` decides there, `reviewer labels import FILE -q QUEUE` brings decisions; both count "
    "from then on."
)


def say(line: str, *, err: bool = False) -> None:
    """Prints one line."""
    click.echo(plainly(line), err=err)


def row_of(connection: Driver, record: QueueRecord) -> dict[str, Any]:
    """A queue as a row of the list, for a program."""
    from reviewer.store import queues
    from reviewer.store.order import tasks_in

    return {
        "name": record.name,
        "kind": record.kind,
        "state": record.state,
        "blind": record.blind,
        "revealed_at": record.revealed_at,
        "overlap": record.overlap,
        "tasks": tasks_in(connection, record.id),
        "labels": queues.labels_in(connection, record.id),
        "raters": sum(1 for _ in queues.progress_of_team(connection, record.id)),
        "created_at": record.created_at,
    }


def standing(row: dict[str, Any]) -> str:
    """Its state, and whether it is blind, in words."""
    seen = "revealed" if row["revealed_at"] else "blind" if row["blind"] else "not blind"
    return f"{row['state']}, {seen}"


def print_queue(shown: dict[str, Any]) -> None:
    """Prints all that is told of a queue."""
    say(f"{shown['name']}: {shown['kind']}, {standing(shown)}, made at {shown['created_at']}")
    asked = f"{shown['overlap']} raters a task" if shown["overlap"] else "every rater rates everything"
    say(f"{shown['tasks']} tasks, {asked}, {shown['labels']} labels with all their revisions")
    if shown["blind"] and not shown["revealed_at"]:
        say("blind to the eye only: whoever may read this store can find out what is hidden")
    for rubric in shown["rubrics"]:
        force = "in force" if rubric["in_force"] else "before"
        say(f"rubric   {rubric['name']} ({rubric['id']}), {force}")
    say(f"order    {_ordered(shown)}")
    if old := shown["outdated_gold"]:
        values = "1 golden value stands" if old == 1 else f"{old:,} golden values stand"
        say(f"gold     {values} on scales that the rubric in force no longer has: nothing is compared with them")
    if beside := shown["disputed"]:
        say(f"disputed {beside:,} labels stand beside another of the same rater, from another device: theirs to settle")
    if drawn := shown["drawn"]:
        say(
            f"drawn    from {drawn['of']:,} tasks of '{drawn['queue']}', seed {drawn['seed']}; --json says why each was"
        )
    for key, value in sorted(shown["settings"].items()):
        say(f"setting  {key}={_written(value)}")
    for row in shown["progress"]:
        others = [(row["skipped"], "skipped"), (row["abstained"], "abstained"), (row["sent_back"], "sent back")]
        counts = [f"{row['submitted']} submitted", *(f"{count} {word}" for count, word in others if count)]
        if row["flagged"]:
            counts.append(f"{row['flagged']} flagged")
        say(f"rater    {row['rater']}: {', '.join(counts)}, {row['active_ms'] / 60000:.1f} active minutes")

    if shown["balance"]:
        _print_balance(shown)


def _ordered(shown: dict[str, Any]) -> str:
    again = f", {shown['settings']['repeats']:.0%} of the tasks come again" if shown["settings"].get("repeats") else ""
    drawn = "of each rater's own" if shown["settings"].get("shuffle", True) else "as imported"
    said = {
        "drawn": drawn,
        "turn": f"{drawn}, given out one by one",
        "open": "open: given out one by one, and every second view of a task mirrors the first",
        "planned": f"planned for {', '.join(shown['planned_for'] or [])}",
    }
    return said[shown["order"]] + again


def _print_balance(shown: dict[str, Any]) -> None:
    places = "left and right" if shown["kind"] == "pairwise" else "at each place"
    for name, found in shown["balance"].items():
        one_order = f"{found['uneven_tasks']} tasks in one order more often than in its mirror"
        say(f"{name:<8} {found['views']} views, each system {places} within {found['greatest']}; {one_order}")
        for rater, difference in found["raters"].items():
            say(f"{'':<8} {rater}: each system {places} within {difference}")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
