"""What agents' replies tell of the bot, and how far an evaluation has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SOURCE = "ck_bot_evaluation_source"


def upgrade() -> None:
    """Add the columns, and allow evaluations on the public set."""
    with op.batch_alter_table("bot_feedback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("question_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("missed", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(batch_op.f("ix_bot_feedback_question_id"), ["question_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_bot_feedback_question_id_entry"), "entry", ["question_id"], ["id"], ondelete="CASCADE"
        )
    with op.batch_alter_table("bot_evaluation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("done", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("total", sa.Integer(), server_default="0", nullable=False))
        batch_op.drop_constraint(op.f(SOURCE), type_="check")
        batch_op.create_check_constraint(op.f(SOURCE), "source in ('judged','file','base','public')")


def downgrade() -> None:
    """Drop them, and the evaluations that could not be asked for before."""
    op.execute("DELETE FROM bot_evaluation WHERE source = 'public'")
    with op.batch_alter_table("bot_evaluation", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(SOURCE), type_="check")
        batch_op.create_check_constraint(op.f(SOURCE), "source in ('judged','file','base')")
        batch_op.drop_column("total")
        batch_op.drop_column("done")
    with op.batch_alter_table("bot_feedback", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_bot_feedback_question_id_entry"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_bot_feedback_question_id"))
        batch_op.drop_column("missed")
        batch_op.drop_column("question_id")
