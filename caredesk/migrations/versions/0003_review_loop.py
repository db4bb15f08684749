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
            "source in ('agent_insert','agent_reply','suggestion_tapped')",
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
    op.create_table(
        "review_cluster",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("question", sa.String(length=200), nullable=False),
        sa.Column("volume", sa.Integer(), nullable=False),
        sa.Column("handling_seconds", sa.Integer(), nullable=False),
        sa.Column("cost_seconds", sa.Integer(), nullable=False),
        sa.Column("troubles", sa.JSON(), nullable=False),
        sa.Column("shown_entry_id", sa.String(length=80), nullable=True),
        sa.Column("suggested_entry_id", sa.String(length=80), nullable=True),
        sa.Column("draft_answer", sa.Text(), nullable=False),
        sa.Column("draft_similar", sa.JSON(), nullable=False),
        sa.Column("draft_replies", sa.JSON(), nullable=False),
        sa.Column("result_entry_id", sa.String(length=80), nullable=True),
        sa.Column("first_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (outcome = '')", name=op.f("ck_review_cluster_an_open_one_has_no_outcome")
        ),
        sa.CheckConstraint(
            "outcome in ('','entry','similar','judged','not_ours','done')", name=op.f("ck_review_cluster_outcome")
        ),
        sa.CheckConstraint("state in ('open','done','dismissed')", name=op.f("ck_review_cluster_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_cluster")),
    )
    with op.batch_alter_table("review_cluster", schema=None) as batch_op:
        batch_op.create_index("ix_review_cluster_state_cost", ["state", "cost_seconds"], unique=False)

    op.create_table(
        "review_question",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("origin_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("cluster_id", sa.String(length=36), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("trouble", sa.String(length=24), nullable=False),
        sa.Column("entry_id", sa.String(length=80), nullable=True),
        sa.Column("handling_seconds", sa.Integer(), nullable=True),
        sa.Column("settled_as", sa.String(length=10), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"],
            ["review_cluster.id"],
            name=op.f("fk_review_question_cluster_id_review_cluster"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_review_question_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_question")),
        sa.UniqueConstraint("origin_id", name=op.f("uq_review_question_origin_id")),
    )
    with op.batch_alter_table("review_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_question_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_question_cluster_id"), ["cluster_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_question_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_question_settled_as"), ["settled_as"], unique=False)

    op.create_table(
        "judged_question",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("query", sa.String(length=300), nullable=False),
        sa.Column("expected", sa.String(length=80), nullable=False),
        sa.Column("acceptable", sa.JSON(), nullable=False),
        sa.Column("slice", sa.String(length=40), nullable=False),
        sa.Column("judged_by", sa.String(length=60), nullable=False),
        sa.Column("judged_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judged_question")),
        sa.UniqueConstraint("query", name=op.f("uq_judged_question_query")),
    )
    with op.batch_alter_table("judged_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_judged_question_expected"), ["expected"], unique=False)

    op.create_table(
        "bot_evaluation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("fault", sa.String(length=80), nullable=False),
        sa.Column("index_version", sa.String(length=60), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("source in ('judged','file','base')", name=op.f("ck_bot_evaluation_source")),
        sa.CheckConstraint("state in ('waiting','done','failed')", name=op.f("ck_bot_evaluation_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_evaluation")),
    )
    with op.batch_alter_table("bot_evaluation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bot_evaluation_asked_at"), ["asked_at"], unique=False)


def downgrade() -> None:
    """Drop them, and what they hold."""
    for table in ("bot_evaluation", "judged_question", "review_question", "review_cluster", "bot_feedback"):
        op.drop_table(table)
