"""All SQL of the archive: timelines read as one wherever they lie, and moved month by month (ADR 0032)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, union_all, update
from sqlalchemy.orm import Session, aliased

from caredesk.conversations.models import ArchivedEntry, Conversation, Entry
from caredesk.core import outbox

_NAMES = tuple(column.name for column in Entry.__table__.columns)
_HERE = select(*(Entry.__table__.c[name] for name in _NAMES))
_THERE = select(*(ArchivedEntry.__table__.c[name] for name in _NAMES))

Told = aliased(Entry, union_all(_HERE, _THERE).subquery("told"))
"""Entries as `Entry`, archive included, for reading.

Conditions on columns reach the indexes of both tables by themselves, on both stores. Only what is joined from the
outside, or correlated, must name the two tables one by one: not every SQLite plans that through a union.
"""


@dataclass(frozen=True)
class Amount:
    """How much is or was moved."""

    conversations: int = 0
    entries: int = 0
    events: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Return both together."""
        return Amount(
            self.conversations + other.conversations, self.entries + other.entries, self.events + other.events
        )


def texts_of(session: Session, *, entry_ids: Collection[str]) -> dict[str, str]:
    """Return the words of entries by id, wherever they lie."""
    if not entry_ids:
        return {}
    query = select(Told.id, Told.text).where(Told.id.in_(sorted(entry_ids)))
    return {row.id: row.text for row in session.execute(query)}


def find_oldest_due(session: Session, *, before: datetime) -> datetime | None:
    """Return when the oldest conversation was closed that was so before an instant and is not archived yet."""
    query = select(Conversation.closed_at).where(Conversation.archived_at.is_(None), Conversation.closed_at < before)
    return session.scalars(query.order_by(Conversation.closed_at).limit(1)).first()


def count_due(session: Session, *, since: datetime, before: datetime) -> Amount:
    """Return how much was closed in a stretch of time and is not archived yet; what was moved before counts again."""
    query = select(
        func.count(), func.sum(Conversation.staff_seq), func.sum(Conversation.staff_seq + Conversation.patient_seq)
    ).where(Conversation.archived_at.is_(None), Conversation.closed_at >= since, Conversation.closed_at < before)
    return Amount(*(int(value or 0) for value in session.execute(query).one()))


def lock_due(session: Session, *, before: datetime, limit: int) -> Sequence[str]:
    """Return the oldest conversations closed before an instant and not archived, locked.

    Whatever somebody else holds is left out: they may be saying something on it, and its turn comes again.
    """
    query = (
        select(Conversation.id)
        .where(Conversation.archived_at.is_(None), Conversation.closed_at < before)
        .order_by(Conversation.closed_at, Conversation.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return session.scalars(query).all()


def move_timelines(session: Session, *, conversation_ids: Sequence[str], now: datetime) -> Amount:
    """Move entries and events of these locked conversations into the archive, whole or not at all.

    Copying and removing are statements of the caller's one transaction: killed between them, nothing has happened.
    """
    streams = [f"{side}:{one}" for one in conversation_ids for side in ("staff", "patient")]
    entries = _copy_entries(session, conversation_ids=conversation_ids)
    events = outbox.copy_to_archive(session, streams=streams)
    outbox.take_from_store(session, streams=streams)
    take_entries(session, conversation_ids=conversation_ids)
    session.execute(update(Conversation).where(Conversation.id.in_(conversation_ids)).values(archived_at=now))
    return Amount(len(conversation_ids), entries, events)


def _copy_entries(session: Session, *, conversation_ids: Sequence[str]) -> int:
    wanted = Entry.conversation_id.in_(conversation_ids)
    session.execute(insert(ArchivedEntry).from_select(_NAMES, _HERE.where(wanted)))
    return session.scalar(select(func.count()).select_from(Entry).where(wanted)) or 0


def take_entries(session: Session, *, conversation_ids: Sequence[str]) -> None:
    """Remove the entries that were copied in the same transaction."""
    session.execute(delete(Entry).where(Entry.conversation_id.in_(conversation_ids)))
