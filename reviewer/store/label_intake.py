"""Taking in labels that were given elsewhere, with heads, assignments, counters and event in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from reviewer.ids import canonical_json, new_id, now
from reviewer.store import dealing, events, golden, holding, label_rows, labels, lines, waiting
from reviewer.store.golden import GoldenValue
from reviewer.store.lines import LINE
from reviewer.store.order import RaterOrder, way_of
from reviewer.store.prepared import Bulk, Driver, Prepared, insert_into
from reviewer.store.queues import QueueRecord
from reviewer.store.tables import ImportedLabel, Label, Rater, core

_L, _RA = core(Label).c, core(Rater).c
_rater_named = Prepared(
    select(_RA.id).where(_RA.name == bindparam("name"), _RA.kind == bindparam("kind"), _RA.spec_hash == "")
)
_rework_since = Prepared(
    select(_L.id)
    .where(_L.task == bindparam("task"), _L.phase == "rework", _L.committed_at > bindparam("moment"))
    .limit(1)
)
_bulk_imported = Bulk(ImportedLabel, "batch", "label")
_DECIDING = ("adjudication", "consensus")
_SAID = ("outcome", "rubric", "values", "rationale", "correction", "notes", "flags")


@dataclass(frozen=True, slots=True)
class GivenRater:
    """A rater as a label names them: by identifier where that is known here, else by name and kind."""

    name: str
    kind: str = "human"
    id: str = ""


@dataclass(frozen=True, slots=True)
class GivenLabel:
    """A label to take in. `columns` holds every column of Label but `rater` and `received_at`, as stored values.

    Where `revision`, `supersedes` or `surplus` is None it is settled here: a label without a revision follows the one
    that counts, and one that says the same as that is known already. `position` is its task's. `decided` is what it
    makes golden: in the name of its rater, or of `approved_by`, at the label's moment, or `decided_at`; `retired` says
    by criterion why a value counts no more.
    """

    columns: dict[str, Any]
    rater: GivenRater
    position: int
    decided: tuple[GoldenValue, ...] = ()
    approved_by: str = ""
    decided_at: str = ""
    retired: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class TakenLabels:
    """What came of a batch."""

    labels: list[str] = field(default_factory=list)
    duplicates: int = 0
    raters: int = 0
    changed: golden.Changed = field(default_factory=golden.Changed)

    @property
    def golden(self) -> list[str]:
        """The golden values that the labels gave."""
        return self.changed.given


class LabelIntake:
    """Takes labels into one queue, batch by batch; each call is to be made in a transaction."""

    def __init__(self, queue: QueueRecord, *, stream: str, actor: str) -> None:
        self._queue = queue
        self._stream = stream
        self._actor = actor
        self._orders: dict[str, RaterOrder] = {}

    def take(self, driver: Driver, given: list[GivenLabel]) -> TakenLabels:
        """Adds the labels that are new, as one batch with one event."""
        taken = TakenLabels()
        digests: list[str] = []
        raters: dict[GivenRater, str] = {}
        if self._dealt:
            holding.queue(driver, self._queue.id)
        holding.tasks(driver, {each.columns["task"] for each in given})
        if judged := {one.columns["task"] for one in given if one.columns["phase"] == "adjudication"}:
            holding.places(driver, self._queue.id, judged)
        if decided := {one.columns["task"] for one in given if one.decided or one.columns["phase"] in _DECIDING}:
            holding.items_of(driver, decided)
        for each in given:
            if each.rater not in raters:
                raters[each.rater] = self._rater(driver, each.rater, taken)
            row = _settled(driver, each, raters[each.rater])
            if row is None:
                taken.duplicates += 1
                self._add_decided(driver, each, raters[each.rater], taken)
                continue
            insert_into(Label).run(driver, **row)
            taken.labels.append(row["id"])
            digests.append(events.label_digest(row))
            before = label_rows.head(driver, **{name: row[name] for name in LINE})
            head = lines.put_line(driver, row).head
            if head == row["id"]:
                self._decide(driver, row, each, before, taken)
            if each.rater.kind == "human" and row["phase"] in labels.OF_RATERS:
                self._assign(driver, row, head, each.position)
        batch = new_id()
        if taken.labels:
            _bulk_imported.run(driver, [(batch, label) for label in taken.labels])
            events.append(
                driver,
                stream=self._stream,
                actor=self._actor,
                action="labels.imported",
                subject=batch,
                content=events.imported_digest(digests),
                data={"queue": self._queue.id, "labels": len(taken.labels)},
            )
        golden.vouch(
            driver,
            taken.changed,
            action="golden.imported",
            subject=batch,
            stream=self._stream,
            actor=self._actor,
            queue=self._queue.id,
        )
        return taken

    def _decide(
        self,
        driver: Driver,
        row: dict[str, Any],
        given: GivenLabel,
        before: dict[str, Any] | None,
        taken: TakenLabels,
    ) -> None:
        """Keeps what a label decides as golden, and sends its task back or ends that, as its commit would have."""
        self._keep_decided(driver, row, given, given.decided, taken)
        if row["phase"] == "consensus" and before is not None:
            taken.changed.add(labels.withdraw(driver, row["task"], before["id"]))
        if row["phase"] != "adjudication":
            return
        if given.rater.kind == "human":
            golden.expose(driver, row["rater"], row["task"], exposure="peers", queue=row["queue"])
        answered = row["outcome"] == "sent_back" and _rework_since.first(
            driver, task=row["task"], moment=row["committed_at"]
        )
        if not answered:
            told = (before["id"], before["revision"], before["outcome"]) if before else None
            done = labels.follow_decision(driver, row["queue"], row["task"], row["outcome"], before=told)
            taken.changed.add(done)

    def _keep_decided(
        self,
        driver: Driver,
        row: dict[str, Any],
        given: GivenLabel,
        values: Sequence[GoldenValue],
        taken: TakenLabels,
    ) -> None:
        if not values:
            return
        named = GivenRater(given.approved_by)
        approver = self._rater(driver, named, taken) if given.approved_by else row["rater"]
        decision = golden.Decision(row, values, approver, given.decided_at or row["committed_at"], given.retired)
        taken.changed.add(golden.file(driver, decision))

    def _add_decided(self, driver: Driver, given: GivenLabel, rater: str, taken: TakenLabels) -> None:
        """What was approved of a label, or taken out of use, after it came here."""
        row, missing, late = _unknown_of(driver, given, rater)
        if row is not None:
            self._keep_decided(driver, row, given, missing, taken)
            taken.changed.add(golden.retire_values(driver, late))

    def _rater(self, driver: Driver, given: GivenRater, taken: TakenLabels) -> str:
        found = known_rater(driver, given)
        if found is None:
            taken.raters += 1
            there = label_rows.rater(driver, given.id) if given.id else None
            found = given.id if given.id and there is None else new_id()
            insert_into(Rater).run(
                driver, id=found, name=given.name, kind=given.kind, family=None, spec_hash="", spec="{}"
            )
        return found

    def _assign(self, driver: Driver, row: dict[str, Any], head: str, position: int) -> None:
        """The assignment follows the independent label where there is one."""
        counts = _head_of(driver, row["task"], row["rater"]) if row["phase"] != "independent" else head
        said = row if counts is None or counts == row["id"] else label_rows.label(driver, counts) or row
        labels.settle(
            driver,
            labels.Standing(
                queue=row["queue"],
                task=row["task"],
                rater=row["rater"],
                seq=self._place(driver, row, position),
                shown_order=self._shown(driver, said),
                state=said["outcome"],
                flagged=said["flags"] != "[]",
                committed_at=said["committed_at"],
            ),
            active_ms=row["active_ms"],
            idle_ms=row["idle_ms"],
        )
        if self._dealt:
            waiting.note(driver, self._queue.id, row["task"], row["rater"])

    @property
    def _dealt(self) -> bool:
        return way_of(self._queue.kind, self._queue.settings) != "drawn"

    def _place(self, driver: Driver, row: dict[str, Any], position: int) -> int:
        if self._dealt:
            return dealing.place_for(driver, self._queue.id, row["task"], row["rater"])
        return self._order(driver, row["rater"]).seq(position)

    def _shown(self, driver: Driver, said: dict[str, Any]) -> str:
        """The label's order, where it names each output of the task once; else their canonical one."""
        if not self._dealt:
            return str(said["shown_order"])
        ids = [output.public_id for output in label_rows.outputs_of(driver, said["task"])]
        shown = orjson.loads(said["shown_order"])
        return str(said["shown_order"]) if sorted(shown) == sorted(ids) else orjson.dumps(ids).decode()

    def _order(self, driver: Driver, rater: str) -> RaterOrder:
        if rater not in self._orders:
            queue = self._queue
            shuffle = queue.settings.get("shuffle", True)
            self._orders[rater] = RaterOrder.load(driver, queue.id, queue.seed, rater, shuffle=shuffle)
        return self._orders[rater]


def known_rater(driver: Driver, given: GivenRater) -> str | None:
    """The identifier of the rater that is meant, or None where there is none yet."""
    if given.id and (there := label_rows.rater(driver, given.id)) and there[2] == given.kind:
        return there[0]
    row = _rater_named.first(driver, name=given.name, kind=given.kind)
    return str(row[0]) if row else None


def is_known(driver: Driver, given: GivenLabel) -> bool:
    """Whether taking the label in would add nothing."""
    rater = known_rater(driver, given.rater)
    if rater is None:
        return bool(given.columns["id"] and label_rows.label(driver, given.columns["id"]))
    return _settled(driver, given, rater) is None


def golden_of(driver: Driver, given: GivenLabel) -> int:
    """How many golden values taking the label in would add."""
    rater = known_rater(driver, given.rater)
    if not is_known(driver, given):
        return len(given.decided)
    return len(_unknown_of(driver, given, rater or "")[1])


def _unknown_of(
    driver: Driver, given: GivenLabel, rater: str
) -> tuple[dict[str, Any] | None, list[GoldenValue], dict[str, list[str]]]:
    """A label that is known, the values that it does not make golden yet, and by reason the golden values that are in
    use here alone. One that is not its author's last word makes nothing golden any more."""
    if not given.decided:
        return None, [], {}
    head = label_rows.head(driver, **{name: given.columns[name] for name in LINE if name != "rater"}, rater=rater)
    row = label_rows.label(driver, given.columns["id"]) if given.columns["id"] else head
    if row is None:
        return None, [], {}
    missing, late = golden.lacking(driver, row, given.decided, given.retired)
    return row, missing if head is not None and head["id"] == row["id"] else [], late


def _settled(driver: Driver, given: GivenLabel, rater: str) -> dict[str, Any] | None:
    """The whole row of a new label; None where it is known."""
    row = {**given.columns, "rater": rater}
    if row["id"] and label_rows.label(driver, row["id"]) is not None:
        return None
    if row["revision"] is None or row["supersedes"] is None:
        line = {name: row[name] for name in LINE}
        head = label_rows.head(driver, **line)
        if head is not None and not row["id"] and all(_same(head[name], row[name]) for name in _SAID):
            return None
        if row["revision"] is None:
            row["revision"] = head["revision"] + 1 if head else 1
        if row["supersedes"] is None:
            follows = head is not None and row["revision"] > head["revision"]
            row["supersedes"] = canonical_json([head["id"]] if head and follows else []).decode()
    if row["surplus"] is None:
        row["surplus"] = int(
            labels.counts_for_overlap(row)
            and row["outcome"] == "submitted"
            and labels.is_surplus(driver, row["queue"], row["task"], rater)
        )
    row["id"] = row["id"] or new_id()
    row["received_at"] = now()
    return row


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str) and one[:1] in "{[" and other[:1] in "{[":
        return bool(orjson.loads(one) == orjson.loads(other))
    return bool(one == other)


def _head_of(driver: Driver, task: str, rater: str) -> str | None:
    found = label_rows.head(driver, task=task, rater=rater, phase="independent", sample=0)
    return str(found["id"]) if found else None
