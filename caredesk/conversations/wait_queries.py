"""SQL of today's waits, which the floor's figures count; apart from the timeline's because no command needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from caredesk.conversations.line_queries import waited_since
from caredesk.conversations.models import Conversation
from caredesk.core.sql_time import seconds_between

OPEN = ("bot", "waiting", "message", "active")


@dataclass(frozen=True, slots=True)
class Wait:
    """When one person asked for a person, was taken, or went without."""

    queue_id: str
    arrived_at: datetime
    taken_at: datetime | None
    closed_at: datetime | None
    waiting: bool
    channel: str


@dataclass(frozen=True, slots=True)
class Taken:
    """How many were taken by a person, and how many of them in time."""

    answered: int
    in_time: int


@dataclass(frozen=True, slots=True)
class LineTally:
    """A line in numbers: how many wait, the first since when, how many too long already, and when to look again."""

    waiting: int
    since: datetime | None
    late_already: int
    next_moment: datetime | None


def list_waits_since(session: Session, *, since: datetime) -> Sequence[Wait]:
    """Return the waits that ended since an instant, by being taken or by leaving, and those that go on."""
    counts = or_(_was_taken(since), Conversation.status == "waiting", _went_without(since))
    times = (waited_since(), Conversation.assigned_at, Conversation.closed_at)
    columns = (Conversation.arrived_at, Conversation.queue_id, *times, Conversation.status, Conversation.channel)
    query = select(*columns).where(_is_recent(since), counts)
    # Put in order here: a store that is asked for the order of arrivals may walk through all that ever arrived.
    rows = [row for row in session.execute(query) if row[0] is not None]
    return [
        Wait(queue_id or "", began, taken, gone, status == "waiting", channel)
        for _, queue_id, began, taken, gone, status, channel in sorted(rows, key=itemgetter(0))
        if began is not None
    ]


def count_taken(session: Session, *, since: datetime, limits: Mapping[str, int]) -> Taken:
    """Return how many were taken since an instant, and how many of them within their queue's limit, in seconds.

    The service level's definition (`floor/figures.py`) as the store counts it: what is looked at every second of a busy
    day must not read the day. Queues without a limit here are left out.
    """
    if not limits:
        return Taken(0, 0)
    # Other queues have no limit, so they count as nothing; were these a condition, the store would walk through each.
    within = case(dict(limits), value=Conversation.queue_id)
    in_time = seconds_between(Conversation.assigned_at, waited_since()) <= within
    taken = or_(_was_taken(since), and_(Conversation.status == "waiting", Conversation.assigned_at.is_not(None)))
    counted = select(func.count(within), func.count(case((in_time, 1))))
    return Taken(*session.execute(counted.where(_is_recent(since), taken, _came())).one())


def tally_line(
    session: Session, *, queue_id: str, now: datetime, limit: timedelta, pauses: Sequence[timedelta]
) -> LineTally:
    """Count those who wait in a queue, and tell which moment of waiting exactly as long as one of `pauses` is next."""
    since = waited_since()
    late = func.count(case((since < now - limit, 1)))
    nexts = [func.min(case((since >= now - pause, since))) for pause in pauses]
    of_line = select(func.count(), func.min(since), late, *nexts)
    waits = of_line.where(Conversation.status == "waiting", Conversation.queue_id == queue_id, _came())
    count, first, late_already, *firsts = session.execute(waits).one()
    moments = [at + pause for at, pause in zip(firsts, pauses, strict=True) if at is not None]
    return LineTally(count, first, late_already, min(moments, default=None))


def _came() -> ColumnElement[bool]:
    """Whether somebody asked for a person, and it is known since when they wait."""
    return and_(Conversation.arrived_at.is_not(None), waited_since().is_not(None))


def _is_recent(since: datetime) -> ColumnElement[bool]:
    """Whatever counts is open or was closed since then: both are found by an index, in years of records."""
    return or_(Conversation.status.in_(OPEN), Conversation.closed_at >= since)


def _was_taken(since: datetime) -> ColumnElement[bool]:
    return Conversation.assigned_at >= since


def _went_without(since: datetime) -> ColumnElement[bool]:
    return and_(Conversation.closed_at >= since, Conversation.assigned_at.is_(None))


def list_open_of(session: Session, *, guardian_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Return guardian and conversation of everyone of these who is with a person or waits for one now."""
    query = select(Conversation.guardian_id, Conversation.id).where(
        Conversation.guardian_id.in_(guardian_ids), Conversation.status.in_(("waiting", "active"))
    )
    return [(guardian, conversation) for guardian, conversation in session.execute(query) if guardian]


def list_live(session: Session, *, limit: int) -> Sequence[Conversation]:
    """Return conversations that are with an agent or wait for one, longest first; what a supervisor can act on."""
    query = select(Conversation).where(Conversation.status.in_(("waiting", "active")))
    return session.scalars(query.order_by(Conversation.arrived_at, Conversation.id).limit(limit)).all()


def list_open_on(session: Session, *, channel: str, limit: int) -> Sequence[Conversation]:
    """Return the open conversations of a channel, oldest first."""
    query = select(Conversation).where(Conversation.status.in_(OPEN), Conversation.channel == channel)
    return session.scalars(query.order_by(Conversation.created_at, Conversation.id).limit(limit)).all()
