"""The roster: shifts with breaks, leave, changes that can be undone, and proposals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from caredesk.core.db import UtcDateTime

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _stretches("shift", sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff.id"), nullable=False))
    op.create_index("ix_shift_staff_id_starts_at", "shift", ["staff_id", "starts_at"])
    op.create_index("ix_shift_starts_at", "shift", ["starts_at"])
    owner = sa.Column("shift_id", sa.String(36), sa.ForeignKey("shift.id", ondelete="CASCADE"), nullable=False)
    _stretches("shift_break", owner)
    op.create_index("ix_shift_break_shift_id", "shift_break", ["shift_id"])
    _stretches(
        "leave",
        sa.Column("staff_id", sa.String(36), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("reason", sa.String(60), nullable=False),
    )
    op.create_index("ix_leave_staff_id_starts_at", "leave", ["staff_id", "starts_at"])
    _changes()
    _proposals()


def downgrade() -> None:
    """Drop them."""
    for table in ("roster_proposal", "roster_change", "leave", "shift_break", "shift"):
        op.drop_table(table)


def _stretches(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.String(36), nullable=False),
        columns[0],
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        *columns[1:],
        sa.CheckConstraint("ends_at > starts_at", name=op.f(f"ck_{table}_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _changes() -> None:
    op.create_table(
        "roster_change",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(60), nullable=False),
        sa.Column("actor_name", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("added", sa.JSON(), nullable=False),
        sa.Column("undone_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('edit','copy','import','proposal')", name=op.f("ck_roster_change_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_change")),
    )
    op.create_index("ix_roster_change_at", "roster_change", ["at"])


def _proposals() -> None:
    states = "state in ('waiting','ready','failed','applied')"
    op.create_table(
        "roster_proposal",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(60), nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("change_id", sa.String(36), nullable=True),
        sa.Column("outcome", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(states, name=op.f("ck_roster_proposal_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_proposal")),
    )
    op.create_index("ix_roster_proposal_asked_at", "roster_proposal", ["asked_at"])
