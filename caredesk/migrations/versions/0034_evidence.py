"""Trees and cuts of the audit, guarded as its entries are, and who has allowed exports without masks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import caredesk.core.db

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = caredesk.core.db.UtcDateTime(timezone=True)
KEYS = {"audit_tree": "number", "audit_cut": "id"}


def upgrade() -> None:
    """Add the tables and what guards the audit's."""
    _add_trees()
    _add_cuts()
    _add_approvals()
    guards = _sqlite_guards() if op.get_bind().dialect.name == "sqlite" else _postgres_guards()
    for statement in guards:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Remove them."""
    for table in ("export_approval", "audit_cut", "audit_tree"):
        op.drop_table(table)


def _add_trees() -> None:
    op.create_table(
        "audit_tree",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("first", NUMBER, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        *_signed(),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_tree")),
    )


def _add_cuts() -> None:
    op.create_table(
        "audit_cut",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("emptied_until", NUMBER, nullable=False),
        sa.Column("kept", sa.String(length=64), nullable=False),
        *_signed(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_cut")),
    )


def _signed() -> list[sa.Column[object]]:
    return [
        sa.Column("at", TIME, nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=100), nullable=False),
    ]


def _add_approvals() -> None:
    empty = sa.text("''")
    op.create_table(
        "export_approval",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("decision", sa.String(length=10), server_default=empty, nullable=False),
        sa.Column("decided_by", sa.String(length=36), server_default=empty, nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("decision in ('','approved','refused')", name=op.f("ck_export_approval_decision")),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_export_approval_second_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_approval")),
    )
    for columns in (["conversation_id", "asked_at"], ["decision", "expires_at"]):
        op.create_index(f"ix_export_approval_{'_'.join(columns)}", "export_approval", columns)


def _sqlite_guards() -> list[str]:
    said = "SELECT RAISE(ABORT, 'the audit is only added to');"
    moments = {"update": "UPDATE", "delete": "DELETE"}
    guards = [
        f"CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} BEGIN {said} END"
        for table in KEYS
        for name, verb in moments.items()
    ]
    # REPLACE removes the row before it without a word to the trigger of removals.
    return guards + [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 (the names stand above)
        f"WHEN new.{key} IN (SELECT {key} FROM {table}) BEGIN {said} END"
        for table, key in KEYS.items()
    ]


def _postgres_guards() -> list[str]:
    return [
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()"
        for table in KEYS
    ]
