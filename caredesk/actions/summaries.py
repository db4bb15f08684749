"""Views of conversations, queues and agents, put together from several islands. Reading only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts.presence_queries import AgentNow, Seat
from caredesk.actions import clinic, floor_hours
from caredesk.actions.names import Names
from caredesk.assistance import queries as assist_queries
from caredesk.clinic.rules import OpenState
from caredesk.conversations import line_queries, request_queries, search_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.plain import AnyConversation
from caredesk.conversations.rules import preview
from caredesk.events.shapes import (
    AgentView,
    ConversationSummary,
    OfferView,
    PatientConversation,
    QueueState,
    WaitEstimate,
)
from caredesk.patients.rules import mask_name
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Offer, Queue
from caredesk.queue.rules import DEFAULT_HANDLING_SECONDS, estimate_wait, head_start_of
from caredesk.telephony import queries as call_queries


def summary_of(session: Session, conversation: AnyConversation) -> ConversationSummary:
    """Return one row of the console's lists."""
    return summaries(session, [conversation])[0]


def summaries(
    session: Session, conversations: Sequence[AnyConversation], *, names: Names | None = None
) -> list[ConversationSummary]:
    """Return rows of the console's lists with three look-ups however many there are.

    Who needs names for more than this hands in those that are known.
    """
    names = names or Names(session)
    families = names.of_guardians(c.guardian_id for c in conversations)
    # Only what is closed can have been rated.
    closed = [c.id for c in conversations if c.status == "closed"]
    scores = conversation_queries.scores_of(session, conversation_ids=closed)
    staff_names = names.of_staff(c.assignee_id for c in conversations)
    # Behind a request stands a colleague, whose name is not masked.
    # Of a caller nobody knows, the masked number is all there is.
    asking = [c.visitor_id for c in conversations if c.channel == "assist" or _is_unknown_caller(c)]
    colleagues = request_queries.names_of_visitors(session, visitor_ids=asking) if asking else {}
    types = _request_types(session, conversations)
    return [
        _summary(
            c,
            title=colleagues.get(c.visitor_id) or mask_name(families.get(c.guardian_id or "", "")),
            assignee_name=staff_names.get(c.assignee_id or ""),
            score=scores.get(c.id),
            request_type=types.get(c.id, ("", "")),
        )
        for c in conversations
    ]


def _request_types(session: Session, conversations: Sequence[AnyConversation]) -> dict[str, tuple[str, str]]:
    """Return what colleagues ask for, in both languages, by their talks."""
    asked = [c.id for c in conversations if c.channel == "assist"]
    if not asked:
        return {}
    words = {kind.key: (kind.zh, kind.en) for kind in assist_queries.list_types(session)}
    keys = assist_queries.type_keys_of(session, conversation_ids=asked)
    return {id: words.get(key, (key, key)) for id, key in keys.items()}


def _is_unknown_caller(conversation: AnyConversation) -> bool:
    return conversation.channel == "hotline" and conversation.guardian_id is None


def _summary(
    conversation: AnyConversation,
    *,
    title: str,
    assignee_name: str | None,
    score: int | None,
    request_type: tuple[str, str],
) -> ConversationSummary:
    return ConversationSummary(
        id=conversation.id,
        number=conversation.number,
        version=conversation.version,
        head=conversation.staff_seq,
        channel=conversation.channel,
        status=conversation.status,
        title=title,
        language=conversation.language,
        queue_id=conversation.queue_id,
        assignee_id=conversation.assignee_id,
        assignee_name=assignee_name,
        priority=conversation.priority,
        flags=conversation.flags,
        arrived_at=conversation.arrived_at,
        promised_at=conversation.promised_at,
        waiting_reply_since=conversation.waiting_reply_since,
        reply_due_at=conversation.reply_due_at,
        last_message=conversation.last_message,
        last_message_by=conversation.last_message_by,
        last_message_at=conversation.last_message_at,
        unread=conversation.unread,
        read_by_patient_seq=conversation.patient_read_seq,
        created_at=conversation.created_at,
        closed_at=conversation.closed_at,
        close_category=conversation.close_category,
        close_outcome=conversation.close_outcome,
        score=score,
        reopened=conversation.reopens_id is not None,
        request_type=request_type[0],
        request_type_en=request_type[1],
    )


def patient_view(
    session: Session,
    conversation: AnyConversation,
    *,
    now: datetime,
    wait: WaitEstimate | None = None,
    names: Names | None = None,
) -> PatientConversation:
    """Return the visitor's view of a conversation's state, with place and wait while waiting.

    Who tells a whole line at once passes the `wait`, so that it is not looked up for each.
    """
    return patient_views(session, [conversation], now=now, wait=wait, names=names)[0]


def patient_views(
    session: Session,
    conversations: Sequence[AnyConversation],
    *,
    now: datetime,
    wait: WaitEstimate | None = None,
    names: Names | None = None,
) -> list[PatientConversation]:
    """Return the visitors' views of several conversations, with names looked up for all at once."""
    names = names or Names(session)
    queues = names.of_queues(c.queue_id for c in conversations)
    agents = names.of_staff(c.assignee_id for c in conversations)
    return [
        _patient_view(
            session, c, queue_names=queues.get(c.queue_id or ""), agent_name=agents.get(c.assignee_id or ""), wait=wait
        )
        for c in conversations
    ]


def _patient_view(
    session: Session,
    conversation: AnyConversation,
    *,
    queue_names: tuple[str, str] | None,
    agent_name: str | None,
    wait: WaitEstimate | None,
) -> PatientConversation:
    closed, waiting = conversation.status == "closed", conversation.status == "waiting"
    rating = conversation_queries.find_rating(session, conversation_id=conversation.id) if closed else None
    queue_name, queue_name_en = queue_names or (None, None)
    return PatientConversation(
        id=conversation.id,
        number=conversation.number,
        status=conversation.status,
        queue_name=queue_name,
        queue_name_en=queue_name_en,
        agent_name=agent_name,
        wait=(wait or wait_of(session, conversation)) if waiting else None,
        promised_at=conversation.promised_at,
        read_by_staff_seq=conversation.staff_read_seq,
        head=conversation.patient_seq,
        created_at=conversation.created_at,
        closed_at=conversation.closed_at,
        rated=rating is not None,
    )


@dataclass(frozen=True)
class Service:
    """What a queue's agents can do now: conversations at a time, places free, seconds each takes."""

    slots: int
    free_slots: int
    handling_seconds: float


def service_of(session: Session, *, queue_id: str) -> Service:
    """Return what the agents who are there can do for a queue."""
    skilled = queue_queries.skills_of_queue(session, queue_id=queue_id)
    ready = [seat for seat in presence_queries.list_seats(session, staff_ids=skilled) if _serves_now(seat)]
    handling = conversation_queries.mean_handling_seconds(session, queue_id=queue_id)
    return Service(
        slots=sum(seat.capacity for seat in ready),
        free_slots=sum(max(seat.capacity - seat.load, 0) for seat in ready),
        handling_seconds=handling or DEFAULT_HANDLING_SECONDS,
    )


def wait_at(position: int, *, service: Service) -> WaitEstimate:
    """Return the honest range of minutes for a place in the line."""
    wait = estimate_wait(
        position=position,
        slots=service.slots,
        free_slots=service.free_slots,
        handling_seconds=service.handling_seconds,
    )
    return WaitEstimate(position=position, low_minutes=wait.low_minutes, high_minutes=wait.high_minutes)


def wait_of(session: Session, conversation: AnyConversation) -> WaitEstimate:
    """Return the place of one conversation in its queue and an honest range of minutes."""
    position = place_of(session, conversation)
    return wait_at(position, service=service_of(session, queue_id=conversation.queue_id or ""))


def place_of(session: Session, conversation: AnyConversation) -> int:
    """Return the place of a conversation in its line; 1 is next."""
    head_start = partial(head_start_of, policy=policy_queries.active_policy(session))
    return line_queries.count_before(session, conversation=conversation, head_start=head_start) + 1


def _serves_now(seat: Seat) -> bool:
    return seat.connected and seat.state == "ready"


def agent_views(session: Session, *, staff_ids: Sequence[str] | None = None) -> list[AgentView]:
    """Return colleagues with state, load and the queues they serve."""
    queue_ids = queue_queries.queue_ids_of_all(session, staff_ids=staff_ids)
    agents = presence_queries.list_agents_now(session, staff_ids=staff_ids)
    voices = call_queries.voices_of(session, staff_ids=staff_ids)
    return [_agent_view(a, queue_ids=queue_ids.get(a.staff.id, []), voice=voices.get(a.staff.id, "")) for a in agents]


def agent_view(session: Session, *, staff_id: str) -> AgentView:
    """Return one colleague as `agent_views` does, or raise."""
    agent = presence_queries.get_agent_now(session, staff_id=staff_id)
    voices = call_queries.voices_of(session, staff_ids=[staff_id])
    queue_ids = queue_queries.queue_ids_of(session, staff_id=staff_id)
    return _agent_view(agent, queue_ids=queue_ids, voice=voices.get(staff_id, ""))


def _agent_view(agent: AgentNow, *, queue_ids: Sequence[str], voice: str) -> AgentView:
    presence = agent.presence
    return AgentView(
        staff_id=agent.staff.id,
        name=agent.staff.name,
        name_en=agent.staff.name_en,
        state=presence.state,
        reason=presence.reason,
        since=presence.since,
        connected=agent.connected,
        load=presence.load,
        capacity=presence.capacity,
        queue_ids=list(queue_ids),
        voice=voice,
    )


def queue_view(
    session: Session, queue: Queue, *, at: datetime, state: OpenState | None = None, waiting: int | None = None
) -> QueueState:
    """Return a queue's open state by the one evaluator, with who waits and who is there.

    Who knows the `state`, or has just counted who is `waiting`, hands it in.
    """
    state = state or clinic.queue_state(session, queue, at=at)
    skilled = queue_queries.skills_of_queue(session, queue_id=queue.id)
    if waiting is None:
        waiting = line_queries.count_line(session, queue_id=queue.id)
    return QueueState(
        id=queue.id,
        key=queue.key,
        name=queue.name,
        name_en=queue.name_en,
        kind=queue.kind,
        open=state.open,
        reason=state.reason,
        next_change=state.next_change,
        next_open=state.next_open,
        waiting=waiting,
        longest_wait_since=line_queries.longest_wait_since(session, queue_id=queue.id) if waiting else None,
        ready_agents=presence_queries.count_ready(session, staff_ids=skilled),
        service_level_seconds=queue.service_level_seconds,
        by_hand=floor_hours.hand_view(session, queue_id=queue.id, at=at),
    )


def offer_view(session: Session, offer: Offer) -> OfferView:
    """Return an offer as the agent sees it."""
    return offer_views(session, [offer])[0]


def offer_views(
    session: Session, offers: Sequence[Offer], *, conversations: Mapping[str, AnyConversation] | None = None
) -> list[OfferView]:
    """Return offers as their agents see them, with as many look-ups for many as for one.

    Who has just read the `conversations` hands them in, so that they are not read again.
    """
    ids = [offer.conversation_id for offer in offers]
    conversations = conversations or line_queries.load_conversations(session, ids=ids)
    titles = {one.id: one.title for one in summaries(session, [conversations[id_] for id_ in ids])}
    said = search_queries.last_words_of_visitors(session, conversation_ids=ids)
    views = []
    for offer in offers:
        conversation = conversations[offer.conversation_id]
        queue = queue_queries.get_queue(session, queue_id=offer.queue_id)
        view = OfferView(
            id=offer.id,
            conversation_id=conversation.id,
            conversation_number=conversation.number,
            channel=conversation.channel,
            priority=conversation.priority,
            title=titles[conversation.id],
            queue_id=queue.id,
            queue_name=queue.name,
            language=conversation.language,
            last_message=preview(said.get(conversation.id, "")),
            arrived_at=conversation.arrived_at,
            flags=conversation.flags,
            made_at=offer.made_at,
            expires_at=offer.expires_at,
        )
        views.append(view)
    return views
