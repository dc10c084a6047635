"""Calibration rounds, what their members were shown, certificates, and golden values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds six tables, and to tasks whether they were woven in because their answer is known."""
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
