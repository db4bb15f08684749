"""Hours set by hand, alerts, what supervisors did, notices to agents, guests, and post for the webhook.

It follows 0010: numbers were given out before the order in which they landed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0009"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    "floor_notice_seen",
    "conversation_guest",
    "hours_by_hand",
    "floor_notice",
    "webhook_delivery",
    "floor_action",
    "alert",
)


def upgrade() -> None:
    """Add the tables of the floor."""
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("matter", sa.String(length=120), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("queue_id", sa.String(length=36), nullable=True),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("raised_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=60), nullable=False),
        sa.Column("escalated_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("stage in ('agent','supervisor','webhook')", name=op.f("ck_alert_stage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_raised_at"), ["raised_at"], unique=False)
        batch_op.create_index(
            "uq_alert_open",
            ["matter"],
            unique=True,
            sqlite_where=sa.text("ended_at is null"),
            postgresql_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "floor_action",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("queue_id", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_action")),
    )
    with op.batch_alter_table("floor_action", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_floor_action_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_floor_action_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=60), nullable=False),
        sa.Column("made_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('pending','delivered','dead')", name=op.f("ck_webhook_delivery_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("subject", "number", name=op.f("uq_webhook_delivery_subject_number")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_delivery_state_made_at", ["state", "made_at"], unique=False)

    op.create_table(
        "floor_notice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("queue_id", sa.String(length=36), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queue.id"], name=op.f("fk_floor_notice_queue_id_queue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_notice")),
    )
    with op.batch_alter_table("floor_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_floor_notice_at"), ["at"], unique=False)

    op.create_table(
        "hours_by_hand",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("queue_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("starts_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("made_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('open','closed')", name=op.f("ck_hours_by_hand_kind")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_hours_by_hand_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queue.id"], name=op.f("fk_hours_by_hand_queue_id_queue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_by_hand")),
    )
    with op.batch_alter_table("hours_by_hand", schema=None) as batch_op:
        batch_op.create_index("ix_hours_by_hand_queue_id_ends_at", ["queue_id", "ends_at"], unique=False)

    op.create_table(
        "conversation_guest",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("joined_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("announced_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_conversation_guest_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_conversation_guest_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id", name=op.f("pk_conversation_guest")),
    )
    op.create_table(
        "floor_notice_seen",
        sa.Column("notice_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["floor_notice.id"],
            name=op.f("fk_floor_notice_seen_notice_id_floor_notice"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_floor_notice_seen_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice_id", "staff_id", name=op.f("pk_floor_notice_seen")),
    )


def downgrade() -> None:
    """Remove the tables of the floor."""
    for name in TABLES:
        op.drop_table(name)
