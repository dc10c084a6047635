"""Importing labels: read, resolved, held against the store, and taken in batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from reviewer.errors import BadInput
from reviewer.exchange.labels.read import LabelReader
from reviewer.exchange.labels.resolve import Resolver
from reviewer.exchange.rejects import Rejected, RejectsFile
from reviewer.exchange.rows import FieldFault, Reject
from reviewer.store import label_rows, queues, rounds
from reviewer.store.connection import Store
from reviewer.store.label_intake import (
    GivenLabel,
    GivenRater,
    LabelIntake,
    TakenLabels,
    golden_of,
    is_known,
    known_rater,
)
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

BATCH = 500


@dataclass(slots=True)
class ImportedLabels:
    """What an import of labels did. `rejected` counts labels, and rows that make none; `golden` golden values."""

    rows: int = 0
    labels: int = 0
    duplicates: int = 0
    rejected: int = 0
    raters: int = 0
    golden: int = 0
    rejects_file: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The counts, as `--json` prints them."""
        names = ("rows", "labels", "duplicates", "rejected", "raters", "golden", "rejects_file")
        return {name: getattr(self, name) for name in names}


@dataclass(slots=True)
class LabelOptions:
    """How to import labels. `strict` takes all or none; `dry_run` writes nothing but a rejects file that is named."""

    strict: bool = False
    dry_run: bool = False
    rejects: Path | None = None
    on_progress: Callable[[LabelReader], None] = field(default=lambda _reader: None)
    on_reject: Callable[[Rejected], None] = field(default=lambda _rejected: None)


def import_labels(store: Store, name: str, reader: LabelReader, *, rater: str, options: LabelOptions) -> ImportedLabels:
    """Takes the labels of `reader` into the queue `name`; `rater` is who asks.

    Batches are committed one by one, each with its event: an import that is ended half-way is taken up by the next,
    which knows what is there. With `strict` all are resolved, in memory, before the first is written. Raises BadInput
    where there is no such queue, or it is closed.
    """
    with store.reading() as connection:
        queue = queues.find(connection, name)
        if queue is None:
            raise BadInput(f"there is no queue '{name}'.", mend=f"`reviewer import FILE -q {name}` makes it.")
        if queue.state == "closed":
            raise BadInput(f"the queue '{name}' is closed.", mend=f"`reviewer queue reopen {name}` opens it again.")
        rounds.refuse_labels(queue)
    with RejectsFile(options.rejects, reader.path) as rejects, closing(store.connect()) as connection:
        run = _Run(store, queue, reader, options, rejects, connection)
        if options.dry_run:
            run.rehearse()
        else:
            with store.transaction(connection):
                actor = queues.ensure_rater(connection, rater)
            run.take(LabelIntake(queue, stream=store.device, actor=actor))
        run.done.rows = reader.rows
        run.done.rejects_file = str(rejects.path) if rejects.path else None
        return run.done


class _Run:
    """One file of labels against one queue."""

    def __init__(
        self,
        store: Store,
        queue: QueueRecord,
        reader: LabelReader,
        options: LabelOptions,
        rejects: RejectsFile,
        connection: Any,
    ) -> None:
        self.done = ImportedLabels()
        self._store = store
        self._reader = reader
        self._options = options
        self._rejects = rejects
        self._connection = connection
        self._queue = queue
        with store.translated():
            self._resolver = Resolver(connection, queue, device=store.device)

    def take(self, intake: LabelIntake) -> None:
        resolved = self._resolved()
        if self._options.strict:
            kept = list(resolved)
            if self.done.rejected:
                return
            resolved = iter(kept)
        while batch := list(islice(resolved, BATCH)):
            taken = self._store.perform(self._connection, partial(self._take_batch, intake=intake, batch=batch))
            self.done.labels += len(taken.labels)
            self.done.duplicates += taken.duplicates
            self.done.raters += taken.raters
            self.done.golden += len(taken.golden)
            self._options.on_progress(self._reader)

    def _take_batch(self, driver: Driver, *, intake: LabelIntake, batch: list[GivenLabel]) -> TakenLabels:
        rounds.refuse_moved(driver, self._queue)
        return intake.take(driver, batch)

    def rehearse(self) -> None:
        """Counts what would be taken."""
        seen: set[str] = set()
        raters: set[GivenRater] = set()
        for given in self._resolved():
            identifier = given.columns["id"]
            with self._store.translated():
                # Whether another's label is known would tell what it says.
                known = identifier in seen or (not self._queue.is_blind_round and is_known(self._connection, given))
                self.done.golden += 0 if self._queue.is_blind_round else golden_of(self._connection, given)
                if not known and known_rater(self._connection, given.rater) is None:
                    raters.add(given.rater)
            self.done.duplicates += known
            self.done.labels += not known
            if identifier:
                seen.add(identifier)
        self.done.raters = len(raters)

    def _resolved(self) -> Iterator[GivenLabel]:
        for said in self._reader:
            if isinstance(said, Reject):
                self._refuse(said.line, said.reason, said.raw)
                continue
            try:
                with self._store.translated():
                    given = self._resolver.resolve(said)
                    self._refuse_guess(given)
            except FieldFault as fault:
                self._refuse(said.line, str(fault), said.raw)
                continue
            yield given

    def _refuse_guess(self, given: GivenLabel) -> None:
        """In a round that is blind yet, whether such a label is known already would tell what the rater has said."""
        if not self._queue.is_blind_round or given.columns["id"]:
            return
        rater = known_rater(self._connection, given.rater)
        line = {name: given.columns[name] for name in ("task", "phase", "sample")}
        if rater is not None and label_rows.head(self._connection, **line, rater=rater) is not None:
            raise FieldFault(f"{given.rater.name} has labelled this, and the round is blind: only they change it")

    def _refuse(self, line: int, reason: str, raw: bytes) -> None:
        rejected = Rejected(str(self._reader.path), line, reason, raw)
        self.done.rejected += 1
        self._options.on_reject(rejected)
        if self._options.rejects is not None or not self._options.dry_run:
            self._rejects.write(rejected)
