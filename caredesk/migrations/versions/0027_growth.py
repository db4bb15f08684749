"""Indexes for what is asked all day of a desk that has grown old: closings, arrivals, what the bot decided."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; the one of closing times gets the id, by which a page of the closed goes on."""
    op.drop_index("ix_conversation_closed_at", table_name="conversation")
    op.create_index("ix_conversation_closed_at_id", "conversation", ["closed_at", "id"])
    op.create_index("ix_conversation_queue_id_closed_at", "conversation", ["queue_id", "closed_at"])
    op.create_index("ix_conversation_queue_id_created_at", "conversation", ["queue_id", "created_at", "id"])
    op.create_index("ix_conversation_arrived_at", "conversation", ["arrived_at"])
    op.create_index("ix_bot_turn_at", "bot_turn", ["at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_bot_turn_at", table_name="bot_turn")
    op.drop_index("ix_conversation_arrived_at", table_name="conversation")
    op.drop_index("ix_conversation_queue_id_created_at", table_name="conversation")
    op.drop_index("ix_conversation_queue_id_closed_at", table_name="conversation")
    op.drop_index("ix_conversation_closed_at_id", table_name="conversation")
    op.create_index("ix_conversation_closed_at", "conversation", ["closed_at"])
