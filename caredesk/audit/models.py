"""Rows of the audit: the entries, the head that the next one follows, and what is signed: anchors, trees and cuts.

Both stores refuse to change or remove all but the head; their triggers stand in the migrations that made the tables.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id

Number = BigInteger().with_variant(Integer, "sqlite")
Sha256 = String(64)


class AuditEntry(Base):
    """One deed. `number` has no gaps; `hash` covers all other columns, `previous` among them (rules.py)."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_actor_id_number", "actor_id", "number"),
        Index("ix_audit_entry_subject_number", "subject", "number"),
        Index("ix_audit_entry_deed_number", "deed", "number"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(60))
    deed: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(60))
    record: Mapped[str] = mapped_column(String(80))
    way: Mapped[str] = mapped_column(String(10))
    view: Mapped[str] = mapped_column(String(100))
    request_id: Mapped[str] = mapped_column(Id)
    address: Mapped[str] = mapped_column(String(60))
    previous: Mapped[str] = mapped_column(Sha256)
    hash: Mapped[str] = mapped_column(Sha256)


class AuditHead(Base):
    """The last entry's number and hash. Its one row is locked last in each transaction: numbers have no gaps."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Number)
    hash: Mapped[str] = mapped_column(Sha256)


class AuditAnchor(Base):
    """A signature over the chain up to one entry; kept outside of the database as well."""

    __tablename__ = "audit_anchor"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(Sha256)
    at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(100))


class AuditTree(Base):
    """A signature over the tree of entries from `first` to `number`: by it one entry is proven without the others."""

    __tablename__ = "audit_tree"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(Number)
    root: Mapped[str] = mapped_column(Sha256)
    at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(100))


class AuditCut(Base):
    """A signed word that old entries were removed, or emptied: the last one says how the chain begins.

    Entries up to `number` are gone, and the next follows `hash`. Of those behind it up to `emptied_until` some are
    empty; `kept` is the sum of those that are not (rules.py).
    """

    __tablename__ = "audit_cut"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(Number)
    hash: Mapped[str] = mapped_column(Sha256)
    emptied_until: Mapped[int] = mapped_column(Number)
    kept: Mapped[str] = mapped_column(Sha256)
    at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(100))


class AuditCheck(Base):
    """One reading of the whole chain: who asked for it, how far it came, and the first broken entry if there is one.

    `asked_by` is empty for the nightly one. Until `finished_at` nothing is known.
    """

    __tablename__ = "audit_check"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    asked_by: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    first: Mapped[int] = mapped_column(Number, default=0, server_default=text("0"))
    last: Mapped[int] = mapped_column(Number, default=0, server_default=text("0"))
    signed_until: Mapped[int] = mapped_column(Number, default=0, server_default=text("0"))
    broken_number: Mapped[int | None] = mapped_column(Number)
    broken_fault: Mapped[str] = mapped_column(String(12), default="", server_default=text("''"))
