"""Comparisons: the outputs they are made from, what waits for its mirrored view, and what was masked."""

from __future__ import annotations

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOST_REPEATS = 0.5
_QUEUE = sa.table("queue", sa.column("id"), sa.column("settings"))
_PROGRESS = sa.table("progress", sa.column("queue"))


def upgrade() -> None:
    """Adds two tables, two columns and two indexes, and takes back a setting where it would change what was begun."""
    op.add_column("dataset", sa.Column("outputs", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("output", sa.Column("masked", sa.String, nullable=True))
    op.create_table(
        "dataset_output",
        sa.Column("dataset", sa.String, sa.ForeignKey("dataset.id"), primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("output", sa.String, sa.ForeignKey("output.id"), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("dataset_output_by_seq", "dataset_output", ["dataset", "seq"])
    op.create_table(
        "waiting",
        sa.Column("queue", sa.String, sa.ForeignKey("queue.id"), primary_key=True),
        sa.Column("task", sa.String, sa.ForeignKey("task.id"), primary_key=True),
        sa.Column("rater", sa.String, sa.ForeignKey("rater.id"), nullable=False),
        sa.Column("since", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("waiting_by_rater", "waiting", ["queue", "rater", "since"])
    op.create_index("assignment_by_seq", "assignment", ["queue", "rater", "seq"])
    op.create_index("task_of_original", "task", ["repeat_of"], sqlite_where=sa.text("repeat_of IS NOT NULL"))
    _keep_orders_that_were_begun()


def _keep_orders_that_were_begun() -> None:
    """Until now `repeats` was kept without effect, and up to 1: who has begun goes on in the order that was drawn."""
    connection = op.get_bind()
    begun = set(connection.scalars(sa.select(_PROGRESS.c.queue)))
    for queue, stored in connection.execute(sa.select(_QUEUE)).all():
        settings = orjson.loads(stored)
        if not settings.get("repeats"):
            continue
        if queue in begun:
            del settings["repeats"]
        else:
            settings["repeats"] = min(settings["repeats"], _MOST_REPEATS)
        changed = orjson.dumps(settings).decode()
        connection.execute(sa.update(_QUEUE).where(_QUEUE.c.id == queue).values(settings=changed))
