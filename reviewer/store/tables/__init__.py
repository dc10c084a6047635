"""The tables (the house's §4). Identifiers are UUIDv7 texts, moments ISO 8601 texts in UTC, documents JSON texts.

JSON columns hold text on both databases and are read with orjson where they are used, so that a statement handed
to the driver and one run by SQLAlchemy see the same value.
"""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from reviewer.store.tables.base import columns, core
from reviewer.store.tables.items import HASH_INDEXED, Dataset, DatasetItem, DatasetOutput, Item, Output, System
from reviewer.store.tables.labels import Draft, Event, ImportedLabel, Label, LabelHead, Progress
from reviewer.store.tables.panels import Certificate, Exposure, Golden, Note, Round, RoundMember
from reviewer.store.tables.queues import (
    Assignment,
    Batch,
    Queue,
    QueueRubric,
    Rater,
    Rubric,
    Stretch,
    Task,
    TaskOutput,
    Waiting,
)
from reviewer.store.tables.team import Account, Device, Lease, Outbox, Remote, RemoteQueue, Token

__all__ = [
    "HASH_INDEXED",
    "METADATA",
    "Account",
    "Assignment",
    "Batch",
    "Certificate",
    "Dataset",
    "DatasetItem",
    "DatasetOutput",
    "Device",
    "Draft",
    "Event",
    "Exposure",
    "Golden",
    "ImportedLabel",
    "Item",
    "Label",
    "LabelHead",
    "Lease",
    "Meta",
    "Note",
    "Outbox",
    "Output",
    "Progress",
    "Queue",
    "QueueRubric",
    "Rater",
    "Remote",
    "RemoteQueue",
    "Round",
    "RoundMember",
    "Rubric",
    "Stretch",
    "System",
    "Task",
    "TaskOutput",
    "Token",
    "Waiting",
    "columns",
    "core",
]


class Meta(SQLModel, table=True):
    """Facts about the store itself: its identifier, its device, what made it."""

    key: str = Field(primary_key=True)
    value: str


METADATA = SQLModel.metadata
"""Every table of the store."""
