"""Conversations and entries as plain objects, for the paths that messages take, many or one (ADR 0027).

A row of the unit of work knows its history and tells it of every change, which costs several times what the change
itself costs. Here a row is read, changed and written by statements that carry many. `AnyConversation` and `AnyEntry`
are what both kinds have in common: whatever appends to a timeline and shows it takes either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class AnyEntry(Protocol):
    """One thing on a timeline, whatever keeps it."""

    id: str
    conversation_id: str
    staff_seq: int
    patient_seq: int | None
    kind: str
    author_kind: str
    author_id: str
    author_name: str
    sender: str | None
    client_key: str | None
    body: dict[str, Any]
    text: str
    picture_id: str | None
    created_at: datetime


class AnyConversation(Protocol):
    """What timelines, lists and clocks of replies read of a conversation and change in it, whatever keeps it."""

    id: str
    number: str
    channel: str
    visitor_id: str
    guardian_id: str | None
    language: str
    status: str
    queue_id: str | None
    assignee_id: str | None
    priority: int
    arrived_at: datetime | None
    promised_at: datetime | None
    patient_seq: int
    staff_seq: int
    version: int
    last_message: str
    last_message_by: str
    last_message_at: datetime | None
    unread: int
    waiting_reply_since: datetime | None
    reply_due_at: datetime | None
    patient_read_seq: int
    staff_read_seq: int
    flags: list[str]
    created_at: datetime
    first_reply_at: datetime | None
    closed_at: datetime | None
    close_category: str
    close_outcome: str
    reopens_id: str | None
    archived_at: datetime | None


@dataclass(slots=True)
class PlainEntry:
    """An entry that is still to be written; the fields are the table's columns."""

    id: str
    conversation_id: str
    staff_seq: int
    patient_seq: int | None
    kind: str
    author_kind: str
    author_id: str
    author_name: str
    sender: str | None
    client_key: str | None
    body: dict[str, Any]
    text: str
    picture_id: str | None
    created_at: datetime


@dataclass(slots=True)
class PlainConversation:
    """A locked conversation; the fields but the last two are the table's columns of these names.

    `CHANGED` names those that an appended message changes. Nothing else may be changed here: it would not be written.
    """

    id: str
    number: str
    channel: str
    visitor_id: str
    guardian_id: str | None
    language: str
    status: str
    queue_id: str | None
    assignee_id: str | None
    priority: int
    arrived_at: datetime | None
    promised_at: datetime | None
    patient_seq: int
    staff_seq: int
    version: int
    last_message: str
    last_message_by: str
    last_message_at: datetime | None
    unread: int
    waiting_reply_since: datetime | None
    reply_due_at: datetime | None
    patient_read_seq: int
    staff_read_seq: int
    flags: list[str]
    created_at: datetime
    first_reply_at: datetime | None
    closed_at: datetime | None
    close_category: str
    close_outcome: str
    reopens_id: str | None
    archived_at: datetime | None
    family_id: str | None
    """The guardian behind the visitor, who may have become known after the conversation began."""
    added: list[PlainEntry] = field(default_factory=list)
    """What was said and is not written yet."""


CHANGED = (
    "patient_seq",
    "staff_seq",
    "version",
    "last_message",
    "last_message_by",
    "last_message_at",
    "unread",
    "waiting_reply_since",
    "reply_due_at",
    "first_reply_at",
    "flags",
    "archived_at",
)
