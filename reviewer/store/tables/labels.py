"""Labels and what is kept beside them: drafts, heads, counters, and the log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, false
from sqlmodel import Field, SQLModel

from reviewer.store.tables.base import CLUSTERED, json_column


class Draft(SQLModel, table=True):
    """What a rater has typed and not submitted. `sitting` names the terminal that holds it."""

    __table_args__ = (CLUSTERED,)

    task: str = Field(primary_key=True, foreign_key="task.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    queue: str = Field(foreign_key="queue.id")
    device: str
    sitting: str
    rubric: str = Field(foreign_key="rubric.id")
    base_label: str | None = None
    document: str = json_column("{}")
    cursor: str = json_column("{}")
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
    supersedes: str = json_column("[]")
    rubric: str = Field(foreign_key="rubric.id")
    values: str = json_column("{}")
    rationale: str = json_column("{}")
    correction: str = json_column("{}")
    notes: str | None = None
    flags: str = json_column("[]")
    exposure: str = "none"
    shown_order: str = json_column("[]")
    evidence: str = json_column("{}")
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
    __table_args__ = (CLUSTERED,)

    batch: str = Field(primary_key=True)
    label: str = Field(primary_key=True, foreign_key="label.id")


class LabelHead(SQLModel, table=True):
    """The revision that counts. `conflict` holds the other heads while two devices disagree."""

    __tablename__ = "label_head"
    __table_args__ = (CLUSTERED,)

    task: str = Field(primary_key=True, foreign_key="task.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")
    phase: str = Field(primary_key=True)
    sample: int = Field(primary_key=True)
    label: str = Field(foreign_key="label.id")
    conflict: str = json_column("[]")


class Progress(SQLModel, table=True):
    """A rater's counters in a queue, kept in the label's own transaction so that nothing is ever counted anew.

    `here` is the place in the rater's order where the last sitting stood.
    """

    __table_args__ = (CLUSTERED,)

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


class Event(SQLModel, table=True):
    """One link of a writer's hash chain: digests, never texts."""

    __table_args__ = (CLUSTERED,)

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: str
    actor: str
    attested: str = "local"
    action: str
    subject: str
    digest: str
    data: str = json_column("{}")
    previous_hash: str
    hash: str
