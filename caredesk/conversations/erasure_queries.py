"""All SQL that takes the words from a family's conversations, or takes whole conversations whose time is over.

Numbers of entries and events stay without gaps: their places stay, what was said in them goes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.erasing import blank_body
from caredesk.conversations.models import (
    ArchivedEntry,
    BotTurn,
    Conversation,
    Draft,
    Entry,
    Picture,
    Rating,
    Spoken,
    Visitor,
)

OneTold = TypeVar("OneTold", Entry, ArchivedEntry)


def find_next_to_blank(session: Session, *, guardian_id: str, also: Collection[str]) -> Conversation | None:
    """Return the family's oldest closed conversation that still has its words, locked.

    `also` are talks that are about the family without being its own: what doctors asked about its children.
    """
    query = select(Conversation).where(
        of_family(guardian_id, also=also), Conversation.erased_at.is_(None), Conversation.status == "closed"
    )
    query = query.order_by(Conversation.created_at, Conversation.id).limit(1).with_for_update(key_share=True)
    return session.scalars(query).one_or_none()


def of_family(guardian_id: str, *, also: Collection[str]) -> ColumnElement[bool]:
    """Ask for the conversations of a family, and some that are about it."""
    return or_(Conversation.guardian_id == guardian_id, Conversation.id.in_(list(also)))


def list_of_family(session: Session, *, guardian_id: str, also: Collection[str]) -> Sequence[Conversation]:
    """Return every conversation of a family, oldest first."""
    query = select(Conversation).where(of_family(guardian_id, also=also))
    return session.scalars(query.order_by(Conversation.created_at, Conversation.id)).all()


def list_told(session: Session, *, conversation_id: str) -> list[dict[str, Any]]:
    """Return a timeline in plain values, archive included, in order."""
    rows = session.scalars(select(Told).where(Told.conversation_id == conversation_id).order_by(Told.staff_seq))
    return [
        {
            "seq": row.staff_seq,
            "patient_seq": row.patient_seq,
            "at": row.created_at.isoformat(),
            "kind": row.kind,
            "author": row.author_kind,
            "author_id": row.author_id,
            "author_name": row.author_name,
            "body": row.body,
        }
        for row in rows
    ]


def picture_ids_of(session: Session, *, conversation_id: str) -> Sequence[str]:
    """Return the pictures that were shown in a conversation or uploaded for it."""
    shown = select(Told.picture_id).where(Told.conversation_id == conversation_id, Told.picture_id.is_not(None))
    query = select(Picture.id).where(or_(Picture.conversation_id == conversation_id, Picture.id.in_(shown)))
    return session.scalars(query.order_by(Picture.id)).all()


def drop_pictures(session: Session, *, ids: Collection[str]) -> list[str]:
    """Remove pictures; return under which ids their originals lie that still wait for a scan."""
    dropped = delete(Picture).where(Picture.id.in_(list(ids))).returning(Picture.held_id)
    return [held_id for held_id in session.scalars(dropped) if held_id]


def blank_conversation(session: Session, conversation: Conversation, *, now: datetime) -> int:
    """Take from a locked conversation everything that anybody wrote in it; return how many entries it had."""
    mine = {"conversation_id": conversation.id}
    entries: list[Entry | ArchivedEntry] = [
        *_entries(session, Entry, **mine),
        *_entries(session, ArchivedEntry, **mine),
    ]
    for entry in entries:
        entry.body, entry.text, entry.picture_id = blank_body(entry.body), "", None
        entry.author_name = "" if entry.author_kind == "visitor" else entry.author_name
    session.execute(delete(Spoken).where(Spoken.conversation_id == conversation.id))
    session.execute(delete(Draft).where(Draft.conversation_id == conversation.id))
    session.execute(update(Rating).where(Rating.conversation_id == conversation.id).values(comment=""))
    session.execute(update(BotTurn).where(BotTurn.conversation_id == conversation.id).values(memory=None))
    conversation.last_message, conversation.close_note, conversation.erased_at = "", "", now
    session.flush()
    return len(entries)


def _entries(session: Session, row: type[OneTold], *, conversation_id: str) -> Sequence[OneTold]:
    return session.scalars(select(row).where(row.conversation_id == conversation_id)).all()


def close_visits(session: Session, *, guardian_id: str, tokens: Mapping[str, str]) -> None:
    """Let nobody come back as these visitors: each gets a token that nobody was given, and belongs to nobody."""
    for visitor in session.scalars(select(Visitor).where(Visitor.id.in_(list(tokens)))):
        visitor.token_hash, visitor.guardian_id, visitor.name = tokens[visitor.id], None, ""
    session.flush()


def visitor_ids_of(session: Session, *, guardian_id: str) -> Sequence[str]:
    """Return the browsers that a family came with; behind calls and colleagues stand none."""
    own = select(Conversation.visitor_id).where(
        Conversation.guardian_id == guardian_id, Conversation.channel != "assist"
    )
    query = select(Visitor.id).where(or_(Visitor.guardian_id == guardian_id, Visitor.id.in_(own)))
    return session.scalars(query.order_by(Visitor.id)).all()


# ---- whole conversations ---------------------------------------------------------------------------------


def _is_over(before: datetime, held: Collection[str]) -> ColumnElement[bool]:
    over = (Conversation.status == "closed") & (Conversation.closed_at < before)
    if not held:
        return over
    kept = list(held)
    free = or_(Conversation.guardian_id.is_(None), Conversation.guardian_id.not_in(kept))
    return over & Conversation.id.not_in(kept) & free


def lock_over(session: Session, *, before: datetime, held: Collection[str], limit: int) -> Sequence[str]:
    """Return conversations closed before an instant and not held, oldest first, locked."""
    query = select(Conversation.id).where(_is_over(before, held))
    query = query.order_by(Conversation.closed_at, Conversation.id).limit(limit)
    return session.scalars(query.with_for_update(key_share=True, skip_locked=True)).all()


def list_over_by_month(session: Session, *, before: datetime, held: Collection[str]) -> dict[str, int]:
    """Return how many conversations closed before an instant and not held there are, by month (UTC)."""
    query = select(Conversation.closed_at).where(_is_over(before, held)).order_by(Conversation.closed_at)
    months: dict[str, int] = {}
    for at in session.scalars(query):
        if at is not None:
            months[f"{at:%Y-%m}"] = months.get(f"{at:%Y-%m}", 0) + 1
    return months


def count_held(session: Session, *, before: datetime, held: Collection[str]) -> int:
    """Return how many conversations closed before an instant stay only because they are held."""
    kept = list(held)
    mine = or_(Conversation.id.in_(kept), Conversation.guardian_id.in_(kept))
    query = select(func.count()).select_from(Conversation)
    return session.scalar(query.where(Conversation.closed_at < before, mine)) or 0


def drop_conversations(session: Session, *, ids: Collection[str]) -> None:
    """Remove conversations; what hangs on them goes with them, on both stores."""
    session.execute(delete(Conversation).where(Conversation.id.in_(list(ids))))


# ---- for holds -------------------------------------------------------------------------------------------


def find_id_by_number(session: Session, *, number: str) -> str | None:
    """Return the conversation of a number as people read it."""
    return session.scalars(select(Conversation.id).where(Conversation.number == number)).one_or_none()


def numbers_of(session: Session, *, ids: Collection[str]) -> dict[str, str]:
    """Return the numbers of conversations by their ids."""
    query = select(Conversation.id, Conversation.number).where(Conversation.id.in_(list(ids)))
    return dict(session.execute(query).all())
