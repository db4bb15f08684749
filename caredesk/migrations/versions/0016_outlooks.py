"""Looking ahead: what was foretold of visits, the weights that were learned, and whose page has gone since a call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the column."""
    op.create_table(
        "outlook_weights",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("base", sa.Double(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("outcomes", sa.Integer(), nullable=False),
        sa.Column("error", sa.Double(), nullable=False),
        sa.Column("error_of_rule", sa.Double(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlook_weights")),
    )
    with op.batch_alter_table("outlook_weights", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outlook_weights_at"), ["at"], unique=False)

    op.create_table(
        "outlook",
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("weights", sa.String(length=40), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("group", sa.String(length=10), nullable=False),
        sa.CheckConstraint("\"group\" in ('none','reminded','control')", name=op.f("ck_outlook_group")),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_outlook_appointment_id_appointment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_outlook")),
    )
    with op.batch_alter_table("outlook", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outlook_at"), ["at"], unique=False)

    with op.batch_alter_table("call_up_contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("has_left", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Remove them."""
    op.drop_table("outlook")
    op.drop_table("outlook_weights")
    with op.batch_alter_table("call_up_contact", schema=None) as batch_op:
        batch_op.drop_column("has_left")
