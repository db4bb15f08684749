"""What ends a request without the doctor: its talk is closed, its session is over or is cancelled."""

from __future__ import annotations

from caredesk.actions import assist
from caredesk.actions.schedule_followers import Applied
from caredesk.assistance import queries
from caredesk.conversations import queries as conversation_queries
from caredesk.core.work import Work


def end_after_session(work: Work, *, request_id: str) -> None:
    """Close a call that is still open when the session is over; nobody waits any more."""
    _end(work, request_id=request_id, outcome="session_over")


def end_with_sessions(work: Work, applied: Applied) -> None:
    """Close the requests that hang on sessions which no longer take place (B19)."""
    gone = [session_id for session_id, change in applied.changes if not change.facts.takes_place]
    for request in queries.list_open_of_sessions(work.session, session_ids=gone):
        _end(work, request_id=request.id, outcome="session_cancelled")


def _end(work: Work, *, request_id: str, outcome: str) -> None:
    request = queries.get_request(work.session, request_id=request_id)
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
    work.session.refresh(request)
    if request.ended_at is None:
        assist.end(work, request, conversation=conversation, outcome=outcome, by="desk")
