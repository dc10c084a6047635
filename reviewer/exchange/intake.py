"""From the rows of a file to a queue in the store: conversion, slices, rejects, and one moment when all is seen."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from orjson import OPT_SORT_KEYS, dumps

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.naming import Named, Naming
from reviewer.exchange.registry import Reader
from reviewer.exchange.rejects import Rejected, RejectsFile
from reviewer.exchange.rows import ItemRow, Reject
from reviewer.rubric import Criterion, Preference, Rubric
from reviewer.store import queues, remotes, rounds
from reviewer.store.connection import Store
from reviewer.store.intake import Intake
from reviewer.store.masking import output_hash
from reviewer.store.pairing import Paired, pair, systems_of
from reviewer.store.pairs import Pairs
from reviewer.store.queues import QueueRecord
from reviewer.store.rehearsal import Rehearsal
from reviewer.store.rows import NewItem, NewOutput
from reviewer.store.taking import Taking
from reviewer.store.troubles import StoreTrouble

SLICE = 1000
_SLICE_BYTES = 4 << 20
_MASK = "mask_self_naming"
_NOTHING = b"[]"

Progress = Callable[[Reader, int], None]
"""Told after every slice: the reader, for its position, and how many rows were read."""


@dataclass(slots=True)
class Imported:
    """What an import did. `rejected` counts rows, `escaped` the characters that were made visible.

    `masking` says that the queue's outputs are masked, now or since an earlier import; `pairs_before` is the rule that
    made the pairs so far, where another holds from now on.
    """

    rows: int = 0
    items: int = 0
    outputs: int = 0
    tasks: int = 0
    duplicates: int = 0
    rejected: int = 0
    rejects_file: str | None = None
    without_output: int = 0
    escaped: int = 0
    recalled: int = 0
    queue_made: bool = False
    rubric_changed: bool = False
    published: bool = False
    masking: bool = False
    pairs_before: str = ""
    paired: Paired | None = None
    named: Named | None = None

    def to_json(self) -> dict[str, Any]:
        """The counts, as `--json` prints them; those of comparisons and of names only where they were made."""
        names = ("rows", "items", "outputs", "tasks", "duplicates", "rejected", "rejects_file")
        said: dict[str, Any] = {name: getattr(self, name) for name in names}
        if self.paired is not None:
            said |= {
                "systems": self.paired.systems,
                "connected": len(self.paired.groups) < 2,
                "groups": self.paired.groups,
                "single": self.paired.single,
            }
        if self.named is not None:
            said["self_naming"] = self.named.count
        return said


@dataclass(slots=True)
class ImportOptions:
    """How to import. `rubric` comes into force in the queue; a new queue without one gets that of its kind.

    `kind` is what a new queue asks for, rating where it is left out, and what an old one must ask for. `pairs` says
    which outputs a pairwise queue compares; `settings` are put into the queue. `mask` replaces the names of systems in
    outputs. `strict` takes all rows or none; `dry_run` writes nothing but the rejects file, and that only if it is
    named.
    """

    rubric: Rubric | None = None
    kind: str | None = None
    pairs: Pairs | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    mask: bool = False
    revise: bool = False
    strict: bool = False
    dry_run: bool = False
    rejects: Path | None = None
    slice_rows: int = SLICE
    on_progress: Progress = field(default=lambda _reader, _rows: None)
    on_reject: Callable[[Rejected], None] = field(default=lambda _rejected: None)
    on_named: Callable[[str], None] = field(default=lambda _said: None)


def score_rubric() -> Rubric:
    """What a rating queue asks if nothing else was said: one score from 1 to 5."""
    return Rubric(name="score", criteria=(Criterion(id="score", type="scale", min=1, max=5),))


def default_rubric(kind: str) -> Rubric:
    """What a queue of that kind asks if nothing else was said."""
    if kind == "rating":
        return score_rubric()
    return Rubric(name="ranking" if kind == "ranking" else "preference", preference=Preference())


def check_rubric(rubric: Rubric, kind: str) -> None:
    """Raises BadInput for a rubric that a queue of that kind cannot ask by."""
    if kind == "rating" and not rubric.criteria:
        raise BadInput(f"the rubric '{rubric.name}' has no criteria to rate by.", mend="Add some under criteria:.")
    if kind == "pairwise" and rubric.preference is None:
        what = f"the rubric '{rubric.name}' does not say how two outputs are compared."
        raise BadInput(what, mend="Add preference: {scale: 5}.")


def import_items(store: Store | None, name: str, reader: Reader, *, rater: str, options: ImportOptions) -> Imported:
    """Takes the rows of `reader` into the queue `name`, which is made where it is missing; `rater` is who asks.

    All rows are seen together at the end, and none if there was nothing to take, or any reject with `strict`: the
    result then says `published=False`. There need not be a store for a dry run. Raises WrongUsage for a queue of
    another kind, or pairs where none are asked for, BadInput for a closed queue, a rubric that does not suit its kind
    or a baseline that is no system, StoreTrouble for a disk that is full.
    """
    found = _open_queue(store, name, options)
    kind = found.kind if found else options.kind or "rating"
    if options.pairs is not None and kind != "pairwise":
        mend = "Leave --pairs out." if found else "Leave --pairs out, or say --kind pairwise."
        raise WrongUsage(f"--pairs is for pairwise queues, and '{name}' is a {kind} queue.", mend=mend)
    if options.rubric is not None:
        check_rubric(options.rubric, kind)
    if store is None or options.dry_run:
        queue = found or queues.draft(name, "", kind=kind)
        with (
            _rejects(reader, options) as rejects,
            Rehearsal(store, queue, revise=options.revise) as rehearsal,
            _uncollected(),
        ):
            return _Pipeline(rehearsal, reader, options, rejects).run()
    try:
        with _rejects(reader, options) as rejects:
            queue, actor = _prepared(store, found, name, rater, kind=kind, settings=_settings(options))
            with Intake(store, queue, actor=actor, revise=options.revise) as intake, _uncollected():
                return _imported(intake, store, reader, options, rejects, found)
    except StoreTrouble as error:
        if "full" in error.what:
            error.mend = "Make room, then import again: nothing of it was taken."
        raise


def _imported(
    intake: Intake,
    store: Store,
    reader: Reader,
    options: ImportOptions,
    rejects: RejectsFile,
    found: QueueRecord | None,
) -> Imported:
    done = _Pipeline(intake, reader, options, rejects).run()
    if found is not None and options.pairs is not None and options.pairs.text != found.settings.get("pairs", "all"):
        done.pairs_before = found.settings.get("pairs", "all")
    if done.rows == done.rejected or (options.strict and done.rejected):
        return done
    identifier = None
    if (rubric := _rubric_to_put(store, intake.queue, options.rubric)) is not None:
        identifier = intake.keep_rubric(
            rubric.document(), content_hash=rubric.content_hash, scale_hash=rubric.scale_hash
        )
        done.rubric_changed = found is not None and options.rubric is not None
    intake.publish(rubric=identifier, settings=_settings(options))
    done.published = True
    done.queue_made = found is None
    return done


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows make no cycles: looking for some among them would cost a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _open_queue(store: Store | None, name: str, options: ImportOptions) -> QueueRecord | None:
    if not name.strip() or not name.isprintable():
        raise WrongUsage(f"{name!r} cannot be the name of a queue.", mend="Name it in letters that can be seen.")
    if store is None:
        remotes.refuse_name(name)
        return None
    with store.reading() as connection:
        queue = queues.find(connection, name)
        if queue is not None:
            remotes.refuse_remote(connection, queue)
    if queue is None:
        remotes.refuse_name(name)
        return None
    if options.kind is not None and options.kind != queue.kind:
        raise WrongUsage(
            f"the queue '{name}' is a {queue.kind} queue, not a {options.kind} queue, and stays one.",
            mend="Leave --kind out, or name another queue.",
        )
    rounds.refuse_round(queue, "its items are fixed", "Import into the queue from which rounds are drawn.")
    if queue.state == "closed":
        raise BadInput(f"the queue '{name}' is closed.", mend=f"`reviewer queue reopen {name}` opens it again.")
    return queue


def _prepared(
    store: Store, found: QueueRecord | None, name: str, rater: str, *, kind: str, settings: dict[str, Any]
) -> tuple[QueueRecord, str]:
    with store.writing() as connection:
        if found is None and queues.find(connection, name) is not None:
            raise BadInput(f"another program made the queue '{name}' meanwhile.", mend="Import again.")
        # What a killed import left prepared may have been of another kind.
        queue = found or replace(queues.prepare(connection, name, kind=kind), kind=kind, settings=settings)
        return queue, queues.ensure_rater(connection, rater)


def _settings(options: ImportOptions) -> dict[str, Any]:
    """What the queue keeps of the options, for later imports."""
    kept = {} if options.pairs is None else {"pairs": options.pairs.text}
    return options.settings | kept | ({_MASK: True} if options.mask else {})


def _rejects(reader: Reader, options: ImportOptions) -> RejectsFile:
    return RejectsFile(options.rejects, reader.path)


def _rubric_to_put(store: Store, queue: QueueRecord, given: Rubric | None) -> Rubric | None:
    with store.reading() as connection:
        there = queues.rubrics_of(connection, queue.id)
    if given is None:
        return None if there else default_rubric(queue.kind)
    in_force = Rubric.from_document(there[-1][1]).content_hash if there else ""
    return None if in_force == given.content_hash else given


class _Pipeline:
    """One reader against one queue, slice by slice."""

    def __init__(self, taking: Taking, reader: Reader, options: ImportOptions, rejects: RejectsFile) -> None:
        self._taking = taking
        self._reader = reader
        self._options = options
        self._rejects = rejects
        self._done = Imported()
        self._rubrics: dict[bytes, str] = {}
        queue = taking.queue
        self._done.masking = options.mask or bool(queue.settings.get(_MASK))
        self._names = self._watch() if self._done.masking or queue.kind != "rating" else None

    def _watch(self) -> Naming:
        queue = self._taking.queue
        known = {named for source in self._taking.sources[:1] for named in systems_of(source, queue).values()}
        return Naming(known, mask=self._done.masking, on_found=self._options.on_named)

    def run(self) -> Imported:
        done = self._done
        for file, rows in self._slices():
            items: list[NewItem] = []
            refused: list[tuple[int, str]] = []
            if self._names is not None:
                self._names.learn(rows)
            for number, row in enumerate(rows):
                done.escaped += row.escaped
                try:
                    rubric = None if row.rubric is None else self._rubric(row.rubric)
                except BadInput as error:
                    refused.append((number, f"its rubric cannot be used: {error}"))
                else:
                    items.append(_new_item(number, row, rubric, self._names))
            self._taking.add(items)
            refused += self._taking.taken.refused
            self._taking.taken.refused = []
            self._refuse(file, rows, refused)
            self._options.on_progress(self._reader, done.rows)
        if self._taking.compared and done.rows > done.rejected:
            done.paired = pair(self._taking, self._options.pairs)
        if self._names is not None:
            self._names.look_at_settings(self._taking.queue.settings)
            done.named = self._names.named
        taken = self._taking.taken
        done.items, done.outputs, done.tasks = taken.items, taken.outputs, taken.tasks
        done.duplicates, done.without_output = taken.duplicates, taken.without_output
        done.recalled = len(self._taking.recalled)
        done.rejects_file = str(self._rejects.path) if self._rejects.path else None
        return done

    def _slices(self) -> Iterator[tuple[Path, list[ItemRow]]]:
        """The rows by file, so many or so much text at a time; rejects are told on the way."""
        rows: list[ItemRow] = []
        size = 0
        reader, done, most = self._reader, self._done, self._options.slice_rows
        file = reader.path
        for row in reader:
            done.rows += 1
            if reader.path is not file:
                if rows:
                    yield file, rows
                file, rows, size = reader.path, [], 0
            if isinstance(row, Reject):
                self._tell(Rejected(str(file), row.line, row.reason, row.raw))
                continue
            rows.append(row)
            size += len(row.raw)
            if len(rows) >= most or size >= _SLICE_BYTES:
                yield file, rows
                rows, size = [], 0
        yield file, rows

    def _refuse(self, file: Path, rows: list[ItemRow], refused: list[tuple[int, str]]) -> None:
        reasons: dict[int, list[str]] = {}
        for number, reason in refused:
            reasons.setdefault(number, []).append(reason)
        for number in sorted(reasons):
            row = rows[number]
            self._tell(Rejected(str(file), row.line, "; ".join(reasons[number]), row.raw))

    def _tell(self, rejected: Rejected) -> None:
        self._done.rejected += 1
        self._options.on_reject(rejected)
        if self._options.rejects is not None or not self._options.dry_run:
            self._rejects.write(rejected)

    def _rubric(self, data: dict[str, Any]) -> str:
        from reviewer.rubric import rubric_from_data

        known = dumps(data)
        if known not in self._rubrics:
            rubric = rubric_from_data(data)
            check_rubric(rubric, self._taking.queue.kind)
            if len(self._rubrics) > 1000:
                self._rubrics.clear()
            self._rubrics[known] = self._taking.keep_rubric(
                rubric.document(), content_hash=rubric.content_hash, scale_hash=rubric.scale_hash
            )
        return self._rubrics[known]


def item_hash(prompt: bytes, context: bytes, reference: str | None) -> str:
    """By what an item is known: SHA-256 over the canonical JSON of [prompt, context, reference] as they are stored.

    `prompt` and `context` are the canonical JSON of their lists; the result is `ids.digest` of the three together.
    """
    return sha256(b"[%b,%b,%b]" % (prompt, context, dumps(reference))).hexdigest()


def derived_key(content_hash: str) -> str:
    """The key of a row that brings none: the same texts give the same key, so that a file read twice adds nothing."""
    return content_hash[:16]


def _new_item(number: int, row: ItemRow, rubric: str | None, names: Naming | None) -> NewItem:
    prompt = dumps(row.prompt, option=OPT_SORT_KEYS)
    context = dumps(row.context, option=OPT_SORT_KEYS) if row.context else _NOTHING
    content_hash = item_hash(prompt, context, row.reference)
    key = row.key or derived_key(content_hash)
    masked = names.look_at(row, key) if names is not None else None
    outputs = []
    for place, output in enumerate(row.outputs):
        parts = dumps(output.parts, option=OPT_SORT_KEYS) if output.parts else _NOTHING
        content = output_hash(output.text, parts)
        kept = NewOutput(output.system, output.version, output.sample, output.text, parts.decode(), content)
        if masked is not None:
            kept.masked = masked[place]
        outputs.append(kept)
    return NewItem(
        number,
        key,
        prompt.decode(),
        context.decode(),
        row.reference,
        _meta(row),
        content_hash,
        outputs,
        rubric,
    )


def _meta(row: ItemRow) -> str:
    meta: dict[str, Any]
    if row.tags:
        meta = {"metadata": row.meta, "tags": row.tags} if row.meta else {"tags": row.tags}
    elif row.meta:
        meta = {"metadata": row.meta}
    else:
        return "{}"
    return dumps(meta, option=OPT_SORT_KEYS).decode()
