"""`reviewer rate`, and the workstation that `reviewer` alone opens."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, store_at
from reviewer.errors import ReviewerError, WrongUsage

if TYPE_CHECKING:
    from reviewer.config import Home
    from reviewer.keys.keymap import Keymap
    from reviewer.session.sitting import Sitting
    from reviewer.session.synchroniser import Plug, Synchroniser
    from reviewer.store.connection import Store

# Whoever leaves does not wait longer than this for labels that are being sent.
_LEAVING_SECONDS = 2.0


@click.command()
@click.argument("queue")
@click.option("--rater", help="Who rates; else the setting `rater`, else the login name.")
@click.option("--keymap", help="The keymap to use; `reviewer keymap list` names them.")
@click.option("--plain", is_flag=True, help="Line by line, for screen readers, braille lines and pipes.")
@home_option
def rate(queue: str, rater: str | None, keymap: str | None, plain: bool, home: Path | None) -> None:
    """Rates QUEUE from where you left off.

    \b
    Examples:
      reviewer rate kyc-summaries
      reviewer rate kyc-summaries --rater ana --keymap vim
      reviewer rate kyc-summaries --plain
    """
    if plain:
        read_plainly(home, queue, rater)
    else:
        workstation(home, queue=queue, rater=rater, keymap=keymap)


def workstation(
    home: Path | None, *, queue: str | None = None, rater: str | None = None, keymap: str | None = None
) -> None:
    """Opens the workstation on `queue`, or on the list of queues."""
    from reviewer.keys.keymap import load

    chosen = home_at(home)
    if queue is None and not chosen.has_store:
        begin()
        return
    _check_terminal("rate")
    keys = load(keymap or chosen.settings.keymap, chosen.keymaps)
    store = store_at(chosen)
    name = chosen.rater(rater)
    sitting = None
    if queue is not None:
        from reviewer.session.revealing import open_sitting

        sitting = open_sitting(store, queue, name, idle_after=chosen.settings.idle_after)
    _run(chosen, store, keys, name, sitting)


def open_workstation(chosen: Home, store: Store, name: str, sitting: Sitting, *, keymap: str | None = None) -> None:
    """Opens the workstation on a sitting that is open already, and closes it in any case."""
    from reviewer.keys.keymap import load

    try:
        _check_terminal("adjudicate")
        keys = load(keymap or chosen.settings.keymap, chosen.keymaps)
    except BaseException:
        sitting.close()
        raise
    _run(chosen, store, keys, name, sitting)


def _check_terminal(command: str) -> None:
    if not sys.stdout.isatty() or not sys.stdin.isatty():
        raise WrongUsage("the workstation needs a terminal.", mend=f"Use `reviewer {command} QUEUE --plain` in a pipe.")


def _run(chosen: Home, store: Store, keys: Keymap, name: str, sitting: Sitting | None) -> None:
    from reviewer.cli.watched import source_of
    from reviewer.tui.app import ReviewerApp

    syncing = _syncing(store)
    watch = partial(source_of, store)
    app = ReviewerApp(chosen, store, keys, name, sitting=sitting, syncing=syncing, watch=watch)
    app.run(mouse=chosen.settings.mouse)
    _take_leave(store, syncing)
    if app.failure is not None:
        raise app.failure
    if app.return_code:
        raise SystemExit(app.return_code)


def read_plainly(home: Path | None, queue: str, rater: str | None) -> None:
    """Runs the sitting line by line on standard input and output."""
    from reviewer import plain
    from reviewer.session.revealing import is_shown
    from reviewer.session.sitting import Sitting

    chosen = home_at(home)
    store = store_at(chosen)
    sitting = Sitting.open(store, queue, chosen.rater(rater), idle_after=chosen.settings.idle_after, source="plain")
    if is_shown(sitting.queue):
        click.echo(
            f"The round is revealed: `reviewer round show {queue}` tells what everybody said. "
            "What you submit here is a second vote."
        )
    syncing = _syncing(store)
    code = plain.run(sitting, sys.stdin, sys.stdout, syncing=syncing)
    _take_leave(store, syncing)
    if code:
        raise SystemExit(code)


def _syncing(store: Store) -> Plug:
    from reviewer.session.synchroniser import Plug

    return Plug(lambda: _synchroniser(store))


def _synchroniser(store: Store) -> Synchroniser | None:
    """Made on a thread once something is on the screen; a home that works for no server loads nothing for it."""
    from reviewer.store import remotes
    from reviewer.store.packs import PACK_URL

    with store.reading() as connection:
        names = [remote.name for remote in remotes.every(connection) if remote.url != PACK_URL]
    if not names:
        return None
    from reviewer.sync.background import Background

    return Background.over(store, names)


def _take_leave(store: Store, syncing: Plug) -> None:
    """Lets labels that are being sent arrive, and says how many wait, which are safe here."""
    from reviewer.session.synchroniser import leave_words

    waiting = _waiting(store)
    # What was saved last the synchroniser may not have heard of, nor may it be made yet.
    at_work = syncing.wait(_LEAVING_SECONDS) if waiting else syncing.at_work
    if at_work is not None:
        for queue, labels in waiting.items():
            state = at_work.state_of(queue)
            if state is not None and labels > state.waiting:
                at_work.wake(queue, labels - state.waiting)
        at_work.close(_LEAVING_SECONDS)
        waiting = _waiting(store)
    by_packs = _reached_by_packs(store)
    for name in by_packs:
        if labels := sum(number for queue, number in waiting.items() if queue.startswith(f"{name}/")):
            click.echo(leave_words(labels, f"`reviewer pack export {name} -o FILE` writes"), err=True)
    rest = sum(number for queue, number in waiting.items() if queue.partition("/")[0] not in by_packs)
    if rest:
        shut_out = at_work is not None and at_work.state.mark == "refused" and not at_work.state.refused
        click.echo(leave_words(rest, "once you are let in again, `reviewer sync` sends" if shut_out else ""), err=True)


def _waiting(store: Store) -> dict[str, int]:
    """How many labels wait to be sent, by queue."""
    from reviewer.store import remotes

    with suppress(ReviewerError), store.reading() as connection:
        counts = [remotes.counts(connection, remote.name) for remote in remotes.every(connection)]
        return {queue: waiting for of in counts for queue, (waiting, _) in of.items() if waiting}
    return {}


def _reached_by_packs(store: Store) -> list[str]:
    from reviewer.store import remotes
    from reviewer.store.packs import PACK_URL

    with suppress(ReviewerError), store.reading() as connection:
        return [remote.name for remote in remotes.every(connection) if remote.url == PACK_URL]
    return []


def begin() -> None:
    """Says in three lines how to begin."""
    click.echo("There is no queue yet. Two ways to begin:")
    click.echo("  reviewer demo                             opens the workstation on sample data")
    click.echo("  reviewer import items.jsonl -q myqueue    makes a queue of your own items")
