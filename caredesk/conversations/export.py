"""What an export says about a conversation itself: its facts and its pictures, as values that explain themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from caredesk.conversations.models import Conversation, Picture
from caredesk.events.shapes import Shape


class ExportedFacts(Shape):
    """The conversation apart from its timeline. Keys of categories and outcomes are explained in `labels`."""

    id: str
    number: str
    channel: str
    language: str
    status: str
    queue: str
    agent: str
    """Who has it, or who closed it."""
    flags: list[str]
    priority: int
    handoff_reason: str
    created_at: datetime
    arrived_at: datetime | None
    assigned_at: datetime | None
    first_reply_at: datetime | None
    promised_at: datetime | None
    closed_at: datetime | None
    close_category: str
    close_outcome: str
    close_note: str
    reopens: str
    """The number of the conversation that this one continues."""


class ExportedPicture(Shape):
    """A picture by its fingerprint; its bytes are not part of the export."""

    id: str
    sha256: str
    media_type: str
    size: int
    width: int
    height: int
    uploaded_at: datetime


def exported_facts(conversation: Conversation, *, queue: str, agent: str, reopens: str) -> ExportedFacts:
    """Return a conversation's facts with the names that its ids stand for."""
    return ExportedFacts(
        id=conversation.id,
        number=conversation.number,
        channel=conversation.channel,
        language=conversation.language,
        status=conversation.status,
        queue=queue,
        agent=agent,
        flags=conversation.flags,
        priority=conversation.priority,
        handoff_reason=conversation.handoff_reason,
        created_at=conversation.created_at,
        arrived_at=conversation.arrived_at,
        assigned_at=conversation.assigned_at,
        first_reply_at=conversation.first_reply_at,
        promised_at=conversation.promised_at,
        closed_at=conversation.closed_at,
        close_category=conversation.close_category,
        close_outcome=conversation.close_outcome,
        close_note=conversation.close_note,
        reopens=reopens,
    )


def exported_pictures(pictures: Sequence[Picture]) -> list[ExportedPicture]:
    """Return pictures by their fingerprints."""
    return [
        ExportedPicture(
            id=picture.id,
            sha256=picture.sha256,
            media_type=picture.media_type,
            size=picture.size,
            width=picture.width,
            height=picture.height,
            uploaded_at=picture.created_at,
        )
        for picture in pictures
    ]
