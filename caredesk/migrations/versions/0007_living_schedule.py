"""The weekly template, who had the last word on a session, the schedule's stamp, and the history of queues' hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; what is in the schedule already was imported."""
    _extend_sessions()
    op.create_table(
        "schedule_stamp",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_stamp")),
    )
    op.execute("INSERT INTO schedule_stamp (id, version) VALUES (1, 0)")
    _create_template()
    _create_hours()


def _extend_sessions() -> None:
    with op.batch_alter_table("clinic_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.String(length=12), server_default="import", nullable=False))
        batch_op.add_column(sa.Column("generated_for", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("external_id", sa.String(length=120), nullable=True))
        batch_op.create_index(batch_op.f("ix_clinic_session_generated_for"), ["generated_for"], unique=False)
        batch_op.create_index("uq_clinic_session_external_id", ["external_id"], unique=True)
    with op.batch_alter_table("schedule_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=12), server_default="import", nullable=False))
        batch_op.add_column(sa.Column("undone_by", sa.String(length=36), nullable=True))


def _create_template() -> None:
    op.create_table(
        "template_window",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("department_id", sa.String(length=60), nullable=False),
        sa.Column("doctor_id", sa.String(length=60), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=False),
        sa.Column("ends", sa.String(length=5), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=True),
        sa.Column("on_holidays", sa.Boolean(), nullable=False),
        sa.Column("swapped", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("weekday between 1 and 7", name=op.f("ck_template_window_weekday")),
        sa.CheckConstraint(
            "valid_until is null or valid_until >= valid_from", name=op.f("ck_template_window_validity")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_template_window_department_id_department")
        ),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_template_window_doctor_id_doctor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_window")),
    )
    with op.batch_alter_table("template_window", schema=None) as batch_op:
        batch_op.create_index("ix_template_window_department_id_weekday", ["department_id", "weekday"], unique=False)
        batch_op.create_index(batch_op.f("ix_template_window_doctor_id"), ["doctor_id"], unique=False)


def _create_hours() -> None:
    op.create_table(
        "queue_hours_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("queue_id", sa.String(length=36), nullable=False),
        sa.Column("valid_from", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lead_in_minutes", sa.Integer(), nullable=False),
        sa.Column("lead_out_minutes", sa.Integer(), nullable=False),
        sa.Column("fixed_hours", sa.JSON(), nullable=False),
        sa.Column("department_ids", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queue.id"], name=op.f("fk_queue_hours_version_queue_id_queue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_hours_version")),
    )
    with op.batch_alter_table("queue_hours_version", schema=None) as batch_op:
        batch_op.create_index("ix_queue_hours_version_queue_id_valid_from", ["queue_id", "valid_from"], unique=False)


def downgrade() -> None:
    """Drop them; the sessions stay."""
    op.drop_table("queue_hours_version")
    op.drop_table("template_window")
    op.drop_table("schedule_stamp")
    with op.batch_alter_table("schedule_import", schema=None) as batch_op:
        batch_op.drop_column("undone_by")
        batch_op.drop_column("kind")
    with op.batch_alter_table("clinic_session", schema=None) as batch_op:
        batch_op.drop_index("uq_clinic_session_external_id")
        batch_op.drop_index(batch_op.f("ix_clinic_session_generated_for"))
        batch_op.drop_column("external_id")
        batch_op.drop_column("generated_for")
        batch_op.drop_column("origin")
