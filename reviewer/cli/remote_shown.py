"""What commands that speak with a server tell people."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import plainly
from reviewer.cli.shown import cut, many
from reviewer.text.when import moment

if TYPE_CHECKING:
    from reviewer.store.connection import Store
    from reviewer.store.remotes import Refused
    from reviewer.sync.client import Progress
    from reviewer.sync.pulling import Pulled
    from reviewer.sync.pushing import Pushed
    from reviewer.sync.syncing import QueueSynced, Synced

_LONGEST = 300


def say(line: str) -> None:
    """Prints a line, with what a terminal would obey made visible; on a terminal it breaks between words."""
    told = plainly(line)
    if sys.stdout.isatty():
        indent = " " * (len(told) - len(told.lstrip()) + 2)
        columns = get_terminal_size().columns
        told = fill(told, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    click.echo(told)


@contextmanager
def safe_here(store: Store, remote: str) -> Iterator[None]:
    """Where the server is out of reach in the block, the error says how many labels are safe here."""
    from reviewer.session.synchroniser import labels_wait
    from reviewer.store import remotes
    from reviewer.sync.trouble import RemoteTrouble

    try:
        yield
    except RemoteTrouble as trouble:
        with store.reading() as connection:
            waiting = remotes.waiting(connection, remote)
        if waiting:
            trouble.mend = f"{trouble.mend} {labels_wait(waiting)}".strip()
        raise


@contextmanager
def bar(word: str, *, hidden: bool) -> Iterator[Progress]:
    """Progress on a terminal; nothing elsewhere."""
    if hidden or not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.text import Text

    console = Console(stderr=True)
    with Bar(console=console, transient=True) as shown:
        # Rich reads markup in a description.
        task = shown.add_task(str(Text(plainly(word)).plain).replace("[", "("), total=None)

        def moved(done: int, of: int) -> None:
            shown.update(task, completed=done, total=of or None)

        yield moved


def show_pulled(got: Pulled) -> None:
    """One line on a pull."""
    told = f"{got.queue}: {many(got.new, 'new item')}, {got.left:,} to label"
    told += f", kept for you until {moment(got.until)}." if got.until and got.left else "."
    why = got.why
    if not why and got.state != "open":
        why = f"It is {got.state} on the server, and no more is asked."
    say(f"{told} {why}".rstrip())


def show_pushed(remote: str, pushed: Pushed, refusals: list[Refused]) -> None:
    """What became of the labels that waited."""
    if not pushed.sent and not refusals:
        say(f"{remote}: no label waits to be sent.")
        return
    extra = [f"{pushed.known:,} known there already" if pushed.known else ""]
    extra.append(f"{pushed.surplus:,} beyond what was asked for, kept as surplus" if pushed.surplus else "")
    more = "; ".join(filter(None, extra))
    say(f"{remote}: {many(pushed.sent, 'label')} sent{f' ({more})' if more else ''}.")
    show_refusals(refusals)


def show_refusals(refusals: list[Refused]) -> None:
    """The labels that were not taken, each with the reason."""
    if not refusals:
        return
    verb = "was" if len(refusals) == 1 else "were"
    say(f"{many(len(refusals), 'label')} {verb} not taken, and kept here:")
    for each in refusals:
        say(f"  {each.queue}, {item_of(each)}: {each.reason}")
    say("`reviewer push --refused` sends again what was not taken; `--let-go` asks no more, and it stays here.")


def item_of(refused: Refused) -> str:
    """The item as its rater knows it."""
    # Where the server withholds the key, the identifier of the lease stands in its place.
    return f"item {refused.position + 1}" if refused.is_withheld else refused.key


def show_synced(synced: Synced, refusals: list[Refused]) -> None:
    """One line on each queue, and what happened there."""
    show_pushed(synced.remote, synced.pushed, refusals)
    if not synced.queues:
        say(f"Nothing of '{synced.remote}' is here yet: `reviewer pull` lists what there is.")
    for queue in synced.queues:
        _show_queue(queue)
    conflicting = sum(len(queue.conflicts) for queue in synced.queues)
    if conflicting:
        verb = "was" if conflicting == 1 else "were"
        say(f"{many(conflicting, 'item')} {verb} labelled on two devices: `reviewer sync --conflicts` lists them.")


def _show_queue(queue: QueueSynced) -> None:
    if queue.pulled is not None:
        show_pulled(queue.pulled)
    elif not queue.heard.gone:
        say(f"{queue.name}: {queue.heard.state}, {queue.left:,} to label here.")
    for sentence in queue.heard.news():
        say(f"  {sentence}")
    for each in queue.heard.happenings:
        if each.reason and len(queue.heard.of(each.what)) > 1:
            say(f"    {each.item}: {each.reason}")
    if queue.trouble:
        say(f"  {queue.trouble}")


def show_conflicts(rows: Sequence[dict[str, Any]]) -> None:
    """What was labelled on two devices, with what was said on each."""
    if not rows:
        say("No item was labelled on two devices.")
        return
    for row in rows:
        say(f"{row['queue']}, {row['item']}: {row['opening']}".rstrip(": "))
        for one in row["labels"]:
            where = "here" if one["here"] else "on another device"
            counts = "  (counts)" if one["counts"] else ""
            said = ", ".join(f"{key} {_value(value)}" for key, value in one["values"].items())
            say(f"  {where}, {moment(one['committed_at'])}: {said or one['outcome']}{counts}")
            for key, why in one["rationale"].items():
                if text := " ".join(filter(None, (*why.get("reasons", ()), why.get("text", "")))):
                    say(f"    {'' if key == 'label' else f'{key}: '}{cut(text, _LONGEST)}")
            if one["notes"]:
                say(f"    note: {cut(one['notes'], _LONGEST)}")
    say("Open the item and submit it: that settles it. Till then the label counts that the server received first.")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(_value, value))
    return str(value)
