"""The audit kept apart on PostgreSQL: what the desk's own user of the database may do to its tables, and what not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, text

from caredesk.core.errors import BadInput
from caredesk.core.store import Store

KEPT = ("audit_entry", "audit_anchor", "audit_tree", "audit_cut")
"""Tables that the desk only adds to."""
HEAD = "audit_head"
"""Its one row moves with each entry."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def statements_for(role: str) -> Sequence[str]:
    """Return what the owner of the tables grants and takes, so that the desk can work under a role and no more."""
    if not _NAME.fullmatch(role):
        raise BadInput(field="role")
    kept, everything = ", ".join(KEPT), "SELECT, INSERT, UPDATE, DELETE"
    return (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT {everything} ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON {kept} FROM {role}",
        f"REVOKE DELETE, TRUNCATE, TRIGGER, REFERENCES ON {HEAD} FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
    )


def grant(store: Store, *, statements: Sequence[str]) -> None:
    """Grant and take as the owner of the tables, all or nothing."""
    with store.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def rights_too_many(connection: Connection) -> list[str]:
    """Return what whoever is connected could do to the audit and should not; nothing when it is kept apart.

    Who owns a table or is a superuser may drop what guards it, whatever was granted.
    """
    if connection.scalar(text("SELECT usesuper FROM pg_user WHERE usename = current_user")):
        return ["superuser"]
    owned = text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(:name)")
    may = text("SELECT has_table_privilege(:name, :right)")
    found = [f"owner {name}" for name in (*KEPT, HEAD) if connection.scalar(owned, {"name": name})]
    wanted = [(name, right) for name in KEPT for right in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER")]
    wanted += [(HEAD, right) for right in ("DELETE", "TRUNCATE", "TRIGGER")]
    return found + [
        f"{right} {name}" for name, right in wanted if connection.scalar(may, {"name": name, "right": right})
    ]
