"""Writing labels: JSON Lines that hold every column and revision, and tables that hold the ones that count."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import orjson

from reviewer.errors import BadInput
from reviewer.exchange.labels.answers import is_preference, is_ranking
from reviewer.exchange.labels.cells import COLUMNS, SEPARATOR, guarded, rationale_cell, rubric_cell
from reviewer.exchange.labels.decided import Decided
from reviewer.rubric import Rubric, format_ranking, format_value, split_key
from reviewer.store import label_rows, queues
from reviewer.store.label_rows import LabelRow, NamedOutput
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

JSON_COLUMNS = ("supersedes", "values", "rationale", "correction", "flags", "shown_order", "evidence")
_RENAMED = {"queue": "queue_id"}


@dataclass(slots=True)
class Exported:
    """What was written: labels, and the rows or lines that they became; `disputed` labels stand beside another of the
    same rater's, given on another device."""

    labels: int = 0
    rows: int = 0
    disputed: int = 0


Line = Callable[[LabelRow], Iterator[bytes]]


def export(
    driver: Driver,
    queue: QueueRecord,
    write: Callable[[bytes], object],
    *,
    form: str,
    rater: str | None = None,
    every: bool | None = None,
    golden: bool = False,
) -> Exported:
    """Hands the labels of a queue to `write`, line by line, as `jsonl` or `csv`.

    JSONL holds every revision and CSV the ones that count, unless `every` says otherwise. While the queue is sealed,
    nothing says which system gave an output. With `golden` JSONL has the labels on tasks with golden values, where
    decisions say what they made golden and what became of that; CSV has decisions alone, with what is golden now.
    """
    done = Exported()
    decided = Decided(driver, queue) if golden else None
    disputed = label_rows.disputed(driver, queue.id)
    lines = _json_lines(driver, queue, disputed, decided) if form == "jsonl" else _table_rows(driver, queue, decided)
    wanted = form == "jsonl" if every is None else every
    if form != "jsonl":
        write(_row(COLUMNS))
    for row in label_rows.labels_of(driver, queue.id, rater=rater, every=wanted):
        if decided is not None and not (decided.belongs(row) and (form == "jsonl" or decided.is_decision(row))):
            continue
        before = done.rows
        for line in lines(row):
            done.rows += 1
            write(line)
        done.labels += done.rows > before
        done.disputed += row.columns["id"] in disputed
    return done


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner only that takes the place of `path` when all is written, and never in part.

    Raises BadInput where it cannot be written.
    """
    made: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
            made = Path(stream.name)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        made.replace(path)
        made = None
    except OSError as error:
        raise BadInput(
            f"cannot be written ({error.strerror}).", where=str(path), mend="Name another file with -o, or make room."
        ) from error
    finally:
        if made is not None:
            made.unlink(missing_ok=True)


def _json_lines(driver: Driver, queue: QueueRecord, disputed: set[str], decided: Decided | None = None) -> Line:
    outputs = lru_cache(maxsize=512)(lambda task: label_rows.outputs_of(driver, task))

    def line(row: LabelRow) -> Iterator[bytes]:
        said = {_RENAMED.get(name, name): _json_value(name, value) for name, value in row.columns.items()}
        shown = orjson.loads(row.columns["shown_order"])
        named: dict[str, Any] = {
            "queue": queue.name,
            "item": row.key,
            "outputs": _natural(outputs(row.columns["task"]), shown, sealed=queue.sealed),
            "rater_name": row.rater_name,
            "rater_kind": row.rater_kind,
            "rubric_name": row.rubric_name,
            "rubric_hash": row.rubric_hash,
        }
        if row.repeat_of and not queue.sealed:
            named["repeat"] = True
        if row.columns["id"] in disputed:
            named["disputed"] = True
        if decided is not None and (given := decided.told(row)):
            named["golden"] = given
        yield orjson.dumps({"id": said.pop("id"), **named, **said}, option=orjson.OPT_APPEND_NEWLINE)

    return line


def _json_value(name: str, value: Any) -> Any:
    if name in JSON_COLUMNS:
        return orjson.Fragment(value)
    return bool(value) if name == "surplus" else value


def _natural(outputs: list[NamedOutput], shown: list[str], *, sealed: bool) -> list[dict[str, Any]]:
    if not sealed:
        return [
            {
                "public_id": output.public_id,
                "slot": output.slot,
                "system": output.system,
                "version": output.version,
                "sample": output.sample,
                "content_hash": output.content_hash,
            }
            for output in outputs
        ]
    # The canonical order would say as much as a name.
    return [{"public_id": public_id} for public_id in _shown_first(outputs, shown)]


def _shown_first(outputs: list[NamedOutput], shown: list[str]) -> list[str]:
    ids = [output.public_id for output in outputs]
    listed = [public_id for public_id in shown if public_id in ids]
    return listed + sorted(public_id for public_id in ids if public_id not in listed)


def _table_rows(driver: Driver, queue: QueueRecord, decided: Decided | None = None) -> Line:
    outputs = lru_cache(maxsize=512)(lambda task: label_rows.outputs_of(driver, task))
    rubrics = lru_cache(maxsize=512)(lambda rubric: _rubric(driver, rubric))

    def rows(row: LabelRow) -> Iterator[bytes]:
        said = row.columns
        there = outputs(said["task"])
        shown = orjson.loads(said["shown_order"])
        order = _shown_first(there, shown)
        named = {output.public_id: " ".join(p for p in (output.system, output.version) if p) for output in there}
        values = orjson.loads(said["values"])
        rationale = orjson.loads(said["rationale"])
        rubric = rubrics(said["rubric"])
        cells = {
            "label": said["id"],
            "queue": guarded(queue.name),
            "item": guarded(row.key),
            "output": SEPARATOR.join(order),
            "system": "" if queue.sealed else guarded(SEPARATOR.join(named[public_id] for public_id in order)),
            "rater": guarded(row.rater_name),
            "phase": said["phase"],
            "outcome": said["outcome"],
            "label_rationale": rationale_cell(rationale.get("label")),
            "revision": str(said["revision"]),
            "shown_order": SEPARATOR.join(shown),
            "rubric": rubric_cell(row.rubric_name, row.rubric_hash),
            "active_seconds": f"{said['active_ms'] / 1000:g}",
            "committed_at": said["committed_at"],
            "repeat": "true" if row.repeat_of and not queue.sealed else "",
        }
        keys = [*values, *(key for key in rationale if key != "label" and key not in values)] or [""]
        for key in keys if decided is None else decided.standing(row):
            of_key = {
                "criterion": guarded(key),
                "value": _value_cell(rubric, key, values[key]) if key in values else "",
                "criterion_rationale": rationale_cell(rationale.get(key)) if key else "",
            }
            yield _row([(cells | of_key).get(column, "") for column in COLUMNS])

    return rows


def _rubric(driver: Driver, identifier: str) -> Rubric | None:
    document = queues.rubric_document(driver, identifier)
    return Rubric.from_document(document) if document else None


def _value_cell(rubric: Rubric | None, key: str, value: Any) -> str:
    if is_ranking(value):
        return format_ranking(value)
    if is_preference(key, value):
        return str(value)
    parts = split_key(key)
    criterion = rubric.criterion(parts.criterion) if rubric and parts else None
    if criterion is None:
        return guarded(str(value))
    cell = format_value(criterion, value)
    return cell if criterion.type in ("scale", "number", "boolean") else guarded(cell)


def _row(cells: Any) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
