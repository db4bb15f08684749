"""When a password was set, whether somebody else knows it, and those from before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    with op.batch_alter_table("staff") as batch_op:
        batch_op.add_column(sa.Column("password_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("must_change", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "earlier_password",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_earlier_password_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_password")),
    )
    op.create_index(op.f("ix_earlier_password_staff_id"), "earlier_password", ["staff_id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("earlier_password")
    with op.batch_alter_table("staff") as batch_op:
        batch_op.drop_column("must_change")
        batch_op.drop_column("password_at")
