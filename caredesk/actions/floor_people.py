"""What supervisors do with people: set an agent's state, and say something to all agents or to those of a queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts.rules import Permission, PresenceState, permissions_of
from caredesk.actions import floor_trail, presence
from caredesk.conversations.rules import clean_text
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import NoticeAcknowledged, NoticePosted, SupervisorActed
from caredesk.events.shapes import AgentView, NoticeView
from caredesk.floor import queries
from caredesk.floor.errors import NoticeNotFound, StateNotPossible
from caredesk.floor.models import FloorNotice
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import AgentNotAvailable

NOTICE_CHARACTERS = 500
NOTICES_LAST = timedelta(hours=16)
"""A notice is for a shift; what must stay longer belongs into the knowledge base."""


def set_agent_state(work: Work, *, staff_id: str, state: PresenceState, reason: str) -> AgentView:
    """Change somebody else's state; they are told who did it and why, and offers they hold go on to others."""
    why = floor_trail.because(reason)
    agent = next(iter(presence_queries.list_agents_now(work.session, staff_ids=[staff_id])), None)
    if agent is None or Permission.WORK not in permissions_of(agent.staff.roles):
        raise AgentNotAvailable
    # Whoever has no screen open would be offered what they cannot see.
    if state is PresenceState.READY and not agent.connected:
        raise StateNotPossible
    view = presence.set_by_supervisor(work, staff_id=staff_id, state=state)
    floor_trail.keep(work, what=f"state_{state}", staff_id=staff_id, reason=why)
    tell_agent(work, staff_id=staff_id, what="state_set", reason=why)
    return view


def tell_agent(work: Work, *, staff_id: str, what: str, reason: str, conversation_id: str | None = None) -> None:
    """Tell an agent what the person behind this transaction has done that concerns them."""
    fields = {"staff_id": staff_id, "what": what, "by_name": work.actor.name, "reason": reason}
    work.emit(SupervisorActed.model_validate({**fields, "conversation_id": conversation_id}))


# ---- notices ---------------------------------------------------------------------------------------------


def post_notice(work: Work, *, queue_id: str | None, text: str) -> NoticeView:
    """Say something to the agents of a queue, or to everyone who works at the desk."""
    words = clean_text(text, limit=NOTICE_CHARACTERS)
    if queue_id is not None:
        queue_queries.get_queue(work.session, queue_id=queue_id)
    notice = FloorNotice(
        id=new_id(), queue_id=queue_id, text=words, by_id=work.actor.id, by_name=work.actor.name, at=work.now
    )
    work.session.add(notice)
    work.session.flush()
    floor_trail.keep(work, what="notice", queue_id=queue_id, reason="", facts={"notice": notice.id})
    view = _view(notice, seen=[])
    work.emit(NoticePosted(notice=view))
    return view


def acknowledge_notice(work: Work, *, notice_id: str, staff_id: str, sees_floor: bool) -> None:
    """Note that somebody has read a notice; a repeat changes nothing."""
    notice = queries.get_notice(work.session, notice_id=notice_id)
    if not sees_floor and not _is_for(work.session, notice, staff_id=staff_id):
        raise NoticeNotFound
    queries.put_seen(work.session, notice_id=notice.id, staff_id=staff_id, now=work.now)
    work.emit(NoticeAcknowledged(notice_id=notice.id, staff_id=staff_id))


def _is_for(session: Session, notice: FloorNotice, *, staff_id: str) -> bool:
    return notice.queue_id is None or notice.queue_id in queue_queries.queue_ids_of(session, staff_id=staff_id)


def list_notices(session: Session, *, now: datetime, staff_id: str | None = None) -> list[NoticeView]:
    """Return the notices of this shift, newest first: all, or those that are for one agent."""
    found = queries.list_notices(session, since=now - NOTICES_LAST)
    shown = [n for n in found if staff_id is None or _is_for(session, n, staff_id=staff_id)]
    seen = queries.seen_by(session, notice_ids=[notice.id for notice in shown])
    return [_view(notice, seen=seen.get(notice.id, [])) for notice in shown]


def _view(notice: FloorNotice, *, seen: list[str]) -> NoticeView:
    return NoticeView(
        id=notice.id,
        queue_id=notice.queue_id,
        text=notice.text,
        by_name=notice.by_name,
        at=notice.at,
        seen_by=seen,
    )
