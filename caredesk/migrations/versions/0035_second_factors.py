"""Second factors with their recovery codes, which roles must have one, and sign-ins that are half open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)
ID = sa.String(length=36)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "second_factor",
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("pending", sa.Text(), nullable=False),
        sa.Column("used_step", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", TIME, nullable=True),
        _of_staff("second_factor"),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        _of_staff("recovery_code"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_staff_id"), "recovery_code", ["staff_id"])
    op.create_table(
        "factor_demand",
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.CheckConstraint("grace_days between 0 and 90", name=op.f("ck_factor_demand_grace_days")),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_factor_demand")),
    )
    op.create_table(
        "half_sign_in",
        sa.Column("ticket_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        _of_staff("half_sign_in"),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_half_sign_in")),
    )
    op.create_index(op.f("ix_half_sign_in_staff_id"), "half_sign_in", ["staff_id"])
    op.create_index(op.f("ix_half_sign_in_expires_at"), "half_sign_in", ["expires_at"])


def _of_staff(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_staff_id_staff")
    return sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    """Remove them."""
    for table in ("half_sign_in", "factor_demand", "recovery_code", "second_factor"):
        op.drop_table(table)
