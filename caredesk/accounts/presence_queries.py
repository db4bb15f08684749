"""All SQL of presence and connections; apart from sign-in because the matcher reads it on every match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from caredesk.accounts.models import Connection, Presence, Staff, StaffSession
from caredesk.accounts.rules import session_is_live
from caredesk.core.errors import NotFound


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


def claim_slot(session: Session, *, staff_id: str) -> bool:
    """Take one unit of an agent's budget; False when they are not ready or full. Cannot be exceeded by races (B5)."""
    taken = session.execute(
        update(Presence)
        .where(Presence.staff_id == staff_id, Presence.state == "ready", Presence.load < Presence.capacity)
        .values(load=Presence.load + 1)
        .returning(Presence.staff_id)
    ).first()
    _refresh(session, staff_id=staff_id)
    return taken is not None


def free_slot(session: Session, *, staff_id: str, now: datetime) -> None:
    """Give one unit of the budget back."""
    session.execute(
        update(Presence)
        .where(Presence.staff_id == staff_id, Presence.load > 0)
        .values(load=Presence.load - 1, idle_since=now)
    )
    _refresh(session, staff_id=staff_id)


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


def is_session_open(session: Session, *, session_id: str, idle: timedelta, now: datetime) -> bool:
    """Tell whether a sign-in still counts: not ended, not too old, and not left alone for too long."""
    opened = session.get(StaffSession, session_id)
    return opened is not None and session_is_live(
        expires_at=opened.expires_at, last_seen_at=opened.last_seen_at, idle=idle, now=now
    )
