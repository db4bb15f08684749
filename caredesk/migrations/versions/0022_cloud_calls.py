"""Cloud call centres: their pushes as they came, and which of our calls their numbers mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "cloud_push",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=80), nullable=False),
        sa.Column("call", sa.String(length=80), nullable=False),
        sa.Column("follows", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("received_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cloud_push")),
        sa.UniqueConstraint("provider", "event_id", name=op.f("uq_cloud_push_provider_event_id")),
    )
    with op.batch_alter_table("cloud_push", schema=None) as batch:
        batch.create_index("ix_cloud_push_provider_call", ["provider", "call"], unique=False)
        batch.create_index("ix_cloud_push_provider_follows", ["provider", "follows"], unique=False)
        batch.create_index(batch.f("ix_cloud_push_received_at"), ["received_at"], unique=False)
    op.create_table(
        "cloud_call",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_cloud_call_call_id_call"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("provider", "number", name=op.f("pk_cloud_call")),
    )
    with op.batch_alter_table("cloud_call", schema=None) as batch:
        batch.create_index(batch.f("ix_cloud_call_call_id"), ["call_id"], unique=False)


def downgrade() -> None:
    """Remove them."""
    op.drop_table("cloud_call")
    op.drop_table("cloud_push")
