"""What a supervisor told staffing to assume, version by version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from caredesk.core.db import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "staffing_assumptions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(60), nullable=False),
        sa.Column("actor_name", sa.String(60), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_staffing_assumptions")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("staffing_assumptions")
