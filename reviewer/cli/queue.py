"""`reviewer queue`: what queues there are, how far they are, and what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.cli.queue_changes import (
    COLUMNS,
    as_changed,
    check_disputes,
    is_planned_otherwise,
    really_changed,
    refuse_in_rounds,
    refuse_what_does_not_fit,
    refuse_what_is_too_late,
)
from reviewer.cli.queue_settings import RUBRIC, help_lines, parse
from reviewer.cli.queue_shown import NO_GOLD, print_queue, row_of, say, standing
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.rubric import Rubric
    from reviewer.store.prepared import Driver
    from reviewer.store.queues import QueueRecord


@click.group(name="queue")
def queue() -> None:
    """Queues: what is to be rated, by how many, under which rubric.

    \b
    Examples:
      reviewer queue list
      reviewer queue show kyc
      reviewer queue set kyc overlap=2 goal=40
      reviewer queue set kyc rubric=kyc-2.yaml
    """


@queue.command(name="list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Lists the queues, oldest first.

    \b
    Examples:
      reviewer queue list
      reviewer queue list --json
    """
    from reviewer.store import queues

    with store_at(home_at(home)).reading() as connection:
        rows = [row_of(connection, record) for record in queues.all_queues(connection)]
    if as_json:
        print_json({"queues": rows})
        return
    if not rows:
        click.echo("There is no queue yet: try `reviewer demo`, or `reviewer import FILE -q QUEUE`.")
        return
    width = max(len(plainly(row["name"])) for row in rows)
    for row in rows:
        counts = f"{_of(row['tasks'], 'task'):>15} {_of(row['labels'], 'label'):>15} {_of(row['raters'], 'rater'):>10}"
        say(f"{plainly(row['name']):<{width}}  {row['kind']:<8} {standing(row):<16} {counts}")


def _of(number: int, what: str) -> str:
    """The count of a column, its words below each other."""
    return f"{number} {what}{' ' if number == 1 else 's'}"


@queue.command()
@click.argument("name", metavar="QUEUE")
@home_option
@json_option
def show(name: str, home: Path | None, as_json: bool) -> None:
    """Shows a queue: its rubrics, its settings, and how far each rater is.

    \b
    Examples:
      reviewer queue show kyc
      reviewer queue show kyc --json
    """
    from reviewer.store import label_rows, queues, selected
    from reviewer.store.balance import balances
    from reviewer.store.order import way_of
    from reviewer.store.weaving import outdated

    with store_at(home_at(home)).reading() as connection:
        record = _found(connection, name)
        row = row_of(connection, record)
        rubrics = queues.rubrics_of(connection, record.id)
        team = list(queues.progress_of_team(connection, record.id))
        old_gold = outdated(connection, record)
        disputed = label_rows.disputed(connection, record.id)
        drawn = selected.told_of(connection, record)
        balance = None
        if record.kind != "rating":
            balance = {name: one.to_json() for name, one in balances(connection, record.id).items()}
    way = way_of(record.kind, record.settings)
    shown: dict[str, Any] = {
        **row,
        "order": way,
        "planned_for": record.settings["raters"] if way == "planned" else None,
        "balance": balance,
        "settings": {key: value for key, value in record.settings.items() if key != selected.DRAW},
        "drawn": drawn,
        "outdated_gold": old_gold,
        "disputed": len(disputed),
        "rubrics": [
            {"name": document["name"], "id": identifier, "in_force": number == len(rubrics)}
            for number, (identifier, document) in enumerate(rubrics, 1)
        ],
        "progress": team,
    }
    if as_json:
        print_json(shown)
    else:
        print_queue(shown)


@queue.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--rubric", "rubric_file", metavar="FILE", type=click.Path(path_type=Path), required=True, help="Its rubric."
)
@click.option(
    "--kind",
    type=click.Choice(["rating", "pairwise", "ranking"]),
    default="rating",
    show_default=True,
    help="What a task asks for: a rating, a preference between two outputs, or a ranking of 3 to 8.",
)
@home_option
@json_option
def create(name: str, rubric_file: Path, kind: str, home: Path | None, as_json: bool) -> None:
    """Makes a queue without tasks; `reviewer import` fills it.

    \b
    Examples:
      reviewer queue create kyc --rubric kyc.yaml
      reviewer queue create duel --rubric duel.yaml --kind pairwise
    """
    from reviewer.exchange.intake import check_rubric
    from reviewer.rubric import load_rubric
    from reviewer.store import queues, remotes

    if not name.strip() or name != name.strip() or not name.isprintable():
        raise WrongUsage(
            f"'{plainly(name)}' cannot name a queue.", mend="Take printable characters, no blank at its ends."
        )
    remotes.refuse_name(name)
    rubric = load_rubric(rubric_file)
    if kind != "rating":
        check_rubric(rubric, kind)
    chosen = home_at(home)
    store = store_at(chosen, create=True)
    with store.writing() as connection:
        if queues.find(connection, name) is not None:
            raise BadInput(f"there is a queue '{name}' already.", mend=f"`reviewer queue show {name}` shows it.")
        actor = queues.ensure_rater(connection, chosen.rater())
        made = queues.create(connection, name, stream=store.device, actor=actor, kind=kind)
        _put_rubric(connection, made, rubric, stream=store.device, actor=actor)
        row = row_of(connection, made)
    if as_json:
        print_json(row)
    else:
        say(f"Queue '{name}' is made; `reviewer import FILE -q {name}` fills it.")


@queue.command(name="set", epilog=help_lines())
@click.argument("name", metavar="QUEUE")
@click.argument("pairs", metavar="KEY=VALUE...", nargs=-1, required=True)
@home_option
@json_option
def set_(name: str, pairs: tuple[str, ...], home: Path | None, as_json: bool) -> None:
    """Changes settings of a queue, all of those given or none.

    Labels that are there stay as they are. A changed rubric holds for what is opened from now on; open drafts keep
    theirs until their rater moves them.

    \b
    Examples:
      reviewer queue set kyc overlap=2 pick=false
      reviewer queue set kyc show=risk,tags reference=true
      reviewer queue set kyc rubric=kyc-2.yaml
      reviewer queue set duel overlap=2 order=planned raters=ana,bob,cem repeats=5%
    """
    from reviewer.exchange.intake import check_rubric
    from reviewer.rubric import load_rubric
    from reviewer.store import planning, queues, weaving

    given = parse(pairs)
    rubric = load_rubric(given.pop(RUBRIC)) if RUBRIC in given else None
    with _changing(home, name) as (connection, record, stream, actor):
        if rubric is not None:
            check_rubric(rubric, record.kind)
        refuse_in_rounds(record, {**given, RUBRIC: rubric} if rubric is not None else given)
        check_disputes(connection, record, given, rubric)
        changed = really_changed(record, given)
        after = as_changed(record, changed)
        refuse_what_does_not_fit(after, given)
        refuse_what_is_too_late(connection, record, after, changed)
        if changed:
            to: dict[str, Any] = {key: value for key, value in changed.items() if key in COLUMNS}
            to["settings"] = after.settings
            queues.change(connection, record, stream=stream, actor=actor, action="queue.changed", **to)
            if is_planned_otherwise(record, after, changed):
                planning.plan_anew(connection, after)
        moved = rubric is not None and _put_rubric(connection, record, rubric, stream=stream, actor=actor)
        lacks_gold = bool(given.get("gold")) and not weaving.decided(connection, after)
    done = [*changed, *([RUBRIC] if moved else [])]
    if lacks_gold:
        say(NO_GOLD, err=True)
    if as_json:
        print_json({"queue": name, "changed": done})
        return
    say(f"Queue '{name}': {', '.join(done)} changed." if done else f"Queue '{name}': nothing was to change.")


@queue.command()
@click.argument("name", metavar="QUEUE")
@home_option
@json_option
def close(name: str, home: Path | None, as_json: bool) -> None:
    """Closes a queue: nobody can begin a sitting there until it is reopened.

    \b
    Examples:
      reviewer queue close kyc
    """
    _set_state(name, home, "closed", "queue.closed", as_json)


@queue.command()
@click.argument("name", metavar="QUEUE")
@home_option
@json_option
def reopen(name: str, home: Path | None, as_json: bool) -> None:
    """Opens a closed queue again.

    \b
    Examples:
      reviewer queue reopen kyc
    """
    _set_state(name, home, "open", "queue.reopened", as_json)


@queue.command()
@click.argument("name", metavar="QUEUE")
@click.option("--reason", required=True, help="Why; it stands in the event log for good.")
@home_option
@json_option
def reveal(name: str, reason: str, home: Path | None, as_json: bool) -> None:
    """Ends the blindness of a queue, for good: raters see systems and keys, and exports name them.

    \b
    Examples:
      reviewer queue reveal kyc --reason "the study is closed"
    """
    from reviewer.ids import now
    from reviewer.store import queues, rounds

    if not reason.strip():
        raise WrongUsage("a reason is needed.", mend='Say it: --reason "…".')
    with _changing(home, name) as (connection, record, stream, actor):
        rounds.refuse_while_blind(record)
        if not record.blind:
            raise BadInput(f"the queue '{name}' is not blind.", mend="There is nothing to reveal.")
        if record.revealed_at:
            raise BadInput(f"the queue '{name}' was revealed at {record.revealed_at}.", mend="There is nothing to do.")
        at = now()
        queues.change(
            connection,
            record,
            stream=stream,
            actor=actor,
            action="queue.revealed",
            revealed_at=at,
            reason=reason.strip(),
        )
    if as_json:
        print_json({"queue": name, "revealed_at": at})
    else:
        say(f"Queue '{name}' is revealed: systems and keys are shown from now on.")


@contextmanager
def _changing(home: Path | None, name: str) -> Iterator[tuple[Driver, QueueRecord, str, str]]:
    """One transaction on the queue of that name: connection, queue, event stream, and who acts."""
    from reviewer.store import queues, remotes

    chosen = home_at(home)
    store = store_at(chosen)
    with store.writing() as connection:
        record = _found(connection, name)
        remotes.refuse_remote(connection, record)
        yield connection, record, store.device, queues.ensure_rater(connection, chosen.rater())


def _found(connection: Driver, name: str) -> QueueRecord:
    from reviewer.store import queues

    record = queues.find(connection, name)
    if record is None:
        from reviewer.keys.names import closest

        names = [each.name for each in queues.all_queues(connection)]
        mend = closest(name, names) or "`reviewer queue list` lists them."
        raise BadInput(f"there is no queue '{name}'.", mend=mend)
    return record


def _set_state(name: str, home: Path | None, state: str, action: str, as_json: bool) -> None:
    from reviewer.store import queues, rounds

    with _changing(home, name) as (connection, record, stream, actor):
        steps = f"`reviewer round lock {name}`, `round reveal` and `round finish` move it on, `round cancel` ends it."
        rounds.refuse_round(record, "it is neither closed nor reopened", steps)
        if record.state != state:
            queues.change(connection, record, stream=stream, actor=actor, action=action, state=state)
    if as_json:
        print_json({"queue": name, "state": state})
    else:
        say(f"Queue '{name}' is {state}.")


def _put_rubric(connection: Driver, record: QueueRecord, rubric: Rubric, *, stream: str, actor: str) -> bool:
    from reviewer.store import queues

    identifier = queues.keep_rubric(
        connection, rubric.document(), content_hash=rubric.content_hash, scale_hash=rubric.scale_hash
    )
    return queues.put_rubric(connection, record, identifier, stream=stream, actor=actor)
