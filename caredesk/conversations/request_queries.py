"""SQL of talks behind which a colleague stands: a doctor who asked for something."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.models import Conversation, Visitor


def count_unread_replies(session: Session, *, conversation_ids: Sequence[str]) -> dict[str, int]:
    """Return how many of the agents' messages each visitor has not read; who has read all is missing."""
    # Of nobody's talks nothing is read; SQLite would look for them among all that was ever said.
    if not conversation_ids:
        return {}
    query = (
        select(Told.conversation_id, func.count())
        .join(Conversation, Conversation.id == Told.conversation_id)
        .where(
            Told.conversation_id.in_(conversation_ids),
            Told.author_kind == "agent",
            Told.patient_seq > Conversation.patient_read_seq,
        )
        .group_by(Told.conversation_id)
    )
    return dict(session.execute(query).all())


def names_of_visitors(session: Session, *, visitor_ids: Sequence[str]) -> dict[str, str]:
    """Return the names under which visitors came."""
    query = select(Visitor.id, Visitor.name).where(Visitor.id.in_(visitor_ids))
    return dict(session.execute(query).all())
