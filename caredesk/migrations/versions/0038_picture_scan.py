"""What a malware scan said of a picture, and where its original waits when no scanner answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; pictures that are here were shown before, and are not scanned."""
    with op.batch_alter_table("picture") as batch_op:
        batch_op.add_column(sa.Column("scan", sa.String(length=8), server_default=sa.text("'none'"), nullable=False))
        batch_op.add_column(sa.Column("held_id", sa.String(length=36), server_default=sa.text("''"), nullable=False))
        batch_op.create_check_constraint(op.f("ck_picture_scan"), "scan in ('none','waiting','clean','found')")
    op.create_index(
        "ix_picture_waiting",
        "picture",
        ["id"],
        sqlite_where=sa.text("scan = 'waiting'"),
        postgresql_where=sa.text("scan = 'waiting'"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_picture_waiting", "picture")
    with op.batch_alter_table("picture") as batch_op:
        batch_op.drop_constraint(op.f("ck_picture_scan"), type_="check")
        batch_op.drop_column("held_id")
        batch_op.drop_column("scan")
