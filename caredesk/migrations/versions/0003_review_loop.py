"""What the loop keeps for review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the loop."""
    op.create_table(
        "bot_feedback",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("bot_turn_id", sa.String(length=36), nullable=True),
        sa.Column("entry_id", sa.String(length=80), nullable=True),
        sa.Column("question_text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("actor_id", sa.String(length=60), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source in ('agent_insert','agent_reply','suggestion_tapped','judged')",
            name=op.f("ck_bot_feedback_source"),
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_bot_feedback_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["bot_turn_id"], ["bot_turn.id"], name=op.f("fk_bot_feedback_bot_turn_id_bot_turn"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_feedback")),
    )
    with op.batch_alter_table("bot_feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bot_feedback_bot_turn_id"), ["bot_turn_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bot_feedback_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_bot_feedback_source_at", ["source", "at"], unique=False)


def downgrade() -> None:
    """Drop them, and what they hold."""
    op.drop_table("bot_feedback")
