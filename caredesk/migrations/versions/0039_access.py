"""Who may open what: versions of the table, and what was opened beyond it for a purpose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)
ID = sa.String(length=36)


def upgrade() -> None:
    """Add both tables; a desk without a row in the first goes by the built-in one."""
    op.create_table(
        "access_policy",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_access_policy")),
    )
    op.create_table(
        "access_opening",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("reviewed_at", TIME, nullable=True),
        sa.Column("reviewed_by", sa.String(length=60), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.CheckConstraint(
            "(verdict = '') = (reviewed_at is null)", name=op.f("ck_access_opening_reviewed_with_a_verdict")
        ),
        sa.CheckConstraint("verdict in ('', 'fine', 'questioned')", name=op.f("ck_access_opening_verdict")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_access_opening_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_access_opening_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_opening")),
    )
    op.create_index("ix_access_opening_conversation_id", "access_opening", ["conversation_id"])
    op.create_index("ix_access_opening_opened_at", "access_opening", ["opened_at"])
    op.create_index("ix_access_opening_staff_id_until", "access_opening", ["staff_id", "until"])


def downgrade() -> None:
    """Remove them; what was opened stays in the audit."""
    op.drop_table("access_opening")
    op.drop_table("access_policy")
