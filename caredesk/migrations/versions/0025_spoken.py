"""What was said in closed conversations, as marks that search looks up, and the store's own index over them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TIME = caredesk.core.db.UtcDateTime(timezone=True)
PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MOST_MARKS = 20_000
AT_ONCE = 500

SQLITE = (
    """CREATE VIRTUAL TABLE spoken_words USING fts5(
        marks, content='spoken', content_rowid='id', detail='none', columnsize=0, tokenize='ascii'
    )""",
    """CREATE TRIGGER spoken_added AFTER INSERT ON spoken BEGIN
        INSERT INTO spoken_words (rowid, marks) VALUES (new.id, new.marks);
    END""",
    """CREATE TRIGGER spoken_removed AFTER DELETE ON spoken BEGIN
        INSERT INTO spoken_words (spoken_words, rowid, marks) VALUES ('delete', old.id, old.marks);
    END""",
)
POSTGRES = ("CREATE INDEX spoken_words ON spoken USING gin (to_tsvector('simple'::regconfig, marks))",)

conversation = sa.table(
    "conversation", sa.column("id"), sa.column("status"), sa.column("created_at", TIME), schema=None
)
entry = sa.table("entry", sa.column("conversation_id"), sa.column("staff_seq"), sa.column("text"))
spoken = sa.table("spoken", sa.column("id", PLACE), sa.column("conversation_id"), sa.column("marks"))


def upgrade() -> None:
    """Add the table and its index, and keep what was said so far."""
    op.create_table(
        "spoken",
        sa.Column("id", PLACE, autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_spoken_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoken")),
    )
    with op.batch_alter_table("spoken", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spoken_conversation_id"), ["conversation_id"], unique=False)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(sa.text(statement.replace(":", r"\:")))
    _keep_the_past(op.get_bind())


def downgrade() -> None:
    """Remove them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE spoken_words")
    op.drop_table("spoken")


def _keep_the_past(connection: sa.Connection) -> None:
    """Go through the closed conversations in the order of their beginnings."""
    closed = sa.select(conversation.c.id, conversation.c.created_at).where(conversation.c.status == "closed")
    rows = connection.execute(closed.order_by(conversation.c.created_at, conversation.c.id)).all()
    free = 0
    for begin in range(0, len(rows), AT_ONCE):
        part = rows[begin : begin + AT_ONCE]
        said = _said(connection, ids=[row.id for row in part])
        found: list[dict[str, Any]] = []
        for row in part:
            free = max(free, (row.created_at - BEGINNING) // (datetime.resolution))
            for marks in _pages(said.get(row.id, [])):
                found.append({"id": free, "conversation_id": row.id, "marks": marks})
                free += 1
        if found:
            connection.execute(sa.insert(spoken), found)


def _said(connection: sa.Connection, *, ids: list[str]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    query = sa.select(entry.c.conversation_id, entry.c.text).where(entry.c.conversation_id.in_(ids), entry.c.text != "")
    for conversation_id, text in connection.execute(query.order_by(entry.c.conversation_id, entry.c.staff_seq)):
        texts.setdefault(conversation_id, []).append(text)
    return texts


def _pages(texts: list[str]) -> list[str]:
    """Return the marks as `search_words.pages_of` makes them; written again, because a migration must not change."""
    pages: list[set[str]] = []
    for text in texts:
        plain = text.casefold()
        marks = {f"w{ord(one):x}" for one in plain if not one.isspace()}
        marks |= {f"w{ord(a):x}x{ord(b):x}" for a, b in pairwise(plain) if not a.isspace() and not b.isspace()}
        if marks and (not pages or len(pages[-1] | marks) > MOST_MARKS):
            pages.append(set())
        if marks:
            pages[-1] |= marks
    return [" ".join(sorted(page)) for page in pages]
