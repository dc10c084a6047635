"""`reviewer adjudicate`: disputed tasks to a person who decides, or to a consensus without one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.cli.shown import many, working
from reviewer.errors import WrongUsage
from reviewer.session.disputes import FORMS

if TYPE_CHECKING:
    from reviewer.store.connection import Store

METHODS = ("majority", "mean", "median", "dawid_skene")


@click.command(name="adjudicate", epilog=f"Rules: {FORMS}.")
@click.argument("queue")
@click.option("--rater", help="Who decides; else the setting `rater`, else the login name.")
@click.option("--rule", metavar="RULE,RULE", help="What makes a task disputed, in place of the queue's own rules.")
@click.option("--list", "listed", is_flag=True, help="Prints what is disputed, and opens nothing.")
@click.option("--plain", is_flag=True, help="Line by line, for screen readers, braille lines and pipes.")
@click.option("--keymap", help="The keymap to use; `reviewer keymap list` names them.")
@click.option("--consensus", type=click.Choice(METHODS), help="Lets a method speak in place of a person.")
@click.option(
    "--approve",
    metavar="NAME",
    help="Makes the consensus golden in the name of this person, who is known here or is --rater.",
)
@click.option("--dry-run", is_flag=True, help="With --consensus: counts, and writes nothing.")
@home_option
@json_option
def adjudicate(
    queue: str,
    rater: str | None,
    rule: str | None,
    listed: bool,
    plain: bool,
    keymap: str | None,
    consensus: str | None,
    approve: str | None,
    dry_run: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Decides the disputed tasks of QUEUE, the most disputed first.

    You see what the raters said, unnamed, decide criterion by criterion with a reason, or send the task back. What you
    decide is golden. What you rated yourself is for another to decide, and what you were shown here you are no
    independent rater of any more. With --consensus a method gives the labels; ties
    are named and left, and golden is only what a named person approves.

    \b
    Examples:
      reviewer adjudicate kyc
      reviewer adjudicate kyc --list --rule "range>=2,disagree:safe"
      reviewer adjudicate kyc --consensus majority --dry-run
      reviewer adjudicate kyc --consensus median --approve ana
    """
    if consensus is not None:
        _refuse(listed=listed, plain=plain, rule=rule)
        _keep_consensus(home, queue, consensus, rater=rater, approve=approve, dry_run=dry_run, as_json=as_json)
        return
    if approve is not None or dry_run:
        raise WrongUsage("--approve and --dry-run speak of a consensus.", mend="Add --consensus majority, say.")
    if listed or as_json:
        _list(home, queue, rater=rater, rule=rule, as_json=as_json)
        return
    _open(home, queue, rater=rater, rule=rule, keymap=keymap, plain=plain)


def _refuse(*, listed: bool, plain: bool, rule: str | None) -> None:
    given = [name for name, so in (("--list", listed), ("--plain", plain), ("--rule", rule is not None)) if so]
    if given:
        raise WrongUsage(
            f"{given[0]} speaks of disputed tasks, and a consensus is of all.",
            mend=f"Leave {given[0]} or --consensus out.",
        )


def _list(home: Path | None, queue: str, *, rater: str | None, rule: str | None, as_json: bool) -> None:
    from reviewer.cli.adjudicate_shown import Listed, show
    from reviewer.session.cases import enter_to_decide, read_cases
    from reviewer.session.showing import note_shown
    from reviewer.store import queues

    chosen = home_at(home)
    store = store_at(chosen)
    name = chosen.rater(rater)
    found, rules = enter_to_decide(store, queue, rule)
    with working("reading labels", hidden=as_json), store.reading() as connection:
        # Without an identifier of their own yet, the name stands for who looks: only the order of outputs goes by it.
        me = queues.rater_called(connection, name) or name
        listed = Listed(connection, found, rules, name, read_cases(connection, found, rules, me), me)
        note_shown(store, queue, name, [case.panel.task for case in listed.cases if not listed.hides(case)])
        if as_json:
            print_json(listed.to_json())
        else:
            show(listed)


def _open(
    home: Path | None, queue: str, *, rater: str | None, rule: str | None, keymap: str | None, plain: bool
) -> None:
    from reviewer.cli.adjudicate_shown import nothing_to_decide
    from reviewer.session.cases import Tally, read_cases
    from reviewer.session.deciding import Deciding

    chosen = home_at(home)
    store = store_at(chosen)
    name = chosen.rater(rater)
    source = "plain" if plain else "tui"
    sitting = Deciding.decide(store, queue, name, rule=rule, idle_after=chosen.settings.idle_after, source=source)
    if not sitting.reach:
        cases = read_cases(sitting.reader, sitting.queue, sitting.walk.rules, sitting.rater)
        sitting.close()
        click.echo(plainly(nothing_to_decide(queue, name, Tally.of(cases))))
        return
    if plain:
        from reviewer.plain.deciding import run

        if code := run(sitting, sys.stdin, sys.stdout):
            raise SystemExit(code)
        return
    from reviewer.cli.rate import open_workstation

    open_workstation(chosen, store, name, sitting, keymap=keymap)


def _refuse_strangers(store: Store, name: str) -> None:
    """A name that was mistyped would answer for what nobody approved."""
    from reviewer.store import queues

    with store.reading() as connection:
        known = queues.rater_called(connection, name)
    if known is None:
        raise WrongUsage(f"nobody here is called '{name}'.", mend=f"If it is you, say --rater '{name}' too.")


def _keep_consensus(
    home: Path | None, queue: str, method: str, *, rater: str | None, approve: str | None, dry_run: bool, as_json: bool
) -> None:
    from reviewer.cli.adjudicate_shown import consensus_json, show_consensus
    from reviewer.session.approving import find_consensus

    if approve is not None and not approve.strip():
        raise WrongUsage("--approve takes the name of a person.", mend="Name who answers for it.")
    chosen = home_at(home)
    store = store_at(chosen)
    approver = approve.strip() if approve is not None else None
    if approver is not None and approver != chosen.rater(rater):
        _refuse_strangers(store, approver)
    with working(f"finding the {method}", hidden=as_json):
        kept = find_consensus(
            store, queue, method, actor=approver or chosen.rater(rater), approve=approver, dry_run=dry_run
        )
    if as_json:
        print_json(consensus_json(kept, queue, approver, dry_run=dry_run))
        return
    show_consensus(kept, queue, approver, dry_run=dry_run)
    if kept.reached.ties:
        click.echo(
            f"{many(len(kept.reached.ties), 'answer')} tied, and left: `reviewer adjudicate {plainly(queue)}` decides.",
            err=True,
        )
