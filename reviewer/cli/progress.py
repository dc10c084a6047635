"""`reviewer progress`: how far a team is in a queue."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at
from reviewer.errors import WrongUsage

if TYPE_CHECKING:
    from rich.console import Console

    from reviewer.session.progress_source import ProgressSource

_EVERY = 2.0
_SELDOM = {"left": "left", "skipped": "skipped", "abstained": "abstained", "sent_back": "sent back", "leased": "leased"}
"""Columns that are shown where there is anything in them."""


@click.command()
@click.argument("queue", metavar="QUEUE | REMOTE/QUEUE")
@click.option("--watch", is_flag=True, help="Shows it anew every two seconds, until Ctrl-C.")
@home_option
@json_option
def progress(queue: str, watch: bool, home: Path | None, as_json: bool) -> None:
    """Shows how far a team is in a queue: labels, leases and pace of each rater.

    Of REMOTE/QUEUE the server tells it, to leads. `an hour` is what a rater submits in an hour of active work. With
    --watch and --json there is one line at each change.

    \b
    Examples:
      reviewer progress kyc
      reviewer progress team/kyc --watch
      reviewer progress kyc --json
    """
    from reviewer.cli.watched import source_of

    with closing(source_of(store_at(home_at(home)), queue, patient=not watch)) as source:
        if not watch:
            _print(asdict(source.ask()), as_json)
        elif as_json:
            _follow(source)
        elif sys.stdout.isatty():
            _watch(source)
        else:
            raise WrongUsage("--watch draws on a terminal.", mend="With --json it prints a line at each change.")


def _follow(source: ProgressSource) -> None:
    import orjson

    shown: dict[str, Any] | None = None
    while True:
        told = asdict(source.ask())
        if told != shown:
            click.echo(orjson.dumps(told))
            shown = told
        source.wait(_EVERY)


def _watch(source: ProgressSource) -> None:
    from rich.live import Live
    from rich.text import Text

    from reviewer.cli.shown import standard_output

    console = standard_output()
    with Live(console=console, auto_refresh=False, screen=False) as live:
        while True:
            told = asdict(source.ask())
            with console.capture() as captured:
                _show(console, told)
            live.update(Text.from_ansi(captured.get()), refresh=True)
            source.wait(_EVERY)


def _print(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    from reviewer.cli.shown import standard_output

    _show(standard_output(), told)


def _show(console: Console, told: dict[str, Any]) -> None:
    from reviewer.cli.shown import grid, many, say
    from reviewer.text.when import moment

    wanted, submitted = told["wanted"], told["submitted"]
    each = f"{many(told['overlap'], 'rater')} each" if wanted else "every rater rates everything"
    say(console, f"{told['name']}: {told['state']}, {many(told['tasks'], 'task')}, {each}.", bold=True)
    leased = f", {told['leased']:,} more are leased" if told["leased"] else ""
    if wanted:
        say(console, f"{submitted:,} of {wanted:,} labels are there ({min(submitted / wanted, 1):.0%}){leased}.")
    else:
        say(console, f"{many(submitted, 'label')}{leased}.")
    if not told["raters"]:
        say(console, "Nobody has begun.")
        return
    columns = {
        name: heading
        for name, heading in _SELDOM.items()
        if any(one[name] is not None if name == "left" else one[name] for one in told["raters"])
    }
    rows = [
        (
            one["name"],
            *("" if one[name] is None else f"{one[name]:,}" for name in ("submitted", *columns)),
            f"{one['an_hour']:.0f}" if one["an_hour"] else "",
            moment(one["last_at"]) if one["last_at"] else "",
        )
        for one in told["raters"]
    ]
    headings = ("rater", "submitted", *columns.values(), "an hour", "last label")
    grid(console, headings, rows, numbers=range(1, len(headings) - 1))
