"""Calling families: runs of a ladder, their attempts, marks and consents of contacts, and post that was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    "call_up_leg",
    "call_up_contact",
    "contact_mark",
    "contact_consent",
    "call_up",
    "seen_post",
    "call_up_ladder",
)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "call_up_ladder",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("made_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_call_up_ladder")),
    )
    op.create_table(
        "seen_post",
        sa.Column("id", sa.String(length=160), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_post")),
    )
    with op.batch_alter_table("seen_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_post_at"), ["at"], unique=False)

    op.create_table(
        "call_up",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("appointment_id", sa.String(length=36), nullable=True),
        sa.Column("ladder_key", sa.String(length=40), nullable=False),
        sa.Column("ladder", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("held_until", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("started_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("arrived_by", sa.String(length=12), nullable=False),
        sa.Column("arrived_guardian_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("(state in ('arrived','stopped')) = (ended_at is not null)", name=op.f("ck_call_up_ended")),
        sa.CheckConstraint("arrived_by in ('','presence','webhook','assistant')", name=op.f("ck_call_up_arrived_by")),
        sa.CheckConstraint("state in ('running','exhausted','arrived','stopped')", name=op.f("ck_call_up_state")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_call_up_patient_id_patient"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_up")),
    )
    with op.batch_alter_table("call_up", schema=None) as batch_op:
        batch_op.create_index("ix_call_up_patient_id_ended_at", ["patient_id", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_up_request_id"), ["request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_up_started_at"), ["started_at"], unique=False)
        batch_op.create_index(
            "uq_call_up_open",
            ["request_id"],
            unique=True,
            sqlite_where=sa.text("ended_at is null"),
            postgresql_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "contact_consent",
        sa.Column("guardian_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=80), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("channel in ('in_app','wechat','sms','telephone')", name=op.f("ck_contact_consent_channel")),
        sa.CheckConstraint("state in ('given','refused')", name=op.f("ck_contact_consent_state")),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_contact_consent_guardian_id_guardian"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("guardian_id", "channel", name=op.f("pk_contact_consent")),
    )
    op.create_table(
        "contact_mark",
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("guardian_id", sa.String(length=36), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_contact_mark_guardian_id_guardian"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number_key", name=op.f("pk_contact_mark")),
    )
    op.create_table(
        "call_up_contact",
        sa.Column("call_up_id", sa.String(length=36), nullable=False),
        sa.Column("guardian_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("was_online", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_up_id"], ["call_up.id"], name=op.f("fk_call_up_contact_call_up_id_call_up"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_call_up_contact_guardian_id_guardian"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_up_id", "guardian_id", name=op.f("pk_call_up_contact")),
    )
    with op.batch_alter_table("call_up_contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_up_contact_guardian_id"), ["guardian_id"], unique=False)

    op.create_table(
        "call_up_leg",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_up_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(length=40), nullable=False),
        sa.Column("guardian_id", sa.String(length=36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("to", sa.String(length=60), nullable=False),
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("outcome_by", sa.String(length=36), nullable=True),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("dead", sa.Boolean(), nullable=False),
        sa.Column("planned_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel in ('in_app','wechat','sms','telephone')", name=op.f("ck_call_up_leg_channel")),
        sa.CheckConstraint(
            "state in ('planned','sending','sent','delivered','answered','failed','skipped')",
            name=op.f("ck_call_up_leg_state"),
        ),
        sa.ForeignKeyConstraint(
            ["call_up_id"], ["call_up.id"], name=op.f("fk_call_up_leg_call_up_id_call_up"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_call_up_leg_guardian_id_guardian"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_up_leg")),
        sa.UniqueConstraint("call_up_id", "step", "guardian_id", "attempt", name="uq_call_up_leg_once"),
        sa.UniqueConstraint("request_id", name=op.f("uq_call_up_leg_request_id")),
    )
    with op.batch_alter_table("call_up_leg", schema=None) as batch_op:
        batch_op.create_index("ix_call_up_leg_channel_provider_id", ["channel", "provider_id"], unique=False)
        batch_op.create_index("ix_call_up_leg_dead_planned_at", ["dead", "planned_at"], unique=False)
        batch_op.create_index(
            "uq_call_up_leg_under_way",
            ["call_up_id"],
            unique=True,
            sqlite_where=sa.text("state in ('planned','sending')"),
            postgresql_where=sa.text("state in ('planned','sending')"),
        )


def downgrade() -> None:
    """Remove the tables."""
    for name in TABLES:
        op.drop_table(name)
