"""Legal holds, erasures with what the law keeps of them, runs over the time limits, and when a family was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)
ID = sa.String(length=36)
EMPTY = sa.text("''")


def upgrade() -> None:
    """Add the tables, and the columns that say since when a row is empty."""
    _add_holds()
    _add_erasures()
    _add_kept()
    _add_runs()
    for table in ("guardian", "patient", "conversation"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("erased_at", TIME, nullable=True))


def downgrade() -> None:
    """Remove them; what was erased stays erased."""
    for table in ("conversation", "patient", "guardian"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("erased_at")
    for table in ("retention_run", "kept_record", "erasure", "legal_hold"):
        op.drop_table(table)


def _add_holds() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject_kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("placed_by", ID, nullable=False),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("lifted_by", ID, nullable=True),
        sa.Column("lifted_at", TIME, nullable=True),
        sa.CheckConstraint("subject_kind in ('guardian','conversation')", name=op.f("ck_legal_hold_subject_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_placed_at", "legal_hold", ["placed_at"])
    standing = sa.text("lifted_at is null")
    op.create_index(
        "uq_legal_hold_standing",
        "legal_hold",
        ["subject_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _add_erasures() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", ID, nullable=False),
        sa.Column("guardian_id", ID, nullable=False),
        sa.Column("ground", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("gone", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("certificate", sa.String(length=64), server_default=EMPTY, nullable=False),
        sa.CheckConstraint("state in ('asked','refused','allowed','running','done')", name=op.f("ck_erasure_state")),
        sa.CheckConstraint("ground in ('request','consent','unlawful','ended')", name=op.f("ck_erasure_ground")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_guardian_id", "erasure", ["guardian_id"])
    op.create_index("ix_erasure_asked_at", "erasure", ["asked_at"])
    under_way = sa.text("state in ('asked','allowed','running')")
    op.create_index(
        "uq_erasure_open",
        "erasure",
        ["guardian_id"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )


def _add_kept() -> None:
    op.create_table(
        "kept_record",
        sa.Column("id", ID, nullable=False),
        sa.Column("erasure_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_record")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_kept_record_conversation_id")),
    )
    op.create_index("ix_kept_record_erasure_id", "kept_record", ["erasure_id"])
    op.create_index("ix_kept_record_until", "kept_record", ["until"])


def _add_runs() -> None:
    op.create_table(
        "retention_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("place", sa.String(length=40), server_default=EMPTY, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("gone", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_index("ix_retention_run_started_at", "retention_run", ["started_at"])
