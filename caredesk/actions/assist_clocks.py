"""The clocks of a request: accepted, tried and reported in time, or a supervisor hears; and the end of the session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from caredesk.actions import alerts
from caredesk.actions.assist_views import standing_of
from caredesk.assistance import queries
from caredesk.assistance.models import AssistRequest
from caredesk.assistance.rules import Clock, is_late
from caredesk.clinic import schedule_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.core.work import Work

AFTER_SESSION = timedelta(minutes=10)
"""A doctor often sees the last patient a little after the session's end; then open calls are over."""


def start(work: Work, request: AssistRequest, *, after_session: Literal["close", "hand_over", "keep"]) -> None:
    """Set the clocks of a request that has just been raised."""
    due: dict[Clock, datetime | None] = {
        "accept": request.accept_due_at,
        "attempt": request.attempt_due_at,
        "report": request.report_due_at,
    }
    for clock, at in due.items():
        if at is not None:
            payload = {"request_id": request.id, "clock": clock}
            work.enqueue("watch_assist", payload, due_at=at, key=f"assist:{clock}:{request.id}")
    if after_session != "keep" and request.clinic_session_id is not None:
        follow_session(work, request)


def follow_session(work: Work, request: AssistRequest) -> None:
    """Have a request looked at when its session is over."""
    session = schedule_queries.get_session(work.session, session_id=request.clinic_session_id or "")
    at = max(session.ends_at, work.now) + AFTER_SESSION
    work.enqueue("end_assist", {"request_id": request.id}, due_at=at, key=f"assist:end:{request.id}")


def watch(work: Work, *, request_id: str, clock: Clock) -> None:
    """Raise the alert of a clock that has run out, if what it waits for has not happened."""
    request = queries.get_request(work.session, request_id=request_id)
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
    standing = standing_of(request, conversation=conversation)
    if request.ended_at is None and is_late(clock, standing=standing, reported=request.reported_at is not None):
        alerts.raise_alert(work, code="assist_late", conversation_id=conversation.id, queue_id=conversation.queue_id)
