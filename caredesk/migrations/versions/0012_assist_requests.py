"""Doctors' requests, and the types of requests that a hospital has changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "request_type",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("changed_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_request_type")),
    )
    op.create_table(
        "assist_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("type_key", sa.String(length=40), nullable=False),
        sa.Column("sender", sa.String(length=60), nullable=False),
        sa.Column("client_key", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("raised_by", sa.String(length=60), nullable=False),
        sa.Column("doctor_id", sa.String(length=60), nullable=True),
        sa.Column("department_id", sa.String(length=60), nullable=False),
        sa.Column("clinic_session_id", sa.String(length=36), nullable=True),
        sa.Column("appointment_id", sa.String(length=36), nullable=True),
        sa.Column("patient_id", sa.String(length=36), nullable=True),
        sa.Column("guardian_id", sa.String(length=36), nullable=True),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("raised_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("accept_due_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempt_due_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("report_due_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("first_attempt_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("urged_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("promised_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reported_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("arrived_by", sa.String(length=12), nullable=False),
        sa.Column("ended_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "arrived_by in ('','presence','webhook','assistant')", name=op.f("ck_assist_request_arrived_by")
        ),
        sa.CheckConstraint("score is null or score between 1 and 5", name=op.f("ck_assist_request_score_range")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_assist_request_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assist_request_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assist_request")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_assist_request_conversation_id")),
        sa.UniqueConstraint("sender", "client_key", name=op.f("uq_assist_request_sender_client_key")),
    )
    with op.batch_alter_table("assist_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_assist_request_clinic_session_id_ended_at", ["clinic_session_id", "ended_at"], unique=False
        )
        batch_op.create_index("ix_assist_request_patient_id_ended_at", ["patient_id", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_assist_request_raised_at"), ["raised_at"], unique=False)
        batch_op.create_index("ix_assist_request_staff_id_raised_at", ["staff_id", "raised_at"], unique=False)
        batch_op.create_index(
            "uq_assist_request_open",
            ["type_key", "appointment_id"],
            unique=True,
            sqlite_where=sa.text("ended_at is null and appointment_id is not null"),
            postgresql_where=sa.text("ended_at is null and appointment_id is not null"),
        )


def downgrade() -> None:
    """Drop them; the talks stay."""
    with op.batch_alter_table("assist_request", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_assist_request_open",
            sqlite_where=sa.text("ended_at is null and appointment_id is not null"),
            postgresql_where=sa.text("ended_at is null and appointment_id is not null"),
        )
        batch_op.drop_index("ix_assist_request_staff_id_raised_at")
        batch_op.drop_index(batch_op.f("ix_assist_request_raised_at"))
        batch_op.drop_index("ix_assist_request_patient_id_ended_at")
        batch_op.drop_index("ix_assist_request_clinic_session_id_ended_at")

    op.drop_table("assist_request")
    op.drop_table("request_type")
