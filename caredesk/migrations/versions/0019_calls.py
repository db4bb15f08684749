"""Calls: engines, what they told and were told, calls and their legs, phones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    _engines()
    _phones()
    _calls()


def _engines() -> None:
    op.create_table(
        "engine",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("troubles", sa.JSON(), nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("heard_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_engine")),
    )
    op.create_table(
        "engine_command",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("engine", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_engine_command")),
        sa.UniqueConstraint("id", name=op.f("uq_engine_command_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("engine_command", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_engine_command_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_engine_command_engine_done_at", ["engine", "done_at"], unique=False)

    op.create_table(
        "heard_fact",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("fate", sa.String(length=10), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heard_fact")),
    )
    with op.batch_alter_table("heard_fact", schema=None) as batch_op:
        batch_op.create_index("ix_heard_fact_call_id_at", ["call_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_heard_fact_taken_at"), ["taken_at"], unique=False)


def _phones() -> None:
    op.create_table(
        "phone",
        sa.Column("user", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("ha1", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_until", TIME, nullable=True),
        sa.CheckConstraint("kind in ('browser','desk')", name=op.f("ck_phone_kind")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_phone_staff_id_staff"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_phone")),
        sa.UniqueConstraint("staff_id", "kind", name=op.f("uq_phone_staff_id_kind")),
    )


def _calls() -> None:
    op.create_table(
        "call",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("engine", sa.String(length=20), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("phase", sa.String(length=12), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("caller", sa.String(length=40), nullable=False),
        sa.Column("caller_tail", sa.String(length=4), nullable=False),
        sa.Column("called", sa.String(length=40), nullable=False),
        sa.Column("trunk", sa.String(length=80), nullable=False),
        sa.Column("menu_version", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=True),
        sa.Column("holds_agent", sa.Boolean(), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=True),
        sa.Column("about_id", sa.String(length=36), nullable=True),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("queued_at", TIME, nullable=True),
        sa.Column("ringing_at", TIME, nullable=True),
        sa.Column("bridged_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("wrap_up_until", TIME, nullable=True),
        sa.Column("wrapped_at", TIME, nullable=True),
        sa.Column("talk_seconds", sa.Double(), nullable=False),
        sa.Column("hold_seconds", sa.Double(), nullable=False),
        sa.Column("disposition", sa.String(length=24), nullable=False),
        sa.Column("hung_up_by", sa.String(length=10), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.CheckConstraint("direction in ('in','out','call_back')", name=op.f("ck_call_direction")),
        sa.ForeignKeyConstraint(["agent_id"], ["staff.id"], name=op.f("fk_call_agent_id_staff")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_call_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index("ix_call_agent_id_holds_agent", ["agent_id", "holds_agent"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_caller_tail"), ["caller_tail"], unique=False)
        batch_op.create_index("ix_call_conversation_id_started_at", ["conversation_id", "started_at"], unique=False)
        batch_op.create_index("ix_call_engine_ended_at", ["engine", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_phase"), ["phase"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_request_id"), ["request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_started_at"), ["started_at"], unique=False)
        batch_op.create_index(
            "uq_call_live",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("ended_at is null"),
            postgresql_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "call_leg",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("offer_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("ringing_at", TIME, nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("role in ('agent','consult','patient','listener')", name=op.f("ck_call_leg_role")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_leg_call_id_call"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_call_leg_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_leg")),
    )
    with op.batch_alter_table("call_leg", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_leg_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_call_leg_staff_id_made_at", ["staff_id", "made_at"], unique=False)


def downgrade() -> None:
    """Remove them."""
    for name in ("call_leg", "call", "phone", "heard_fact", "engine_command", "engine"):
        op.drop_table(name)
