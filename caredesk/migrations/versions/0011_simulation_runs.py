"""Runs of the policy sandbox, with their reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from caredesk.core.db import UtcDateTime

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "simulation_run",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("fault", sa.String(60), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("asked_by", sa.String(60), nullable=False),
        sa.Column("asked_by_name", sa.String(60), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting','running','done','failed','cancelled')", name=op.f("ck_simulation_run_state")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (report is not null)", name=op.f("ck_simulation_run_done_with_a_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_simulation_run")),
    )
    op.create_index("ix_simulation_run_asked_at", "simulation_run", ["asked_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("simulation_run")
