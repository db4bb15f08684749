"""The hotline at the desk: versions of its menu, recorded prompts, recordings and who heard them, call-backs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "hotline_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("setup", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_hotline_version")),
    )
    op.create_table(
        "prompt_recording",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=60), nullable=False),
        sa.Column("uploaded_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_prompt_recording")),
    )
    op.create_table(
        "recording",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("peaks", sa.JSON(), nullable=False),
        sa.Column("kept_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('call','voicemail')", name=op.f("ck_recording_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recording_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_recording_deleted_at_kept_at", ["deleted_at", "kept_at"], unique=False)

    op.create_table(
        "recording_play",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("staff_name", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_recording_play_recording_id_recording"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recording_play_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_play")),
    )
    with op.batch_alter_table("recording_play", schema=None) as batch_op:
        batch_op.create_index("ix_recording_play_recording_id_at", ["recording_id", "at"], unique=False)

    op.create_table(
        "call_back",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("asked_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempts_limit", sa.Integer(), nullable=False),
        sa.Column("not_before", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_outcome", sa.String(length=20), nullable=False),
        sa.Column("ended_at", caredesk.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('waiting','calling','reached','unreachable')", name=op.f("ck_call_back_state")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_call_back_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_call_back")),
    )
    with op.batch_alter_table("call_back", schema=None) as batch_op:
        batch_op.create_index("ix_call_back_state_asked_at", ["state", "asked_at"], unique=False)


def downgrade() -> None:
    """Remove them."""
    for table in ("call_back", "recording_play", "recording", "prompt_recording", "hotline_version"):
        op.drop_table(table)
