"""What `reviewer pack import` does with each kind of pack, and what it tells people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.cli.options import print_json

if TYPE_CHECKING:
    from reviewer.config import Home
    from reviewer.store.connection import Store
    from reviewer.sync.packs import Pack
    from reviewer.sync.returned import Arrived


def import_tasks(store: Store, pack: Pack, name: str | None, key: str | None, trust: bool, as_json: bool) -> None:
    """Stores tasks on the rater's machine."""
    from reviewer.cli.remote_shown import bar, say
    from reviewer.cli.shown import many
    from reviewer.sync.unpacking import take_tasks
    from reviewer.text.when import moment

    with bar("Importing", hidden=as_json) as progress:
        taken = take_tasks(store, pack, name=name, key=key, trust=trust, progress=progress)
    if as_json:
        print_json(
            {
                "imported": "tasks",
                "remote": taken.remote,
                "queue": taken.queue,
                "new": taken.new,
                "again": taken.again,
                "left": taken.left,
                "answered": taken.answered,
                "news": taken.news,
                "until": taken.until,
                "pinned": taken.pinned or None,
            }
        )
        return
    if taken.pinned:
        say(f"The server '{taken.remote}' is known by its key from now on: {taken.pinned}")
    until = f", kept for you until {moment(taken.until)}" if taken.until and taken.left else ""
    if taken.new:
        say(f"{taken.queue}: {many(taken.new, 'new item')}, {taken.left:,} to label{until}.")
    else:
        say(f"{taken.queue}: nothing new, all of it was here already; {taken.left:,} to label{until}.")
    for sentence in taken.news:
        say(f"  {sentence}")
    if taken.answered:
        say(f"The server has {many(taken.answered, 'label')} of yours that waited.")
    if taken.left:
        say(f"`reviewer rate {taken.queue}` begins; `reviewer pack export {taken.queue} -o labels.pack` sends back.")


def import_answers(store: Store, pack: Pack, as_json: bool) -> None:
    """Keeps the answers on the rater's machine."""
    from reviewer.cli.remote_shown import say, show_refusals
    from reviewer.cli.shown import many
    from reviewer.store import remotes
    from reviewer.sync.returned import take_answers

    answered = take_answers(store, pack)
    with store.reading() as connection:
        refusals = remotes.refusals(connection, answered.remote)
        waiting = remotes.waiting(connection, answered.remote)
    if as_json:
        print_json(
            {
                "imported": "answers",
                "remote": answered.remote,
                "sent": answered.sent,
                "refused": [refusal._asdict() for refusal in refusals],
                "before": answered.before,
                "waiting": waiting,
                "fault": answered.fault or None,
            }
        )
        return
    if not answered.sent and not answered.refused:
        say(f"{answered.remote}: nothing new, all of it was answered before.")
    else:
        say(f"{answered.remote}: {many(answered.sent, 'label')} arrived at the server.")
    if answered.refused:
        show_refusals(refusals)
    if waiting:
        say(f"{many(waiting, 'label')} still {_waits(waiting)} to be written into a pack.")


def import_labels(chosen: Home, store: Store, pack: Pack, trust: bool, answers: Path | None, as_json: bool) -> None:
    """Takes labels at the server."""
    from reviewer.cli.remote_shown import bar
    from reviewer.store import queues
    from reviewer.sync.returned import take_labels

    actor = store.transact(lambda driver: queues.ensure_rater(driver, chosen.rater()))
    with bar("Taking labels", hidden=as_json) as progress:
        arrived = take_labels(store, pack, actor=actor, trust=trust, answers=answers, progress=progress)
    if as_json:
        print_json(
            {
                "imported": "labels",
                "rater": arrived.rater,
                "accepted": arrived.accepted,
                "known": arrived.known,
                "surplus": arrived.surplus,
                "conflicts": arrived.conflicts,
                "refused": [{"label": one.label, "reason": one.reason} for one in arrived.refused],
                "fault": arrived.fault or None,
                "pinned": arrived.pinned or None,
                "answers": str(answers) if answers else None,
            }
        )
        return
    _show_arrived(arrived, answers)


def _show_arrived(arrived: Arrived, answers: Path | None) -> None:
    from reviewer.cli.remote_shown import say
    from reviewer.cli.shown import many

    extra = [f"{arrived.known:,} known here already" if arrived.known else ""]
    extra.append(f"{arrived.surplus:,} beyond what was asked for, kept as surplus" if arrived.surplus else "")
    extra.append(f"{arrived.conflicts:,} beside another label of theirs" if arrived.conflicts else "")
    more = "; ".join(filter(None, extra))
    if not arrived.accepted and not arrived.refused:
        say(f"Nothing new: {many(arrived.known, 'label')} of {arrived.rater} {_is(arrived.known)} here already.")
    else:
        say(f"{many(arrived.accepted, 'new label')} of {arrived.rater}{f' ({more})' if more else ''}.")
    if arrived.refused:
        say(f"{many(len(arrived.refused), 'label')} {_was(len(arrived.refused))} not taken:")
        for one in arrived.refused:
            say(f"  {one.label}: {one.reason}")
    if arrived.fault:
        say(f"The events of their machine are followed no further: {arrived.fault} The labels count all the same.")
    if arrived.pinned:
        say(f"Their machine is known by its key from now on: {arrived.pinned}")
    if answers:
        say(f"{answers}: the answers, for `reviewer pack import {answers.name}` on their machine.")


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _waits(number: int) -> str:
    return "waits" if number == 1 else "wait"
