"""Accounts, tokens, leases and devices of a server; remotes, their queues and the outbox of a device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds seven tables; nothing that was there changes."""
    op.create_table(
        "account",
        sa.Column("rater", sa.String, sa.ForeignKey("rater.id"), primary_key=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("rater", sa.String, sa.ForeignKey("account.rater"), nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("queues", sa.String, nullable=True),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("expires_at", sa.String, nullable=True),
        sa.Column("revoked_at", sa.String, nullable=True),
    )
    op.create_index("token_of_rater", "token", ["rater"])
    op.create_table(
        "lease",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("task", sa.String, sa.ForeignKey("task.id"), nullable=False),
        sa.Column("rater", sa.String, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("queue", sa.String, sa.ForeignKey("queue.id"), nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("given_at", sa.String, nullable=False),
        sa.Column("until", sa.String, nullable=True),
        sa.UniqueConstraint("task", "rater"),
    )
    op.create_index("lease_of_device", "lease", ["queue", "rater", "device", "number"])
    unanswered = sa.text("until IS NOT NULL")
    for name, first in (("lease_of_rater", ["queue", "rater"]), ("lease_of_queue", ["queue"])):
        op.create_index(name, "lease", [*first, "until"], sqlite_where=unanswered, postgresql_where=unanswered)
    op.create_table(
        "device",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("rater", sa.String, sa.ForeignKey("account.rater"), primary_key=True),
        sa.Column("public_key", sa.String, nullable=True),
        sa.Column("first_seen", sa.String, nullable=False),
        sa.Column("last_seen", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "remote",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("server", sa.String, nullable=False),
        sa.Column("server_key", sa.String, nullable=True),
        sa.Column("rater", sa.String, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("rater_name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("stream_sent", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.String, nullable=False),
        sa.Column("synced_at", sa.String, nullable=True),
        sa.Column("document", sa.Text, nullable=False, server_default=sa.text("'{}'")),
    )
    op.create_table(
        "remote_queue",
        sa.Column("queue", sa.String, sa.ForeignKey("queue.id"), primary_key=True),
        sa.Column("remote", sa.String, sa.ForeignKey("remote.name"), nullable=False),
        sa.Column("their_queue", sa.String, nullable=False),
        sa.Column("cursor", sa.Integer, nullable=False),
        sa.Column("pulled_at", sa.String, nullable=False),
        sa.Column("document", sa.Text, nullable=False, server_default=sa.text("'{}'")),
        sa.UniqueConstraint("remote", "their_queue"),
    )
    op.create_table(
        "outbox",
        sa.Column("label", sa.String, sa.ForeignKey("label.id"), primary_key=True),
        sa.Column("remote", sa.String, sa.ForeignKey("remote.name"), nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.String, nullable=True),
        sa.Column("at", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("outbox_by_state", "outbox", ["remote", "state", "label"])
