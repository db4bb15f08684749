"""SQL of left messages: calls that ended as one, with their recording when it has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from caredesk.telephony.models import Call
from caredesk.telephony.recording_models import Recording


class LeftMessage(NamedTuple):
    """A message somebody left."""

    conversation_id: str
    caller: str
    left_at: datetime
    recording_id: str | None
    seconds: float


def list_left(session: Session, *, conversation_ids: Sequence[str]) -> Sequence[LeftMessage]:
    """Return the messages that were left in these conversations, the oldest first."""
    recording = and_(Recording.call_id == Call.id, Recording.kind == "voicemail", Recording.deleted_at.is_(None))
    query = (
        select(Call.conversation_id, Call.caller, Call.started_at, Recording.id, Recording.seconds)
        .outerjoin(Recording, recording)
        .where(Call.disposition == "voicemail", Call.conversation_id.in_(conversation_ids))
        .order_by(Call.started_at, Call.id)
    )
    return [LeftMessage(one[0], one[1], one[2], one[3], one[4] or 0.0) for one in session.execute(query)]
