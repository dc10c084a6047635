"""Queues and their tasks, rubrics and raters: who judges what, and in which order."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from reviewer.store.tables.base import CLUSTERED, json_column

_REPEATS = text("repeat_of IS NOT NULL")


class Rubric(SQLModel, table=True):
    """One version of a rubric: never changed, only followed by another."""

    id: str = Field(primary_key=True)
    name: str
    content_hash: str = Field(unique=True)
    scale_hash: str
    document: str = json_column("{}")


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
    settings: str = json_column("{}")
    created_at: str


class QueueRubric(SQLModel, table=True):
    """The rubrics of a queue by the order in which they came into force."""

    __tablename__ = "queue_rubric"
    __table_args__ = (CLUSTERED,)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    from_seq: int = Field(primary_key=True)
    rubric: str = Field(foreign_key="rubric.id")
    at: str


class Batch(SQLModel, table=True):
    """A stretch of positions that was published together: raters' orders are drawn within it, so that what is
    imported later moves nothing that somebody has seen."""

    __table_args__ = (CLUSTERED,)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    first: int = Field(primary_key=True)
    size: int
    at: str


class Task(SQLModel, table=True):
    """The unit of review. `key` is the item's key in the queue's dataset; `gold` says that it was woven in because its
    answer is known."""

    __table_args__ = (
        UniqueConstraint("queue", "position"),
        Index("task_of_key", "queue", "key"),
        Index("task_of_original", "repeat_of", sqlite_where=_REPEATS, postgresql_where=_REPEATS),
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
    gold: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class TaskOutput(SQLModel, table=True):
    """Which output a task asks about. `public_id` is all that a blind rater sees of it."""

    __tablename__ = "task_output"
    __table_args__ = (CLUSTERED,)

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
    spec: str = json_column("{}")


class Assignment(SQLModel, table=True):
    """A task given to a rater. `seq` is its place in the rater's own order; `state` is open, submitted, skipped,
    abstained or sent_back; `committed_at` orders undo."""

    __table_args__ = (
        Index("assignment_by_state", "queue", "rater", "state", "seq"),
        Index("assignment_by_time", "queue", "rater", "committed_at"),
        Index("assignment_by_seq", "queue", "rater", "seq"),
        CLUSTERED,
    )

    task: str = Field(primary_key=True, foreign_key="task.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    queue: str = Field(foreign_key="queue.id")
    seq: int
    shown_order: str = json_column("[]")
    state: str = "open"
    flagged: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    committed_at: str | None = None


class Waiting(SQLModel, table=True):
    """A comparison that was shown in one order more often than in its mirror, and waits for a view that evens it.

    `rater` saw it last; `since` is when, so that what has waited longest is handed out first.
    """

    __table_args__ = (Index("waiting_by_rater", "queue", "rater", "since"), CLUSTERED)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    task: str = Field(primary_key=True, foreign_key="task.id")
    rater: str = Field(foreign_key="rater.id")
    since: str


class Stretch(SQLModel, table=True):
    """An unbroken run of places in a rater's order that need nothing more from them: the next open place is found
    by one look-up however many are done."""

    __table_args__ = (CLUSTERED,)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    first: int = Field(primary_key=True)
    last: int
