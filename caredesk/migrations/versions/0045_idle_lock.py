"""When a person last did something at a signed-in browser, and since when it is locked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; a session from before counts its last request."""
    op.add_column("staff_session", sa.Column("deed_at", TIME, nullable=True))
    op.add_column("staff_session", sa.Column("locked_at", TIME, nullable=True))


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("staff_session") as table:
        table.drop_column("locked_at")
        table.drop_column("deed_at")
