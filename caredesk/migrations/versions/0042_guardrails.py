"""What guardrails found in messages, what became of it, and how supervisors judged it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)
ID = sa.String(length=36)


def upgrade() -> None:
    """Add the table of findings."""
    op.create_table(
        "guardrail_finding",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("judged_by", ID, nullable=True),
        sa.Column("judged_at", TIME, nullable=True),
        sa.CheckConstraint("side in ('family','agent')", name=op.f("ck_guardrail_finding_side")),
        sa.CheckConstraint(
            "outcome in ('masked','alerted','overridden','changed')", name=op.f("ck_guardrail_finding_outcome")
        ),
        sa.CheckConstraint("verdict in ('','right','false')", name=op.f("ck_guardrail_finding_verdict")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_guardrail_finding_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardrail_finding")),
    )
    op.create_index("ix_guardrail_finding_at_id", "guardrail_finding", ["at", "id"])
    op.create_index("ix_guardrail_finding_conversation_id", "guardrail_finding", ["conversation_id"])


def downgrade() -> None:
    """Forget what was found."""
    op.drop_table("guardrail_finding")
