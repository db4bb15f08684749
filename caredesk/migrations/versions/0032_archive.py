"""The archive of timelines: tables like those it takes from, and a note on each conversation that was moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = caredesk.core.db.UtcDateTime(timezone=True)
MOVED = {
    "entry": "id, conversation_id, staff_seq, patient_seq, kind, author_kind, author_id, author_name, sender, "
    "client_key, body, text, picture_id, created_at",
    "event": "id, stream, seq, type, payload, at",
}
NAMES_ENTRIES = {"bot_turn": ("question_id", "reply_id"), "bot_feedback": ("question_id",)}
"""An entry they name may lie in either table from now on, so no foreign key can lead to it."""


def upgrade() -> None:
    """Add the tables; let go of the foreign keys to entries."""
    _add_entries()
    op.create_table(
        "archived_event",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("stream", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archived_event")),
        sa.UniqueConstraint("stream", "seq", name=op.f("uq_archived_event_stream_seq")),
    )
    op.add_column("conversation", sa.Column("archived_at", TIME, nullable=True))
    only = sa.text("archived_at is null")
    op.create_index(
        "ix_conversation_to_archive", "conversation", ["closed_at", "id"], sqlite_where=only, postgresql_where=only
    )
    for table, columns in NAMES_ENTRIES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_constraint(batch_op.f(f"fk_{table}_{column}_entry"), type_="foreignkey")


def downgrade() -> None:
    """Bring back what was archived, then remove the tables."""
    for table, names in MOVED.items():
        op.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM archived_{table}")  # noqa: S608 (our own names)
    for table, columns in NAMES_ENTRIES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.create_foreign_key(
                    batch_op.f(f"fk_{table}_{column}_entry"), "entry", [column], ["id"], ondelete="CASCADE"
                )
    op.drop_index("ix_conversation_to_archive", table_name="conversation")
    op.drop_column("conversation", "archived_at")
    op.drop_table("archived_event")
    op.drop_table("archived_entry")


def _add_entries() -> None:
    texts = {"kind": 12, "author_kind": 12, "author_id": 60, "author_name": 60}
    op.create_table(
        "archived_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("staff_seq", sa.Integer(), nullable=False),
        sa.Column("patient_seq", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in texts.items()),
        sa.Column("sender", sa.String(length=60), nullable=True),
        sa.Column("client_key", sa.String(length=64), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("picture_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("kind <> 'note' or patient_seq is null", name=op.f("ck_archived_entry_note_is_internal")),
        sa.CheckConstraint("kind in ('message','note','notice')", name=op.f("ck_archived_entry_kind")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_archived_entry_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archived_entry")),
        *(
            sa.UniqueConstraint(*columns, name=op.f("uq_archived_entry_" + "_".join(columns)))
            for columns in (
                ("conversation_id", "patient_seq"), ("conversation_id", "staff_seq"), ("sender", "client_key")
            )
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_archived_entry_created_at"), "archived_entry", ["created_at"])
    op.create_index(op.f("ix_archived_entry_picture_id"), "archived_entry", ["picture_id"])
