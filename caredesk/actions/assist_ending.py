"""What ends a request without the doctor: its talk is closed, its session is over or is cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from caredesk.accounts import queries as account_queries
from caredesk.actions import assist, assist_clocks
from caredesk.actions.assist_views import view_of
from caredesk.actions.schedule_followers import Applied
from caredesk.actions.timeline import append_notice, changed
from caredesk.assistance import queries
from caredesk.assistance.models import AssistRequest
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.models import Doctor
from caredesk.clinic.queries import SessionLine
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.events.catalogue import AssistChanged

HANDED_OVER_WITHIN = timedelta(days=1)
"""A request waits so long at most for the next session; by then somebody must have answered it."""


def end_after_session(work: Work, *, request_id: str) -> None:
    """Close what is still open when its session is over, or hand it over to the next one, as its type says."""
    request, conversation = _lock(work, request_id=request_id)
    if request.ended_at is not None:
        return
    kind = queries.get_type(work.session, key=request.type_key)
    following = _following(work, request) if kind.after_session == "hand_over" else None
    if following is None:
        assist.end(work, request, conversation=conversation, outcome="session_over", by="desk")
    else:
        _hand_over(work, request, conversation=conversation, following=following)


def end_with_sessions(work: Work, applied: Applied) -> None:
    """Close the requests that hang on sessions which no longer take place (B19)."""
    gone = [session_id for session_id, change in applied.changes if not change.facts.takes_place]
    for request in queries.list_open_of_sessions(work.session, session_ids=gone):
        _end(work, request_id=request.id, outcome="session_cancelled")


def _end(work: Work, *, request_id: str, outcome: str) -> None:
    request, conversation = _lock(work, request_id=request_id)
    if request.ended_at is None:
        assist.end(work, request, conversation=conversation, outcome=outcome, by="desk")


def _lock(work: Work, *, request_id: str) -> tuple[AssistRequest, Conversation]:
    request = queries.get_request(work.session, request_id=request_id)
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
    work.session.refresh(request)
    return request, conversation


# ---- handing over ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Following:
    """The session that goes on with a request, and whose desk follows it there."""

    line: SessionLine
    doctor: Doctor
    staff_id: str


def _following(work: Work, request: AssistRequest) -> _Following | None:
    """Return the next session of the doctor, else of the department, with a doctor who can follow the request."""
    lines = clinic_queries.list_sessions(work.session, since=work.now, until=work.now + HANDED_OVER_WITHIN)
    next_ones = [
        line
        for line in lines
        if line.session.status != "cancelled"
        and line.session.id != request.clinic_session_id
        and line.department.id == request.department_id
    ]
    in_order = sorted(next_ones, key=lambda line: (line.session.doctor_id != request.doctor_id, line.session.starts_at))
    for line in in_order:
        if line.doctor is None:
            continue
        follower = account_queries.find_staff_of_doctor(work.session, doctor_id=line.doctor.id)
        if follower is not None:
            return _Following(line, line.doctor, follower.id)
    return None


def _hand_over(work: Work, request: AssistRequest, *, conversation: Conversation, following: _Following) -> None:
    if request.staff_id is not None and request.staff_id != following.staff_id:
        # For whom it leaves it is over; the others hear right after this where it is now.
        conversation.version += 1
        work.session.flush()
        gone = view_of(work.session, request, conversation=conversation)
        over = {"state": "closed", "ended_at": work.now, "outcome": "handed_over"}
        work.emit(AssistChanged(request=gone.model_copy(update=over)))
    request.clinic_session_id = following.line.session.id
    request.doctor_id, request.staff_id = following.doctor.id, following.staff_id
    append_notice(
        work,
        conversation,
        code="assist.handed_over",
        fields={"to": f"{following.doctor.name}{following.doctor.title}"},
        to_patient=True,
    )
    changed(work, conversation)
    assist_clocks.follow_session(work, request)
