"""Rows of the knowledge base. An entry's row is what is served; what waits for publication is a version."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class KbEntry(Base):
    """One question with its answer.

    The columns hold the published content (before the first publication: the first draft). `pending` tells what
    the next release will do with the entry: nothing, `update` it to its newest version, or `retire` it.
    """

    __tablename__ = "kb_entry"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    category: Mapped[str] = mapped_column(String(60), index=True)
    question: Mapped[str] = mapped_column(String(200))
    similar: Mapped[list[str]]
    answer: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(200), default="")
    owner: Mapped[str] = mapped_column(String(60), default="")
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    popular: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="draft", index=True)
    pending: Mapped[str] = mapped_column(String(10), default="update")
    # The version that is served; 0 before the first publication.
    published_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'retired')", name="state"),
        CheckConstraint("pending IN ('', 'update', 'retire')", name="pending"),
    )


class KbVersion(Base):
    """An entry as it was, or will be: the history is append-only."""

    __tablename__ = "kb_version"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("kb_entry.id"))
    version: Mapped[int]
    category: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(String(200))
    similar: Mapped[list[str]]
    answer: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(200))
    owner: Mapped[str] = mapped_column(String(60))
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    popular: Mapped[bool]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(60))
    published_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_kb_version_entry_id_version", "entry_id", "version", unique=True),)


class KbRelease(Base):
    """One publication of the whole base. Processes compare its number with that of their index."""

    __tablename__ = "kb_release"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(60))
    entries: Mapped[int]
