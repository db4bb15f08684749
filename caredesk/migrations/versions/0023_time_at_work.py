"""Time at work: the stretches that people were in each state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "presence_span",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_presence_span_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_span")),
    )
    with op.batch_alter_table("presence_span", schema=None) as batch_op:
        batch_op.create_index("ix_presence_span_staff_id_since", ["staff_id", "since"], unique=False)


def downgrade() -> None:
    """Remove it."""
    op.drop_table("presence_span")
