"""Versions of the routing policy, what the matcher saw, honest waits, faults of the safety net, claims out of order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ENDED = "ck_offer_ended_when_not_pending"


def upgrade() -> None:
    """Add the tables and columns; what was decided before keeps its candidates in its own row."""
    op.create_table(
        "routing_policy",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_routing_policy")),
    )
    op.create_table(
        "routing_snapshot",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_snapshot")),
    )
    with op.batch_alter_table("routing_snapshot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_routing_snapshot_at"), ["at"], unique=False)

    op.create_table(
        "agent_ability",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_agent_ability_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", "key", name=op.f("pk_agent_ability")),
    )
    op.create_table(
        "policy_activation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"], ["routing_policy.version"], name=op.f("fk_policy_activation_version_routing_policy")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_activation")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "routing_fault",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("queue_id", sa.String(length=36), nullable=True),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queue.id"], name=op.f("fk_routing_fault_queue_id_queue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_fault")),
    )
    with op.batch_alter_table("routing_fault", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_routing_fault_at"), ["at"], unique=False)

    op.create_table(
        "out_of_order_claim",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("queue_id", sa.String(length=36), nullable=True),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_out_of_order_claim_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_out_of_order_claim_queue_id_queue")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_out_of_order_claim_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_out_of_order_claim")),
    )
    with op.batch_alter_table("out_of_order_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_out_of_order_claim_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_out_of_order_claim_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "wait_forecast",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("queue_id", sa.String(length=36), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("low_seconds", sa.Double(), nullable=True),
        sa.Column("high_seconds", sa.Double(), nullable=True),
        sa.Column("actual_seconds", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_wait_forecast_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queue.id"], name=op.f("fk_wait_forecast_queue_id_queue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_wait_forecast")),
    )
    with op.batch_alter_table("wait_forecast", schema=None) as batch_op:
        batch_op.create_index("ix_wait_forecast_queue_id_at", ["queue_id", "at"], unique=False)

    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waiting_since", caredesk.core.db.UtcDateTime(timezone=True), nullable=True))

    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("exclusive", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("queue", schema=None) as batch_op:
        batch_op.add_column(sa.Column("skills", sa.String(length=200), server_default=sa.text("''"), nullable=False))

    with op.batch_alter_table("routing_decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("snapshot_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("item", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("taken", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("asked", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("decided_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("fingerprint", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_routing_decision_snapshot_id_routing_snapshot"), "routing_snapshot", ["snapshot_id"], ["id"]
        )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_check_constraint(op.f(ENDED), "(state = 'pending') = (ended_at is null)")


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(ENDED), type_="check")
    with op.batch_alter_table("routing_decision", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_routing_decision_snapshot_id_routing_snapshot"), type_="foreignkey")
        batch_op.drop_column("fingerprint")
        batch_op.drop_column("decided_by")
        batch_op.drop_column("asked")
        batch_op.drop_column("taken")
        batch_op.drop_column("item")
        batch_op.drop_column("snapshot_id")

    with op.batch_alter_table("queue", schema=None) as batch_op:
        batch_op.drop_column("skills")

    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.drop_column("exclusive")

    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("waiting_since")

    with op.batch_alter_table("wait_forecast", schema=None) as batch_op:
        batch_op.drop_index("ix_wait_forecast_queue_id_at")

    op.drop_table("wait_forecast")
    with op.batch_alter_table("out_of_order_claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_out_of_order_claim_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_out_of_order_claim_at"))

    op.drop_table("out_of_order_claim")
    with op.batch_alter_table("routing_fault", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_routing_fault_at"))

    op.drop_table("routing_fault")
    op.drop_table("policy_activation")
    op.drop_table("agent_ability")
    with op.batch_alter_table("routing_snapshot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_routing_snapshot_at"))

    op.drop_table("routing_snapshot")
    op.drop_table("routing_policy")
