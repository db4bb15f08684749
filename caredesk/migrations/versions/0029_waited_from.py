"""Since when a wait counts, kept when it has ended: a message left at night was not waiting for people at night."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Add the column; what was taken before goes on counting from its arrival."""
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waited_from", TIME, nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("conversation", "waited_from")
