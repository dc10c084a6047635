"""`reviewer queue`: what queues there are, how far they are, and what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewer.cli.options import home_at, home_option, json_option, plainly, print_json, store_at
from reviewer.cli.queue_settings import DEALT_BY, OF_ROUNDS, RUBRIC, help_lines, parse
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.rubric import Rubric
    from reviewer.store.prepared import Driver
    from reviewer.store.queues import QueueRecord

_COLUMNS = frozenset({"overlap", "blind"})


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
        rows = [_row(connection, record) for record in queues.all_queues(connection)]
    if as_json:
        print_json({"queues": rows})
        return
    if not rows:
        click.echo("There is no queue yet: try `reviewer demo`, or `reviewer import FILE -q QUEUE`.")
        return
    width = max(len(plainly(row["name"])) for row in rows)
    for row in rows:
        counts = f"{row['tasks']:>8} tasks {row['labels']:>8} labels {row['raters']:>3} raters"
        _say(f"{plainly(row['name']):<{width}}  {row['kind']:<8} {_standing(row):<16} {counts}")


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
    from reviewer.store import queues
    from reviewer.store.balance import balances
    from reviewer.store.order import way_of

    with store_at(home_at(home)).reading() as connection:
        record = _found(connection, name)
        row = _row(connection, record)
        rubrics = queues.rubrics_of(connection, record.id)
        team = list(queues.progress_of_team(connection, record.id))
        balance = None
        if record.kind != "rating":
            balance = {name: one.to_json() for name, one in balances(connection, record.id).items()}
    way = way_of(record.kind, record.settings)
    shown: dict[str, Any] = {
        **row,
        "order": way,
        "planned_for": record.settings["raters"] if way == "planned" else None,
        "balance": balance,
        "settings": record.settings,
        "rubrics": [
            {"name": document["name"], "id": identifier, "in_force": number == len(rubrics)}
            for number, (identifier, document) in enumerate(rubrics, 1)
        ],
        "progress": team,
    }
    if as_json:
        print_json(shown)
    else:
        _print_queue(shown)


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
    from reviewer.store import queues

    if not name.strip() or name != name.strip() or not name.isprintable():
        raise WrongUsage(
            f"'{plainly(name)}' cannot name a queue.", mend="Take printable characters, no blank at its ends."
        )
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
        row = _row(connection, made)
    if as_json:
        print_json(row)
    else:
        _say(f"Queue '{name}' is made; `reviewer import FILE -q {name}` fills it.")


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
    from reviewer.store import planning, queues

    given = parse(pairs)
    rubric = load_rubric(given.pop(RUBRIC)) if RUBRIC in given else None
    with _changing(home, name) as (connection, record, stream, actor):
        if rubric is not None:
            check_rubric(rubric, record.kind)
        _refuse_in_rounds(record, {**given, RUBRIC: rubric} if rubric is not None else given)
        _check_disputes(connection, record, given, rubric)
        changed = _really_changed(record, given)
        after = _after(record, changed)
        _refuse_what_does_not_fit(after, given)
        _refuse_what_is_too_late(connection, record, after, changed)
        if changed:
            to: dict[str, Any] = {key: value for key, value in changed.items() if key in _COLUMNS}
            to["settings"] = after.settings
            queues.change(connection, record, stream=stream, actor=actor, action="queue.changed", **to)
            if _is_planned_otherwise(record, after, changed):
                planning.plan_anew(connection, after)
        moved = rubric is not None and _put_rubric(connection, record, rubric, stream=stream, actor=actor)
    done = [*changed, *([RUBRIC] if moved else [])]
    if as_json:
        print_json({"queue": name, "changed": done})
        return
    _say(f"Queue '{name}': {', '.join(done)} changed." if done else f"Queue '{name}': nothing was to change.")


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
        _say(f"Queue '{name}' is revealed: systems and keys are shown from now on.")


def _say(line: str, *, err: bool = False) -> None:
    click.echo(plainly(line), err=err)


@contextmanager
def _changing(home: Path | None, name: str) -> Iterator[tuple[Driver, QueueRecord, str, str]]:
    """One transaction on the queue of that name: connection, queue, event stream, and who acts."""
    from reviewer.store import queues

    chosen = home_at(home)
    store = store_at(chosen)
    with store.writing() as connection:
        record = _found(connection, name)
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
        steps = f"`reviewer round lock {name}`, `round reveal` and `round finish` move it on."
        rounds.refuse_round(record, "it is neither closed nor reopened", steps)
        if record.state != state:
            queues.change(connection, record, stream=stream, actor=actor, action=action, state=state)
    if as_json:
        print_json({"queue": name, "state": state})
    else:
        _say(f"Queue '{name}' is {state}.")


def _put_rubric(connection: Driver, record: QueueRecord, rubric: Rubric, *, stream: str, actor: str) -> bool:
    from reviewer.store import queues

    identifier = queues.keep_rubric(
        connection, rubric.document(), content_hash=rubric.content_hash, scale_hash=rubric.scale_hash
    )
    return queues.put_rubric(connection, record, identifier, stream=stream, actor=actor)


def _really_changed(record: QueueRecord, given: dict[str, Any]) -> dict[str, Any]:
    before = record.settings | {"overlap": record.overlap, "blind": record.blind}
    return {key: value for key, value in given.items() if key not in before or before[key] != value}


def _after(record: QueueRecord, changed: dict[str, Any]) -> QueueRecord:
    """The queue as the changes leave it."""
    columns = {key: value for key, value in changed.items() if key in _COLUMNS}
    settings = {key: value for key, value in changed.items() if key not in _COLUMNS}
    return replace(record, settings=record.settings | settings, **columns)


def _check_disputes(connection: Driver, record: QueueRecord, given: dict[str, Any], rubric: Rubric | None) -> None:
    """Raises BadInput where a rule of disputes asks for a criterion that the rubric does not have."""
    if "adjudicate" not in given:
        return
    from reviewer.session.cases import check_queue_rules
    from reviewer.session.disputes import check_rules, rules_of

    rules = rules_of(given["adjudicate"])
    if rubric is not None:
        check_rules(rules, rubric, record.kind)
    else:
        check_queue_rules(connection, record, rules)


def _refuse_in_rounds(record: QueueRecord, given: dict[str, Any]) -> None:
    from reviewer.store import rounds

    held = [key for key in given if key not in OF_ROUNDS and (key != "adjudicate" or record.is_blind_round)]
    if held:
        rounds.refuse_round(
            record,
            f"its {', '.join(held)} cannot change",
            f"`reviewer round start` draws another; {', '.join(OF_ROUNDS)} can be set.",
        )


def _refuse_what_does_not_fit(after: QueueRecord, given: dict[str, Any]) -> None:
    planned = after.settings.get("order") == "planned"
    if planned and not after.settings.get("raters"):
        raise WrongUsage("a planned queue needs to know its raters.", mend="Name them: order=planned raters=ana,bob")
    if given.get("raters") and not planned:
        raise WrongUsage("raters are named for a planned queue only.", mend="Add order=planned, or leave raters out.")
    if planned and after.settings.get("gold"):
        raise WrongUsage(
            "gold is given as raters come, and a planned queue has its places fixed ahead.",
            mend="Set gold=0, or order=open.",
        )
    if planned and not after.settings.get("shuffle", True):
        raise WrongUsage("a planned queue is always shuffled.", mend="Set shuffle=true, or order=open.")


def _is_planned_otherwise(record: QueueRecord, after: QueueRecord, changed: dict[str, Any]) -> bool:
    from reviewer.store.order import way_of

    planned = "planned" in (way_of(one.kind, one.settings) for one in (record, after))
    return planned and bool(changed.keys() & {*DEALT_BY, "overlap"})


def _refuse_what_is_too_late(
    connection: Driver, record: QueueRecord, after: QueueRecord, changed: dict[str, Any]
) -> None:
    from reviewer.store import queues
    from reviewer.store.order import way_of

    if "blind" in changed and queues.labels_in(connection, record.id):
        given, mend = "with names shown", "Make another queue for blind ones."
        if record.blind:
            given, mend = "blind", f'`reviewer queue reveal {record.name} --reason "…"` ends the blindness.'
        raise BadInput(f"the queue '{record.name}' has labels, and these were given {given}.", mend=mend)
    begun = [row["rater"] for row in queues.progress_of_team(connection, record.id)]
    if not begun:
        return
    if changed.get("shuffle") is not None and changed["shuffle"] != record.settings.get("shuffle", True):
        raise BadInput(
            f"the order of the queue '{record.name}' is drawn: {', '.join(begun[:5])} began.",
            mend="Make another queue for another order.",
        )
    woven = [name for name in changed if name in ("repeats", "gold")]
    late = [name for name in woven if changed[name] != record.settings.get(name, 0)]
    if way_of(record.kind, record.settings) != way_of(after.kind, after.settings) and "order" in changed:
        late.append("order")
    if _is_planned_otherwise(record, after, changed):
        late += [name for name in ("raters", "overlap") if name in changed]
    if late:
        raise BadInput(
            f"{' and '.join(late)} cannot change: the places of the queue '{record.name}' are dealt, "
            f"{', '.join(begun[:5])} began.",
            mend="Make another queue, and set it there before anybody begins.",
        )


def _row(connection: Driver, record: QueueRecord) -> dict[str, Any]:
    from reviewer.store import queues
    from reviewer.store.order import tasks_in

    return {
        "name": record.name,
        "kind": record.kind,
        "state": record.state,
        "blind": record.blind,
        "revealed_at": record.revealed_at,
        "overlap": record.overlap,
        "tasks": tasks_in(connection, record.id),
        "labels": queues.labels_in(connection, record.id),
        "raters": sum(1 for _ in queues.progress_of_team(connection, record.id)),
        "created_at": record.created_at,
    }


def _standing(row: dict[str, Any]) -> str:
    seen = "revealed" if row["revealed_at"] else "blind" if row["blind"] else "not blind"
    return f"{row['state']}, {seen}"


def _print_queue(shown: dict[str, Any]) -> None:
    _say(f"{shown['name']}: {shown['kind']}, {_standing(shown)}, made at {shown['created_at']}")
    asked = f"{shown['overlap']} raters a task" if shown["overlap"] else "every rater rates everything"
    _say(f"{shown['tasks']} tasks, {asked}, {shown['labels']} labels with all their revisions")
    if shown["blind"] and not shown["revealed_at"]:
        _say("blind to the eye only: whoever may read this store's file can find out what is hidden")
    for rubric in shown["rubrics"]:
        force = "in force" if rubric["in_force"] else "before"
        _say(f"rubric   {rubric['name']} ({rubric['id']}), {force}")
    _say(f"order    {_ordered(shown)}")
    for key, value in sorted(shown["settings"].items()):
        _say(f"setting  {key}={_written(value)}")
    for row in shown["progress"]:
        others = [(row["skipped"], "skipped"), (row["abstained"], "abstained"), (row["sent_back"], "sent back")]
        counts = [f"{row['submitted']} submitted", *(f"{count} {word}" for count, word in others if count)]
        if row["flagged"]:
            counts.append(f"{row['flagged']} flagged")
        _say(f"rater    {row['rater']}: {', '.join(counts)}, {row['active_ms'] / 60000:.1f} active minutes")

    if shown["balance"]:
        _print_balance(shown)


def _ordered(shown: dict[str, Any]) -> str:
    again = f", {shown['settings']['repeats']:.0%} of the tasks come again" if shown["settings"].get("repeats") else ""
    drawn = "of each rater's own" if shown["settings"].get("shuffle", True) else "as imported"
    said = {
        "drawn": drawn,
        "turn": f"{drawn}, given out one by one",
        "open": "open: given out one by one, and every second view of a task mirrors the first",
        "planned": f"planned for {', '.join(shown['planned_for'] or [])}",
    }
    return said[shown["order"]] + again


def _print_balance(shown: dict[str, Any]) -> None:
    places = "left and right" if shown["kind"] == "pairwise" else "at each place"
    for name, found in shown["balance"].items():
        one_order = f"{found['uneven_tasks']} tasks in one order more often than in its mirror"
        _say(f"{name:<8} {found['views']} views, each system {places} within {found['greatest']}; {one_order}")
        for rater, difference in found["raters"].items():
            _say(f"{'':<8} {rater}: each system {places} within {difference}")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
