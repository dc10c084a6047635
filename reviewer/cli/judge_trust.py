"""`reviewer judge align|bias|compare|license`: judges held to what people say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.cli.shown import working
from reviewer.errors import BadInput, CheckFailed

if TYPE_CHECKING:
    from reviewer.exchange.queue_judges import QueueJudges
    from reviewer.measure.judges.resampling import How
    from reviewer.triage.judge.trust import Trusted

_F = TypeVar("_F", bound=Callable[..., Any])


def _common(function: _F) -> _F:
    """The options that all of these share."""
    for option in (
        click.option("--alpha", default=0.05, show_default=True, help="Intervals at 1 - alpha."),
        click.option("--seed", default=0, show_default=True, help="Where the resampling begins."),
        click.option("--rounds", default=1000, show_default=True, help="Resamples of the items for the intervals."),
        click.option("--criterion", "criteria", multiple=True, metavar="NAME", help="This one alone; may be repeated."),
        click.argument("queue"),
    ):
        function = option(function)
    return function


_judge = click.option(
    "--judge", "judge", metavar="NAME", help="Which judge: NAME, or NAME@VERSION; needed where there are several."
)
_against = click.option(
    "--against",
    type=click.Choice(["gold", "majority", "median"]),
    help="What counts as right: golden values, or what people say; else gold where there is some.",
)


@click.command()
@_common
@_judge
@_against
@click.option("--by", metavar="FIELD", help="Slice by slice of a field of the items' metadata, or of `tags`.")
@click.option("--worst", default=10, show_default=True, type=click.IntRange(0, 1000), help="Tells so many items.")
@click.option("--as", "name", metavar="NEW", help="Makes a queue of these worst items, to open and judge anew.")
@click.option(
    "--epsilon",
    default=0.2,
    show_default=True,
    type=click.FloatRange(0, 1, max_open=True),
    help="The alternative annotator test: what a judge may do worse, for its lower price.",
)
@home_option
@json_option
def align(
    queue: str,
    judge: str | None,
    against: str | None,
    criteria: tuple[str, ...],
    by: str | None,
    worst: int,
    name: str | None,
    epsilon: float,
    rounds: int,
    seed: int,
    alpha: float,
    home: Path | None,
    as_json: bool,
) -> None:
    """Holds a judge of QUEUE to golden values or to what people say, criterion by criterion.

    Beside each figure stand the ceiling (how well people meet each other, on the same items) and the floor (the one
    answer that is given to every item). Abstentions are left out and counted. Of people, first votes count that were
    given before others' judgment was seen.

    \b
    Examples:
      reviewer judge align kyc
      reviewer judge align kyc --judge careful@1f3a --by country
      reviewer judge align kyc --against median --json
      reviewer judge align kyc --worst 20 --as kyc-disputed && reviewer rate kyc-disputed
    """
    from reviewer.triage.judge.trust import align as aligned

    how = _how(rounds, seed, alpha)
    with working("Measuring …", hidden=as_json):
        read = _read(queue, home, by)
        facts = read.judge(judge)
        found = aligned(read, facts, against=against, criteria=tuple(criteria), epsilon=epsilon, most=worst, how=how)
    _refuse_nothing(found, facts, queue)
    if name is not None:
        _open_worst(read, found, name, home)
    if as_json:
        print_json(
            _told(facts)
            | {"queue": queue, "as": name, "criteria": {name: one.to_json() for name, one in found.items()}}
        )
        return
    from reviewer.cli.judge_shown import show_alignment

    show_alignment(read, facts, found)
    if name is not None:
        click.echo(plainly(f"Next: `reviewer rate {name}`."))


@click.command()
@_common
@_judge
@home_option
@json_option
def bias(
    queue: str,
    judge: str | None,
    criteria: tuple[str, ...],
    rounds: int,
    seed: int,
    alpha: float,
    home: Path | None,
    as_json: bool,
) -> None:
    """Says whether a judge of QUEUE leans: to what is shown first, the longer, the formatted, its own kin, to mercy.

    Length, formatting, kinship and leniency are held against people on the same outputs: people may like longer ones,
    too. A plain word goes with each figure: biased, slight, fair, unclear (too few items to say), or not identified.

    \b
    Examples:
      reviewer judge bias kyc
      reviewer judge bias pairs --judge careful --json
    """
    from reviewer.triage.judge.trust import biases

    how = _how(rounds, seed, alpha)
    with working("Measuring …", hidden=as_json):
        read = _read(queue, home)
        facts = read.judge(judge)
        found = biases(read, facts, criteria=tuple(criteria), how=how)
    _refuse_nothing(found, facts, queue)
    if as_json:
        told = {name: [one.to_json() for one in findings] for name, findings in found.items()}
        print_json(_told(facts) | {"queue": queue, "criteria": told})
        return
    from reviewer.cli.judge_shown import show_biases

    show_biases(facts, found)


@click.command()
@_common
@click.option("--judge", "first", metavar="NAME", required=True, help="The one: NAME or NAME@VERSION.")
@click.option("--with", "second", metavar="NAME", required=True, help="The other, held against it.")
@_against
@home_option
@json_option
def compare(
    queue: str,
    first: str,
    second: str,
    against: str | None,
    criteria: tuple[str, ...],
    rounds: int,
    seed: int,
    alpha: float,
    home: Path | None,
    as_json: bool,
) -> None:
    """Compares two judges, or two versions of one, on the same items of QUEUE by paired tests.

    \b
    Examples:
      reviewer judge compare kyc --judge careful@1f3a --with careful@9b20
      reviewer judge compare kyc --judge small --with large --criterion grounded
    """
    from reviewer.triage.judge.trust import compare as compared

    how = _how(rounds, seed, alpha)
    with working("Measuring …", hidden=as_json):
        read = _read(queue, home)
        one, other = read.judge(first), read.judge(second)
        found = compared(read, one, other, against=against, criteria=tuple(criteria), how=how)
    if not found:
        raise BadInput("the two answered no criterion in common.", mend="Let both judge the same tasks first.")
    if as_json:
        told = {name: versions.to_json() for name, versions in found.items()}
        print_json({"queue": queue, "first": _told(one), "second": _told(other), "criteria": told})
        return
    from reviewer.cli.judge_shown import show_versions

    show_versions(one, other, found)


@click.command(name="license")
@_common
@_judge
@_against
@click.option("--items", default=50, show_default=True, type=click.IntRange(1), help="The least items with an answer.")
@click.option("--kappa", default=0.6, show_default=True, help="The least lower limit of kappa.")
@click.option("--position", default=0.1, show_default=True, help="The most that the order may turn, as a share.")
@click.option(
    "--length", type=float, help="The most that length may draw it more than people; else 0.3, of scores 0.1."
)
@click.option(
    "--leniency", default=0.1, show_default=True, help="The most that it may be off, as a share of the scale."
)
@home_option
@json_option
def license_(
    queue: str,
    judge: str | None,
    against: str | None,
    criteria: tuple[str, ...],
    items: int,
    kappa: float,
    position: float,
    length: float | None,
    leniency: float,
    rounds: int,
    seed: int,
    alpha: float,
    home: Path | None,
    as_json: bool,
) -> None:
    """Says whether a judge may stand in for people in QUEUE; else it advises. The exit code is 1 where it may not.

    It holds for exactly this version (model, prompt, parameters and rubric) and only while the figures hold: enough
    items, kappa's lower limit, and no bias that reaches past its limit. Kappa is quadratic where answers have an order.

    \b
    Examples:
      reviewer judge license kyc
      reviewer judge license kyc --kappa 0.7 --items 100 --json
    """
    from reviewer.triage.judge.licence import Terms, licence_of

    how = _how(rounds, seed, alpha)
    terms = Terms(items=items, kappa=kappa, position=position, length=length, leniency=leniency)
    with working("Measuring …", hidden=as_json):
        read = _read(queue, home)
        facts = read.judge(judge)
        found = licence_of(read, facts, terms, against=against, criteria=tuple(criteria), how=how)
    _refuse_nothing(found, facts, queue)
    granted = all(one.granted for one in found.values())
    if as_json:
        told = {name: one.to_json() for name, one in found.items()}
        print_json(_told(facts) | {"queue": queue, "granted": granted, "terms": terms.to_json(), "criteria": told})
    else:
        from reviewer.cli.judge_shown import show_licence

        show_licence(facts, found)
    if not granted:
        raise CheckFailed(
            f"'{facts.name}' (version {facts.version[:8]}) may not stand in: it advises.",
            mend="See above; more human labels, or another prompt, may change that.",
        )


def _open_worst(read: QueueJudges, found: Mapping[str, Trusted], name: str, home: Path | None) -> None:
    from reviewer.store import queues
    from reviewer.triage.selecting import open_named

    reasons: dict[str, str] = {}
    for criterion, one in found.items():
        for item in one.worst:
            said = f"{criterion}: the judge said {item.judge}, people {item.people}"
            task = read.traits[item.item].task
            reasons[task] = f"{reasons[task]}; {said}" if task in reasons else said
    if not reasons:
        raise BadInput("the judge disagrees with people on no item.", mend="Leave --as out.")
    chosen = home_at(home)
    store = store_at(chosen)
    actor = store.transact(lambda driver: queues.ensure_rater(driver, chosen.rater()))
    open_named(store, read.queue, reasons, name, actor)


def _refuse_nothing(found: Any, facts: Any, queue: str) -> None:
    if not found:
        raise BadInput(
            f"no answer of '{facts.name}' in '{queue}' counts beside one of a person.",
            mend=f"`reviewer rate {queue}` adds labels of people.",
        )


def _told(facts: Any) -> dict[str, Any]:
    return {"judge": facts.name, "version": facts.version, "family": facts.family}


def _how(rounds: int, seed: int, alpha: float) -> How:
    from reviewer.measure.judges.resampling import How

    return How(rounds, seed, alpha)


def _read(name: str, home: Path | None, by: str | None = None) -> QueueJudges:
    from reviewer.exchange.queue_judges import read_queue_judges
    from reviewer.store import queues

    with store_at(home_at(home)).reading() as connection:
        found = queues.find(connection, name)
        if found is None:
            raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those there are.")
        return read_queue_judges(connection, found, by=by)
