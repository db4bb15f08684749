"""Calls at the desk: who callers turned out to be, call-backs that are withdrawn, since when a phone is there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)
BEFORE = "state in ('waiting','calling','reached','unreachable')"
AFTER = "state in ('waiting','calling','reached','unreachable','withdrawn')"
CHECK = "ck_call_back_state"


def upgrade() -> None:
    """Add the table and the column, and let a call-back be withdrawn."""
    op.create_table(
        "caller_tie",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("guardian_id", sa.String(length=36), nullable=True),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_caller_tie_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_caller_tie")),
    )
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.add_column(sa.Column("since", TIME, nullable=True))
    _allow(AFTER)


def downgrade() -> None:
    """Remove them; what was withdrawn counts as not reached."""
    op.execute("UPDATE call_back SET state = 'unreachable' WHERE state = 'withdrawn'")
    _allow(BEFORE)
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.drop_column("since")
    op.drop_table("caller_tie")


def _allow(states: str) -> None:
    """Say anew which states a call-back may have."""
    with op.batch_alter_table("call_back", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CHECK), type_="check")
        batch_op.create_check_constraint(op.f(CHECK), states)
