"""Messages to all waiting families, and post that a supervisor has thrown away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and the state of post that nobody wants any more."""
    op.create_table(
        "broadcast",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("client_key", sa.String(length=64), nullable=False),
        sa.Column("doctor_id", sa.String(length=60), nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=False),
        sa.Column("clinic_session_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("ends_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("in_session", sa.Boolean(), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('delay','early_end','words')", name=op.f("ck_broadcast_kind")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_broadcast_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
        sa.UniqueConstraint("staff_id", "client_key", name=op.f("uq_broadcast_staff_id_client_key")),
    )
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.create_index("ix_broadcast_staff_id_at", ["staff_id", "at"], unique=False)

    op.create_table(
        "broadcast_leg",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("broadcast_id", sa.String(length=36), nullable=False),
        sa.Column("guardian_id", sa.String(length=36), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("to", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("dead", sa.Boolean(), nullable=False),
        sa.Column("planned_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel in ('in_app','wechat','sms')", name=op.f("ck_broadcast_leg_channel")),
        sa.CheckConstraint(
            "state in ('planned','sending','sent','delivered','failed','skipped')", name=op.f("ck_broadcast_leg_state")
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name=op.f("fk_broadcast_leg_broadcast_id_broadcast"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_broadcast_leg_guardian_id_guardian"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_broadcast_leg_patient_id_patient"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_leg")),
        sa.UniqueConstraint("broadcast_id", "guardian_id", "channel", name="uq_broadcast_leg_once"),
        sa.UniqueConstraint("request_id", name=op.f("uq_broadcast_leg_request_id")),
    )
    with op.batch_alter_table("broadcast_leg", schema=None) as batch_op:
        batch_op.create_index("ix_broadcast_leg_channel_provider_id", ["channel", "provider_id"], unique=False)
        batch_op.create_index("ix_broadcast_leg_dead_planned_at", ["dead", "planned_at"], unique=False)

    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_webhook_delivery_state"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_webhook_delivery_state"), "state in ('pending','delivered','dead','dropped')"
        )


def downgrade() -> None:
    """Remove them; post that was thrown away is dead again."""
    op.execute("update webhook_delivery set state = 'dead' where state = 'dropped'")
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_webhook_delivery_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_webhook_delivery_state"), "state in ('pending','delivered','dead')")
    op.drop_table("broadcast_leg")
    op.drop_table("broadcast")
