"""Server processes by their heartbeat, so that what a dead one left behind is cleared away by the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "server_node",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("seen_beats", sa.Integer(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_server_node")),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("server_node")
