"""Systems of the hospital that hear of news, and to which of them a piece of post goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Make room for the systems, and for whom post is for."""
    op.create_table(
        "webhook_subscription",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=False),
        sa.Column("old_until", TIME, nullable=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_subscription")),
    )
    with op.batch_alter_table("webhook_delivery") as batch_op:
        batch_op.add_column(sa.Column("subscription_id", sa.String(length=36), nullable=True))
        batch_op.create_index("ix_webhook_delivery_subscription_id_state", ["subscription_id", "state"])


def downgrade() -> None:
    """Remove them; post to systems goes with them, for nobody would know whose it is."""
    op.execute("DELETE FROM webhook_delivery WHERE subscription_id IS NOT NULL")
    with op.batch_alter_table("webhook_delivery") as batch_op:
        batch_op.drop_index("ix_webhook_delivery_subscription_id_state")
        batch_op.drop_column("subscription_id")
    op.drop_table("webhook_subscription")
