"""The audit: entries in a chain, its head, its anchors, and triggers that refuse to change or remove them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = caredesk.core.db.UtcDateTime(timezone=True)
KEPT = ("audit_entry", "audit_anchor")


def upgrade() -> None:
    """Add the tables and what guards them."""
    _add_tables()
    for column in ("actor_id", "subject", "deed"):
        op.create_index(f"ix_audit_entry_{column}_number", "audit_entry", [column, "number"])
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    guards = _sqlite_guards() if op.get_bind().dialect.name == "sqlite" else _postgres_guards()
    for statement in guards:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Remove them."""
    for table in ("audit_anchor", "audit_head", "audit_entry"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_kept")


def _add_tables() -> None:
    texts = {"actor_kind": 10, "actor_id": 60, "deed": 60, "subject": 80, "why": 60, "record": 80, "way": 10}
    texts |= {"view": 100, "request_id": 36, "address": 60, "previous": 64, "hash": 64}
    op.create_table(
        "audit_entry",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in texts.items()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_anchor",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_anchor")),
    )


def _sqlite_guards() -> list[str]:
    said = "SELECT RAISE(ABORT, 'the audit is only added to');"
    moments = {"update": "UPDATE", "delete": "DELETE"}
    guards = [
        f"CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} BEGIN {said} END"
        for table in KEPT
        for name, verb in moments.items()
    ]
    # REPLACE removes the row before it without a word to the trigger of removals.
    return guards + [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 (the names stand above)
        f"WHEN new.number IN (SELECT number FROM {table}) BEGIN {said} END"
        for table in KEPT
    ]


def _postgres_guards() -> list[str]:
    made = """CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$"""
    return [made] + [
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()"
        for table in KEPT
    ]
