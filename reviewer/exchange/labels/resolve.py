"""From what a file says to a label of this store: task, rubric and outputs found, values held against the rubric."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import orjson

from reviewer import __version__
from reviewer.errors import BadInput
from reviewer.exchange.labels.answers import Answers
from reviewer.exchange.labels.said import SaidLabel, is_identifier
from reviewer.exchange.rows import FieldFault
from reviewer.ids import now
from reviewer.rubric import Rubric
from reviewer.rubric.questions import scale_of_answer
from reviewer.store import label_rows, queues, rounds
from reviewer.store.golden import GoldenValue
from reviewer.store.label_intake import GivenLabel, GivenRater
from reviewer.store.label_rows import NamedOutput, TaskRow
from reviewer.store.labels import OF_RATERS
from reviewer.store.prepared import Driver
from reviewer.store.queues import CALIBRATION, QueueRecord

_SAID_BY_TABLE = ("task", "phase", "outcome", "values")
_SAID_BY_LINE = (*_SAID_BY_TABLE, "sample", "rubric", "rationale", "correction", "notes", "flags", "shown_order")
_AS_JSON = frozenset({"values", "rationale", "correction", "flags", "shown_order"})
_TAKEN = {"open": ("independent",), "revealed": ("revote", "rework", "adjudication", "consensus")}
_BRING_RUBRIC = "bring it in with `reviewer queue set {queue} rubric=FILE`"


class Resolver:
    """Finds what labels speak of in one queue. What is missing is a FieldFault with a sentence that names the mend."""

    def __init__(self, driver: Driver, queue: QueueRecord, *, device: str) -> None:
        self._driver = driver
        self._queue = queue
        self._device = device
        self._members = rounds.members(driver, queue.id) if queue.purpose == CALIBRATION else []
        self._in_force = [identifier for identifier, _ in queues.rubrics_of(driver, queue.id)]
        self._outputs = lru_cache(maxsize=4096)(lambda task: label_rows.outputs_of(driver, task))
        self._tasks = lru_cache(maxsize=4096)(lambda key: label_rows.tasks_of_key(driver, queue.id, key))
        self._rubrics = lru_cache(maxsize=512)(self._load_rubric)

    def resolve(self, said: SaidLabel) -> GivenLabel:
        """The label as this store keeps it. Raises FieldFault."""
        if not (said.rater_name or said.rater).strip():
            raise FieldFault("rater is missing.")
        task = self._task(said)
        self._check_round(said)
        rubric_id = self._rubric(said, task)
        rubric = self._rubrics(rubric_id)
        if rubric is None:
            raise FieldFault(f"its rubric {rubric_id} cannot be read from the store; run `reviewer doctor`.")
        between = said.columns["phase"] == "consensus"
        read = Answers(rubric, self._queue.kind, len(self._outputs(task.id)), between=between)
        values = read.checked(said.values) if said.values else read.parsed(said.cells)
        if said.columns["outcome"] == "submitted" and not values and not said.id:
            raise FieldFault("it has no value; an item passed over has the outcome skipped or abstained.")
        columns = {
            "id": said.id,
            "queue": self._queue.id,
            "task": task.id,
            **said.columns,
            "rubric": rubric_id,
            "values": orjson.dumps(values).decode(),
            "shown_order": orjson.dumps(self._shown(said, task)).decode(),
        }
        self._hold_against_known(columns, compared=_SAID_BY_TABLE if said.cells else _SAID_BY_LINE)
        unsaid = {"device": self._device, "client_version": __version__, "committed_at": now()}
        columns |= {name: value for name, value in unsaid.items() if columns[name] is None}
        given = GivenLabel(columns, self._rater(said), task.position)
        return self._decided(given, said, rubric, values)

    def _decided(self, given: GivenLabel, said: SaidLabel, rubric: Rubric, values: dict[str, Any]) -> GivenLabel:
        """The label with what it makes golden: all that an adjudicator decides; of a consensus, what the file says that
        a person approved."""
        phase = said.columns["phase"]
        if said.columns["outcome"] != "submitted" or phase not in ("adjudication", "consensus"):
            return given
        named = {entry["criterion"]: entry for entry in said.golden or ()}
        if missing := [name for name in named if name not in values]:
            raise FieldFault(f"golden names {missing[0][:60]!r}, of which the label says nothing.")
        approvers = sorted({entry["approved_by"].strip() for entry in named.values()})
        if phase == "consensus" and len(approvers) > 1:
            raise FieldFault(f"golden is approved by {' and by '.join(approvers)[:80]}; one label takes one approver.")
        keys = list(named) if said.golden is not None else list(values) * (phase == "adjudication")
        decided = []
        for key in keys:
            scale = scale_of_answer(rubric, cast("Any", self._queue.kind), key)
            if scale is not None and values[key] is not None:
                decided.append(GoldenValue(key, scale, values[key]))
        retired = {key: entry["retired"] for key, entry in named.items() if entry.get("retired")}
        if phase != "consensus" or not approvers:
            return replace(given, decided=tuple(decided), retired=retired)
        at = max((entry["at"] for entry in named.values() if entry["at"]), default="")
        return replace(given, decided=tuple(decided), approved_by=approvers[0], decided_at=at, retired=retired)

    def _check_round(self, said: SaidLabel) -> None:
        """Raises FieldFault for what a calibration round does not take: another's label, or one of another phase."""
        if self._queue.purpose != CALIBRATION or (said.id and label_rows.label(self._driver, said.id)):
            return
        name, phase = self._rater(said), said.columns["phase"]
        if phase in OF_RATERS and (name.kind != "human" or name.name not in self._members):
            raise FieldFault(
                f"{name.name[:60]!r} is no member of the round '{self._queue.name}'; its members are "
                f"{', '.join(self._members)}: mend the name, or start a round with them."
            )
        if phase not in _TAKEN[self._queue.state]:
            raise FieldFault(
                f"the round '{self._queue.name}' is {self._queue.state} and takes no label of the phase {phase}; "
                f"it takes {' and '.join(_TAKEN[self._queue.state]) or 'none'}."
            )

    def _hold_against_known(self, columns: dict[str, Any], *, compared: tuple[str, ...]) -> None:
        known = label_rows.label(self._driver, columns["id"]) if columns["id"] else None
        # While a round is blind, whether a guess is right would tell what another said.
        if known is None or self._queue.is_blind_round:
            return
        for name in compared:
            one, other = known[name], columns[name]
            if one != other and (name not in _AS_JSON or orjson.loads(one) != orjson.loads(other)):
                raise FieldFault(
                    f"the label {columns['id']} is known with another {name}; a label is never changed: leave its "
                    "identifier and revision out, and it is filed as a change."
                )

    def _rater(self, said: SaidLabel) -> GivenRater:
        if said.rater_name:
            return GivenRater(said.rater_name, said.rater_kind, said.rater if is_identifier(said.rater) else "")
        there = label_rows.rater(self._driver, said.rater)
        return GivenRater(there[1], there[2], there[0]) if there else GivenRater(said.rater, said.rater_kind)

    def _task(self, said: SaidLabel) -> TaskRow:
        if said.task and (found := label_rows.task(self._driver, said.task)):
            task, _key = found
            if task.queue != self._queue.id:
                raise FieldFault(f"its task belongs to another queue than '{self._queue.name}'; name that with -q.")
            return self._published(task)
        if not said.item:
            raise FieldFault("item is missing, and its task is not in this store.")
        tasks = self._tasks(said.item)
        if not tasks:
            raise FieldFault(
                f"there is no item {said.item[:60]!r} in the queue '{self._queue.name}'; import the items first."
            )
        matching = [task for task in tasks if self._matches(said, task)]
        if not matching:
            raise FieldFault(self._no_match(said))
        # Who does not name the task by itself or by its public identifiers means the one that was asked first.
        if not said.repeat:
            matching = [task for task in matching if task.repeat_of is None] or matching
        elif not (matching := [task for task in matching if task.repeat_of is not None]):
            raise FieldFault(
                "it answers a hidden repeat that was not asked from this store, and is no label of its own."
            )
        open_ones = [task for task in matching if task.state == "open"] or matching
        if len(open_ones) > 1:
            raise FieldFault(
                f"the item {said.item[:60]!r} has {len(open_ones)} outputs; say which by the column or field 'system'."
            )
        return self._published(open_ones[0])

    def _published(self, task: TaskRow) -> TaskRow:
        if task.position >= self._queue.size:
            raise FieldFault("its task is still being imported; try again when that has ended.")
        return task

    def _no_match(self, said: SaidLabel) -> str:
        if said.outputs and not any("content_hash" in output for output in said.outputs):
            return (
                "its task is not in this store, and a sealed export imports only into the store that it came from; "
                "export it again where it was made, once that queue is revealed there."
            )
        if said.outputs:
            return f"the outputs that it judges are not among those of the item {said.item[:60]!r}; import them first."
        named = " | ".join(said.systems or said.named)
        return f"the item {said.item[:60]!r} has no output of {named[:60]!r}; import it first, or mend the name."

    def _matches(self, said: SaidLabel, task: TaskRow) -> bool:
        outputs = self._outputs(task.id)
        if said.outputs:
            return self._translation(said, outputs) is not None
        if said.named and sorted(said.named) == sorted(output.public_id for output in outputs):
            return True
        named = said.systems or said.named
        if not named:
            return True
        names = [{output.system, f"{output.system} {output.version}".strip()} for output in outputs]
        return len(named) == len(outputs) and all(any(name in known for known in names) for name in named)

    def _translation(self, said: SaidLabel, outputs: list[NamedOutput]) -> dict[str, str] | None:
        """Each public id of the file's outputs with the one of this store; None where they are not the same outputs."""
        here: dict[tuple[Any, ...], list[str]] = {}
        for output in outputs:
            known = (output.system, output.version, output.sample, output.content_hash)
            here.setdefault(known, []).append(output.public_id)
        ids = {output.public_id for output in outputs}
        translation: dict[str, str] = {}
        for given in said.outputs:
            public_id = str(given.get("public_id", ""))
            if "content_hash" not in given:
                return None
            wanted = tuple(given.get(name) for name in ("system", "version", "sample", "content_hash"))
            try:
                left = here.get(wanted)
            except TypeError:  # a list or object where a name should be
                return None
            if not left:
                return None
            translation[public_id] = public_id if public_id in ids and public_id in left else left[0]
            left.remove(translation[public_id])
        return translation if not any(here.values()) else None

    def _shown(self, said: SaidLabel, task: TaskRow) -> list[str]:
        outputs = self._outputs(task.id)
        ids = [output.public_id for output in outputs]
        if said.shown is None:
            # A table names the outputs of a comparison in the order in which its value counts them.
            named = said.named if sorted(said.named) == sorted(ids) else []
            return named or self._by_system(said, outputs)
        if all(public_id in ids for public_id in said.shown):
            return said.shown
        translation = self._translation(said, outputs) if said.outputs else None
        if translation is None or not all(public_id in translation for public_id in said.shown):
            if said.cells or not said.values:
                # A table from another store names outputs by identifiers that mean nothing here.
                return ids if len(ids) == 1 else self._by_system(said, outputs)
            raise FieldFault("shown_order names outputs that its task does not have.")
        return [translation[public_id] for public_id in said.shown]

    def _by_system(self, said: SaidLabel, outputs: list[NamedOutput]) -> list[str]:
        left = list(outputs)
        order: list[str] = []
        for name in said.systems:
            found = next((one for one in left if name in (one.system, f"{one.system} {one.version}".strip())), None)
            if found is not None:
                order.append(found.public_id)
                left.remove(found)
        return [*order, *(output.public_id for output in left)]

    def _rubric(self, said: SaidLabel, task: TaskRow) -> str:
        if said.rubric and self._rubrics(said.rubric) is not None:
            return said.rubric
        if len(said.rubric_hash) == 64:
            found = label_rows.rubric_with_hash(self._driver, said.rubric_hash)
            if found is None:
                self._without_rubric(said.rubric_name or said.rubric_hash)
            return str(found)
        named = said.rubric_name or said.rubric
        candidates = [*([task.rubric] if task.rubric else []), *reversed(self._in_force)]
        if not named:
            if not candidates:
                raise FieldFault(
                    f"the queue '{self._queue.name}' has no rubric; {_BRING_RUBRIC.format(queue=self._queue.name)}."
                )
            return candidates[0]
        for candidate in candidates:
            rubric = self._rubrics(candidate)
            if rubric and rubric.name == named and rubric.content_hash.startswith(said.rubric_hash):
                return candidate
        return self._without_rubric(named)

    def _without_rubric(self, named: str) -> str:
        raise FieldFault(
            f"its rubric {named[:60]!r} is not in this store; {_BRING_RUBRIC.format(queue=self._queue.name)}, "
            "then import the labels again."
        )

    def _load_rubric(self, identifier: str) -> Rubric | None:
        document = queues.rubric_document(self._driver, identifier)
        try:
            return Rubric.from_document(document) if document else None
        except BadInput:
            return None
