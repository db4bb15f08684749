"""One's own signed-in browsers: which there are, and ending one of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import queries
from caredesk.accounts.devices import device_of, masked_address
from caredesk.accounts.errors import SessionNotFound
from caredesk.accounts.schemas import OwnSessions, OwnSessionView, SignedIn
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.events.catalogue import SignedOut


def own_sessions(session: Session, *, me: SignedIn, idle: timedelta, now: datetime) -> OwnSessions:
    """Return one's sessions that still count, the one used last first."""
    views = []
    for one in queries.list_sessions_of(session, staff_id=me.staff_id, idle=idle, now=now):
        device = device_of(one.user_agent)
        views.append(
            OwnSessionView(
                id=one.id,
                browser=device.browser,
                system=device.system,
                address=masked_address(one.address),
                since=one.created_at,
                last_seen_at=one.last_seen_at,
                here=one.id == me.session_id,
            )
        )
    return OwnSessions(sessions=views)


def end_own_session(work: Work, *, session_id: str) -> None:
    """End one of one's own sessions; its screens close. Somebody else's does not exist."""
    if not queries.end_session_of(work.session, session_id=session_id, staff_id=work.actor.id):
        raise SessionNotFound
    work.emit(SignedOut(staff_id=work.actor.id))
    work.attest(Deed("session.ended", subject=f"staff:{work.actor.id}", record=f"staff_session:{session_id}"))
