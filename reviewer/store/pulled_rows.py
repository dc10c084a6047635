"""The rows of the tasks that a server leases, gathered so that each table is written in one go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from reviewer.errors import BadInput
from reviewer.ids import new_id
from reviewer.store.order import next_place
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements

WITHHELD = "withheld"
"""The system of every output whose system the server does not tell."""

_sql = statements("remotes")


def has_rubric(driver: Driver, rubric: str) -> bool:
    """Whether a rubric of that identifier is here."""
    return _sql.rubric.first(driver, rubric=rubric) is not None


class Rows:
    """The rows of new tasks of a queue, in the order in which they are added."""

    def __init__(self, driver: Driver, queue: QueueRecord, rater: str) -> None:
        self._driver = driver
        self._queue = queue
        self._systems: dict[str, str] = {}
        self._items: list[dict[str, Any]] = []
        self._keys: dict[str, dict[str, Any]] = {}
        self._outputs: list[dict[str, Any]] = []
        self._tasks: list[dict[str, Any]] = []
        self._slots: list[dict[str, Any]] = []
        self._places: list[dict[str, Any]] = []
        self._first_key = int(_sql.dataset_size.first(driver, dataset=queue.dataset)[0])
        self._seq = next_place(driver, queue.id, rater)
        self._rater = rater

    def add(self, task: dict[str, Any], position: int) -> None:
        """A task at the next place. Raises BadInput for one under a rubric that is not here."""
        if task["rubric"] and not has_rubric(self._driver, task["rubric"]):
            raise BadInput("the server gives a task under a rubric that it did not send.", where=self._queue.name)
        lease, key = task["id"], clean(task["key"]) or task["id"]
        self._items.append(
            {
                "id": lease,
                "content_hash": lease,
                "prompt": orjson.dumps([_turn(turn) for turn in task["prompt"]]).decode(),
                "context": orjson.dumps([_document(document) for document in task["context"]]).decode(),
                "reference": None if task["reference"] is None else clean(task["reference"]),
            }
        )
        if key not in self._keys and _sql.key.first(self._driver, dataset=self._queue.dataset, key=key) is None:
            self._keys[key] = {
                "dataset": self._queue.dataset,
                "key": key,
                "item": lease,
                "position": self._first_key + len(self._keys),
                "meta": orjson.dumps(_meta(task["shown"])).decode(),
            }
        self._tasks.append(
            {
                "id": lease,
                "queue": self._queue.id,
                "key": key,
                "item": lease,
                "position": position,
                "priority": 0.0,
                "rubric": task["rubric"],
                "repeat_of": None,
                "selection": None,
                "probability": None,
                "state": "open",
                "gold": 0,
            }
        )
        for slot, output in enumerate(task["outputs"]):
            self._add_output(lease, slot, output)
        shown = [output["public_id"] for output in task["outputs"]]
        self._places.append(
            {
                "task": lease,
                "rater": self._rater,
                "queue": self._queue.id,
                "seq": self._seq,
                "shown_order": orjson.dumps(shown).decode(),
                "state": "open",
                "flagged": 0,
                "committed_at": None,
            }
        )
        self._seq += 1

    def _add_output(self, lease: str, slot: int, output: dict[str, Any]) -> None:
        turns = [_turn(turn) for turn in output["turns"]]
        plain = len(turns) == 1 and turns[0].keys() == {"role", "text"} and turns[0]["role"] == "assistant"
        said = [turn["text"] for turn in turns if turn["role"] == "assistant"]
        # Eight characters are drawn for each task anew, and are too few for all tasks together.
        identifier = f"{lease}/{output['public_id']}"
        self._outputs.append(
            {
                "id": identifier,
                "item": lease,
                "system": self._system(clean(output["name"]) or WITHHELD),
                "run": None,
                "sample": 0,
                "parts": "[]" if plain else orjson.dumps(turns).decode(),
                "text": clean("\n\n".join(said)),
                "content_hash": output["public_id"],
                "masked": None,
            }
        )
        self._slots.append({"task": lease, "slot": slot, "output": identifier, "public_id": output["public_id"]})

    def _system(self, name: str) -> str:
        if name not in self._systems:
            _sql.insert_system.run(self._driver, id=new_id(), name=name, version="", family=None)
            self._systems[name] = str(_sql.system.first(self._driver, name=name)[0])
        return self._systems[name]

    def write(self, driver: Driver) -> int:
        """Writes them all; returns how many keys are new in the dataset."""
        for statement, rows in (
            (_sql.insert_item, self._items),
            (_sql.insert_key, list(self._keys.values())),
            (_sql.insert_output, self._outputs),
            (_sql.insert_task, self._tasks),
            (_sql.insert_task_output, self._slots),
            (_sql.insert_place, self._places),
        ):
            if rows:
                statement.run_all(driver, rows)
        return len(self._keys)


def _turn(turn: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in turn.items() if value or name in ("role", "text")}


def _document(document: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in document.items() if value or name in ("title", "text")}


def _meta(shown: Sequence[Sequence[str]]) -> dict[str, Any]:
    meta: dict[str, Any] = {"metadata": {name: value for name, value in shown if name != "tags"}}
    tags = [value for name, value in shown if name == "tags"]
    return meta | ({"tags": tags} if tags else {})


def clean(text: str) -> str:
    """PostgreSQL keeps no NUL; an import makes it visible in the same way."""
    return text.replace("\0", "\\u0000")
