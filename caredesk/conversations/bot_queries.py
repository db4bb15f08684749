"""SQL of what became of the bot's answers: rows for the review, and the figures of a stretch of time.

A *contact* is a parent's entry into a queue, or the attempt while it was closed. Its topic is the category of the last
answer before it in the same conversation; a contact without one counts for every topic, so that what the bot saves
people is never made to look larger than it is (B50).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import CTE, ColumnElement, Select, and_, case, column, distinct, func, or_, select, table, union_all
from sqlalchemy.orm import Session, aliased

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.models import ArchivedEntry, BotTurn, Conversation, Entry, Rating
from caredesk.core.sql_time import clinic_day_of, seconds_between

CONTACT_NOTICES = ("queue.joined", "queue.closed")
TOPIC_SECONDS = 24 * 3600
MOST_AT_ONCE = 500

# The knowledge base is another island; of its rows only id and category are needed here.
_KB = table("kb_entry", column("id"), column("category"))
_Reply = aliased(Entry, name="reply")
_OldReply = aliased(ArchivedEntry, name="old_reply")


@dataclass(frozen=True)
class Window:
    """A stretch of time, its end excluded, and now: what happened less than a day ago is not settled."""

    since: datetime
    until: datetime
    now: datetime


# ---- rows for the review ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class AskedRow:
    """A question with the bot's turn about it."""

    turn_id: str
    conversation_id: str
    text: str
    outcome: str
    entry_id: str | None
    helpful: bool | None
    at: datetime


def list_asked(session: Session, *, since: datetime) -> list[AskedRow]:
    """Return the questions since an instant, conversation by conversation in their order."""
    query = (
        select(
            BotTurn.id,
            BotTurn.conversation_id,
            func.coalesce(Entry.text, ArchivedEntry.text),
            BotTurn.outcome,
            BotTurn.kb_entry_id,
            BotTurn.helpful,
            BotTurn.at,
        )
        .outerjoin(Entry, Entry.id == BotTurn.question_id)
        .outerjoin(ArchivedEntry, ArchivedEntry.id == BotTurn.question_id)
        .where(BotTurn.at >= since)
    )
    # Put in order here: for the sake of the order SQLite would go through all turns that ever were.
    asked = [AskedRow(*row) for row in session.execute(query)]
    return sorted(asked, key=lambda row: (row.conversation_id, row.at, row.turn_id))


def has_turns(session: Session) -> bool:
    """Tell whether the bot was ever asked anything."""
    return session.scalar(select(BotTurn.id).limit(1)) is not None


def list_contacted(session: Session, *, window: Window) -> set[str]:
    """Return the turns whose answers did not keep people from being asked, as deflection counts them (B50)."""
    return set(session.scalars(select(_contacted(_turns(window), window=window).c.id)))


@dataclass(frozen=True)
class ServedRow:
    """A conversation as far as its cost and its family are needed."""

    conversation_id: str
    guardian_id: str | None
    assigned_at: datetime | None
    closed_at: datetime | None
    score: int | None


def list_served_rows(session: Session, *, conversation_ids: Collection[str]) -> list[ServedRow]:
    """Return cost, family and rating of conversations."""
    query = select(
        Conversation.id, Conversation.guardian_id, Conversation.assigned_at, Conversation.closed_at, Rating.score
    ).outerjoin(Rating, Rating.conversation_id == Conversation.id)
    return [
        ServedRow(*row)
        for part in _parts(sorted(conversation_ids))
        for row in session.execute(query.where(Conversation.id.in_(part)))
    ]


@dataclass(frozen=True)
class AgentMessage:
    """What an agent said to a parent: words, or an entry that was inserted."""

    conversation_id: str
    text: str
    entry_id: str | None
    at: datetime


def list_agent_messages(session: Session, *, conversation_ids: Collection[str]) -> list[AgentMessage]:
    """Return what agents said in conversations, in order."""
    query = select(Told.conversation_id, Told.text, Told.body, Told.created_at).where(
        Told.author_kind == "agent", Told.kind == "message"
    )
    return [
        AgentMessage(conversation_id, text, _entry_of(body), at)
        for part in _parts(sorted(conversation_ids))
        for conversation_id, text, body, at in session.execute(
            query.where(Told.conversation_id.in_(part)).order_by(Told.conversation_id, Told.staff_seq)
        )
    ]


def _entry_of(body: dict[str, Any]) -> str | None:
    return str(body["entry_id"]) if body.get("kind") == "answer" and body.get("entry_id") else None


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + MOST_AT_ONCE] for start in range(0, len(ids), MOST_AT_ONCE))


# ---- figures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """What the bot did in a window. Courtesies are counted among `messages` only."""

    messages: int = 0
    conversations: int = 0
    people: int = 0
    answered: int = 0
    suggested: int = 0
    abstained: int = 0
    medical: int = 0
    emergency: int = 0
    human: int = 0
    helpful: int = 0
    unhelpful: int = 0
    settled: int = 0
    contacted: int = 0


def count_turns(session: Session, *, window: Window) -> Counts:
    """Count what the bot did in a window."""
    turns = _turns(window)
    contacted = _contacted(turns, window=window)
    query = select(
        func.count(),
        func.count(distinct(turns.c.conversation_id)),
        func.count(distinct(turns.c.person)),
        *_sums(turns, contacted),
    ).select_from(turns.outerjoin(contacted, contacted.c.id == turns.c.id))
    return Counts(*(int(value or 0) for value in session.execute(query).one()))


def count_by_category(session: Session, *, window: Window) -> dict[str, Counts]:
    """Count the answers of a window by category."""
    return _answers_by(session, window=window, name="category")


def count_by_entry(session: Session, *, window: Window) -> dict[str, Counts]:
    """Count the answers of a window by entry."""
    return _answers_by(session, window=window, name="entry_id")


def count_by_day(session: Session, *, window: Window) -> dict[date, Counts]:
    """Count what the bot did on each day of the clinic."""
    turns = _turns(window)
    contacted = _contacted(turns, window=window)
    day = clinic_day_of(turns.c.at)
    query = (
        select(
            day,
            func.count(),
            func.count(distinct(turns.c.conversation_id)),
            func.count(distinct(turns.c.person)),
            *_sums(turns, contacted),
        )
        .select_from(turns.outerjoin(contacted, contacted.c.id == turns.c.id))
        .group_by(day)
    )
    return {
        date.fromisoformat(str(row[0])): Counts(*(int(value or 0) for value in row[1:]))
        for row in session.execute(query)
    }


def _answers_by(session: Session, *, window: Window, name: str) -> dict[str, Counts]:
    turns = _turns(window)
    contacted = _contacted(turns, window=window)
    key = turns.c[name]
    query = (
        select(
            key,
            func.count(),
            func.count(distinct(turns.c.conversation_id)),
            func.count(distinct(turns.c.person)),
            *_sums(turns, contacted),
        )
        .select_from(turns.outerjoin(contacted, contacted.c.id == turns.c.id))
        .where(key.is_not(None), turns.c.outcome == "answer")
        .group_by(key)
    )
    return {str(row[0]): Counts(*(int(value or 0) for value in row[1:])) for row in session.execute(query)}


def _sums(turns: CTE, contacted: CTE) -> list[ColumnElement[int]]:
    """Return the sums in the order of the fields of `Counts`, after the three counts."""
    outcome, is_settled = turns.c.outcome, turns.c.settled == 1
    answered = outcome == "answer"
    return [
        _sum(answered),
        _sum(outcome == "suggest"),
        _sum(and_(outcome == "none", turns.c.missed == 1)),
        _sum(outcome == "medical"),
        _sum(outcome == "emergency"),
        _sum(outcome == "human"),
        _sum(turns.c.helpful.is_(True)),
        _sum(turns.c.helpful.is_(False)),
        _sum(and_(answered, is_settled)),
        _sum(and_(answered, is_settled, contacted.c.id.is_not(None))),
    ]


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _turns(window: Window) -> CTE:
    """Return the turns of a window with person and category, and whether a turn without an answer was a miss.

    Greetings and thanks have the outcome `none`, too; what the bot did not understand it said with a way to a person,
    or by bringing one in without a word.
    """
    offered = [reply.body["offer_person"].as_boolean().is_(True) for reply in (_Reply, _OldReply)]
    missed = or_(BotTurn.reply_id.is_(None), *offered)
    return (
        _with_person(
            select(
                BotTurn.id.label("id"),
                BotTurn.conversation_id.label("conversation_id"),
                BotTurn.outcome.label("outcome"),
                BotTurn.kb_entry_id.label("entry_id"),
                BotTurn.helpful.label("helpful"),
                BotTurn.at.label("at"),
                _KB.c.category.label("category"),
                case((missed, 1), else_=0).label("missed"),
                case(
                    (seconds_between(window.now, cast(ColumnElement[Any], BotTurn.at)) >= TOPIC_SECONDS, 1), else_=0
                ).label("settled"),
            ).join(Conversation, Conversation.id == BotTurn.conversation_id)
        )
        .outerjoin(_KB, _KB.c.id == BotTurn.kb_entry_id)
        .outerjoin(_Reply, _Reply.id == BotTurn.reply_id)
        .outerjoin(_OldReply, _OldReply.id == BotTurn.reply_id)
        .where(BotTurn.at >= window.since, BotTurn.at < window.until)
        .cte("turns")
        # Found by their time and kept: looked at from the outside, SQLite would go through all turns in another order.
        .prefix_with("MATERIALIZED")
    )


def _contacted(turns: CTE, *, window: Window) -> CTE:
    """Return the answers of a window after which the same person asked for people about the same topic within a day."""
    contacts = _contacts(window)
    gap = seconds_between(contacts.c.at, turns.c.at)
    same_topic = or_(contacts.c.topic.is_(None), turns.c.category.is_(None), contacts.c.topic == turns.c.category)
    return (
        select(turns.c.id)
        .distinct()
        .select_from(turns.join(contacts, contacts.c.person == turns.c.person))
        .where(turns.c.outcome == "answer", gap >= 0, gap < TOPIC_SECONDS, same_topic)
        .cte("contacted")
    )


def _contacts(window: Window) -> CTE:
    return union_all(*(_contacts_in(row, window=window) for row in (Entry, ArchivedEntry))).cte("contacts")


def _contacts_in(row: type[Entry | ArchivedEntry], *, window: Window) -> Select[*tuple[Any, ...]]:
    before = aliased(BotTurn, name="before")
    topic = (
        select(_KB.c.category)
        .select_from(before)
        .join(_KB, _KB.c.id == before.kb_entry_id)
        .where(before.conversation_id == row.conversation_id, before.at <= row.created_at)
        .order_by(before.at.desc(), before.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    asked = select(row.created_at.label("at"), topic.label("topic")).join(
        Conversation, Conversation.id == row.conversation_id
    )
    return _with_person(asked).where(row.created_at >= window.since, _is_contact(row))


def _with_person(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    # A family writes from several browsers; it is one person as soon as the site vouches for the guardian.
    return query.add_columns(func.coalesce(Conversation.guardian_id, Conversation.visitor_id).label("person"))


def _is_contact(entry: type[Entry | ArchivedEntry]) -> ColumnElement[bool]:
    return and_(entry.kind == "notice", entry.body["code"].as_string().in_(CONTACT_NOTICES))
