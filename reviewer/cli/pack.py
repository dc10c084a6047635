"""`reviewer pack`: tasks and labels as signed files, for machines that never see a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.config import Home
    from reviewer.store.connection import Store
    from reviewer.store.leases import LeaseRecord
    from reviewer.store.prepared import Driver
    from reviewer.store.queues import QueueRecord
    from reviewer.store.remotes import RemoteQueueRecord, RemoteRecord
    from reviewer.sync import wire

_WANTED, _DAYS = 100, 30
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def pack() -> None:
    """Takes tasks and labels along as signed files, without a network.

    At the server's store a pack of tasks is written for a rater; on their machine it is imported, and rated as any
    queue. A pack of labels goes back the same way. Packs are signed: the server's key lies in server.key in its home,
    or in its database; a machine's own in device.key. Nobody else is to read them.

    \b
    Examples:
      reviewer pack export kyc --rater ana -n 200 -o ana.pack       at the server
      reviewer pack import ana.pack --key KEY                       on ana's machine
      reviewer pack export team/kyc -o labels.pack                  on ana's machine
      reviewer pack import labels.pack --answers answers.pack       at the server
      reviewer pack import answers.pack                             on ana's machine
    """


@pack.command()
@click.argument("what", metavar="QUEUE | REMOTE[/QUEUE]")
@click.option("-o", "output", type=_FILE, required=True, help="The file to write.")
@click.option("--rater", metavar="NAME", help="Whom the tasks are for: a user of the server.")
@click.option("-n", "wanted", type=click.IntRange(1, 1_000_000), help=f"So many tasks at most; else {_WANTED}.")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    help=f"The tasks are theirs for so many days; else {_DAYS}. Late labels count.",
)
@click.option("--take-over", is_flag=True, help="Also what earlier packs and other devices of NAME hold, unlabelled.")
@click.option("--refused", "refused_too", is_flag=True, help="Also labels that the server did not take before.")
@home_option
@json_option
def export(
    what: str,
    output: Path,
    rater: str | None,
    wanted: int | None,
    days: int | None,
    take_over: bool,
    refused_too: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Writes tasks of QUEUE for a rater (with --rater), or the labels that wait for REMOTE.

    Tasks are leased as over the network: nobody else is given what is theirs until the days are over. Labels wait until
    an answer comes back; written twice, they are taken once.

    \b
    Examples:
      reviewer pack export kyc --rater ana -n 200 --days 14 -o ana.pack
      reviewer pack export team -o labels.pack
    """
    chosen = home_at(home)
    store = store_at(chosen)
    found = None if rater else _remote(store, what)
    if found is not None:
        if wanted or days or take_over:
            raise WrongUsage(
                f"'{what}' is a server's, and labels are written for it.",
                mend="-n, --days and --take-over are for tasks.",
            )
        _hand_in(store, *found, output, refused_too=refused_too, as_json=as_json)
        return
    if rater is None:
        raise WrongUsage("whom are the tasks for?", mend=f"`reviewer pack export {what} --rater NAME -o FILE` says it.")
    if refused_too:
        raise WrongUsage("--refused is for labels, and tasks are written here.", mend="Leave it out.")
    _lend(chosen, store, what, rater, output, wanted or _WANTED, days or _DAYS, take_over, as_json)


@pack.command(name="import")
@click.argument("file", type=_FILE)
@click.option("--key", metavar="KEY", help="The server's key, as its lead tells it: the pack must be signed by it.")
@click.option("--trust-key", "trust", is_flag=True, help="Takes the key that signed the first pack as the right one.")
@click.option("--remote", "name", metavar="NAME", help="What the server is to be called here; else 'team'.")
@click.option("--answers", "-o", type=_FILE, help="At the server: writes what became of each label, for the rater.")
@click.option("--most", type=click.IntRange(1), metavar="MB", help="Takes a pack that unpacks to so many megabytes.")
@home_option
@json_option
def import_(
    file: Path,
    key: str | None,
    trust: bool,
    name: str | None,
    answers: Path | None,
    most: int | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Takes a pack in: tasks and answers on the rater's machine, labels at the server.

    A pack that was changed, cut off, or signed by anybody else is refused whole. One that was imported before adds
    nothing; one whose import was interrupted goes on where it was.

    \b
    Examples:
      reviewer pack import ana.pack --key 5f0c…
      reviewer pack import labels.pack --answers answers.pack
    """
    from reviewer.cli.pack_taken import import_answers, import_labels, import_tasks
    from reviewer.sync import packs

    chosen = home_at(home)
    with packs.opened(file, most=most << 20 if most else packs.MOST) as opened:
        kind = opened.header.kind
        if kind != "labels" and answers:
            raise WrongUsage(f"the pack holds {kind}; --answers is for labels.", mend="Leave it out.")
        if kind != "tasks" and (key or name):
            raise WrongUsage(f"the pack holds {kind}; --key and --remote are for tasks.", mend="Leave them out.")
        store = store_at(chosen, create=kind == "tasks")
        if kind == "tasks":
            import_tasks(store, opened, name, key, trust, as_json)
        elif kind == "labels":
            import_labels(chosen, store, opened, trust, answers, as_json)
        else:
            import_answers(store, opened, as_json)


# -- at the server -----------------------------------------------------------------------------------------


class Telling:
    """What a server tells of its queue, from the one allow-list."""

    def __init__(self, queue: QueueRecord, rater: str) -> None:
        from reviewer.server.tasks import Rubrics

        self._queue = queue
        self._rater = rater
        self._rubrics = Rubrics()

    def queue(self, driver: Driver) -> wire.Queue:
        """The queue as its rater may see it."""
        from reviewer.ids import now
        from reviewer.server.tasks import queue_told

        return queue_told(driver, self._rubrics, self._queue, self._rater, now())

    def tasks(self, driver: Driver, leased: Sequence[LeaseRecord]) -> tuple[list[wire.Rubric], list[wire.Task]]:
        """Tasks as their rater may see them, with the rubrics of their own."""
        from reviewer.server.tasks import tasks_told

        tasks = tasks_told(driver, self._rubrics, self._queue, leased)
        own = dict.fromkeys(task.rubric for task in tasks if task.rubric)
        return [self._rubrics.get(driver, rubric).told for rubric in own], tasks

    def changes(self, driver: Driver) -> list[wire.Change]:
        """What was recalled, sent back or opened again, and where labels of theirs stand beside each other."""
        from reviewer.store import leases, receiving
        from reviewer.sync import wire

        told = []
        for one in leases.changes(driver, self._queue.id, self._rater, device=""):
            lease = leases.known(driver, one.lease) if one.what == "conflict" else None
            mine = receiving.mine(driver, lease.task, self._rater) if lease else []
            if one.what != "taken_over":  # which machine the pack is for, nobody here knows
                labels = [wire.Mine(**each) for each in mine]
                told.append(wire.Change(task=one.lease, what=one.what, reason=one.reason, labels=labels))
        return told


def _lend(
    chosen: Home,
    store: Store,
    name: str,
    rater: str,
    output: Path,
    wanted: int,
    days: int,
    take_over: bool,
    as_json: bool,
) -> None:
    from reviewer.cli.remote_shown import bar, say
    from reviewer.cli.shown import many
    from reviewer.session.certificates import refuse_uncertified
    from reviewer.store import queues
    from reviewer.sync.packing import lend
    from reviewer.text.when import moment

    with store.reading() as connection:
        account = _user(connection, rater)
        queue = _queue_for(connection, name, account, rater)
    with bar(f"Packing {name}", hidden=as_json) as progress:
        lent = lend(
            store,
            queue,
            (account, rater),
            output,
            Telling(queue, account),
            wanted=wanted,
            days=days,
            take_over=take_over,
            certificate=refuse_uncertified,
            actor=store.transact(lambda driver: queues.ensure_rater(driver, chosen.rater())),
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "written": "tasks",
                "file": str(output),
                "queue": queue.name,
                "rater": rater,
                "device": lent.device,
                "tasks": lent.tasks,
                "until": lent.until,
                "why": lent.why or None,
                "key": lent.key,
            }
        )
        return
    say(f"{output}: {many(lent.tasks, 'task')} of '{queue.name}' for {rater}, theirs until {moment(lent.until)}.")
    if lent.why:
        say(f"There are no more: {lent.why}")
    say(f"On their machine: `reviewer pack import {output.name} --key {lent.key}`")
    click.echo("Tell them the key by another way than the file.", err=True)


def _user(driver: Driver, name: str) -> str:
    from reviewer.store import accounts

    for account in accounts.every(driver):
        if account.name == name:
            return account.rater
    raise BadInput(
        f"there is no user '{name}'.",
        mend=f"`reviewer user add {name}` adds one; a pack needs no token.",
    )


def _queue_for(driver: Driver, name: str, rater: str, called: str) -> QueueRecord:
    from reviewer.store import queues, remotes, serving

    found = queues.find(driver, name)
    if found is None:
        raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` lists them.")
    remotes.refuse_remote(driver, found)
    seen = serving.seen_one(driver, found.id, rater, called)
    if seen is None:
        raise BadInput(
            f"the queue '{name}' is not open for {called}.", mend=f"`reviewer queue show {name}` tells whom it is for."
        )
    return seen


# -- on the rater's machine --------------------------------------------------------------------------------


def _remote(store: Store, what: str) -> tuple[RemoteRecord, RemoteQueueRecord | None] | None:
    """The remote that `what` names, and its queue; None where it can only be a queue of this store."""
    from reviewer.store import remotes

    name, slash, queue = what.partition("/")
    with store.reading() as connection:
        record = remotes.find(connection, name)
        if record is None:
            if slash:
                raise BadInput(f"there is no remote '{name}'.", mend="`reviewer remote list` lists them.")
            return None
        here = {one.name: one for one in remotes.queues_of(connection, name)}
    if slash and what not in here:
        raise BadInput(f"nothing of the queue '{what}' is here.", mend="`reviewer remote list` lists what is.")
    return record, here[what] if queue else None


def _hand_in(
    store: Store,
    record: RemoteRecord,
    queue: RemoteQueueRecord | None,
    output: Path,
    *,
    refused_too: bool,
    as_json: bool,
) -> None:
    from reviewer.cli.remote_shown import say
    from reviewer.cli.shown import many
    from reviewer.sync.packing import hand_in

    done = hand_in(store, record, output, queue=queue, refused_too=refused_too)
    name = queue.name if queue else record.name
    if as_json:
        print_json(
            {
                "written": "labels" if done else None,
                "file": str(output) if done else None,
                "remote": record.name,
                "queue": queue.name if queue else None,
                "labels": done.labels if done else 0,
                "unfit": done.unfit if done else 0,
                "key": done.key if done else None,
            }
        )
        return
    if done is None:
        say(f"{name}: no label waits, and nothing was written.")
        return
    say(f"{output}: {many(done.labels, 'label')} of {record.rater_name} for '{name}'.")
    if done.unfit:
        say(f"{many(done.unfit, 'label')} {_is(done.unfit)} none that a server takes, and stay here.")
    say(
        f"At the server: `reviewer pack import {output.name} --answers answers.pack`; until the answers come they wait."
    )


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
