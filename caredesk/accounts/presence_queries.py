"""All SQL of presence and connections; apart from sign-in because the matcher reads it on every match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, exists, func, select, update
from sqlalchemy.orm import Session

from caredesk.accounts.models import Connection, Presence, PresenceSpan, Staff, StaffSession
from caredesk.accounts.rules import PresenceState, session_is_live
from caredesk.core.errors import NotFound
from caredesk.core.ids import new_id


@dataclass(frozen=True, slots=True)
class AgentNow:
    """An agent with the present state: what the console and the matcher need of them."""

    staff: Staff
    presence: Presence
    connected: bool


def ensure_presence(session: Session, *, staff_id: str, capacity: int, now: datetime) -> Presence:
    """Return the presence row of a member of staff, made when there is none."""
    presence = session.get(Presence, staff_id)
    if presence is None:
        presence = Presence(
            staff_id=staff_id,
            state="offline",
            since=now,
            idle_since=now,
            capacity=capacity,
            load=0,
            misses=0,
            reason="",
        )
        session.add(presence)
        session.flush()
    return presence


def lock_presence(session: Session, *, staff_id: str) -> Presence:
    """Return the presence with its row locked."""
    presence = session.scalars(
        select(Presence).where(Presence.staff_id == staff_id).with_for_update(key_share=True)
    ).first()
    if presence is None:
        raise NotFound
    return presence


@dataclass(frozen=True, slots=True)
class Share:
    """What a piece of work takes of an agent: units of the budget, or the one exclusive place."""

    weight: int = 1
    exclusive: bool = False
    held_beside: int = 0
    """How many units may be held when exclusive work begins."""
    new_beside: bool = False
    """Whether other work may begin while exclusive work runs."""


ONE_CHAT = Share()


def claim_slot(session: Session, *, staff_id: str, share: Share = ONE_CHAT, waiting: bool = True) -> bool:
    """Take a share of an agent's budget; False when they are not ready or full. Cannot be exceeded by races (B5, B9).

    One UPDATE that tests. Without `waiting`, an agent whose row another transaction is changing counts as taken:
    matches of two queues that want the same agents never wait for each other.
    """
    row = select(Presence.staff_id).where(Presence.staff_id == staff_id)
    target = row.with_for_update(skip_locked=not waiting, key_share=True).scalar_subquery()
    fits = Presence.load + share.weight <= Presence.capacity
    if share.exclusive:
        fits = (Presence.load <= share.held_beside) & Presence.exclusive.is_(False)
    elif not share.new_beside:
        fits = fits & Presence.exclusive.is_(False)
    changes = {"exclusive": True} if share.exclusive else {"load": Presence.load + share.weight}
    claim = update(Presence).where(Presence.staff_id == target, Presence.state == "ready", fits).values(changes)
    taken = session.execute(claim.returning(Presence.staff_id)).first()
    _refresh(session, staff_id=staff_id)
    return taken is not None


def claim_slots(session: Session, *, loads: Mapping[str, int], share: Share) -> set[str]:
    """Take so many units of each agent's budget, of everybody or of nobody; return who refused.

    As `claim_slot` without waiting, but a whole match's claims cost one UPDATE for each number of units. `share` is
    that of a channel which is not exclusive.
    """
    taken: set[str] = set()
    for units in sorted(set(loads.values())):
        ids = sorted(staff_id for staff_id, load in loads.items() if load == units)
        row = select(Presence.staff_id).where(Presence.staff_id.in_(ids))
        free = row.with_for_update(skip_locked=True, key_share=True)
        fits = Presence.load + units <= Presence.capacity
        if not share.new_beside:
            fits = fits & Presence.exclusive.is_(False)
        claim = update(Presence).where(Presence.staff_id.in_(free), Presence.state == "ready", fits)
        claim = claim.values(load=Presence.load + units).execution_options(synchronize_session=False)
        taken.update(session.scalars(claim.returning(Presence.staff_id)))
    refused = set(loads) - taken
    if refused:
        for staff_id in taken:
            back = update(Presence).where(Presence.staff_id == staff_id).values(load=Presence.load - loads[staff_id])
            session.execute(back.execution_options(synchronize_session=False))
    for staff_id in loads:
        _refresh(session, staff_id=staff_id)
    return refused


def claim_own_slot(session: Session, *, staff_id: str, share: Share = ONE_CHAT) -> bool:
    """Take a share by one's own wish, in whatever state; False when it does not fit. One UPDATE that tests (B5)."""
    fits: ColumnElement[bool] = Presence.exclusive.is_(False)
    if not share.exclusive:
        fits = fits & (Presence.load + share.weight <= Presence.capacity)
    changes = {"exclusive": True} if share.exclusive else {"load": Presence.load + share.weight}
    claim = update(Presence).where(Presence.staff_id == staff_id, fits).values(changes)
    taken = session.execute(claim.returning(Presence.staff_id)).first()
    _refresh(session, staff_id=staff_id)
    return taken is not None


def free_slot(session: Session, *, staff_id: str, now: datetime, share: Share = ONE_CHAT) -> None:
    """Give a share of the budget back; what weighs more than when it was taken leaves nothing, never less."""
    freed = update(Presence).where(Presence.staff_id == staff_id)
    if share.exclusive:
        freed = freed.values(exclusive=False, idle_since=now)
    else:
        left = case((Presence.load > share.weight, Presence.load - share.weight), else_=0)
        freed = freed.values(load=left, idle_since=now)
    session.execute(freed)
    _refresh(session, staff_id=staff_id)


def list_loaded(session: Session) -> set[str]:
    """Return whose budget is in use."""
    return set(session.scalars(select(Presence.staff_id).where((Presence.load > 0) | Presence.exclusive)))


@dataclass(frozen=True, slots=True)
class Seat:
    """What the matcher needs of one agent, as plain columns: it reads all agents of a queue on every match."""

    staff_id: str
    name: str
    roles: tuple[str, ...]
    state: str
    load: int
    capacity: int
    exclusive: bool
    idle_since: datetime
    connected: bool


def list_seats(session: Session, *, staff_ids: Iterable[str]) -> list[Seat]:
    """Return the seats of these active agents, by name."""
    connected = exists().where(Connection.staff_id == Staff.id)
    columns = (Presence.state, Presence.load, Presence.capacity, Presence.exclusive, Presence.idle_since)
    query = (
        select(Staff.id, Staff.name, Staff.roles, *columns, connected)
        .join(Presence, Presence.staff_id == Staff.id)
        .where(Staff.active, Staff.id.in_(list(staff_ids)))
        .order_by(Staff.name, Staff.id)
    )
    return [
        Seat(found, name, tuple(roles), state, load, capacity, bool(exclusive), idle_since, bool(is_connected))
        for found, name, roles, state, load, capacity, exclusive, idle_since, is_connected in session.execute(query)
    ]


def count_ready(session: Session, *, staff_ids: Iterable[str]) -> int:
    """Return how many of these active agents are ready and have a live screen."""
    connected = exists().where(Connection.staff_id == Staff.id)
    query = (
        select(func.count())
        .select_from(Staff)
        .join(Presence, Presence.staff_id == Staff.id)
        .where(Staff.active, Staff.id.in_(list(staff_ids)), Presence.state == PresenceState.READY, connected)
    )
    return session.scalar(query) or 0


def count_miss(session: Session, *, staff_id: str) -> int:
    """Count one more missed offer in a row and return how many there are."""
    misses = session.execute(
        update(Presence)
        .where(Presence.staff_id == staff_id)
        .values(misses=Presence.misses + 1)
        .returning(Presence.misses)
    ).scalar_one()
    _refresh(session, staff_id=staff_id)
    return misses


def _refresh(session: Session, *, staff_id: str) -> None:
    """Make a row that is already loaded show what the statement above has changed."""
    presence = session.identity_map.get((Presence, (staff_id,), None))
    if presence is not None:
        session.refresh(presence)


def get_agent_now(session: Session, *, staff_id: str) -> AgentNow:
    found = list_agents_now(session, staff_ids=[staff_id])
    if not found:
        raise NotFound
    return found[0]


def list_agents_now(session: Session, *, staff_ids: Iterable[str] | None = None) -> Sequence[AgentNow]:
    """Return the given active agents, or all who have a presence, with their state and connection."""
    connected = exists().where(Connection.staff_id == Staff.id)
    query = select(Staff, Presence, connected).join(Presence, Presence.staff_id == Staff.id).where(Staff.active)
    if staff_ids is not None:
        query = query.where(Staff.id.in_(list(staff_ids)))
    rows = session.execute(query.order_by(Staff.name, Staff.id)).all()
    return [AgentNow(staff, presence, bool(is_connected)) for staff, presence, is_connected in rows]


def add_connection(session: Session, *, sid: str, node: str, staff_id: str, now: datetime) -> None:
    session.add(Connection(sid=sid, node=node, staff_id=staff_id, opened_at=now, viewing=None))
    session.flush()


def drop_connection(session: Session, *, sid: str) -> Connection | None:
    """Remove a connection and return it, or None when it is gone already."""
    return session.scalars(delete(Connection).where(Connection.sid == sid).returning(Connection)).first()


def drop_connections_of_node(session: Session, *, node: str) -> list[str]:
    """Remove what a process that ended left behind; return whose connections they were."""
    gone = session.scalars(delete(Connection).where(Connection.node == node).returning(Connection.staff_id)).all()
    return sorted(set(gone))


def has_presence(session: Session, *, staff_id: str) -> bool:
    """Tell whether somebody takes work at the desk."""
    return session.get(Presence, staff_id) is not None


def is_connected(session: Session, *, staff_id: str) -> bool:
    return session.scalar(select(exists().where(Connection.staff_id == staff_id))) or False


def count_connections(session: Session, *, staff_id: str) -> int:
    return session.scalar(select(func.count()).where(Connection.staff_id == staff_id)) or 0


def set_viewing(session: Session, *, sid: str, conversation_id: str | None) -> str | None:
    """Note what a screen shows; return what it showed before."""
    connection = session.get(Connection, sid)
    if connection is None:
        return None
    before, connection.viewing = connection.viewing, conversation_id
    session.flush()
    return before


def list_viewers(session: Session, *, conversation_id: str) -> list[tuple[str, str]]:
    """Return id and name of everyone who has the conversation open, each once."""
    rows = session.execute(
        select(Staff.id, Staff.name)
        .join(Connection, Connection.staff_id == Staff.id)
        .where(Connection.viewing == conversation_id)
        .distinct()
        .order_by(Staff.name)
    )
    return [(staff_id, name) for staff_id, name in rows]


def list_ready_staff(session: Session) -> Sequence[str]:
    """Return everyone whose state is not offline; the start of a process checks whether they come back."""
    return session.scalars(select(Presence.staff_id).where(Presence.state != "offline")).all()


def list_sids_of_node(session: Session, *, node: str) -> Sequence[str]:
    """Return the screens that a process has noted as its own."""
    return session.scalars(select(Connection.sid).where(Connection.node == node)).all()


def find_open_session(session: Session, *, session_id: str, idle: timedelta, now: datetime) -> StaffSession | None:
    """Return a sign-in that still counts: not ended, not too old, and not left alone for too long."""
    opened = session.get(StaffSession, session_id)
    if opened is None:
        return None
    live = session_is_live(expires_at=opened.expires_at, last_seen_at=opened.last_seen_at, idle=idle, now=now)
    return opened if live else None


# ---- time at work ----------------------------------------------------------------------------------------


def add_span(session: Session, *, presence: Presence, now: datetime) -> None:
    """Keep the stretch of a state that ends now, so that a day can be reckoned up afterwards."""
    session.add(
        PresenceSpan(id=new_id(), staff_id=presence.staff_id, state=presence.state, since=presence.since, until=now)
    )


def spans_between(
    session: Session, *, staff_ids: Iterable[str], states: Sequence[str], since: datetime, until: datetime
) -> list[tuple[str, datetime, datetime]]:
    """Return when these people were in some states within a window, by person and time; what goes on ends with it."""
    ids = list(staff_ids)
    over = select(PresenceSpan.staff_id, PresenceSpan.since, PresenceSpan.until).where(
        PresenceSpan.staff_id.in_(ids),
        PresenceSpan.state.in_(states),
        PresenceSpan.since < until,
        PresenceSpan.until > since,
    )
    going_on = select(Presence.staff_id, Presence.since).where(
        Presence.staff_id.in_(ids), Presence.state.in_(states), Presence.since < until
    )
    found = [(staff_id, begun, ended) for staff_id, begun, ended in session.execute(over)]
    found += [(staff_id, begun, until) for staff_id, begun in session.execute(going_on)]
    return sorted((staff_id, max(begun, since), min(ended, until)) for staff_id, begun, ended in found)
