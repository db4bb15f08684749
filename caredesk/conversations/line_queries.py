"""All SQL of the line of a queue: its head, its length, a place in it. Nothing here reads the whole line.

The line is ordered by arrival less the head start of the class (`rank_of_work`). Within one class that is the order of
the index, so the head of the line is the merged heads of its few classes: a few steps in the index, however long it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

from sqlalchemy import ColumnElement, Subquery, case, func, or_, select
from sqlalchemy.orm import Session

from caredesk.conversations.models import Conversation
from caredesk.conversations.plain import AnyConversation

HeadStart = Callable[[int], timedelta]
"""How much earlier than it did a class counts as having arrived."""


HEAD = 200
"""How many of a class are looked at to find who has waited longest."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where somebody stands in the line; sorts as `rank_of_work` does."""

    counted: datetime
    lowness: int
    arrived_at: datetime
    id: str


def waiting_classes(session: Session, *, queue_id: str) -> list[int]:
    """Return the priority classes of those who wait, highest first, by one step in the index for each."""
    found: list[int] = []
    while True:
        query = select(func.max(Conversation.priority)).where(*_waits_in(queue_id))
        if found:
            query = query.where(Conversation.priority < found[-1])
        highest = session.scalar(query)
        if highest is None:
            return found
        found.append(highest)


def head_of_line(
    session: Session, *, queue_id: str, head_start: HeadStart, limit: int, after: Place | None = None
) -> list[Place]:
    """Return the first of the line, or the first behind a place."""
    classes = waiting_classes(session, queue_id=queue_id)
    heads = [
        _head_of_class(session, queue_id=queue_id, priority=p, head_start=head_start(p), limit=limit, after=after)
        for p in classes
    ]
    return list(islice(merge(*heads), limit))


def _head_of_class(
    session: Session, *, queue_id: str, priority: int, head_start: timedelta, limit: int, after: Place | None
) -> list[Place]:
    query = (
        select(Conversation.id, Conversation.arrived_at)
        .where(*_waits_in(queue_id), Conversation.priority == priority)
        .order_by(Conversation.arrived_at, Conversation.id)
        .limit(limit)
    )
    if after is not None:
        turn = after.counted + head_start
        same = (Conversation.arrived_at == turn) & (Conversation.id > after.id)
        if -priority > after.lowness:
            query = query.where(Conversation.arrived_at >= turn)
        elif -priority < after.lowness:
            query = query.where(Conversation.arrived_at > turn)
        else:
            query = query.where(or_(Conversation.arrived_at > turn, same))
    return [Place(at - head_start, -priority, at, found) for found, at in session.execute(query) if at]


def count_before(session: Session, *, conversation: AnyConversation, head_start: HeadStart) -> int:
    """Return how many stand before a conversation in its line."""
    arrived_at, queue_id = conversation.arrived_at, conversation.queue_id
    if arrived_at is None or queue_id is None:
        return 0
    counted, before = arrived_at - head_start(conversation.priority), 0
    for priority in waiting_classes(session, queue_id=queue_id):
        turn = counted + head_start(priority)
        if priority > conversation.priority:
            ahead = Conversation.arrived_at <= turn
        elif priority < conversation.priority:
            ahead = Conversation.arrived_at < turn
        else:
            same = (Conversation.arrived_at == turn) & (Conversation.id < conversation.id)
            ahead = or_(Conversation.arrived_at < turn, same)
        query = select(func.count()).where(*_waits_in(queue_id), Conversation.priority == priority, ahead)
        before += session.scalar(query) or 0
    return before


def count_line(session: Session, *, queue_id: str, up_to: int | None = None) -> int:
    """Return how many wait in a queue; with `up_to` no more than that are counted."""
    query = select(Conversation.id).where(*_waits_in(queue_id))
    limited = query.limit(up_to) if up_to is not None else query
    return session.scalar(select(func.count()).select_from(limited.subquery())) or 0


def longest_wait_since(session: Session, *, queue_id: str) -> datetime | None:
    """Return since when the one who has waited longest in a queue waits."""
    heads = [_head_since(queue_id, priority=priority) for priority in waiting_classes(session, queue_id=queue_id)]
    firsts = [session.scalar(select(func.min(head.c.since))) for head in heads]
    return min((at for at in firsts if at is not None), default=None)


def _head_since(queue_id: str, *, priority: int) -> Subquery:
    """Return since when the first of a class wait: who was promised a time came earliest, so they stand among them."""
    head = select(waits_since().label("since")).where(*_waits_in(queue_id), Conversation.priority == priority)
    return head.order_by(Conversation.arrived_at, Conversation.id).limit(HEAD).subquery()


def waits_since() -> ColumnElement[datetime | None]:
    """Return since when somebody waits: since they came, and who was promised a time since they were taken up again.

    Their place in the line is that of their arrival all the same (B4); but a message left at night has not waited all
    night for somebody at a desk.
    """
    return case((Conversation.promised_at.is_not(None), Conversation.waiting_since), else_=Conversation.arrived_at)


def waited_since() -> ColumnElement[datetime | None]:
    """Return since when somebody waits, or waited until a person took them."""
    return case((Conversation.waited_from.is_not(None), Conversation.waited_from), else_=waits_since())


def was_put_off() -> ColumnElement[bool]:
    """Return whether somebody was promised a later time instead of waiting, also when the promise is kept by now."""
    return or_(Conversation.promised_at.is_not(None), Conversation.waited_from > Conversation.arrived_at)


def load_conversations(session: Session, *, ids: Collection[str]) -> dict[str, Conversation]:
    """Return these conversations by id."""
    found = session.scalars(select(Conversation).where(Conversation.id.in_(list(ids))))
    return {one.id: one for one in found}


def list_serving(session: Session, *, staff_id: str | None = None) -> set[str]:
    """Return who serves somebody now, of all or of one."""
    query = select(Conversation.assignee_id).where(Conversation.status == "active").distinct()
    found = session.scalars(query if staff_id is None else query.where(Conversation.assignee_id == staff_id))
    return {one for one in found if one is not None}


def waiting_ids(session: Session, *, queue_id: str, after: str, limit: int) -> Sequence[str]:
    """Return who waits in a queue, by id and not in the order of the line; for what must reach everybody once."""
    query = select(Conversation.id).where(*_waits_in(queue_id), Conversation.id > after)
    return session.scalars(query.order_by(Conversation.id).limit(limit)).all()


def _waits_in(queue_id: str) -> tuple[ColumnElement[bool], ...]:
    return (Conversation.status == "waiting", Conversation.queue_id == queue_id)
