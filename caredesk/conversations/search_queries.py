"""All SQL that looks across conversations: search for records, and the conversations of a family."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from caredesk.conversations import spoken_queries
from caredesk.conversations.archive_queries import Told
from caredesk.conversations.models import ArchivedEntry, Conversation, Entry, Visitor
from caredesk.conversations.search_words import DAY_DIGITS, sought_marks

OPEN = ("bot", "waiting", "message", "active")


@dataclass(frozen=True)
class Sight:
    """Who looks, and how far: everything, or their own, that of some queues, and that of families they serve now.

    `opened` are single conversations that they have opened for a purpose; `nothing` is for whom nothing else counts.
    """

    staff_id: str
    sees_floor: bool
    queue_ids: tuple[str, ...]
    opened: tuple[str, ...] = ()
    nothing: bool = False


@dataclass(frozen=True)
class Sought:
    """What a search asks for; None means that it does not matter.

    A conversation is of a time span (`since` included, `until` not) when it was opened or closed within it.
    """

    text: str | None = None
    number: str | None = None
    guardian_ids: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


def search_conversations(
    session: Session, *, sight: Sight, sought: Sought, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Conversation]:
    """Return the conversations that match and may be seen, newest first, after a (created_at, id) pair."""
    query = (
        select(Conversation)
        .where(*_conditions(session, sought))
        .order_by(Conversation.created_at.desc(), Conversation.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(_follows(*after))
    if sought.text is None or sought.guardian_ids is not None:
        # Each reason to see one has an order of its own, and ends at a full page; all at once would be read and sorted.
        seen = {row.id: row for reason in _reasons(sight) for row in session.scalars(query.where(reason))}
        return _newest(seen.values(), limit=limit)
    query = query.where(or_(*_reasons(sight)))
    # What is open is little and still grows: it is read. What is closed is looked up, newest first, and then read.
    # In this order, because what is closed meanwhile is then found twice and not missed.
    found = {row.id: row for row in session.scalars(query.where(Conversation.status.in_(OPEN)))}
    closed = 0
    for batch in _looked_up(session, sought=sought, after=after):
        rows = session.scalars(query.where(Conversation.id.in_(batch))).all()
        found.update((row.id, row) for row in rows)
        closed += len(rows)
        if closed >= limit:
            break
    return _newest(found.values(), limit=limit)


def _newest(found: Iterable[Conversation], *, limit: int) -> Sequence[Conversation]:
    return sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)[:limit]


def _looked_up(session: Session, *, sought: Sought, after: tuple[datetime, str] | None) -> Iterator[tuple[str, ...]]:
    """Yield ids of closed conversations in which the words may stand, newest first."""
    bounds = [bound for bound in (sought.until, after[0] if after else None) if bound is not None]
    marks = sought_marks(sought.text or "")
    until = min(bounds, default=None)
    for batch in spoken_queries.list_candidates(session, marks=marks, until=until):
        yield batch.conversation_ids


def last_texts_with(session: Session, *, conversation_ids: Sequence[str], text: str) -> dict[str, str]:
    """Return the last text of each conversation in which the words stand."""
    # What was said after the archiving stands in the newer table, and comes after what was said before.
    return {
        conversation_id: said
        for row in (ArchivedEntry, Entry)
        for conversation_id, said in _last_texts(session, row, conversation_ids=conversation_ids, text=text)
    }


def _last_texts(
    session: Session, row: type[Entry | ArchivedEntry], *, conversation_ids: Sequence[str], text: str
) -> Sequence[tuple[str, str]]:
    last = (
        select(row.conversation_id, func.max(row.staff_seq).label("seq"))
        .where(row.conversation_id.in_(conversation_ids), _contains(session, row, text))
        .group_by(row.conversation_id)
        .subquery()
    )
    found = select(row.conversation_id, row.text).join(
        last, and_(row.conversation_id == last.c.conversation_id, row.staff_seq == last.c.seq)
    )
    return [(conversation_id, said) for conversation_id, said in session.execute(found)]


def last_words_of_visitors(session: Session, *, conversation_ids: Collection[str]) -> dict[str, str]:
    """Return what each visitor said last in words; who has only sent pictures, or nothing, is missing.

    Asked of those who are being served or wait, so the archive is left alone.
    """
    said = (Entry.conversation_id.in_(conversation_ids), Entry.author_kind == "visitor", Entry.text != "")
    last = (
        select(Entry.conversation_id, func.max(Entry.staff_seq).label("seq"))
        .where(*said)
        .group_by(Entry.conversation_id)
        .subquery()
    )
    rows = session.execute(
        select(Entry.conversation_id, Entry.text).join(
            last, and_(Entry.conversation_id == last.c.conversation_id, Entry.staff_seq == last.c.seq)
        )
    )
    return dict(rows.all())


def find_conversation_of_guardian(session: Session, *, guardian_id: str, sight: Sight) -> Conversation | None:
    """Return the conversation in which a person deals with a family: their own open one, else the newest they see."""
    own = Conversation.assignee_id == sight.staff_id
    query = (
        select(Conversation)
        .where(Conversation.guardian_id == guardian_id, or_(*_reasons(sight)))
        .order_by(func.coalesce(own, false()).desc(), Conversation.created_at.desc(), Conversation.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def last_seen_of_guardians(session: Session, *, guardian_ids: Sequence[str]) -> dict[str, datetime]:
    """Return when each of these guardians was last seen in a browser; whoever never was is missing."""
    rows = session.execute(
        select(Visitor.guardian_id, func.max(Visitor.last_seen_at))
        .where(Visitor.guardian_id.in_(guardian_ids))
        .group_by(Visitor.guardian_id)
    )
    return {guardian_id: seen for guardian_id, seen in rows if guardian_id}


NUMBERED_ALIKE = 200
"""Conversations whose number ends alike that are looked at together; more than anybody means."""


def ids_by_number(session: Session, *, number: str) -> Sequence[str]:
    """Return the conversations of a number or of an end of one, the newest first."""
    query = select(Conversation.id).where(_numbered(number)).order_by(Conversation.id.desc()).limit(NUMBERED_ALIKE)
    return session.scalars(query).all()


def numbers_of(session: Session, *, conversation_ids: Collection[str]) -> dict[str, str]:
    """Return the numbers of conversations by id."""
    if not conversation_ids:
        return {}
    query = select(Conversation.id, Conversation.number).where(Conversation.id.in_(sorted(conversation_ids)))
    return {row.id: row.number for row in session.execute(query)}


def _reasons(sight: Sight) -> list[ColumnElement[bool]]:
    """Return for what reasons somebody sees a conversation; one is enough."""
    if sight.nothing:
        return [false()]
    if sight.sees_floor:
        return [true()]
    served = aliased(Conversation)
    visitors = select(served.visitor_id).where(served.assignee_id == sight.staff_id)
    guardians = select(served.guardian_id).where(served.assignee_id == sight.staff_id, served.guardian_id.is_not(None))
    return [
        Conversation.assignee_id == sight.staff_id,
        *(Conversation.queue_id == queue_id for queue_id in sight.queue_ids),
        Conversation.visitor_id.in_(visitors),
        Conversation.guardian_id.in_(guardians),
        *([Conversation.id.in_(sight.opened)] if sight.opened else []),
    ]


def _conditions(session: Session, sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.number is not None:
        conditions.append(_numbered(sought.number))
    if sought.guardian_ids is not None:
        conditions.append(Conversation.guardian_id.in_(sought.guardian_ids))
    if sought.since is not None or sought.until is not None:
        conditions.append(_opened_or_closed(since=sought.since, until=sought.until))
    if sought.text is not None:
        # One condition over both tables: of two, PostgreSQL would read each table whole to answer all rows at once.
        conditions.append(
            exists().where(Told.conversation_id == Conversation.id, _contains(session, Told, sought.text))
        )
    return conditions


def _numbered(number: str) -> ColumnElement[bool]:
    """Match a whole number, which an index knows, or the end of one."""
    day, dash, _ = number.partition("-")
    if dash and len(day) == DAY_DIGITS:
        return Conversation.number == number
    return Conversation.number.endswith(number, autoescape=True)


def _opened_or_closed(*, since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    def within(moment: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
        after = moment >= since if since is not None else true()
        before = moment < until if until is not None else true()
        return and_(after, before)

    return or_(within(Conversation.created_at), within(Conversation.closed_at))


def _contains(session: Session, row: type[Entry | ArchivedEntry], text: str) -> ColumnElement[bool]:
    """Match the words whatever their case, taking wildcards in them as they are written."""
    # SQLite's LIKE ignores the case of Latin letters by itself and is then twice as fast as with lower().
    if session.get_bind().dialect.name == "sqlite":
        return row.text.contains(text, autoescape=True)
    return row.text.icontains(text, autoescape=True)


def _follows(created_at: datetime, row_id: str) -> ColumnElement[bool]:
    same_instant = and_(Conversation.created_at == created_at, Conversation.id < row_id)
    return or_(Conversation.created_at < created_at, same_instant)
