"""What `reviewer queue set` changes, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reviewer.cli.queue_settings import DEALT_BY, OF_ROUNDS
from reviewer.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from reviewer.rubric import Rubric
    from reviewer.store.prepared import Driver
    from reviewer.store.queues import QueueRecord

COLUMNS = frozenset({"overlap", "blind"})
"""The settings that are columns of the table."""


def really_changed(record: QueueRecord, given: dict[str, Any]) -> dict[str, Any]:
    """What of the settings given is not so already."""
    before = record.settings | {"overlap": record.overlap, "blind": record.blind}
    return {key: value for key, value in given.items() if key not in before or before[key] != value}


def as_changed(record: QueueRecord, changed: dict[str, Any]) -> QueueRecord:
    """The queue as the changes leave it."""
    columns = {key: value for key, value in changed.items() if key in COLUMNS}
    settings = {key: value for key, value in changed.items() if key not in COLUMNS}
    return replace(record, settings=record.settings | settings, **columns)


def check_disputes(connection: Driver, record: QueueRecord, given: dict[str, Any], rubric: Rubric | None) -> None:
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


def refuse_in_rounds(record: QueueRecord, given: dict[str, Any]) -> None:
    """Raises BadInput for what cannot change in the batch of a calibration round."""
    from reviewer.store import rounds

    held = [key for key in given if key not in OF_ROUNDS and (key != "adjudicate" or record.is_blind_round)]
    if held:
        rounds.refuse_round(
            record,
            f"its {', '.join(held)} cannot change",
            f"`reviewer round start` draws another; {', '.join(OF_ROUNDS)} can be set.",
        )


def refuse_what_does_not_fit(after: QueueRecord, given: dict[str, Any]) -> None:
    """Raises WrongUsage where settings do not go together."""
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


def is_planned_otherwise(record: QueueRecord, after: QueueRecord, changed: dict[str, Any]) -> bool:
    """Whether the places of a planned order have to be written anew."""
    from reviewer.store.order import way_of

    planned = "planned" in (way_of(one.kind, one.settings) for one in (record, after))
    return planned and bool(changed.keys() & {*DEALT_BY, "overlap"})


def refuse_what_is_too_late(
    connection: Driver, record: QueueRecord, after: QueueRecord, changed: dict[str, Any]
) -> None:
    """Raises BadInput for what cannot change once labels are given or places dealt."""
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
    if is_planned_otherwise(record, after, changed):
        late += [name for name in ("raters", "overlap") if name in changed]
    if late:
        raise BadInput(
            f"{' and '.join(late)} cannot change: the places of the queue '{record.name}' are dealt, "
            f"{', '.join(begun[:5])} began.",
            mend="Make another queue, and set it there before anybody begins.",
        )
