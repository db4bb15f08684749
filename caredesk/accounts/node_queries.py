"""Which server processes live: their heartbeats, and the looks that find one standing still."""

from __future__ import annotations

from sqlalchemy import case, delete, update
from sqlalchemy.orm import Session

from caredesk.accounts.models import ServerNode

DEAD_AFTER_LOOKS = 2
"""So many looks in a row, half a minute apart, must find the same beat; who lives beats twice between two."""


def register(session: Session, *, node: str) -> None:
    """Note that a process begins."""
    session.execute(delete(ServerNode).where(ServerNode.node == node))
    session.add(ServerNode(node=node))
    session.flush()


def beat(session: Session, *, node: str) -> bool:
    """Note that a process lives; False when it had been taken for dead, and is known again from now on."""
    known = session.execute(
        update(ServerNode).where(ServerNode.node == node).values(beats=ServerNode.beats + 1).returning(ServerNode.node)
    ).first()
    if known is None:
        register(session, node=node)
    return known is not None


def take_away_dead(session: Session) -> list[str]:
    """Look once at all processes; remove and return those that stood still too often."""
    stands_still = ServerNode.beats == ServerNode.seen_beats
    misses = case((stands_still, ServerNode.misses + 1), else_=0)
    session.execute(update(ServerNode).values(misses=misses, seen_beats=ServerNode.beats))
    dead = delete(ServerNode).where(ServerNode.misses >= DEAD_AFTER_LOOKS).returning(ServerNode.node)
    return sorted(session.scalars(dead).all())
