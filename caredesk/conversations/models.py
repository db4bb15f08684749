"""Rows of visitors, conversations and everything on their timelines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class Visitor(Base):
    """A browser or app that writes to the desk; anonymous until an embedding site vouches for the guardian."""

    __tablename__ = "visitor"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    guardian_id: Mapped[str | None] = mapped_column(Id, index=True)
    name: Mapped[str] = mapped_column(String(60), default="")
    language: Mapped[str] = mapped_column(String(5), default="zh")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Conversation(Base):
    """One contact of one person on one channel, from the first word to the close.

    `patient_seq` and `staff_seq` number the two event streams without gaps; they are taken under the row's lock.
    `version` grows with every change of the summary, so that a screen can drop what is older than what it has.
    """

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    channel: Mapped[str] = mapped_column(String(20), default="webchat")
    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitor.id"), index=True)
    guardian_id: Mapped[str | None] = mapped_column(Id, index=True)
    language: Mapped[str] = mapped_column(String(5), default="zh")
    status: Mapped[str] = mapped_column(String(12), default="bot")
    queue_id: Mapped[str | None] = mapped_column(ForeignKey("queue.id"))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"), index=True)
    preferred_agent_id: Mapped[str | None] = mapped_column(Id)
    priority: Mapped[int] = mapped_column(default=0)
    arrived_at: Mapped[datetime | None] = mapped_column(index=True)
    # What widens or ends with waiting counts from here: a message left at night waits for people from the morning on.
    waiting_since: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    handoff_reason: Mapped[str] = mapped_column(String(40), default="")
    patient_seq: Mapped[int] = mapped_column(default=0)
    staff_seq: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    last_message: Mapped[str] = mapped_column(String(120), default="")
    last_message_by: Mapped[str] = mapped_column(String(12), default="")
    last_message_at: Mapped[datetime | None]
    unread: Mapped[int] = mapped_column(default=0)
    waiting_reply_since: Mapped[datetime | None]
    # By when that reply is owed; later than one service level after it when the queue was closed in between (B17).
    reply_due_at: Mapped[datetime | None]
    patient_read_seq: Mapped[int] = mapped_column(default=0)
    staff_read_seq: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    flags: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    assigned_at: Mapped[datetime | None]
    # Since when the wait counts that ended then: a promise that began it later than the arrival is gone by now.
    waited_from: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(60), default="")
    close_category: Mapped[str] = mapped_column(String(60), default="")
    close_outcome: Mapped[str] = mapped_column(String(60), default="")
    close_note: Mapped[str] = mapped_column(Text, default="")
    reopens_id: Mapped[str | None] = mapped_column(Id)
    # When its timeline was moved into the archive; what is said after that makes it due again.
    archived_at: Mapped[datetime | None]
    # When its words were taken, because its family was erased; nothing of it is shown or played any more.
    erased_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("status in ('bot','waiting','message','active','closed')", name="status"),
        CheckConstraint("(status = 'active') = (assignee_id is not null)", name="active_has_one_owner"),
        Index("ix_conversation_status_queue_arrived", "status", "queue_id", "priority", "arrived_at"),
        # Search goes through the records from the newest on and stops at a full page.
        Index("ix_conversation_created_at_id", "created_at", "id"),
        Index("ix_conversation_queue_id_created_at", "queue_id", "created_at", "id"),
        # The list of what is closed, last closed first, and what a queue closed last.
        Index("ix_conversation_closed_at_id", "closed_at", "id"),
        Index("ix_conversation_queue_id_closed_at", "queue_id", "closed_at"),
        # What archiving still has before it, oldest first; what is done costs the next look nothing.
        Index(
            "ix_conversation_to_archive",
            "closed_at",
            "id",
            sqlite_where=text("archived_at is null"),
            postgresql_where=text("archived_at is null"),
        ),
        # One open conversation per visitor: a retry of the first message cannot open a second.
        Index(
            "uq_conversation_open",
            "visitor_id",
            unique=True,
            sqlite_where=text("status <> 'closed'"),
            postgresql_where=text("status <> 'closed'"),
        ),
    )


class _Told:
    """The columns of one thing on a timeline, wherever it lies."""

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    staff_seq: Mapped[int]
    patient_seq: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(12))
    author_kind: Mapped[str] = mapped_column(String(12))
    author_id: Mapped[str] = mapped_column(String(60), default="")
    author_name: Mapped[str] = mapped_column(String(60), default="")
    sender: Mapped[str | None] = mapped_column(String(60))
    client_key: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[dict[str, Any]]
    text: Mapped[str] = mapped_column(Text, default="")
    picture_id: Mapped[str | None] = mapped_column(Id, index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Entry(_Told, Base):
    """One thing on a timeline. Without `patient_seq` it is internal and no patient query can return it.

    What may belong to a conversation closed long ago is read through `archive_queries.Told`, archive included.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("conversation_id", "staff_seq"),
        UniqueConstraint("conversation_id", "patient_seq"),
        # The same client key of the same sender is the same message, however often it is sent (B23).
        UniqueConstraint("sender", "client_key"),
        CheckConstraint("kind in ('message','note','notice')", name="kind"),
        CheckConstraint("kind <> 'note' or patient_seq is null", name="note_is_internal"),
    )


class ArchivedEntry(_Told, Base):
    """An entry of a conversation closed long ago, as it was; only archiving writes here (ADR 0032)."""

    __tablename__ = "archived_entry"
    __table_args__ = (
        UniqueConstraint("conversation_id", "staff_seq"),
        UniqueConstraint("conversation_id", "patient_seq"),
        UniqueConstraint("sender", "client_key"),
        CheckConstraint("kind in ('message','note','notice')", name="kind"),
        CheckConstraint("kind <> 'note' or patient_seq is null", name="note_is_internal"),
    )


class Spoken(Base):
    """What was said in a closed conversation, as the marks that search looks for (ADR 0026).

    `id` is the microsecond at which the conversation began, or the next free one: whoever reads ids downwards reads
    conversations from the newest on. The store's own index of words, which the migration makes, follows this table.
    """

    __tablename__ = "spoken"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    marks: Mapped[str] = mapped_column(Text)


class BotTurn(Base):
    """What the bot decided about one message: candidates, scores and index version, to be explained later."""

    __tablename__ = "bot_turn"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    # Both name entries, in the archive or not, so no foreign key can; a turn goes with its conversation all the same.
    question_id: Mapped[str] = mapped_column(Id, unique=True)
    reply_id: Mapped[str | None] = mapped_column(Id, index=True)
    outcome: Mapped[str] = mapped_column(String(12))
    kb_entry_id: Mapped[str | None] = mapped_column(String(80))
    confidence: Mapped[float]
    candidates: Mapped[list[dict[str, Any]]]
    index_version: Mapped[str] = mapped_column(String(60))
    # What the dialogue carries on into the next turn; its shape is the chatbot's.
    memory: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    helpful: Mapped[bool | None]
    feedback_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(index=True)


class Picture(Base):
    """An uploaded picture; its bytes lie in the files port under `id`, never below the web root."""

    __tablename__ = "picture"
    __table_args__ = (
        CheckConstraint("scan in ('none','waiting','clean','found')", name="scan"),
        Index(
            "ix_picture_waiting",
            "id",
            sqlite_where=text("scan = 'waiting'"),
            postgresql_where=text("scan = 'waiting'"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    owner: Mapped[str] = mapped_column(String(60), index=True)
    conversation_id: Mapped[str | None] = mapped_column(Id, index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    scan: Mapped[str] = mapped_column(String(8), default="none", server_default=text("'none'"))
    """What a malware scan said: nobody was asked, nobody has answered yet, clean, or found something."""
    held_id: Mapped[str] = mapped_column(Id, default="", server_default=text("''"))
    """Under which id its original lies sealed while it waits for the scan; else empty."""


class Draft(Base):
    """What an agent has typed and not sent; survives a reload and follows a hand-over (B34)."""

    __tablename__ = "draft"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


class Rating(Base):
    """满意度: one score of one to five per conversation, with reasons and words."""

    __tablename__ = "rating"
    __table_args__ = (CheckConstraint("score between 1 and 5", name="score_range"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(default=list)
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]


class CannedReply(Base):
    """话术: a reply inserted by its code; variables in braces are filled by the server, masked."""

    __tablename__ = "canned_reply"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)


class DeskOption(Base):
    """One choice of a list that a hospital edits: kinds are close_category, close_outcome, break_reason,
    transfer_reason and rating_reason; an outcome names its category as `parent`."""

    __tablename__ = "desk_option"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    parent: Mapped[str] = mapped_column(String(60), default="")
    zh: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(80), default="")
    position: Mapped[int] = mapped_column(default=0)


class DayCounter(Base):
    """The last conversation number given on a clinic day."""

    __tablename__ = "day_counter"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    value: Mapped[int]


class Hospital(Base):
    """The hospital this desk serves; one row. `demo` shows the notice that all people are invented."""

    __tablename__ = "hospital"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    hotline: Mapped[str] = mapped_column(String(30), default="")
    emergency_phone: Mapped[str] = mapped_column(String(20), default="120")
    demo: Mapped[bool] = mapped_column(default=False)
