"""The steps of a calibration round up to its reveal, or to its end before that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at

if TYPE_CHECKING:
    from reviewer.session.rounds import RoundCard

rater_option = click.option("--rater", help="Who does it, for the event log; else the setting `rater`, or the login.")


@click.command()
@click.argument("name")
@rater_option
@home_option
@json_option
def lock(name: str, rater: str | None, home: Path | None, as_json: bool) -> None:
    """Ends the rating of a round: no more labels are taken, and nobody sees them yet.

    \b
    Examples:
      reviewer round lock kyc-round-1
    """
    from reviewer.session import rounds

    chosen = home_at(home)
    card = rounds.lock(store_at(chosen), name, chosen.rater(rater))
    _tell(card, as_json, f"The round '{name}' is locked; `reviewer round reveal {name}` shows what everybody said.")


@click.command()
@click.argument("name")
@click.option("--incomplete", is_flag=True, help="Even if somebody is not done: nothing more is rated blind then.")
@rater_option
@home_option
@json_option
def reveal(name: str, incomplete: bool, rater: str | None, home: Path | None, as_json: bool) -> None:
    """Shows the members of a round what all of them said; locks it first where that is to be done.

    \b
    Examples:
      reviewer round reveal kyc-round-1
      reviewer round reveal kyc-round-1 --incomplete
    """
    from reviewer.session import rounds

    chosen = home_at(home)
    card = rounds.reveal(store_at(chosen), name, chosen.rater(rater), incomplete=incomplete)
    then = f"`reviewer rate {name}` or `reviewer round show {name}` shows the labels side by side."
    _tell(card, as_json, f"The round '{name}' is revealed: {then}")


@click.command()
@click.argument("name", metavar="QUEUE")
@click.option("--reason", default="", help="Why; it stands in the event log for good.")
@rater_option
@home_option
@json_option
def cancel(name: str, reason: str, rater: str | None, home: Path | None, as_json: bool) -> None:
    """Ends the round whose batch is QUEUE before its reveal, for good: one that was started by mistake.

    No more labels are taken. Those given are kept and nobody sees another's. Its items may be drawn again, but for
    those that a member has rated. A round that was revealed cannot be cancelled.

    \b
    Examples:
      reviewer round cancel kyc-round-1
      reviewer round cancel kyc-round-1 --reason "ben was meant, not bea"
    """
    from reviewer.session import rounds

    chosen = home_at(home)
    card = rounds.cancel(store_at(chosen), name, chosen.rater(rater), reason=reason)
    _tell(card, as_json, f"The round '{name}' is cancelled; `reviewer round start {card.parent}` starts another.")


def _tell(card: RoundCard, as_json: bool, said: str) -> None:
    if as_json:
        print_json(card.to_json())
    else:
        click.echo(plainly(said))
