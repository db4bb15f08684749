"""Pictures: kept outside the web root, and served only to those who may see where they were shown."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.actions import chat, replies
from caredesk.actions.replies import AsStaff
from caredesk.conversations import picture_queries, queries
from caredesk.conversations.errors import PictureNotFound
from caredesk.conversations.models import Picture
from caredesk.conversations.pictures import CheckedPicture
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.ports import Files
from caredesk.core.work import Actor, Work


def keep_bytes(files: Files, *, picture: CheckedPicture) -> str:
    """Put a checked picture's bytes away and return their id.

    Before the transaction, so that no writer waits for the disk. Bytes without a row are never served.
    """
    picture_id = new_id()
    files.put(picture_id, picture.content)
    return picture_id


def keep_original(files: Files, *, content: bytes) -> str:
    """Put an upload away as it came, for the scanner that did not answer, and return its id; it is never served."""
    held_id = new_id()
    files.put(held_id, content)
    return held_id


def store_picture(
    work: Work, *, picture_id: str, picture: CheckedPicture, scan: str = "none", held_id: str = ""
) -> Picture:
    """Record a picture whose bytes are kept, and what the scanner said; it belongs to whoever uploads it."""
    row = Picture(
        id=picture_id,
        owner=owner_of(work.actor),
        media_type=picture.media_type,
        size=len(picture.content),
        width=picture.width,
        height=picture.height,
        sha256=picture.sha256,
        created_at=work.now,
        scan=scan,
        held_id=held_id,
    )
    work.session.add(row)
    work.session.flush()
    return row


def note_opened(work: Work, *, picture_id: str) -> None:
    """Put into the audit that somebody has opened a picture in its full size."""
    work.attest(Deed("picture.opened", subject=f"picture:{picture_id}"))


def owner_of(actor: Actor) -> str:
    """Return the name under which somebody's pictures are kept; the same as that of their messages."""
    return chat.sender_of(actor.id) if actor.kind == "visitor" else replies.sender_of(actor.id)


def picture_for_visitor(session: Session, *, picture_id: str, visitor_id: str) -> Picture:
    """Return a picture that the visitor has uploaded or was shown; any other does not exist for them."""
    picture = queries.get_picture(session, picture_id=picture_id)
    own = picture.owner == chat.sender_of(visitor_id)
    if own or picture_queries.was_shown_to(session, picture_id=picture.id, visitor_id=visitor_id):
        return picture
    raise PictureNotFound


def picture_for_staff(session: Session, *, picture_id: str, who: AsStaff) -> Picture:
    """Return a picture that the person has uploaded or that stands in a conversation they may see."""
    picture = queries.get_picture(session, picture_id=picture_id)
    if picture.owner == replies.sender_of(who.staff_id):
        return picture
    shown_in = picture_queries.list_conversations_with(session, picture_id=picture.id)
    if any(replies.can_see(session, conversation, who=who) for conversation in shown_in):
        return picture
    raise PictureNotFound
