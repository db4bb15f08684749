"""SQL that only the owner of the tables may do: taking the audit's guards off, removing and emptying old entries.

A file of its own, so that nothing else comes near it. All of it is one transaction with the signed cut.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from caredesk.audit.models import AuditEntry
from caredesk.audit.rules import TEXTS


@contextmanager
def unguarded(session: Session) -> Iterator[None]:
    """Take off what refuses changes of entries, and put it back just as it was.

    The caller has locked the chain's head: on PostgreSQL taking it off waits for whoever adds entries, and they hold
    the head.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_kept"))
        yield
        session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_kept"))
        return
    listed = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
    guards = list(session.execute(listed))
    for guard in guards:
        session.execute(text(f'DROP TRIGGER "{guard.name}"'))
    yield
    for guard in guards:
        session.execute(text(guard.sql))


def remove_entries(session: Session, *, until: int) -> int:
    """Remove the entries up to a number; return how many there were."""
    old = AuditEntry.number <= until
    count = session.scalar(select(func.count()).select_from(AuditEntry).where(old)) or 0
    session.execute(delete(AuditEntry).where(old))
    return count


def empty_entries(session: Session, *, until: int, deeds: Collection[str]) -> int:
    """Take the words of some deeds up to a number away; return how many there were. Number, time and hashes stay."""
    old = (AuditEntry.number <= until, AuditEntry.deed.in_(deeds))
    count = session.scalar(select(func.count()).select_from(AuditEntry).where(*old)) or 0
    session.execute(update(AuditEntry).where(*old).values(dict.fromkeys(TEXTS, "")))
    return count
