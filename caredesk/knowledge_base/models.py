"""Rows of the knowledge base. An entry's row is what is served; what waits for publication is a version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
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
    # The provider of live data that completes the answer; empty for an answer of fixed words.
    live: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    # For whom the answer is: parent, agent or doctor. Only what parents may read is answered by the bot.
    audience: Mapped[str] = mapped_column(String(10), default="parent", server_default="parent")
    recheck_on: Mapped[date | None]
    attachments: Mapped[list[dict[str, Any]] | None]
    state: Mapped[str] = mapped_column(String(10), default="draft", index=True)
    pending: Mapped[str] = mapped_column(String(10), default="update")
    # The version that is served; 0 before the first publication.
    published_version: Mapped[int] = mapped_column(default=0)
    newest_version: Mapped[int] = mapped_column(default=0, server_default="0")
    # Since when the newest version waits for somebody who may publish it.
    review_asked_at: Mapped[datetime | None]
    review_asked_by: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    # What the last reviewer wanted changed.
    review_note: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))
    # Everything of the newest version that somebody may look for, in small letters.
    search_words: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
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
    live: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    audience: Mapped[str] = mapped_column(String(10), default="parent", server_default="parent")
    recheck_on: Mapped[date | None]
    attachments: Mapped[list[dict[str, Any]] | None]
    # Where the version came from: written by hand (empty), an import, or a roll-back to an earlier one.
    origin: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(60))
    published_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_kb_version_entry_id_version", "entry_id", "version", unique=True),)


class KbApproval(Base):
    """Somebody has read a version that waits and says that it may be served."""

    __tablename__ = "kb_approval"

    version_id: Mapped[str] = mapped_column(ForeignKey("kb_version.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]


class KbRelease(Base):
    """One publication of the whole base. Processes compare its number with that of their index.

    `cause` tells what made it: a checked `publication`, `undo` of one, a `roll_back` or `retirement` of one entry,
    or, empty, a command of whoever runs the desk.
    """

    __tablename__ = "kb_release"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(60))
    entries: Mapped[int]
    cause: Mapped[str] = mapped_column(String(12), default="", server_default=text("''"))


class KbPublication(Base):
    """A request to publish: first the new index is asked what people ask, then it is served, or a person decides.

    The rows stay: they are the record of what was published, on whose word, and what it made better and worse.
    """

    __tablename__ = "kb_publication"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="checking", index=True)
    # What is to be published: the id of each entry with the version that was approved; once it is served also
    # `before`, the version that was served until then (0 for none), so that it can be undone as a whole.
    entries: Mapped[list[dict[str, Any]]]
    asked_at: Mapped[datetime] = mapped_column(index=True)
    asked_by: Mapped[str] = mapped_column(String(60))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any] | None]
    # Why it failed, as a code; or, in a supervisor's words, why it was published in spite of its losses.
    reason: Mapped[str] = mapped_column(String(500), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(60), default="")
    release: Mapped[int | None]
    # Why whoever asked published own work without a second person.
    alone_reason: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))

    __table_args__ = (
        CheckConstraint("state IN ('checking', 'blocked', 'published', 'failed', 'withdrawn')", name="state"),
    )


class KbFile(Base):
    """A picture in an answer or a file beside it. Published answers are public, and so are their files."""

    __tablename__ = "kb_file"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(60))
