"""The tables (the house's §4). Identifiers are UUIDv7 texts, moments ISO 8601 texts in UTC, documents JSON texts.

JSON columns hold text on both databases and are read with orjson where they are used, so that a statement handed
to the driver and one run by SQLAlchemy see the same value.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import BigInteger, Column, Index, Table, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

HASH_INDEXED = "substr(content_hash, 1, 12)"
"""What the index of items holds of their hash; a query must use the same words for SQLite to see it."""

# A table that is read by its own key needs no second index beside it on SQLite.
_CLUSTERED = {"sqlite_with_rowid": False}


def _json(default: str) -> Any:
    return Field(default=default, sa_column=Column(Text, nullable=False, server_default=text(f"'{default}'")))


def core(model: type[SQLModel]) -> Table:
    """The Core table of a model: its columns (`.c`) build statements without the ORM."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # set by the metaclass, unseen by the types


def columns(model: type[SQLModel]) -> list[str]:
    """The names of a model's columns, in the order in which a row of the whole table comes."""
    return [column.name for column in core(model).columns]


class Meta(SQLModel, table=True):
    """Facts about the store itself: its identifier, its device, what made it."""

    key: str = Field(primary_key=True)
    value: str


class Dataset(SQLModel, table=True):
    """A named, versioned set of items. `size` counts the published ones, `outputs` the published rows of
    DatasetOutput: what lies beyond is still being imported."""

    __table_args__ = (UniqueConstraint("name", "version"),)

    id: str = Field(primary_key=True)
    name: str
    version: str = ""
    content_hash: str | None = None
    lineage: str = _json("{}")
    size: int = 0
    outputs: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    created_at: str


class DatasetItem(SQLModel, table=True):
    """An item under the key by which its owner knows it. `meta` holds metadata and tags: they belong to the row
    that was imported, so that two keys with equal texts keep their own."""

    __tablename__ = "dataset_item"
    __table_args__ = (Index("dataset_item_by_position", "dataset", "position"), _CLUSTERED)

    dataset: str = Field(primary_key=True, foreign_key="dataset.id")
    key: str = Field(primary_key=True)
    item: str = Field(foreign_key="item.id")
    position: int
    meta: str = _json("{}")


class DatasetOutput(SQLModel, table=True):
    """An output that was imported under a key to be compared: what tasks of two outputs or more are made from.

    `seq` numbers the rows of a dataset in the order of their coming, from 0. A rating queue needs none of these.
    """

    __tablename__ = "dataset_output"
    __table_args__ = (Index("dataset_output_by_seq", "dataset", "seq"), _CLUSTERED)

    dataset: str = Field(primary_key=True, foreign_key="dataset.id")
    key: str = Field(primary_key=True)
    output: str = Field(primary_key=True, foreign_key="output.id")
    seq: int


class Item(SQLModel, table=True):
    """A prompt, its context and reference, known by the hash of these texts.

    `prompt` is a list of turns `{"role", "text"}`, `context` one of `{"title", "text", "source"}`. Only an import adds
    items, one import at a time, and it looks for the hash first; the index holds its beginning alone, because a whole
    hash an item would be most of what an import has to write.
    """

    __table_args__ = (Index("item_of_content", text(HASH_INDEXED)),)

    id: str = Field(primary_key=True)
    content_hash: str
    prompt: str = _json("[]")
    context: str = _json("[]")
    reference: str | None = None


class System(SQLModel, table=True):
    """A model, or whatever else answers, in one version."""

    __table_args__ = (UniqueConstraint("name", "version"),)

    id: str = Field(primary_key=True)
    name: str
    version: str = ""
    family: str | None = None


class Output(SQLModel, table=True):
    """What one system answered to an item. `parts` is empty for a plain answer, else its turns or steps.

    `masked` lists what was replaced in the texts because it named a system, as JSON; null where nothing was.
    """

    __table_args__ = (Index("output_of_item", "item", "system", "sample"),)

    id: str = Field(primary_key=True)
    item: str = Field(foreign_key="item.id")
    system: str = Field(foreign_key="system.id")
    run: str | None = None
    sample: int = 0
    parts: str = _json("[]")
    text: str
    content_hash: str
    masked: str | None = None


class Rubric(SQLModel, table=True):
    """One version of a rubric: never changed, only followed by another."""

    id: str = Field(primary_key=True)
    name: str
    content_hash: str = Field(unique=True)
    scale_hash: str
    document: str = _json("{}")


class Queue(SQLModel, table=True):
    """An ordered set of tasks. `size` is how many of them are published: what lies beyond is still being imported.

    `overlap` 0 means that every rater rates everything.
    """

    id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    kind: str = "rating"
    dataset: str = Field(foreign_key="dataset.id")
    overlap: int = 0
    blind: bool = True
    seed: str
    purpose: str = "review"
    state: str = "open"
    revealed_at: str | None = None
    size: int = 0
    settings: str = _json("{}")
    created_at: str


class QueueRubric(SQLModel, table=True):
    """The rubrics of a queue by the order in which they came into force."""

    __tablename__ = "queue_rubric"
    __table_args__ = (_CLUSTERED,)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    from_seq: int = Field(primary_key=True)
    rubric: str = Field(foreign_key="rubric.id")
    at: str


class Batch(SQLModel, table=True):
    """A stretch of positions that was published together: raters' orders are drawn within it, so that what is
    imported later moves nothing that somebody has seen."""

    __table_args__ = (_CLUSTERED,)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    first: int = Field(primary_key=True)
    size: int
    at: str


class Task(SQLModel, table=True):
    """The unit of review. `key` is the item's key in the queue's dataset."""

    __table_args__ = (
        UniqueConstraint("queue", "position"),
        Index("task_of_key", "queue", "key"),
        Index("task_of_original", "repeat_of", sqlite_where=text("repeat_of IS NOT NULL")),
    )

    id: str = Field(primary_key=True)
    queue: str = Field(foreign_key="queue.id")
    key: str
    item: str = Field(foreign_key="item.id")
    position: int
    priority: float = 0.0
    rubric: str | None = Field(default=None, foreign_key="rubric.id")
    repeat_of: str | None = Field(default=None, foreign_key="task.id")
    selection: str | None = None
    probability: float | None = None
    state: str = "open"


class TaskOutput(SQLModel, table=True):
    """Which output a task asks about. `public_id` is all that a blind rater sees of it."""

    __tablename__ = "task_output"
    __table_args__ = (_CLUSTERED,)

    task: str = Field(primary_key=True, foreign_key="task.id")
    slot: int = Field(primary_key=True)
    output: str = Field(foreign_key="output.id")
    public_id: str


class Rater(SQLModel, table=True):
    """Who judges: a person, an LLM judge or a check."""

    __table_args__ = (UniqueConstraint("name", "kind", "spec_hash"),)

    id: str = Field(primary_key=True)
    name: str
    kind: str = "human"
    family: str | None = None
    spec_hash: str = ""
    spec: str = _json("{}")


class Assignment(SQLModel, table=True):
    """A task given to a rater. `seq` is its place in the rater's own order; `state` is open, submitted, skipped,
    abstained or sent_back; `committed_at` orders undo."""

    __table_args__ = (
        Index("assignment_by_state", "queue", "rater", "state", "seq"),
        Index("assignment_by_time", "queue", "rater", "committed_at"),
        Index("assignment_by_seq", "queue", "rater", "seq"),
        _CLUSTERED,
    )

    task: str = Field(primary_key=True, foreign_key="task.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    queue: str = Field(foreign_key="queue.id")
    seq: int
    shown_order: str = _json("[]")
    state: str = "open"
    flagged: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    committed_at: str | None = None


class Waiting(SQLModel, table=True):
    """A comparison that was shown in one order more often than in its mirror, and waits for a view that evens it.

    `rater` saw it last; `since` is when, so that what has waited longest is handed out first.
    """

    __table_args__ = (Index("waiting_by_rater", "queue", "rater", "since"), _CLUSTERED)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    task: str = Field(primary_key=True, foreign_key="task.id")
    rater: str = Field(foreign_key="rater.id")
    since: str


class Draft(SQLModel, table=True):
    """What a rater has typed and not submitted. `sitting` names the terminal that holds it."""

    __table_args__ = (_CLUSTERED,)

    task: str = Field(primary_key=True, foreign_key="task.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    queue: str = Field(foreign_key="queue.id")
    device: str
    sitting: str
    rubric: str = Field(foreign_key="rubric.id")
    base_label: str | None = None
    document: str = _json("{}")
    cursor: str = _json("{}")
    active_ms: int = 0
    idle_ms: int = 0
    updated_at: str


class Label(SQLModel, table=True):
    """A rater's judgment of a task. Never overwritten: a change is a new revision that supersedes."""

    __table_args__ = (Index("label_of_task", "task", "rater"), Index("label_of_queue", "queue", "id"))

    id: str = Field(primary_key=True)
    queue: str = Field(foreign_key="queue.id")
    task: str = Field(foreign_key="task.id")
    rater: str = Field(foreign_key="rater.id")
    phase: str = "independent"
    sample: int = 0
    outcome: str = "submitted"
    revision: int = 1
    supersedes: str = _json("[]")
    rubric: str = Field(foreign_key="rubric.id")
    values: str = _json("{}")
    rationale: str = _json("{}")
    correction: str = _json("{}")
    notes: str | None = None
    flags: str = _json("[]")
    exposure: str = "none"
    shown_order: str = _json("[]")
    evidence: str = _json("{}")
    confidence: float | None = None
    cost: str | None = None
    inputs: str | None = None
    active_ms: int = Field(default=0, sa_type=BigInteger)
    idle_ms: int = Field(default=0, sa_type=BigInteger)
    device: str
    client_version: str
    committed_at: str
    received_at: str
    source: str = "tui"
    external_ref: str | None = None
    surplus: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class ImportedLabel(SQLModel, table=True):
    """Which labels came with which batch of an import: one event vouches for the whole batch."""

    __tablename__ = "imported_label"
    __table_args__ = (_CLUSTERED,)

    batch: str = Field(primary_key=True)
    label: str = Field(primary_key=True, foreign_key="label.id")


class LabelHead(SQLModel, table=True):
    """The revision that counts. `conflict` holds the other heads while two devices disagree."""

    __tablename__ = "label_head"
    __table_args__ = (_CLUSTERED,)

    task: str = Field(primary_key=True, foreign_key="task.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    phase: str = Field(primary_key=True)
    sample: int = Field(primary_key=True)
    label: str = Field(foreign_key="label.id")
    conflict: str = _json("[]")


class Progress(SQLModel, table=True):
    """A rater's counters in a queue, kept in the label's own transaction so that nothing is ever counted anew.

    `here` is the place in the rater's order where the last sitting stood.
    """

    __table_args__ = (_CLUSTERED,)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    submitted: int = 0
    skipped: int = 0
    abstained: int = 0
    sent_back: int = 0
    flagged: int = 0
    passed: int = 0
    active_ms: int = Field(default=0, sa_type=BigInteger)
    idle_ms: int = Field(default=0, sa_type=BigInteger)
    here: int = 0
    updated_at: str


class Stretch(SQLModel, table=True):
    """An unbroken run of places in a rater's order that need nothing more from them: the next open place is found
    by one look-up however many are done."""

    __table_args__ = (_CLUSTERED,)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    first: int = Field(primary_key=True)
    last: int


class Event(SQLModel, table=True):
    """One link of a writer's hash chain: digests, never texts."""

    __table_args__ = (_CLUSTERED,)

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: str
    actor: str
    attested: str = "local"
    action: str
    subject: str
    digest: str
    data: str = _json("{}")
    previous_hash: str
    hash: str


METADATA = SQLModel.metadata
"""Every table of the store."""
