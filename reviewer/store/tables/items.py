"""Datasets, items, systems and outputs: what is judged."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from reviewer.store.tables.base import CLUSTERED, json_column

HASH_INDEXED = "substr(content_hash, 1, 12)"
"""What the index of items holds of their hash; a query must use the same words for SQLite to see it."""


class Dataset(SQLModel, table=True):
    """A named, versioned set of items. `size` counts the published ones, `outputs` the published rows of
    DatasetOutput: what lies beyond is still being imported."""

    __table_args__ = (UniqueConstraint("name", "version"),)

    id: str = Field(primary_key=True)
    name: str
    version: str = ""
    content_hash: str | None = None
    lineage: str = json_column("{}")
    size: int = 0
    outputs: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    created_at: str


class DatasetItem(SQLModel, table=True):
    """An item under the key by which its owner knows it. `meta` holds metadata and tags: they belong to the row
    that was imported, so that two keys with equal texts keep their own."""

    __tablename__ = "dataset_item"
    __table_args__ = (Index("dataset_item_by_position", "dataset", "position"), CLUSTERED)

    dataset: str = Field(primary_key=True, foreign_key="dataset.id")
    key: str = Field(primary_key=True)
    item: str = Field(foreign_key="item.id")
    position: int
    meta: str = json_column("{}")


class DatasetOutput(SQLModel, table=True):
    """An output that was imported under a key to be compared: what tasks of two outputs or more are made from.

    `seq` numbers the rows of a dataset in the order of their coming, from 0. A rating queue needs none of these.
    """

    __tablename__ = "dataset_output"
    __table_args__ = (Index("dataset_output_by_seq", "dataset", "seq"), CLUSTERED)

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
    prompt: str = json_column("[]")
    context: str = json_column("[]")
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
    parts: str = json_column("[]")
    text: str
    content_hash: str
    masked: str | None = None
