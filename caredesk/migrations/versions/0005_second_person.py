"""Approvals by a second person, publications that can be undone, and what made each release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT = caredesk.core.db.UtcDateTime(timezone=True)
EMPTY = sa.text("''")


def upgrade() -> None:
    """Make the table of approvals and the columns of undoing."""
    op.create_table(
        "kb_approval",
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=60), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["kb_version.id"], name=op.f("fk_kb_approval_version_id_kb_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", "staff_id", name=op.f("pk_kb_approval")),
    )
    op.add_column("kb_release", sa.Column("cause", sa.String(length=12), server_default=EMPTY, nullable=False))
    op.add_column("kb_publication", sa.Column("alone_reason", sa.String(500), server_default=EMPTY, nullable=False))
    op.add_column("kb_publication", sa.Column("undone_at", AT, nullable=True))
    op.add_column("kb_publication", sa.Column("undone_by", sa.String(60), server_default=EMPTY, nullable=False))
    op.create_index("ix_kb_publication_asked_at", "kb_publication", ["asked_at"])


def downgrade() -> None:
    """Drop them; who approved what is forgotten."""
    op.drop_index("ix_kb_publication_asked_at", table_name="kb_publication")
    with op.batch_alter_table("kb_publication", schema=None) as batch_op:
        for column in ("undone_by", "undone_at", "alone_reason"):
            batch_op.drop_column(column)
    with op.batch_alter_table("kb_release", schema=None) as batch_op:
        batch_op.drop_column("cause")
    op.drop_table("kb_approval")
