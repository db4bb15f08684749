"""The matcher's offer of a call rings a phone; a timer of a waiting caller tells the place. Jobs, right after a match.

Matching locks queue and agents, a call's step its conversation: a job between them keeps their locks from crossing.
"""

from __future__ import annotations

from datetime import timedelta

from caredesk.actions import call_backs, call_steps, calls
from caredesk.actions.call_phones import ringable
from caredesk.actions.calls_out import call_back
from caredesk.actions.routing import withdraw_offer
from caredesk.actions.summaries import place_of, service_of
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Offer
from caredesk.queue.rules import estimate_wait
from caredesk.telephony import prompt_rules
from caredesk.telephony.call_state import DeskFact, OfferMade, PlaceKnown, TimeOut
from caredesk.telephony.models import Call

LOOK_AGAIN = timedelta(seconds=1)
ANSWERED_BEFORE = 3
"""Seconds before an offer ends at the desk the phone stops ringing, so that the engine's word comes first."""
SHORTEST_RING = 5


def ring_agent(work: Work, *, offer_id: str) -> None:
    """Ring the agent who was asked to take a call, or whose turn it is to call somebody back."""
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is None:
        return
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=offer.conversation_id)
    work.session.refresh(offer)
    if offer.state != "pending":
        return
    call = call_steps.lock_live(work, conversation)
    owed = call_backs.find_owed(work.session, conversation_id=conversation.id)
    if call is None and owed is None:
        # A spoken message: the offer is answered in the console.
        return
    users = ringable(work.session, staff_id=offer.staff_id, now=work.now)
    if not users:
        withdraw_offer(work, offer_id=offer.id, reason="no_phone")
    elif call is None:
        call_back(work, conversation=conversation, offer=offer, users=users)
    elif call.phase == "waiting":
        _ring(work, call, offer=offer, users=users, conversation=conversation)
    elif call.phase == "leaving":
        # The caller hears the last words; the call-back that was asked for can begin when the line is free.
        work.enqueue("ring_agent", {"offer_id": offer.id}, due_at=work.now + LOOK_AGAIN, key=f"ring:{offer.id}")
    elif call.phase in ("menu", "message"):
        withdraw_offer(work, offer_id=offer.id, reason="caller_busy")


def _ring(work: Work, call: Call, *, offer: Offer, users: list[str], conversation: Conversation) -> None:
    _, setup = call_steps.setup_now(work.session)
    left = int((offer.expires_at - work.now).total_seconds()) - ANSWERED_BEFORE
    seconds = max(SHORTEST_RING, min(setup.ring_seconds, left))
    fact = OfferMade(offer.id, offer.staff_id, tuple(users), seconds)
    _take(work, call, fact, conversation=conversation)


def time_call(work: Work, *, call_id: str, timer: int) -> None:
    """Ring a timer of a call: in the menu nothing was chosen, in the line it is time to tell the place."""
    locked = call_steps.get_locked(work, call_id=call_id)
    if locked is None:
        return
    call, conversation = locked
    fact: DeskFact = TimeOut(timer)
    if call.phase == "waiting":
        fact = PlaceKnown(timer, _place(work, call, conversation=conversation))
    _take(work, call, fact, conversation=conversation)


def _place(work: Work, call: Call, *, conversation: Conversation) -> tuple[str, ...]:
    _, setup = call_steps.setup_now(work.session)
    position = place_of(work.session, conversation)
    service = service_of(work.session, queue_id=conversation.queue_id or "")
    wait = estimate_wait(
        position=position,
        slots=service.slots,
        free_slots=service.free_slots,
        handling_seconds=service.handling_seconds,
    )
    return prompt_rules.place_and_wait(
        position,
        low_seconds=wait.low_seconds,
        high_seconds=wait.high_seconds,
        can_call_back=setup.call_back and bool(call.caller) and call.direction == "in",
    )


def _take(work: Work, call: Call, fact: DeskFact, *, conversation: Conversation) -> None:
    effects = call_steps.take(work, call, fact, conversation=conversation, at=work.now)
    calls.do(work, call, effects, conversation=conversation, at=work.now)
