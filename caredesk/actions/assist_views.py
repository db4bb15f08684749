"""A doctor's request as both sides see it, put together from its conversation, its row and its call-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.actions.call_up_views import legs_of
from caredesk.assistance import queries
from caredesk.assistance.models import AssistRequest
from caredesk.assistance.news_rules import TELL_AFTER
from caredesk.assistance.rules import Standing, state_of
from caredesk.conversations import line_queries, request_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.events.assist_shapes import AssistRequestView, LegView
from caredesk.events.catalogue import AssistChanged
from caredesk.patients import queries as patient_queries
from caredesk.patients.rules import mask_child_name

CHANNEL = "assist"

KEPT = (
    "id",
    "type_key",
    "staff_id",
    "raised_by",
    "appointment_id",
    "raised_at",
    "accept_due_at",
    "attempt_due_at",
    "report_due_at",
    "promised_at",
    "arrived_at",
    "arrived_by",
    "ended_at",
    "outcome",
    "score",
)
"""What a view shows just as the row has it."""


def tell(work: Work, *, request_id: str) -> None:
    """Tell everybody who looks at a request that it moved on."""
    request = queries.get_request(work.session, request_id=request_id)
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
    conversation.version += 1
    _tell(work, request, conversation=conversation)


def tell_with(work: Work, conversation: Conversation, *, previous_queue_id: str | None = None) -> None:
    """Tell the same when the request's conversation has changed, whose version has just grown."""
    request = queries.find_of_conversation(work.session, conversation_id=conversation.id)
    if request is not None:
        _tell(work, request, conversation=conversation, previous_queue_id=previous_queue_id)


def _tell(
    work: Work, request: AssistRequest, *, conversation: Conversation, previous_queue_id: str | None = None
) -> None:
    work.session.flush()
    view = view_of(work.session, request, conversation=conversation)
    floors = {"floor_queue_id": conversation.queue_id, "previous_queue_id": previous_queue_id}
    work.emit(AssistChanged(request=view, **floors))
    if request.staff_id is not None:
        tell_closed_page(work, request_id=request.id)


def tell_closed_page(work: Work, *, request_id: str, tries: int = 0, after: timedelta = TELL_AFTER) -> None:
    """Have who asked told in a moment, should no page of theirs be open then."""
    payload = {"request_id": request_id, "tries": tries}
    key = f"tell_doctor:{request_id}"
    work.enqueue("tell_doctor", payload, due_at=work.now + after, key=key, not_later=True)


def standing_of(request: AssistRequest, *, conversation: Conversation) -> Standing:
    """Return what decides a request's state."""
    return Standing(
        status=conversation.status,
        attempted=request.first_attempt_at is not None,
        promised=request.promised_at is not None,
        arrived=request.arrived_at is not None,
        outcome=request.outcome,
    )


def view_of(session: Session, request: AssistRequest, *, conversation: Conversation | None = None) -> AssistRequestView:
    """Return one request."""
    found = {conversation.id: conversation} if conversation is not None else None
    return views(session, [request], conversations=found)[0]


def views(
    session: Session, requests: Sequence[AssistRequest], *, conversations: dict[str, Conversation] | None = None
) -> list[AssistRequestView]:
    """Return requests with as many look-ups for many as for one."""
    ids = [one.conversation_id for one in requests]
    found = conversations or line_queries.load_conversations(session, ids=ids)
    names = account_queries.names_of(session, staff_ids=[who for c in found.values() if (who := server_of(c))])
    children = patient_queries.names_of_patients(session, patient_ids=[r.patient_id for r in requests if r.patient_id])
    words = {kind.key: (kind.zh, kind.en) for kind in queries.list_types(session)}
    unread = request_queries.count_unread_replies(session, conversation_ids=ids)
    legs = legs_of(session, request_ids=[one.id for one in requests])
    return [
        _view(
            one,
            found[one.conversation_id],
            words=words.get(one.type_key, (one.type_key, one.type_key)),
            child=mask_child_name(children.get(one.patient_id or "", "")),
            assignee=names.get(server_of(found[one.conversation_id]) or ""),
            unread=unread.get(one.conversation_id, 0),
            legs=legs[one.id],
        )
        for one in requests
    ]


def server_of(conversation: Conversation) -> str | None:
    """Return who serves a talk; of one that is over, who served it last."""
    if conversation.status == "closed" and conversation.assigned_at is not None:
        return conversation.preferred_agent_id
    return conversation.assignee_id


def _view(
    request: AssistRequest,
    conversation: Conversation,
    *,
    words: tuple[str, str],
    child: str,
    assignee: str | None,
    unread: int,
    legs: list[LegView],
) -> AssistRequestView:
    return AssistRequestView(
        **{name: getattr(request, name) for name in KEPT},
        conversation_id=conversation.id,
        number=conversation.number,
        version=conversation.version,
        head=conversation.patient_seq,
        type=words[0],
        type_en=words[1],
        child=child,
        state=state_of(standing_of(request, conversation=conversation)),
        assignee_name=assignee,
        urged=request.urged_at is not None,
        accepted_at=conversation.assigned_at,
        answer_by=conversation.promised_at if conversation.status == "message" else None,
        unread=unread,
        legs=legs,
    )
