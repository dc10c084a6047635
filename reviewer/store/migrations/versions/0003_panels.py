"""Calibration rounds, what their members were shown, certificates, and golden values."""

from __future__ import annotations

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MOST_GOLD = 0.5
_QUEUE = sa.table("queue", sa.column("id"), sa.column("settings"))
_PROGRESS = sa.table("progress", sa.column("queue"))


def upgrade() -> None:
    """Adds six tables, to tasks whether they were woven in because their answer is known, and takes back a setting
    where it would change what was begun."""
    op.add_column("task", sa.Column("gold", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "round",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("parent", sa.String, sa.ForeignKey("queue.id"), nullable=False),
        sa.Column("child", sa.String, sa.ForeignKey("queue.id"), nullable=False, unique=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("settings", sa.Text, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("started_by", sa.String, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("locked_at", sa.String, nullable=True),
        sa.Column("revealed_at", sa.String, nullable=True),
        sa.Column("finished_at", sa.String, nullable=True),
    )
    op.create_index("round_of_parent", "round", ["parent", "number"])
    op.create_table(
        "round_member",
        sa.Column("round", sa.String, sa.ForeignKey("round.id"), primary_key=True),
        sa.Column("rater", sa.String, sa.ForeignKey("rater.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "exposure",
        sa.Column("rater", sa.String, sa.ForeignKey("rater.id"), primary_key=True),
        sa.Column("item", sa.String, sa.ForeignKey("item.id"), primary_key=True),
        sa.Column("exposure", sa.String, nullable=False),
        sa.Column("queue", sa.String, sa.ForeignKey("queue.id"), nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "note",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("round", sa.String, sa.ForeignKey("round.id"), nullable=False),
        sa.Column("task", sa.String, sa.ForeignKey("task.id"), nullable=True),
        sa.Column("author", sa.String, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_index("note_of_round", "note", ["round", "task"])
    op.create_table(
        "certificate",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("round", sa.String, sa.ForeignKey("round.id"), nullable=False),
        sa.Column("rater", sa.String, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("document", sa.Text, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("issued_at", sa.String, nullable=False),
        sa.Column("expires_at", sa.String, nullable=False),
    )
    op.create_index("certificate_of_rater", "certificate", ["rater"])
    op.create_table(
        "golden",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("item", sa.String, sa.ForeignKey("item.id"), nullable=False),
        sa.Column("output_hash", sa.String, nullable=False),
        sa.Column("scale_hash", sa.String, nullable=False),
        sa.Column("criterion", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("source_label", sa.String, sa.ForeignKey("label.id"), nullable=False),
        sa.Column("approved_by", sa.String, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("supersedes", sa.String, sa.ForeignKey("golden.id"), nullable=True),
        sa.Column("retired", sa.String, nullable=True),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_index("golden_of_output", "golden", ["item", "output_hash"])
    op.create_index("golden_of_scale", "golden", ["scale_hash", "criterion"])
    op.create_index("golden_of_label", "golden", ["source_label"])
    _keep_orders_that_were_begun()


def _keep_orders_that_were_begun() -> None:
    """Until now `gold` was kept without effect, and up to 1: who has begun goes on in the order that was drawn."""
    connection = op.get_bind()
    begun = set(connection.scalars(sa.select(_PROGRESS.c.queue)))
    for queue, stored in connection.execute(sa.select(_QUEUE)).all():
        settings = orjson.loads(stored)
        if not settings.get("gold"):
            continue
        if queue in begun:
            del settings["gold"]
        else:
            settings["gold"] = min(settings["gold"], _MOST_GOLD)
        changed = orjson.dumps(settings).decode()
        connection.execute(sa.update(_QUEUE).where(_QUEUE.c.id == queue).values(settings=changed))
