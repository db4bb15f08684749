"""The editor's life of a knowledge entry: review, audience, re-check, attachments, and checked publications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AT = caredesk.core.db.UtcDateTime(timezone=True)
EMPTY = sa.text("''")


def upgrade() -> None:
    """Add the columns of the life cycle, fill what follows from the rows, and make two tables."""
    # Plain additions: rebuilding these tables in a batch would lose what refers to them.
    for table in ("kb_entry", "kb_version"):
        op.add_column(table, sa.Column("audience", sa.String(length=10), server_default="parent", nullable=False))
        op.add_column(table, sa.Column("recheck_on", sa.Date(), nullable=True))
        op.add_column(table, sa.Column("attachments", sa.JSON(), nullable=True))
    op.add_column("kb_version", sa.Column("origin", sa.String(length=40), server_default=EMPTY, nullable=False))
    op.add_column("kb_entry", sa.Column("newest_version", sa.Integer(), server_default="0", nullable=False))
    op.add_column("kb_entry", sa.Column("review_asked_at", AT, nullable=True))
    op.add_column("kb_entry", sa.Column("review_asked_by", sa.String(length=60), server_default=EMPTY, nullable=False))
    op.add_column("kb_entry", sa.Column("review_note", sa.String(length=500), server_default=EMPTY, nullable=False))
    op.add_column("kb_entry", sa.Column("search_words", sa.Text(), server_default=EMPTY, nullable=False))
    _fill()
    op.create_table(
        "kb_publication",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("decided_at", AT, nullable=True),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("release", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('checking', 'blocked', 'published', 'failed', 'withdrawn')", name=op.f("ck_kb_publication_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_publication")),
    )
    op.create_index(op.f("ix_kb_publication_state"), "kb_publication", ["state"], unique=False)
    op.create_table(
        "kb_file",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_file")),
    )


def _fill() -> None:
    """Note each entry's newest version, and the words by which it is found."""
    connection = op.get_bind()
    names = ("entry_id", "version", "category", "question", "similar", "answer", "source", "owner")
    columns = [sa.column(name, sa.JSON() if name == "similar" else None) for name in names]
    version = sa.table("kb_version", *columns)
    entry = sa.table("kb_entry", *(sa.column(name) for name in ("id", "newest_version", "search_words")))
    newest = {row.entry_id: row for row in connection.execute(sa.select(version).order_by(version.c.version))}
    for entry_id, row in newest.items():
        parts = (entry_id, row.question, *row.similar, row.category, row.owner, row.source, row.answer)
        words = "\n".join(parts).lower()
        change = sa.update(entry).where(entry.c.id == entry_id)
        connection.execute(change.values(newest_version=row.version, search_words=words))


def downgrade() -> None:
    """Drop them, and what they hold."""
    op.drop_table("kb_file")
    op.drop_index(op.f("ix_kb_publication_state"), table_name="kb_publication")
    op.drop_table("kb_publication")
    for column in ("search_words", "review_note", "review_asked_by", "review_asked_at", "newest_version"):
        op.drop_column("kb_entry", column)
    op.drop_column("kb_version", "origin")
    for table in ("kb_version", "kb_entry"):
        for column in ("attachments", "recheck_on", "audience"):
            op.drop_column(table, column)
