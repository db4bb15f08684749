"""All SQL of messages to all waiting families."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.assistance.broadcast_models import Broadcast, BroadcastLeg


def find_by_key(session: Session, *, staff_id: str, client_key: str) -> Broadcast | None:
    query = select(Broadcast).where(Broadcast.staff_id == staff_id, Broadcast.client_key == client_key)
    return session.scalars(query).one_or_none()


def add_broadcast(session: Session, *, broadcast: Broadcast, legs: Sequence[BroadcastLeg]) -> None:
    """Keep a message with all its ways; a second one under the same key fails on the index."""
    session.add(broadcast)
    session.flush()
    session.add_all(legs)
    session.flush()


def list_broadcasts(session: Session, *, staff_id: str, since: datetime, limit: int = 50) -> Sequence[Broadcast]:
    """Return what somebody sent since an instant, newest first."""
    query = select(Broadcast).where(Broadcast.staff_id == staff_id, Broadcast.at >= since)
    return session.scalars(query.order_by(Broadcast.at.desc(), Broadcast.id.desc()).limit(limit)).all()


def list_legs(session: Session, *, broadcast_ids: Collection[str]) -> Sequence[BroadcastLeg]:
    """Return the ways of messages, in the order in which they were planned."""
    query = select(BroadcastLeg).where(BroadcastLeg.broadcast_id.in_(broadcast_ids))
    return session.scalars(query.order_by(BroadcastLeg.planned_at, BroadcastLeg.id)).all()


def get_broadcast(session: Session, *, broadcast_id: str) -> Broadcast:
    return session.get_one(Broadcast, broadcast_id)


def lock_leg(session: Session, *, leg_id: str) -> BroadcastLeg | None:
    """Return one way with its row locked."""
    query = select(BroadcastLeg).where(BroadcastLeg.id == leg_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def lock_leg_by_post(session: Session, *, channel: str, provider_id: str, request_id: str) -> BroadcastLeg | None:
    """Return the way a receipt speaks of: by the provider's number, else by ours that it gives back."""
    query = select(BroadcastLeg).where(BroadcastLeg.channel == channel).with_for_update(key_share=True)
    query = query.execution_options(populate_existing=True)
    if provider_id:
        found = session.scalars(query.where(BroadcastLeg.provider_id == provider_id)).first()
        if found is not None:
            return found
    return session.scalars(query.where(BroadcastLeg.request_id == request_id)).first() if request_id else None


def list_dead(session: Session, *, limit: int) -> list[tuple[BroadcastLeg, Broadcast]]:
    """Return the messages that nobody could send, newest first."""
    query = select(BroadcastLeg, Broadcast).join(Broadcast, Broadcast.id == BroadcastLeg.broadcast_id)
    query = query.where(BroadcastLeg.dead.is_(True))
    rows = session.execute(query.order_by(BroadcastLeg.planned_at.desc(), BroadcastLeg.id.desc()).limit(limit))
    return [(leg, broadcast) for leg, broadcast in rows]


def count_dead(session: Session, *, since: datetime) -> int:
    """Return how many messages could not be sent that were planned since an instant."""
    query = select(func.count()).where(BroadcastLeg.dead.is_(True), BroadcastLeg.planned_at >= since)
    return session.scalar(query) or 0
