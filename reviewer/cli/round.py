"""`reviewer round`: a calibration round from the draw to the certificates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.cli.round_files import made_folder, write_certificates
from reviewer.cli.round_items import panels_of, task_among, task_in
from reviewer.cli.round_steps import cancel, lock, rater_option, reveal
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.session.rounds import RoundCard
    from reviewer.store.connection import Store

_WATCHED_EVERY = 1.0

out_option = click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="A folder for one JSON file a rater."
)


@click.group(name="round")
def round_() -> None:
    """Calibration rounds: a batch rated blind by a group, revealed, discussed, and certified.

    \b
    Examples:
      reviewer round start kyc --items 30 --raters ana,ben,chi
      reviewer rate kyc-round-1 --rater ana
      reviewer round status kyc-round-1
      reviewer round reveal kyc-round-1
      reviewer round finish kyc-round-1 --out certificates
    """


for _step in (lock, reveal, cancel):
    round_.add_command(_step)


@round_.command()
@click.argument("queue")
@click.option("--items", default=30, show_default=True, help="How many items the batch has.")
@click.option("--raters", required=True, metavar="NAME,NAME", help="Who takes part; two at least.")
@click.option(
    "--by",
    metavar="WHAT",
    help="Draws equal shares by score (quarters of what labels say), conflict (where raters differ), tags, or the "
    "values of a metadata field.",
)
@click.option("--seed", type=click.IntRange(0), help="Draws the same batch from the same queue again.")
@click.option(
    "--seen", is_flag=True, help="Draws items, too, that a member has rated, seen discussed, or had in a round."
)
@click.option(
    "--measure", metavar="NAME", help="What certificates go by; else AC1 for names and AC2 for ordered scales."
)
@click.option("--threshold", default=0.6, show_default=True, help="What the lower limit of agreement must reach.")
@click.option("--valid-days", default=90, show_default=True, help="How long a certificate holds.")
@click.option("--name", help="The round's name; else QUEUE-round-N.")
@home_option
@json_option
def start(
    queue: str,
    items: int,
    raters: str,
    by: str | None,
    seed: int | None,
    seen: bool,
    measure: str | None,
    threshold: float,
    valid_days: int,
    name: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Draws a batch from QUEUE into a queue of its own, which its members rate blind.

    Where the store is served, members pull the round as REMOTE/NAME, and see it on their devices once it is revealed.

    Hidden repeats, gold, examples of the rubric, and what a member has rated, seen or had in an earlier round are not
    drawn; with --seen what a member knows is.

    \b
    Examples:
      reviewer round start kyc --items 30 --raters ana,ben,chi
      reviewer round start kyc --items 20 --raters ana,ben --by risk --threshold 0.7
      reviewer round start kyc --raters ana,ben --by score --seed 7 --name kyc-may
    """
    from reviewer.cli.round_shown import show_started
    from reviewer.cli.shown import working
    from reviewer.session.starting import Plan
    from reviewer.session.starting import start as start_round

    members = tuple(one.strip() for one in raters.split(","))
    plan = Plan(
        members=members,
        items=items,
        by=by,
        seed=seed,
        seen=seen,
        measure=measure,
        threshold=threshold,
        valid_days=valid_days,
        name=name,
    )
    chosen = home_at(home)
    with working("Drawing …", hidden=as_json):
        started = start_round(store_at(chosen), queue, plan, chosen.rater())
    if as_json:
        print_json(started.to_json())
    else:
        show_started(started)


@round_.command()
@click.argument("name", required=False)
@click.option("--watch", is_flag=True, help="Goes on telling who is how far, until the round is revealed.")
@home_option
@json_option
def status(name: str | None, watch: bool, home: Path | None, as_json: bool) -> None:
    """Shows who is how far in the round NAME, in all rounds of the queue NAME, or in all rounds.

    \b
    Examples:
      reviewer round status
      reviewer round status kyc-round-1 --watch
      reviewer round status kyc --json
    """
    from reviewer.cli.round_shown import show_status

    if watch and as_json:
        raise WrongUsage("--watch is for people, --json for programs.", mend="Leave one of them out.")
    store = store_at(home_at(home))
    cards = _cards(store, name)
    if as_json:
        print_json({"rounds": [card.to_json() for card in cards]})
        return
    show_status(cards)
    while watch and any(card.is_blind for card in cards):
        before, cards = cards, _next(store, name, cards)
        if cards != before:
            if sys.stdout.isatty():
                click.clear()
            show_status(cards)


@round_.command()
@click.argument("name")
@click.option("--item", "key", help="One item alone, by its key.")
@rater_option
@home_option
@json_option
def show(name: str, key: str | None, rater: str | None, home: Path | None, as_json: bool) -> None:
    """Shows what the members of a revealed round said, item by item, the most disputed first.

    Lines alone, for screen readers and files. Outputs that are compared are counted as --rater sees them, who is no
    independent judge of these items any more.

    \b
    Examples:
      reviewer round show kyc-round-1
      reviewer round show kyc-round-1 --item kyc-014
      reviewer round show kyc-round-1 --json
    """
    from reviewer.cli.round_shown import panel_json, show_panels
    from reviewer.session import rounds
    from reviewer.session.showing import note_shown

    chosen = home_at(home)
    store = store_at(chosen)
    card = rounds.round_card(store, name)
    panels = panels_of(store, name, chosen.rater(rater))
    told = [panel for panel in panels if panel.task == task_among(panels, key)] if key is not None else panels
    note_shown(store, name, chosen.rater(rater), [panel.task for panel in told])
    notes = rounds.notes(store, name)
    if as_json:
        of_round = [{"author": author, "text": text, "at": at} for task, author, text, at in notes if task is None]
        rows = [panel_json(panel, notes) for panel in told]
        print_json({**card.to_json(), "notes": of_round, "disputes": rows})
    else:
        show_panels(card, told, notes, whole=key is None)


@round_.command()
@click.argument("name")
@click.argument("text")
@click.option("--item", "key", help="The item that the note is about; else the whole round.")
@rater_option
@home_option
@json_option
def note(name: str, text: str, key: str | None, rater: str | None, home: Path | None, as_json: bool) -> None:
    """Keeps what the group agreed on in the discussion of a revealed round.

    \b
    Examples:
      reviewer round note kyc-round-1 "Rounded figures are right where the source rounds."
      reviewer round note kyc-round-1 "We read 'recent' as this year." --item kyc-014
    """
    from reviewer.session import rounds

    chosen = home_at(home)
    store = store_at(chosen)
    task = task_in(store, name, key) if key is not None else None
    rounds.add_note(store, name, chosen.rater(rater), text, task=task)
    if as_json:
        print_json({"round": name, "item": key, "note": text.strip()})
    else:
        click.echo(plainly(f"Noted in '{name}'{f', on {key}' if key else ''}."))


@round_.command()
@click.argument("name")
@click.option("--item", "key", required=True, help="The item, by its key.")
@click.option("--criterion", required=True, help="The criterion whose level it shows.")
@click.option("--level", required=True, help="The level on which the group agreed.")
@click.option("--why", required=True, metavar="TEXT", help="Why it deserves the level.")
@click.option("--yes", is_flag=True, help="Does not ask.")
@rater_option
@home_option
@json_option
def promote(
    name: str,
    key: str,
    criterion: str,
    level: str,
    why: str,
    yes: bool,
    rater: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Takes an item of a revealed round into the rubric, as an annotated example of a level.

    The rubric with the example comes into force in the round and in its queue; scales stay, so that labels and
    certificates stand. The item's golden values count no more, and later rounds do not draw it.

    \b
    Examples:
      reviewer round promote kyc-round-1 --item kyc-014 --criterion accuracy --level 2 --why "The fee is wrong."
    """
    from reviewer.session import rounds

    if not yes and (as_json or not sys.stdin.isatty()):
        raise WrongUsage("nobody is there to be asked.", mend="Say --yes once the change is right.")
    chosen = home_at(home)
    store = store_at(chosen)
    proposal = rounds.propose_example(store, name, task_in(store, name, key), criterion, level, why)
    if not as_json:
        for line in proposal.lines:
            click.echo(plainly(line))
    if not yes and not click.confirm(f"Bring this into the rubric of '{plainly(proposal.queue)}'?"):
        click.echo("Nothing was changed.")
        return
    rubric = rounds.promote(store, proposal, chosen.rater(rater))
    if as_json:
        print_json({"round": name, "queue": proposal.queue, "item": key, "rubric": rubric, "diff": proposal.lines})
    else:
        click.echo(plainly(f"The rubric of '{proposal.queue}' has the example from now on; its scales are as before."))


@round_.command()
@click.argument("name")
@out_option
@rater_option
@home_option
@json_option
def finish(name: str, out: Path | None, rater: str | None, home: Path | None, as_json: bool) -> None:
    """Ends a revealed round and writes a certificate for each member, by the blind votes alone.

    \b
    Examples:
      reviewer round finish kyc-round-1
      reviewer round finish kyc-round-1 --out certificates
    """
    from reviewer.cli.round_shown import show_certificates, show_discussed
    from reviewer.cli.shown import working
    from reviewer.session import rounds

    chosen = home_at(home)
    store = store_at(chosen)
    folder = made_folder(out)
    with working("Measuring agreement …", hidden=as_json):
        done = rounds.finish(store, name, chosen.rater(rater))
    documents = [document for _, document in done.outcome.documents]
    files = write_certificates(folder, documents)
    if as_json:
        print_json({**done.card.to_json(), **done.outcome.to_json(), "files": files})
        return
    show_certificates(documents)
    show_discussed(done.outcome)
    _say_files(files)


@round_.command()
@click.argument("name")
@out_option
@home_option
@json_option
def certificates(name: str, out: Path | None, home: Path | None, as_json: bool) -> None:
    """Shows the certificates of a finished round once more.

    \b
    Examples:
      reviewer round certificates kyc-round-1
      reviewer round certificates kyc-round-1 --out certificates
    """
    from reviewer.cli.round_shown import show_certificates
    from reviewer.store import rounds

    with store_at(home_at(home)).reading() as connection:
        found = rounds.get(connection, name)
        kept = rounds.certificates(connection, found)
    if not kept and "/" in name:
        raise BadInput(
            f"there is no certificate of yours in the round '{name}'.",
            mend="It comes by `reviewer sync` once whoever leads the round has finished it.",
        )
    if not kept:
        raise BadInput(
            f"the round '{name}' is {found.state}: it has no certificates yet.",
            mend=f"`reviewer round finish {name}` writes them once it is revealed and discussed.",
        )
    documents = [one.document for one in kept]
    files = write_certificates(made_folder(out), documents)
    if as_json:
        print_json({"certificates": documents, "files": files})
        return
    show_certificates(documents)
    _say_files(files)


def _cards(store: Store, name: str | None) -> list[RoundCard]:
    """The rounds that are meant: the one of that name, those of the queue of that name, or all."""
    from reviewer.session import rounds
    from reviewer.store import rounds as kept

    if name is None:
        return rounds.round_cards(store)
    with store.reading() as connection:
        is_round = kept.find(connection, name) is not None
    return [rounds.round_card(store, name)] if is_round else rounds.round_cards(store, name)


def _next(store: Store, name: str | None, before: list[RoundCard]) -> list[RoundCard]:
    """The rounds once they have changed, or a moment later as they are."""
    from time import sleep

    sleep(_WATCHED_EVERY)
    return _cards(store, name) or before


def _say_files(files: list[str]) -> None:
    for file in files:
        click.echo(plainly(f"Wrote {file}."))
