"""What a team's server keeps of its people and their devices, and what a device keeps of the servers it works for."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from reviewer.store.tables.base import CLUSTERED, json_column

_UNANSWERED = text("until IS NOT NULL")


class Account(SQLModel, table=True):
    """Who may use the server, and as what: rater, lead, adjudicator or admin."""

    rater: str = Field(primary_key=True, foreign_key="rater.id")
    role: str
    created_at: str


class Token(SQLModel, table=True):
    """What proves an account. `id` is the part of it that may be told, `hash` the SHA-256 of the secret part.

    `queues` lists the identifiers of the queues that it is good for, and is null where it is good for all.
    """

    __table_args__ = (Index("token_of_rater", "rater"),)

    id: str = Field(primary_key=True)
    rater: str = Field(foreign_key="account.rater")
    hash: str
    queues: str | None = None
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None


class Lease(SQLModel, table=True):
    """A time for which a device of a rater holds a task.

    `id` is random, and all that the device knows the task by: an identifier that tells its age would tell which tasks
    were woven in. `number` counts what was leased to the device in the queue, from 1. `until` is null once a label came
    or others have filled the task; a lease that ran out keeps its moment, one that was given back ended with the year
    1969, and a late label still finds either.
    """

    __table_args__ = (
        UniqueConstraint("task", "rater"),
        Index("lease_of_device", "queue", "rater", "device", "number"),
        Index("lease_of_rater", "queue", "rater", "until", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
        Index("lease_of_queue", "queue", "until", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
    )

    id: str = Field(primary_key=True)
    task: str = Field(foreign_key="task.id")
    rater: str = Field(foreign_key="rater.id")
    queue: str = Field(foreign_key="queue.id")
    device: str
    number: int
    given_at: str
    until: str | None = None


class Device(SQLModel, table=True):
    """A device that has spoken to the server as a rater, with the public key (Ed25519, hexadecimal) of its packs."""

    __table_args__ = (CLUSTERED,)

    device: str = Field(primary_key=True)
    rater: str = Field(primary_key=True, foreign_key="account.rater")
    public_key: str | None = None
    first_seen: str
    last_seen: str


class Remote(SQLModel, table=True):
    """A server that this device works for. `rater` is who works here, under the identifier that the server knows.

    `stream` is the event stream whose events go to the server: what happens in other queues is none of its business.
    `server` is the identifier of the server's store, `server_key` its public key (Ed25519, hexadecimal), pinned when
    the remote was added.
    """

    name: str = Field(primary_key=True)
    url: str
    server: str
    server_key: str | None = None
    rater: str = Field(foreign_key="rater.id")
    rater_name: str
    role: str = "rater"
    stream: str
    stream_sent: int = Field(default=0, sa_type=BigInteger)
    added_at: str
    synced_at: str | None = None
    document: str = json_column("{}")


class RemoteQueue(SQLModel, table=True):
    """A queue here that stands for one of a server's. `cursor` is the number of the last lease that was stored.

    `document` is what the server said of the queue last.
    """

    __tablename__ = "remote_queue"
    __table_args__ = (UniqueConstraint("remote", "their_queue"),)

    queue: str = Field(primary_key=True, foreign_key="queue.id")
    remote: str = Field(foreign_key="remote.name")
    their_queue: str
    cursor: int = 0
    pulled_at: str
    document: str = json_column("{}")


class Outbox(SQLModel, table=True):
    """A label that a server has to be told of: waiting, sent, or refused with the reason in `error`."""

    __table_args__ = (Index("outbox_by_state", "remote", "state", "label"), CLUSTERED)

    label: str = Field(primary_key=True, foreign_key="label.id")
    remote: str = Field(foreign_key="remote.name")
    state: str = "waiting"
    attempts: int = 0
    error: str | None = None
    at: str
