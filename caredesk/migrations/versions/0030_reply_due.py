"""By when an agent's reply is owed, so that a screen need not know when queues are open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Add the column; replies that are owed already go by the clock."""
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reply_due_at", TIME, nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("conversation", "reply_due_at")
