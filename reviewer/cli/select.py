"""`reviewer select`: a queue of what experts should see, drawn from another one with known chances."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at

if TYPE_CHECKING:
    from reviewer.triage.selecting import Selected

_LARGEST_SEED = 2**31
_SHOWN = 10


@click.command()
@click.argument("queue")
@click.option("-n", "--items", "n", required=True, type=click.IntRange(1), metavar="N", help="How many tasks to draw.")
@click.option("--as", "name", metavar="NEW", help="Makes a queue of this name; without it nothing is kept.")
@click.option("--criterion", default="", metavar="NAME", help="Whose answers count; else the first one with an order.")
@click.option("--threshold", type=float, metavar="VALUE", help="Near this value it is uncertain; else mid-scale.")
@click.option(
    "--judge", default="", metavar="NAME", help="Whose score counts; else who judged most. Others are a jury."
)
@click.option("--risk", multiple=True, metavar="TAG", help="A tag, or FIELD=VALUE, that is drawn surely; repeat it.")
@click.option("--by", default="", metavar="FIELD", help="Stratifies by a field of the items' metadata.")
@click.option("--equal", is_flag=True, help="Equal shares of the strata; else by their sizes.")
@click.option(
    "--floor",
    default=0.2,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="The share that is drawn by lot alone: what no signal points at is found by it.",
)
@click.option(
    "--alike",
    default=0.8,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="From this similarity on, texts are near-duplicates, and one of them stands for all; 0 draws all.",
)
@click.option("--again", is_flag=True, help="Draws what people have labelled already, too.")
@click.option("--seed", type=click.IntRange(0, _LARGEST_SEED), help="Where the draw begins; else drawn and told.")
@home_option
@json_option
def select(
    queue: str,
    n: int,
    name: str | None,
    criterion: str,
    threshold: float | None,
    judge: str,
    risk: tuple[str, ...],
    by: str,
    equal: bool,
    floor: float,
    alike: float,
    again: bool,
    seed: int | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Draws from QUEUE what experts should see: conflicts, doubt, risk, and a share by lot.

    Failed checks, judges that disagree with each other, with checks or with themselves, abstentions, and scores near
    the threshold raise a task's chance; every task keeps one above 0, which is recorded, so that `reviewer estimate`
    can speak of the whole queue. The reason is for the lead: raters of NEW do not see it. Signals come from
    `reviewer check` and `reviewer judge run`.

    \b
    Examples:
      reviewer select kyc -n 200 --as kyc-experts
      reviewer select kyc -n 200 --risk country=IR --by product --as kyc-experts
      reviewer select kyc -n 50                    # shows what would be drawn
    """
    from reviewer.cli.shown import working
    from reviewer.store import queues
    from reviewer.triage.selecting import Wanted, draw_from, open_as

    chosen = home_at(home)
    store = store_at(chosen)
    wanted = Wanted(
        n=n,
        seed=secrets.randbelow(_LARGEST_SEED) if seed is None else seed,
        criterion=criterion,
        threshold=threshold,
        judge=judge,
        risk=tuple(dict.fromkeys(risk)),
        by=by,
        allocation="equal" if equal else "proportional",
        floor=floor,
        alike=alike or None,
        again=again,
    )
    with working("Drawing …", hidden=as_json):
        found = draw_from(store, queue, wanted)
    if name is not None:
        actor = store.transact(lambda driver: queues.ensure_rater(driver, chosen.rater()))
        found.name = open_as(store, found, wanted, name, actor).name
    if as_json:
        plan = found.plan
        print_json(
            {
                "queue": queue,
                "as": found.name or None,
                "criterion": found.criterion,
                "frame": len(plan.frame),
                "frame_hash": plan.frame_hash,
                "seed": plan.seed,
                "floor": plan.floor,
                "drawn": len(plan.chosen),
                "by_reason": dict(plan.by_kind),
                "left_out": dict(plan.left_out),
                "signals": found.signals,
                "notes": list(plan.notes),
                "tasks": [
                    {"item": task.key, "probability": chance, "reason": reason}
                    for task, chance, _, reason in found.drawn
                ],
            }
        )
        return
    _show(found)


def _show(found: Selected) -> None:
    from reviewer.cli.shown import grid, many, say, standard_output

    screen, plan = standard_output(), found.plan
    made = f"the queue '{found.name}'" if found.name else "nothing was kept"
    say(screen, f"{many(len(plan.chosen), 'task')} drawn of {len(plan.frame):,}: {made}.", bold=True)
    if not found.signals:
        say(
            screen,
            f"No check and no judge has said anything in '{found.queue}': the draw is by lot alone. "
            "`reviewer check` and `reviewer judge run` give it signals.",
        )
    grid(screen, ("reason", "tasks"), [(kind, f"{count:,}") for kind, count in plan.by_kind.items()], (1,))
    rows = sorted(found.drawn, key=lambda row: -row[1])[:_SHOWN]
    grid(screen, ("item", "chance", "why"), [(task.key, f"{chance:.3f}", why) for task, chance, _, why in rows], (1,))
    for reason, number in plan.left_out.items():
        say(screen, f"Left out of the frame: {reason} {number:,}.")
    for note in plan.notes:
        say(screen, note[:1].upper() + note[1:])
    say(screen, f"Seed {plan.seed}, frame {plan.frame_hash[:12]}, {100 * plan.floor:g} % by lot alone.")
    if found.name:
        say(screen, f"Next: `reviewer rate {found.name}`, then `reviewer estimate {found.name}`.")
    else:
        say(screen, "With --as NEW it becomes a queue.")
