"""`reviewer estimate`: means over a whole queue from few labels of people and many of a judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at

if TYPE_CHECKING:
    from reviewer.triage.estimating import Estimated


@click.command()
@click.argument("queue")
@click.option("--criterion", default="", metavar="NAME", help="Whose mean; else the first one with an order.")
@click.option("--judge", default="", metavar="NAME", help="Which judge helps; else who judged most.")
@click.option("--alpha", default=0.05, show_default=True, type=click.FloatRange(0, 0.5, min_open=True, max_open=True))
@home_option
@json_option
def estimate(queue: str, criterion: str, judge: str, alpha: float, home: Path | None, as_json: bool) -> None:
    """Estimates each system's mean, or its share of wins, over all tasks from the few that people labelled.

    QUEUE was drawn by `reviewer select`: the estimate is of the queue that it was drawn from, by the recorded chances.
    A judge's labels of all tasks make the interval narrower and never make it wrong, however poor the judge: what it is
    off by is measured on the labelled tasks. Of a queue that was not drawn, the labelled tasks are taken for a draw by
    lot (prediction-powered inference), which is said.

    \b
    Examples:
      reviewer estimate kyc-experts
      reviewer estimate kyc-experts --criterion grounded --json
    """
    from reviewer.cli.shown import working
    from reviewer.triage.estimating import estimate as estimated

    with working("Estimating …", hidden=as_json):
        found = estimated(store_at(home_at(home)), queue, criterion=criterion, judge=judge, alpha=alpha)
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)


def _show(found: Estimated) -> None:
    from reviewer.cli.judge_shown import number, with_limits
    from reviewer.cli.shown import grid, many, say, standard_output

    screen = standard_output()
    what = "share of wins" if found.criterion == "preference" else f"mean {found.criterion}"
    say(screen, f"The {what} over {many(found.frame, 'task')} of '{found.of}'", bold=True)
    silent = found.selected - found.labelled
    left = f"; {silent:,} ({100 * silent / found.selected:.0f} %) have no label yet" if silent and found.drawn else ""
    helped = f", with the judge '{found.judge}'" if found.judge else ""
    say(screen, f"From {many(found.labelled, 'labelled task')}{helped}{left}.")
    rows = [
        (
            one.system,
            f"{one.tasks:,}",
            f"{one.labelled:,}",
            with_limits(one.estimate),
            "" if one.by_weight is None else with_limits(one.by_weight),
            number(one.naive),
            number(one.judge),
            "" if one.saved is None else f"{one.saved:+,.0f}",
        )
        for one in found.systems
    ]
    headings = ("system", "tasks", "labels", "estimate", "without judge", "naive", "judge", "saved")
    grid(screen, headings, rows, (1, 2, 5, 6, 7))
    say(
        screen,
        "naive is the plain mean of the labels and judge that of the judge: neither is an estimate. saved is how many "
        "more labels, drawn by lot, would have told as much.",
    )
    if silent and found.drawn:
        say(screen, "Tasks without a label are taken to be as the others of their stratum.")
    for one in found.systems:
        if one.largest_weight is not None and one.labelled >= 2:
            say(
                screen,
                f"{one.system}: the largest weight is {one.largest_weight:.1f}; worth {one.effective:.0f} labels of "
                "equal weight.",
            )
    for note in found.notes:
        say(screen, note)
