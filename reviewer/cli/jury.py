"""`reviewer jury`: several judges of a queue fused into one answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at
from reviewer.errors import BadInput

if TYPE_CHECKING:
    from reviewer.triage.jury import Jury


@click.command()
@click.argument("queue")
@click.option("--judge", "judges", multiple=True, metavar="NAME", help="This judge, NAME or NAME@VERSION; repeat it.")
@click.option(
    "--method",
    type=click.Choice(["majority", "median", "mean", "weighted"]),
    default="majority",
    show_default=True,
    help="How answers are fused; `weighted` learns each judge's weight from gold, or from people.",
)
@click.option(
    "--against",
    type=click.Choice(["gold", "majority", "median"]),
    help="What counts as right: golden values, or what people say; else gold where there is some.",
)
@click.option("--threshold", type=click.FloatRange(0, 1), help="Abstains where the leading answer has a lower share.")
@click.option(
    "--target", type=click.FloatRange(0, 1), help="Chooses the threshold for this risk, on half of the items."
)
@click.option("--keep", "kept_as", metavar="NAME", help="Keeps what it says as labels of a judge of this name.")
@click.option("--seed", default=0, show_default=True, help="Where the resampling begins.")
@click.option("--rounds", default=1000, show_default=True, help="Resamples of the items for the intervals.")
@click.option("--alpha", default=0.05, show_default=True, help="Intervals at 1 - alpha.")
@home_option
@json_option
def jury(
    queue: str,
    judges: tuple[str, ...],
    method: str,
    against: str | None,
    threshold: float | None,
    target: float | None,
    kept_as: str | None,
    seed: int,
    rounds: int,
    alpha: float,
    home: Path | None,
    as_json: bool,
) -> None:
    """Fuses the judges of QUEUE into one answer, and says what each of them adds to it.

    Ties are named and never broken; a judge without an answer has no vote. Judges that err alike are fewer than they
    look: the effective number says how many. A jury that is kept is a judge like any other: `judge align` holds it to
    people, `judge license` says whether it may stand in.

    \b
    Examples:
      reviewer jury kyc
      reviewer jury kyc --method weighted --target 0.05
      reviewer jury kyc --judge small --judge large --method median --keep panel
    """
    from reviewer.cli.shown import working
    from reviewer.exchange.queue_judges import read_queue_judges
    from reviewer.measure.judges.resampling import How
    from reviewer.store import queues
    from reviewer.triage.jury import keep, sit

    chosen = home_at(home)
    store = store_at(chosen)
    with working("Measuring …", hidden=as_json):
        with store.reading() as connection:
            found = queues.find(connection, queue)
            if found is None:
                raise BadInput(f"there is no queue '{queue}'.", mend="`reviewer queue list` names those there are.")
            read = read_queue_judges(connection, found)
        how = How(rounds, seed, alpha)
        sat = sit(read, judges=judges, method=method, against=against, threshold=threshold, target=target, how=how)
    new = None
    if kept_as:
        actor = store.transact(lambda driver: queues.ensure_rater(driver, chosen.rater()))
        new = keep(store, queue, sat, read, actor, called=kept_as)
    if as_json:
        names = [one.name for one in sat.judges]
        print_json(
            {
                "queue": queue,
                "method": method,
                "judges": [{"judge": one.name, "version": one.version} for one in sat.judges],
                "criteria": {name: one.to_json(names) for name, one in sat.criteria.items()},
                "nothing": sat.why,
                "new": new,
            }
        )
        return
    _show(sat, kept_as, new)


def _show(sat: Jury, kept_as: str | None, new: int | None) -> None:
    from reviewer.cli.judge_shown import number, with_limits
    from reviewer.cli.shown import grid, many, say, standard_output

    screen = standard_output()
    named = ", ".join(f"{one.name}@{one.version[:8]}" for one in sat.judges)
    say(screen, f"{many(len(sat.judges), 'judge')} by {sat.method}: {named}", bold=True)
    for name, one in sat.criteria.items():
        say(screen, "")
        say(
            screen,
            f"{name}: {many(len(one.units), 'item')}, {one.tied:,} without an answer (tied, or unsure)",
            bold=True,
        )
        if one.accuracy is None:
            say(screen, "Nobody has said yet what is right: neither gold nor people.")
            continue
        error = sat.method in ("mean", "median") and one.risk is None
        word = "Mean absolute error" if error else "Accuracy"
        say(screen, f"{word} against {one.by}: {with_limits(one.accuracy)}, n {one.accuracy.n:,}.")
        weights = [""] * len(one.contributions)
        if one.learned is not None:
            weights = [number(weight) for weight in one.learned.weights.tolist()]
            say(
                screen,
                f"Weights add {with_limits(one.learned.gain.difference)} to equal ones. {one.learned.why}".rstrip(),
            )
        rows = [
            (part.judge, weight, with_limits(part.alone), with_limits(part.change), number(part.p_value))
            for part, weight in zip(one.contributions, weights, strict=True)
        ]
        grid(screen, ("judge", "weight", "alone", "what it adds", "p"), rows, (1, 4))
        if one.effective is not None and one.effective.number.value is not None:
            say(
                screen,
                f"They err together ({with_limits(one.effective.correlation)}): worth "
                f"{with_limits(one.effective.number)} judges that err by themselves.",
            )
        if one.chosen is not None:
            chosen = one.chosen
            if chosen.threshold is None:
                say(screen, f"No threshold: {chosen.risk.why}.")
            else:
                say(
                    screen,
                    f"From a share of {chosen.threshold:.3f} it answers {with_limits(chosen.coverage)} of the items, "
                    f"at a risk of {with_limits(chosen.risk)} (at most {chosen.bound:.3f}).",
                )
    for name, why in sat.why.items():
        say(screen, f"{name}: nothing. {why}")
    if kept_as:
        say(screen, f"{many(new or 0, 'new label')} of '{kept_as}'.")
