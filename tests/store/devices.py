"""Devices of raters, as a server's store hears of them: what they lease, what they say of it, and their chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from reviewer.ids import digest, new_id, now
from reviewer.store import decisions, events, labels, leases, queues, receiving
from reviewer.store.connection import Store
from reviewer.store.leases import LeaseRecord
from reviewer.store.prepared import Connection
from reviewer.store.queues import QueueRecord
from reviewer.store.receiving import Answered, Received
from tests.store.filling import ask, record
from tests.store.test_commit import consistent, label, rater_of

WEEK = 7 * 24 * 3600


@dataclass
class Device:
    """A device of the rater of that name. `clock` is what it takes for the present moment, where it goes wrong."""

    store: Store
    name: str = "ana"
    id: str = field(default_factory=new_id)
    word: str = "a1b2"
    seq: int = 0
    head: str = events.GENESIS
    after: int = 0
    clock: str = ""

    @property
    def rater(self) -> str:
        return rater_of(self.store, self.name)

    @property
    def stream(self) -> str:
        return f"{self.id}/{self.word}"

    def lease(self, queue: QueueRecord, wanted: int = 1, *, at: str = "", **options: Any) -> list[LeaseRecord]:
        """Leases tasks; what was leased before, and is held still, does not come again."""
        rater, found = self.rater, record(self.store, queue.name)
        told: dict[str, Any] = {"after": self.after, "moment": at or now(), "seconds": WEEK} | options

        def job(driver: Connection) -> list[LeaseRecord]:
            return leases.grant(driver, found, rater, self.id, wanted, **told).leases

        leased = self.store.transact(job)
        self.after = max([self.after, *(lease.number for lease in leased)])
        return leased

    def label(self, lease: LeaseRecord, score: int = 3, **said: Any) -> dict[str, Any]:
        """A label of a leased task."""
        with self.store.reading() as connection:
            rubric = queues.rubrics_of(connection, lease.queue)[-1][0]
        values = {"score": score} if len(lease.shown_order) == 1 else {"preference": score - 3}
        return {
            "id": new_id(),
            "queue": lease.queue,
            "task": lease.id,
            "rater": lease.rater,
            "phase": "independent",
            "sample": 0,
            "outcome": "submitted",
            "revision": 1,
            "supersedes": "[]",
            "rubric": rubric,
            "values": orjson.dumps(values).decode(),
            "rationale": "{}",
            "correction": "{}",
            "notes": None,
            "flags": "[]",
            "exposure": "none",
            "shown_order": orjson.dumps(lease.shown_order).decode(),
            "evidence": "{}",
            "confidence": None,
            "cost": None,
            "inputs": None,
            "active_ms": 1000,
            "idle_ms": 10,
            "device": self.id,
            "client_version": "0",
            "committed_at": self.clock or now(),
            "source": "tui",
            "external_ref": None,
        } | said

    def change(self, *before: dict[str, Any], **said: Any) -> dict[str, Any]:
        """A label that comes after those."""
        revision = 1 + max(label["revision"] for label in before)
        earlier = orjson.dumps([label["id"] for label in before]).decode()
        return before[0] | {"id": new_id(), "revision": revision, "supersedes": earlier, "device": self.id} | said

    def event(self, label: dict[str, Any], **said: Any) -> dict[str, Any]:
        """The event that vouches for a label, next in the device's chain."""
        self.seq += 1
        event = {
            "stream": self.stream,
            "seq": self.seq,
            "at": self.clock or now(),
            "actor": label["rater"],
            "attested": "local",
            "action": f"label.{label['outcome']}",
            "subject": label["id"],
            "digest": digest(label),
            "data": "{}",
            "previous_hash": self.head,
        } | said
        event["hash"] = self.head = digest(event)
        return event

    def begin_stream(self) -> None:
        """Begins another stream."""
        self.word, self.seq, self.head = new_id()[-8:], 0, events.GENESIS

    def push(self, labels: Sequence[dict[str, Any]], told: Sequence[dict[str, Any]], **options: Any) -> Received:
        """Sends labels and events as they are."""
        given = {"rater": self.rater, "device": self.id, "stream": self.stream} | options

        def job(driver: Connection) -> Received:
            return receiving.receive(
                driver, events=list(told), labels=list(labels), server_stream=self.store.device, **given
            )

        return self.store.transact(job)

    def send(self, *labels: dict[str, Any], **options: Any) -> list[Answered]:
        """Sends labels with the events that vouch for them, which hold."""
        received = self.push(labels, [self.event(label) for label in labels], **options)
        assert (received.head.seq, received.head.hash, received.head.fault) == (self.seq, self.head, "")
        return received.answers

    def accepted(self, *labels: dict[str, Any], **options: Any) -> list[Answered]:
        """As `send`, of labels that are taken."""
        answers = self.send(*labels, **options)
        assert [answer.answer for answer in answers] == ["accepted"] * len(labels), answers
        return answers

    def state(self, lease: LeaseRecord) -> str:
        """How a task stands with the rater."""
        return str(
            cell(self.store, "SELECT state FROM assignment WHERE task = ? AND rater = ?", lease.task, lease.rater)
        )

    def until(self, lease: LeaseRecord) -> str | None:
        """When a lease runs out."""
        found: str | None = cell(self.store, "SELECT until FROM lease WHERE id = ?", lease.id)
        return found


def rows(store: Store, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a statement gives."""
    with store.reading() as connection:
        return [tuple(row) for row in ask(connection, sql, *values)]


def cell(store: Store, sql: str, *values: Any) -> Any:
    """The one value that a statement gives."""
    ((found,),) = rows(store, sql, *values)
    return found


def write(store: Store, sql: str, *values: Any) -> None:
    """Changes something by hand."""
    with store.writing() as connection:
        ask(connection, sql, *values)


def log(store: Store, action: str) -> list[dict[str, Any]]:
    """What the events of that action say, oldest first."""
    with store.reading() as connection:
        found = [event for event in events.events(connection) if event["action"] == action]
    return [orjson.loads(event["data"]) for event in found]


def counters(store: Store, queue: QueueRecord, name: str = "ana") -> tuple[int, ...]:
    """How many tasks the rater has submitted, skipped, abstained on, and been sent back."""
    found = rows(
        store,
        "SELECT submitted, skipped, abstained, sent_back FROM progress WHERE queue = ? AND rater = ?",
        queue.id,
        rater_of(store, name),
    )
    return tuple(found[0])


def send_back(store: Store, queue: QueueRecord, task: str, reason: str = "Look again.") -> None:
    """Sends a task back, as an adjudicator does."""
    rationale = orjson.dumps({"label": {"text": reason, "reasons": []}}).decode()
    new = label(store, queue, rater_of(store, "judge"), 0, phase="adjudication", outcome="sent_back", values="{}")
    new.columns.update(task=task, rationale=rationale)
    store.transact(lambda driver: labels.commit(driver, new, stream=store.device))
    with store.reading() as connection:
        assert decisions.sent_back_for(connection, task) == reason


def holds(store: Store) -> bool:
    """Whether log, heads, states, counters and orders follow from the labels; says what does not."""
    found = consistent(store)
    assert found == []
    return True
