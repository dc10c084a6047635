"""`reviewer check`: automated checks over all outputs of a queue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, print_json, store_at
from reviewer.errors import CheckFailed, WrongUsage

if TYPE_CHECKING:
    from reviewer.triage.checking import Checked


@click.command()
@click.argument("queue", required=False)
@click.option(
    "--config", "config", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="The checks, as TOML."
)
@click.option("--dry-run", "dry", is_flag=True, help="Examines everything and keeps nothing.")
@click.option("--show", default=5, show_default=True, type=click.IntRange(0, 10_000), help="Tells so many findings.")
@click.option("--types", "list_types", is_flag=True, help="Lists the kinds of checks that there are.")
@click.option("--allow-commands", is_flag=True, help="Runs the programs that FILE names, as you.")
@home_option
@json_option
def check(
    queue: str | None,
    config: Path | None,
    dry: bool,
    show: int,
    list_types: bool,
    allow_commands: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Examines every output of QUEUE with the checks of FILE, and keeps what they say as labels of a rater of its own.

    Checks never stand in the way of people: they fill no overlap, and no rater sees them. A run that is ended goes on
    where it was; changed checks are another rater. The exit code is 1 where an output fails: by a rule, or without
    rules, by any check. FILE is such as

    \b
      name = "kyc-checks"
      [[check]]
      type = "negation"          # keeps every "no" of the context
      [[check]]
      type = "length"
      max_words = 120
      [[rule]]
      name = "turns a denial round"
      when = ["negation == false"]
      then = "expert"            # pass | fail | expert

    \b
    Examples:
      reviewer check kyc --config checks.toml
      reviewer check kyc --config checks.toml --dry-run --show 50
      reviewer check --types
    """
    from reviewer.triage.checks import load_checks
    from reviewer.triage.checks.config import types

    if list_types:
        _list_types(types(), as_json)
        return
    if queue is None or config is None:
        raise WrongUsage(
            "a queue and the checks are needed.", mend="Say `reviewer check QUEUE --config FILE`; --types lists checks."
        )
    from reviewer.cli.remote_shown import bar
    from reviewer.store import queues, remotes
    from reviewer.triage.checking import check_queue

    checks = load_checks(config, allow_commands=allow_commands)
    chosen = home_at(home)
    store = store_at(chosen)
    with store.reading() as connection:
        if (found := queues.find(connection, queue)) is not None:
            remotes.refuse_remote(connection, found)
    actor = store.transact(lambda driver: queues.ensure_rater(driver, chosen.rater()))
    with bar(f"Checking {queue}", hidden=as_json) as progress:
        done = check_queue(store, queue, checks, actor, dry=dry, most_caught=show, progress=progress)
    if as_json:
        print_json(_json(done))
    else:
        _show(done, dry=dry)
    if done.failed:
        raise CheckFailed(f"{done.failed:,} of {done.outputs:,} outputs fail.", mend="See above; --show tells more.")


def _list_types(known: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json({"types": known})
        return
    from reviewer.cli.remote_shown import say

    for name, told in known.items():
        say(f"{name}: {told}")


def _json(done: Checked) -> dict[str, Any]:
    return {
        "rater": done.name,
        "tasks": done.tasks,
        "outputs": done.outputs,
        "new": done.new,
        "known": done.known,
        "failed": done.failed,
        "checks": {name: dict(counts) for name, counts in done.by_check.items()},
        "rules": [{"rule": rule, "then": then, "outputs": count} for (rule, then), count in done.by_rule.items()],
        "findings": [
            {"item": one.item, "output": one.output, "rule": one.rule, "then": one.then, "checks": one.checks}
            for one in done.caught
        ],
    }


def _show(done: Checked, *, dry: bool) -> None:
    from reviewer.cli.shown import grid, many, say, standard_output

    screen = standard_output()
    kept = "nothing was kept" if dry else f"{many(done.new, 'new label')} of '{done.name}'"
    known = f", {done.known:,} known already" if done.known else ""
    say(screen, f"{many(done.outputs, 'output')} of {many(done.tasks, 'task')}: {kept}{known}.", bold=True)
    rows = [
        (name, *(f"{counts[word]:,}" if counts[word] else "" for word in ("true", "false", "told", "unknown")))
        for name, counts in done.by_check.items()
    ]
    grid(screen, ("check", "holds", "does not", "a figure", "cannot tell"), rows, (1, 2, 3, 4))
    if done.by_rule:
        told = [(rule, then, f"{count:,}") for (rule, then), count in sorted(done.by_rule.items())]
        grid(screen, ("rule", "then", "outputs"), told, (2,))
    for one in done.caught:
        of = f", output {one.output}" if one.output > 1 else ""
        why = "; ".join(f"{name}: {reason}" for name, reason in one.checks.items())
        rule = f" [{one.then}: {one.rule}]" if one.then else ""
        say(screen, f"{one.item}{of}{rule} {why}".rstrip())
