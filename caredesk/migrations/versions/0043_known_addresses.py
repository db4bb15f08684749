"""From which addresses somebody has signed in lately."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "known_address",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("seen_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_known_address_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", "address_hash", name=op.f("pk_known_address")),
    )
    op.create_index(op.f("ix_known_address_seen_at"), "known_address", ["seen_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("known_address")
