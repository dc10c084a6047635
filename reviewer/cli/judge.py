"""`reviewer judge`: LLM judges over a queue, held to what people say."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli import judge_trust
from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.errors import CheckFailed, RemoteFailed, WrongUsage

if TYPE_CHECKING:
    from reviewer.config import Home
    from reviewer.triage.judge.dry import Estimate
    from reviewer.triage.judge.run import Judged
    from reviewer.triage.judge.spec import JudgeSpec


@click.group()
def judge() -> None:
    """Asks LLM judges, and says how far they are to be trusted.

    A judge is a rater like any other, of the kind `judge`: another model, prompt, parameter or rubric is another one.
    It fills no overlap, and no rater sees what it said before they have committed themselves.

    \b
    Examples:
      reviewer judge run kyc --judge judge.yaml --dry-run
      reviewer judge run kyc --judge judge.yaml
      reviewer judge align kyc
    """


@judge.command()
@click.argument("queue")
@click.option(
    "--judge",
    "file",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The judge, as YAML.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Says how many calls there would be and what they would cost.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="The first N tasks alone.")
@click.option("--budget", type=click.FloatRange(0), metavar="MONEY", help="In place of the file's; needs its prices.")
@click.option("--concurrency", type=click.IntRange(1, 512), metavar="N", help="Calls at once, in place of the file's.")
@click.option("--allow-host", "allowed", metavar="HOST", help="Lets texts be sent to this host, from now on.")
@home_option
@json_option
def run(
    queue: str,
    file: Path,
    dry: bool,
    limit: int | None,
    budget: float | None,
    concurrency: int | None,
    allowed: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Asks the judge of FILE about every task of QUEUE, and keeps its answers as labels of a rater of its own.

    A comparison is asked in both orders. What cannot be read is asked once more and is an abstention then. A run that
    was ended goes on where it was and pays for no answer that it has. The exit code is 4 where questions got no
    answer, 1 where the budget is used up. FILE is such as

    \b
      name: careful
      provider: openai                # any OpenAI-compatible endpoint; or anthropic
      base_url: https://api.openai.com/v1
      model: MODEL
      family: FAMILY                  # whose outputs it may favour
      parameters: {temperature: 0, max_tokens: 1024}
      samples: 1                      # answers to each question, in each order
      prices: {input: 0.15, output: 0.60}     # of a million tokens
      limits: {concurrency: 8, requests_per_minute: 500, timeout: 120, budget: 5}

    \b
    The key comes from the variable REVIEWER_JUDGE_KEY (OPENAI_API_KEY and ANTHROPIC_API_KEY for those hosts alone), or
    from the keyring: `reviewer judge key HOST`.

    \b
    Examples:
      reviewer judge run kyc --judge judge.yaml --dry-run
      reviewer judge run kyc --judge judge.yaml --budget 2.50
      reviewer judge run kyc --judge local.yaml --allow-host localhost:11434
    """
    from reviewer.cli.remote_shown import bar
    from reviewer.store import queues, remotes
    from reviewer.triage.judge.dry import estimate
    from reviewer.triage.judge.keys import key_for
    from reviewer.triage.judge.run import judge_queue
    from reviewer.triage.judge.spec import load_judge

    spec = _with_limits(load_judge(file), budget, concurrency)
    chosen = home_at(home)
    store = store_at(chosen)
    with store.reading() as connection:
        if (found := queues.find(connection, queue)) is not None:
            remotes.refuse_remote(connection, found)
    if dry:
        _tell_estimate(spec, estimate(store, queue, spec, folder=chosen.path, most=limit), as_json)
        return
    _ask_for_host(chosen, spec, queue, allowed)
    key = key_for(spec)
    actor = store.transact(lambda driver: queues.ensure_rater(driver, chosen.rater()))
    with bar(f"Asking {spec.name} about {queue}", hidden=as_json) as progress:
        done = judge_queue(store, queue, spec, key, actor, folder=chosen.path, most=limit, progress=progress)
    if as_json:
        print_json(_json(spec, done))
    else:
        _show(spec, done)
    _end(done)


@judge.command()
@click.argument("host")
@click.option("--forget", is_flag=True, help="Throws the key away.")
def key(host: str, forget: bool) -> None:
    """Keeps the key of HOST in the system's keyring; it is asked for, or read from standard input.

    \b
    Examples:
      reviewer judge key api.openai.com
      reviewer judge key api.anthropic.com < key.txt
      reviewer judge key api.openai.com --forget
    """
    from reviewer.triage.judge import keys

    if forget:
        keys.forget(host)
        click.echo(plainly(f"The key for {host} is gone."))
        return
    given = click.prompt("Key", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline(10_000)
    keys.keep(host, given)
    click.echo(plainly(f"The key for {host} is in the keyring."))


def _with_limits(spec: JudgeSpec, budget: float | None, concurrency: int | None) -> JudgeSpec:
    if budget is not None and spec.prices is None:
        raise WrongUsage(
            "a budget needs prices.",
            mend="Add `prices: {input: …, output: …}` to the judge's file: of a million tokens.",
        )
    limits = spec.limits
    if budget is not None:
        limits = replace(limits, budget=budget)
    if concurrency is not None:
        limits = replace(limits, concurrency=concurrency)
    return replace(spec, limits=limits)


def _ask_for_host(home: Home, spec: JudgeSpec, queue: str, allowed: str | None) -> None:
    """Sends texts nowhere before somebody has said that they may go there."""
    from reviewer.triage.judge import keys

    if keys.is_allowed(home, spec.host):
        return
    if allowed is not None and allowed != spec.host:
        raise WrongUsage(
            f"--allow-host names {allowed}, and the judge is at {spec.host}.", mend=f"Say --allow-host {spec.host}."
        )
    if allowed is None:
        told = f"{queue}: prompts, context and outputs will be sent to {spec.host}, now and in later runs."
        if not sys.stdin.isatty():
            raise WrongUsage(
                f"texts have never been sent to {spec.host}.",
                mend=f"If they may go there, add --allow-host {spec.host}.",
            )
        click.confirm(plainly(f"{told} May they?"), abort=True, err=True)
    keys.allow(home, spec.host)


def _tell_estimate(spec: JudgeSpec, found: Estimate, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "judge": spec.name,
                "tasks": found.tasks,
                "answers": found.answers,
                "known": found.known,
                "kept": found.kept,
                "calls": found.calls,
                "tokens_in": found.tokens_in,
                "tokens_out": found.tokens_out,
                "cost": found.cost,
                "most_cost": found.most_cost,
                "flagged": dict(found.flagged),
            }
        )
        return
    from reviewer.cli.shown import many, say, standard_output

    screen = standard_output()
    known = found.known + found.kept
    there = f" {known:,} are there already." if known else ""
    say(screen, f"{many(found.tasks, 'task')}, {many(found.answers, 'answer')} wanted.{there}", bold=True)
    say(
        screen,
        f"About {many(found.calls, 'call')} to {spec.host}, {found.tokens_in:,} tokens in, {found.tokens_out:,} out.",
    )
    if found.cost is None or found.most_cost is None:
        say(screen, "What that costs is unknown: the judge's file has no prices.")
    else:
        say(screen, f"About {found.cost:.2f}, at most {found.most_cost:.2f} if no answer has to be repaired.")
        budget = spec.limits.budget
        if budget is not None and found.cost > budget:
            say(screen, f"The budget of {budget:.2f} ends it before that.")
    _tell_flags(screen, found.flagged)
    say(screen, "Nothing was sent.")


def _json(spec: JudgeSpec, done: Judged) -> dict[str, Any]:
    account = done.account
    return {
        "judge": spec.name,
        "version": done.version,
        "tasks": done.tasks,
        "answers": done.answers,
        "known": done.known,
        "new": done.new,
        "abstained": done.abstained,
        "repaired": done.repaired,
        "unanswered": dict(done.unanswered),
        "flagged": dict(done.flagged),
        "calls": account.calls,
        "kept": account.kept,
        "again": account.again,
        "tokens_in": account.tokens_in,
        "tokens_out": account.tokens_out,
        "cost": account.cost if spec.prices else None,
        "cost_unknown": account.unknown,
        "broken_off_before": done.broken_before,
        "spent": account.spent if spec.prices else None,
        "stopped": done.stopped,
    }


def _show(spec: JudgeSpec, done: Judged) -> None:
    from reviewer.cli.shown import many, say, standard_output

    screen, account = standard_output(), done.account
    known = f", {done.known:,} known already" if done.known else ""
    told = f"{many(done.new, 'new label')} of '{spec.name}' (version {done.version[:8]}) on {many(done.tasks, 'task')}"
    say(screen, f"{told}{known}.", bold=True)
    if done.abstained:
        say(screen, f"{many(done.abstained, 'answer')} could not be used and {_are(done.abstained)} an abstention.")
    if done.repaired:
        say(screen, f"{many(done.repaired, 'answer')} could be used once asked again.")
    kept = f", {many(account.kept, 'answer')} kept from before" if account.kept else ""
    again = f", {account.again:,} of them again" if account.again else ""
    say(
        screen,
        f"{many(account.calls, 'call')}{again}{kept}; {account.tokens_in:,} tokens in, {account.tokens_out:,} out.",
    )
    if spec.prices is not None:
        before = f"; {account.spent:.4f} with earlier runs" if done.spent_before else ""
        say(screen, f"Cost: {account.cost:.4f}{before}.")
    unknown = account.unknown + done.broken_before
    if unknown:
        say(
            screen, f"What {many(unknown, 'call')} cost is unknown: nobody heard their end, or tokens were not counted."
        )
    _tell_flags(screen, done.flagged)
    for why, number in done.unanswered.most_common(5):
        say(screen, f"{many(number, 'question')} got no answer: {why}.")


def _are(number: int) -> str:
    return "is" if number == 1 else "are each"


def _tell_flags(screen: Any, flagged: Any) -> None:
    from reviewer.cli.shown import many, say

    for word, number in sorted(flagged.items()):
        say(screen, f"{many(number, 'task')} flagged: {word}.")


def _end(done: Judged) -> None:
    if done.stopped:
        raise CheckFailed(
            f"the budget ended it at {done.account.spent:.4f}.",
            mend="Give more with --budget; what was answered is kept and not paid for twice.",
        )
    if done.unanswered:
        raise RemoteFailed(
            f"{done.unanswered.total():,} of {done.answers:,} questions got no answer.",
            mend="Run it again: what was answered is kept and not paid for twice.",
        )


for command in (judge_trust.align, judge_trust.bias, judge_trust.compare, judge_trust.license_):
    judge.add_command(command)
