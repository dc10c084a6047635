"""Storing a revealed calibration round of a server: what all members said, so that it is read without a network."""

from __future__ import annotations

from typing import Any

from reviewer.errors import BadInput
from reviewer.store import remotes, rounds
from reviewer.store.prepared import Driver
from reviewer.store.pulled_labels import given_labels
from reviewer.store.pulled_rows import clean
from reviewer.store.queues import CALIBRATION, QueueRecord
from reviewer.store.remotes import RemoteRecord
from reviewer.store.statements import statements

_sql = statements("rounds")
_remotes = statements("remotes")


def version(driver: Driver, queue: str) -> str:
    """The version of the panel that is here of a queue; empty where none is."""
    kept = remotes.queue_of(driver, queue)
    return str(kept.document.get("panel", "")) if kept else ""


def tasks_here(driver: Driver, queue: str) -> set[str]:
    """The tasks of a queue that are here."""
    return {task.id for task in rounds.batch(driver, queue)}


def places(driver: Driver, queue: str) -> dict[str, int]:
    """Where the server has the tasks of a round; empty for a queue of this store."""
    kept = remotes.queue_of(driver, queue)
    return dict(kept.document.get("places", {})) if kept else {}


def put_panel(
    driver: Driver, remote: RemoteRecord, queue: QueueRecord, panel: dict[str, Any], version: str, *, stream: str
) -> None:
    """Makes the queue a revealed round, with its members, their labels and what they noted; what is here already stays.

    Labels that were given here come from here, and nothing of it is sent. To be called in a transaction, once the
    rubrics are here. Raises BadInput where the panel contradicts itself, or what is here.
    """
    people = _people(driver, panel, remote)
    _remotes.set_purpose.run(driver, of_queue=queue.id, to_purpose=CALIBRATION)
    _put_round(driver, queue, panel, people)
    _put_labels(driver, remote, queue, panel, people, stream=stream)
    found = rounds.find(driver, queue.name)
    assert found is not None
    here = {task.id for task in rounds.batch(driver, queue.id)}
    for note in panel["notes"]:
        if rounds.is_noted(driver, note["id"]) or not (note["task"] is None or note["task"] in here):
            continue
        row = note | {"author": _one_of(people, note["author"], queue)[0], "text": clean(note["text"])}
        rounds.keep_note(driver, found, row, stream=stream)
    if (own := panel["certificate"]) is not None and not rounds.is_certified(driver, own["certificate"]):
        rounds.keep_certificate(driver, found, remote.rater, own, stream=stream, actor=remote.rater)
    _sql.expose_members.run(driver, child=queue.id, at=panel["revealed_at"] or panel["started_at"])
    places = {task["task"]: task["place"] for task in panel["tasks"]}
    remotes.note_of_queue(driver, queue.id, panel=version, places=places)


def _people(driver: Driver, panel: dict[str, Any], remote: RemoteRecord) -> dict[str, tuple[str, str]]:
    """Identifier here and name of everybody by the server's identifier: who is new is added, under the server's."""
    from reviewer.store.label_intake import GivenRater, known_rater

    found = {remote.rater: (remote.rater, remote.rater_name)}
    for person in panel["people"]:
        identifier, name = person["rater"], clean(person["name"])
        if identifier in found:
            continue
        known = known_rater(driver, GivenRater(name, "human", identifier))
        if known is None:
            known = identifier
            _remotes.insert_rater.run(driver, id=known, name=name, kind="human", family=None, spec_hash="", spec="{}")
        found[identifier] = (known, name)
    return found


def _put_round(driver: Driver, queue: QueueRecord, panel: dict[str, Any], people: dict[str, tuple[str, str]]) -> None:
    there = _sql.of_queue.first(driver, child=queue.id)
    if there is not None and there[0] != panel["round"]:
        raise BadInput("the server tells of another round than before.", where=queue.name)
    _sql.put_round.run(
        driver,
        id=panel["round"],
        parent=queue.id,  # the queue from which the server drew the batch is not here
        child=queue.id,
        number=panel["number"],
        settings="{}",
        started_by=_one_of(people, panel["started_by"], queue)[0],
        **{name: panel[name] for name in ("started_at", "locked_at", "revealed_at", "finished_at")},
    )
    for member in panel["members"]:
        _sql.put_member.run(driver, round=panel["round"], rater=_one_of(people, member, queue)[0])


def _put_labels(
    driver: Driver,
    remote: RemoteRecord,
    queue: QueueRecord,
    panel: dict[str, Any],
    people: dict[str, tuple[str, str]],
    *,
    stream: str,
) -> None:
    from reviewer.store.label_intake import LabelIntake

    given = []
    for task in panel["tasks"]:
        said: dict[str, list[dict[str, Any]]] = {}
        for label in task["labels"]:
            said.setdefault(label["rater"], []).append(label)
        for rater, labels in said.items():
            here, name = _one_of(people, rater, queue)
            given += given_labels(driver, queue, task["task"], here, name, labels)
    LabelIntake(queue, stream=stream, actor=remote.rater).take(driver, given)


def _one_of(people: dict[str, tuple[str, str]], rater: str, queue: QueueRecord) -> tuple[str, str]:
    if rater not in people:
        raise BadInput("the server tells of somebody whom it does not name.", where=queue.name)
    return people[rater]
