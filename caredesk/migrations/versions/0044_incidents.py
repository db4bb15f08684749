"""Incidents and what was done about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("declared_at", TIME, nullable=False),
        sa.Column("declared_by", sa.String(length=60), nullable=False),
        sa.Column("respond_by", TIME, nullable=False),
        sa.Column("responded_at", TIME, nullable=True),
        sa.Column("lead_name", sa.String(length=60), nullable=False),
        sa.Column("tells_parents", sa.Boolean(), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_declared_at"), "incident", ["declared_at"])
    still = sa.text("ended_at is null")
    op.create_index("uq_incident_open", "incident", ["drill"], unique=True, sqlite_where=still, postgresql_where=still)
    op.create_table(
        "incident_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_incident_entry_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_entry")),
    )
    op.create_index(op.f("ix_incident_entry_incident_id"), "incident_entry", ["incident_id"])


def downgrade() -> None:
    """Remove both."""
    op.drop_table("incident_entry")
    op.drop_table("incident")
