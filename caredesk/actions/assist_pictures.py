"""Pictures in a request's talk: what the doctor shows the assistant, checked and made anew like a family's."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from caredesk.actions import replies
from caredesk.assistance import queries as assist_queries
from caredesk.conversations import picture_queries, queries
from caredesk.conversations.errors import PictureNotFound
from caredesk.conversations.models import Picture
from caredesk.events.shapes import PictureBody


def own_pictures(session: Session, *, picture_ids: Sequence[str], staff_id: str) -> list[PictureBody]:
    """Return pictures that somebody has uploaded, each once, to be shown; anybody else's does not exist."""
    bodies = []
    for picture_id in dict.fromkeys(picture_ids):
        picture = queries.get_picture(session, picture_id=picture_id)
        if picture.owner != replies.sender_of(staff_id):
            raise PictureNotFound
        bodies.append(PictureBody(picture_id=picture.id, width=picture.width, height=picture.height))
    return bodies


def picture_for_asker(session: Session, *, picture_id: str, staff_id: str) -> Picture:
    """Return a picture that the person has uploaded, or that stands in the talk of a request of theirs."""
    picture = queries.get_picture(session, picture_id=picture_id)
    if picture.owner == replies.sender_of(staff_id):
        return picture
    for conversation in picture_queries.list_conversations_with(session, picture_id=picture.id):
        request = assist_queries.find_of_conversation(session, conversation_id=conversation.id)
        if request is not None and request.staff_id == staff_id:
            return picture
    raise PictureNotFound
