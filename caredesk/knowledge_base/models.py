"""Rows of the knowledge base: entries as they are served, their history, and releases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class KbEntry(Base):
    """One question with its answer. `id` is the hospital's own, as imported; similar questions keep their order."""

    __tablename__ = "kb_entry"
    __table_args__ = (CheckConstraint("state in ('draft','published','retired')", name="state"),)

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    category: Mapped[str] = mapped_column(String(60), index=True)
    question: Mapped[str] = mapped_column(String(300))
    similar: Mapped[list[str]] = mapped_column(default=list)
    answer: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(200), default="")
    owner: Mapped[str] = mapped_column(String(80), default="")
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12), default="draft")
    popular: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    published_version: Mapped[int | None]
    updated_at: Mapped[datetime]


class KbVersion(Base):
    """What an entry said in one version, and who made it."""

    __tablename__ = "kb_version"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("kb_entry.id", ondelete="CASCADE"))
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]

    __table_args__ = (Index("uq_kb_version_entry_version", "entry_id", "version", unique=True),)


class KbRelease(Base):
    """A publication of the base; its number is the version of the index built from it."""

    __tablename__ = "kb_release"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 (SQLAlchemy reads it from the class)

    number: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    entries: Mapped[int]
