"""Hours set by hand: a queue opened or closed for a reason until a time, known to the one evaluator and to all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions import floor_trail
from caredesk.actions.webhooks import announce
from caredesk.clinic.hours import Closure, HoursRule, Opening
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.shapes import ByHand
from caredesk.floor import queries
from caredesk.floor.errors import NothingByHand
from caredesk.floor.models import HoursByHand
from caredesk.floor.rules import HandHours, HandKind, end_of_hand, whole_minute
from caredesk.queue import queries as queue_queries

LOOKED_BACK = timedelta(days=1)


def with_hands(
    session: Session, rule: HoursRule, *, queue_id: str, at: datetime, moment: datetime | None = None
) -> HoursRule:
    """Return a queue's rule with what people set by hand, as it stands or as it was known at a moment (B20)."""
    rows = queries.list_hands(session, queue_id=queue_id, since=at - LOOKED_BACK)
    known = [hand for row in rows if (hand := _hand(row).as_known(moment)) is not None]
    if not known:
        return rule
    closures = tuple(Closure(h.starts_at, h.ends_at, h.reason) for h in known if h.kind == "closed")
    openings = tuple(Opening(h.starts_at, h.ends_at, h.reason) for h in known if h.kind == "open")
    return replace(rule, closures=(*rule.closures, *closures), openings=(*rule.openings, *openings))


def _hand(row: HoursByHand) -> HandHours:
    kind: HandKind = "open" if row.kind == "open" else "closed"
    return HandHours(kind, row.starts_at, row.ends_at, row.made_at, row.ended_at, row.reason)


def hand_view(session: Session, *, queue_id: str, at: datetime) -> ByHand | None:
    """Return what is set by hand for a queue now, for every screen that shows its hours."""
    row = queries.find_hand_now(session, queue_id=queue_id, at=at)
    if row is None:
        return None
    kind: HandKind = "open" if row.kind == "open" else "closed"
    return ByHand(kind=kind, reason=row.reason, by_name=row.by_name, ends_at=row.ends_at)


def set_hours_by_hand(work: Work, *, queue_id: str, kind: HandKind, ends_at: datetime, reason: str) -> None:
    """Open or close a queue until a time; what was set by hand before gives way. Who waits is told at once (B18)."""
    queue = queue_queries.lock_queue(work.session, queue_id=queue_id)
    why = floor_trail.because(reason)
    end = end_of_hand(ends_at, now=work.now)
    queries.end_hands(work.session, queue_id=queue.id, now=work.now)
    work.session.add(
        HoursByHand(
            id=new_id(),
            queue_id=queue.id,
            kind=kind,
            starts_at=whole_minute(work.now),
            ends_at=end,
            reason=why,
            by_id=work.actor.id,
            by_name=work.actor.name,
            made_at=work.now,
        )
    )
    work.session.flush()
    floor_trail.keep(work, what=f"queue_{kind}", queue_id=queue.id, reason=why, facts={"until": end.isoformat()})
    announce(work, subject=f"queue:{queue.id}", kind="queue.set_by_hand", facts={"queue": queue.key, "state": kind})
    _follow(work, queue_id=queue.id)


def end_hours_by_hand(work: Work, *, queue_id: str, reason: str) -> None:
    """Let a queue follow its schedule again before the time that was set."""
    queue = queue_queries.lock_queue(work.session, queue_id=queue_id)
    why = floor_trail.because(reason)
    if queries.end_hands(work.session, queue_id=queue.id, now=work.now) == 0:
        raise NothingByHand
    floor_trail.keep(work, what="queue_back", queue_id=queue.id, reason=why)
    announce(work, subject=f"queue:{queue.id}", kind="queue.set_by_hand", facts={"queue": queue.key, "state": "back"})
    _follow(work, queue_id=queue.id)


def _follow(work: Work, *, queue_id: str) -> None:
    work.enqueue("follow_clinic", {"queue_id": queue_id}, key=f"follow_clinic:{queue_id}")
