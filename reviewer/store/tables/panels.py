"""Calibration rounds, what they lead to, and what was decided: a panel's own tables."""

from __future__ import annotations

from sqlalchemy import Index, false
from sqlmodel import Field, SQLModel

from reviewer.store.tables.base import CLUSTERED, json_column


class Round(SQLModel, table=True):
    """A calibration round: a batch of `parent` that its members rate in the queue `child`.

    Its state is the child's: open, locked, revealed, finished; or cancelled. `settings` hold how the batch was drawn
    and what a certificate asks for.
    """

    __table_args__ = (Index("round_of_parent", "parent", "number"),)

    id: str = Field(primary_key=True)
    parent: str = Field(foreign_key="queue.id")
    child: str = Field(foreign_key="queue.id", unique=True)
    number: int
    settings: str = json_column("{}")
    started_by: str = Field(foreign_key="rater.id")
    started_at: str
    locked_at: str | None = None
    revealed_at: str | None = None
    finished_at: str | None = None


class RoundMember(SQLModel, table=True):
    """Who takes part in a round."""

    __tablename__ = "round_member"
    __table_args__ = (CLUSTERED,)

    round: str = Field(primary_key=True, foreign_key="round.id")
    rater: str = Field(primary_key=True, foreign_key="rater.id")


class Exposure(SQLModel, table=True):
    """What a rater was shown of others' judgment on an item: from then on they are no independent judge of it.

    `exposure` is peers, judge or gold; `queue` is where they were shown it.
    """

    __table_args__ = (CLUSTERED,)

    rater: str = Field(primary_key=True, foreign_key="rater.id")
    item: str = Field(primary_key=True, foreign_key="item.id")
    exposure: str
    queue: str = Field(foreign_key="queue.id")
    at: str


class Note(SQLModel, table=True):
    """What a group noted in its discussion, of a task or, without one, of the whole round. A later note of the same
    task follows an earlier one and replaces none."""

    __table_args__ = (Index("note_of_round", "round", "task"),)

    id: str = Field(primary_key=True)
    round: str = Field(foreign_key="round.id")
    task: str | None = Field(default=None, foreign_key="task.id")
    author: str = Field(foreign_key="rater.id")
    text: str
    at: str


class Certificate(SQLModel, table=True):
    """What a round showed of one rater; `document` is the certificate as it is printed."""

    __table_args__ = (Index("certificate_of_rater", "rater"),)

    id: str = Field(primary_key=True)
    round: str = Field(foreign_key="round.id")
    rater: str = Field(foreign_key="rater.id")
    passed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    document: str = json_column("{}")
    issued_at: str
    expires_at: str


class Golden(SQLModel, table=True):
    """A decided value of one criterion for an output, in whatever queue or run it turns up again.

    `output_hash` is the output's content hash; for a comparison SHA-256 over the sorted hashes of its outputs, and
    `value` counts them in that order. `criterion` is the key of the value. A later decision adds a row that
    `supersedes`; `retired` says why a row counts no more, such as that it became an example of the rubric.
    """

    __table_args__ = (
        Index("golden_of_output", "item", "output_hash"),
        Index("golden_of_scale", "scale_hash", "criterion"),
        Index("golden_of_label", "source_label"),
    )

    id: str = Field(primary_key=True)
    item: str = Field(foreign_key="item.id")
    output_hash: str
    scale_hash: str
    criterion: str
    value: str
    source_label: str = Field(foreign_key="label.id")
    approved_by: str = Field(foreign_key="rater.id")
    supersedes: str | None = Field(default=None, foreign_key="golden.id")
    retired: str | None = None
    at: str
