"""Readings of the audit's whole chain: who asked, how far it came, what was broken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "audit_check",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("asked_by", sa.String(length=60), server_default=sa.text("''"), nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("first", NUMBER, server_default=sa.text("0"), nullable=False),
        sa.Column("last", NUMBER, server_default=sa.text("0"), nullable=False),
        sa.Column("signed_until", NUMBER, server_default=sa.text("0"), nullable=False),
        sa.Column("broken_number", NUMBER, nullable=True),
        sa.Column("broken_fault", sa.String(length=12), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_check")),
    )
    op.create_index(op.f("ix_audit_check_asked_at"), "audit_check", ["asked_at"])
    op.create_index(op.f("ix_audit_check_finished_at"), "audit_check", ["finished_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("audit_check")
