"""What people at the desk do with a call: answer by phone, hold, hang up, transfer, ask a colleague, listen."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts.rules import Permission, permissions_of
from caredesk.actions import call_backs, call_engines, call_steps, calls, floor_trail, handoff, presence, routing
from caredesk.actions.budget import share_now
from caredesk.actions.call_phones import ringable
from caredesk.actions.call_views import call_view
from caredesk.actions.keeping import keep_line
from caredesk.actions.replies import AsStaff, can_see, lock_visible
from caredesk.actions.timeline import append_notice, changed
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.errors import ConversationNotFound, NotYours
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.call_shapes import CallView
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import AgentNotAvailable
from caredesk.queue.models import Offer
from caredesk.queue.offer_states import FIRST
from caredesk.telephony import queries
from caredesk.telephony.call_state import (
    CancelConsult,
    Complete,
    Consult,
    DeskFact,
    GiveBack,
    HangUp,
    Hold,
    Listen,
    SendDigits,
)
from caredesk.telephony.errors import (
    AnswerByPhone,
    CallMoved,
    CallNotCapable,
    CallNotFound,
    DigitsUnreadable,
    HotlineDown,
    NoPhone,
)
from caredesk.telephony.facts import CallEnded
from caredesk.telephony.models import Call

TONES = frozenset("0123456789*#")
RING_SECONDS = 25
NOTE_CHARACTERS = 500


# ---- looking ---------------------------------------------------------------------------------------------


def view_of(session: Session, *, conversation_id: str, who: AsStaff) -> CallView:
    """Return the newest call of a conversation that the person may see."""
    conversation = conversation_queries.get_conversation(session, conversation_id=conversation_id)
    if not can_see(session, conversation, who=who):
        raise ConversationNotFound
    call = queries.find_last(session, conversation_id=conversation_id)
    if call is None:
        raise CallNotFound
    return call_view(session, call, conversation=conversation)


# ---- offers ----------------------------------------------------------------------------------------------


def accept_offer(work: Work, *, offer_id: str, staff_id: str) -> Conversation:
    """Take a conversation that was offered. A call is taken by answering the phone that rings, and by nothing else."""
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is not None and offer.staff_id == staff_id and offer.state == "pending":
        live = queries.find_live(work.session, conversation_id=offer.conversation_id)
        owed = call_backs.find_owed(work.session, conversation_id=offer.conversation_id)
        if live is not None or owed is not None:
            raise AnswerByPhone
    return routing.accept_offer(work, offer_id=offer_id, staff_id=staff_id)


# ---- one's own call --------------------------------------------------------------------------------------


def hold(work: Work, *, conversation_id: str, who: AsStaff, on: bool) -> CallView:
    """Put the caller on hold or take them off it; it counts when the engine says so."""
    return _wish(work, Hold(on=on), conversation_id=conversation_id, who=who)


def hang_up(work: Work, *, conversation_id: str, who: AsStaff) -> CallView:
    """End one's call. While no engine is heard, the desk notes the end by itself, so that nobody is bound for ever."""
    call, conversation = _lock_own(work, conversation_id=conversation_id, who=who)
    if call_engines.find_up(work.session, now=work.now) is None:
        ended = CallEnded(
            id=new_id(), call_id=call.id, at=work.now, type="call.ended", by="agent", reason="engine_silent"
        )
        return _take(work, call, ended, conversation=conversation)
    return _take(work, call, HangUp(), conversation=conversation)


def send_digits(work: Work, *, conversation_id: str, who: AsStaff, digits: str) -> CallView:
    """Press keys towards the other side."""
    # First whose call it is: another's does not exist, whatever is pressed.
    call, conversation = _lock_own(work, conversation_id=conversation_id, who=who)
    if not set(digits) <= TONES:
        raise DigitsUnreadable
    return _take(work, call, SendDigits(digits), conversation=conversation)


def consult(work: Work, *, conversation_id: str, who: AsStaff, staff_id: str) -> CallView:
    """Ask a colleague while the caller holds; the colleague's place is taken as for a call of their own (B9)."""
    call, conversation = _lock_own(work, conversation_id=conversation_id, who=who)
    users = _colleague(work, staff_id=staff_id, not_=who.staff_id)
    _claim(work, staff_id=staff_id)
    return _take(work, call, Consult(staff_id, tuple(users), RING_SECONDS), conversation=conversation)


def complete(work: Work, *, conversation_id: str, who: AsStaff) -> CallView:
    """Leave the caller to the colleague who was asked."""
    return _wish(work, Complete(), conversation_id=conversation_id, who=who)


def cancel_consult(work: Work, *, conversation_id: str, who: AsStaff) -> CallView:
    """Go back to the caller."""
    return _wish(work, CancelConsult(), conversation_id=conversation_id, who=who)


def _wish(work: Work, wish: DeskFact, *, conversation_id: str, who: AsStaff) -> CallView:
    call, conversation = _lock_own(work, conversation_id=conversation_id, who=who)
    return _take(work, call, wish, conversation=conversation)


def _lock_own(work: Work, *, conversation_id: str, who: AsStaff) -> tuple[Call, Conversation]:
    """Return the live call that a person is on; a supervisor may act on anybody's."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    call = call_steps.lock_live(work, conversation)
    if call is None:
        raise CallMoved
    if conversation.assignee_id != who.staff_id and not who.sees_floor:
        raise NotYours
    return call, conversation


def _take(work: Work, call: Call, fact: DeskFact | CallEnded, *, conversation: Conversation) -> CallView:
    effects = call_steps.take(work, call, fact, conversation=conversation, at=work.now)
    calls.do(work, call, effects, conversation=conversation, at=work.now)
    work.session.refresh(conversation)
    return call_view(work.session, call, conversation=conversation)


def _colleague(work: Work, *, staff_id: str, not_: str) -> list[str]:
    """Return the phones of a colleague who can be asked now."""
    found = next(iter(presence_queries.list_agents_now(work.session, staff_ids=[staff_id])), None)
    if found is None or staff_id == not_ or not found.connected:
        raise AgentNotAvailable
    if Permission.WORK not in permissions_of(found.staff.roles):
        raise AgentNotAvailable
    users = ringable(work.session, staff_id=staff_id, now=work.now)
    if not users:
        raise NoPhone
    return users


def _claim(work: Work, *, staff_id: str) -> None:
    share = share_now(work.session, call_steps.CHANNEL)
    if not presence_queries.claim_slot(work.session, staff_id=staff_id, share=share):
        raise AgentNotAvailable
    presence.tell(work, staff_id=staff_id)


# ---- blind transfer --------------------------------------------------------------------------------------


def transfer(
    work: Work, *, conversation_id: str, who: AsStaff, target_kind: str, target_id: str, note: str
) -> CallView:
    """Give the caller to a queue, or to a colleague whose phone rings at once; the arrival, and so the place, stays.

    A colleague who does not answer is a missed offer: the caller then waits in the queue like anybody (B4, B7).
    """
    call, conversation = _lock_own(work, conversation_id=conversation_id, who=who)
    giver, words = conversation.assignee_id or "", keep_line(note).strip()[:NOTE_CHARACTERS]
    if target_kind == "agent":
        _colleague(work, staff_id=target_id, not_=giver)
        _claim(work, staff_id=target_id)
        target = presence_queries.get_agent_now(work.session, staff_id=target_id).staff.name
    else:
        queue = queue_queries.get_queue(work.session, queue_id=target_id)
        conversation.queue_id, target = queue.id, queue.name
    if conversation.queue_id is None:
        raise CallMoved
    effects = call_steps.take(work, call, GiveBack(), conversation=conversation, at=work.now)
    fields = {"from": giver, "to": target, "reason": "call", "note": words}
    append_notice(work, conversation, code="transfer", fields=fields)
    handoff.return_to_queue(work, conversation)
    call.agent_id, call.holds_agent = None, False
    work.session.flush()
    calls.do(work, call, effects, conversation=conversation, at=work.now)
    if target_kind == "agent":
        _offer_to(work, conversation, staff_id=target_id)
    changed(work, conversation, previous_assignee_id=giver)
    return call_view(work.session, call, conversation=conversation)


def _offer_to(work: Work, conversation: Conversation, *, staff_id: str) -> None:
    """Offer a waiting call to one colleague whose place has just been taken for it."""
    queue = queue_queries.get_queue(work.session, queue_id=conversation.queue_id or "")
    offer = Offer(
        id=new_id(),
        conversation_id=conversation.id,
        queue_id=queue.id,
        staff_id=staff_id,
        state=FIRST.value,
        made_at=work.now,
        expires_at=work.now + timedelta(seconds=queue.offer_seconds),
        reason="",
    )
    queue_queries.keep_match(work.session, decisions=[], offers=[offer])
    routing.tell_offer(work, offer)
    work.enqueue(
        "expire_offer", {"offer_id": offer.id}, due_at=offer.expires_at, key=queue_queries.expiry_key(offer.id)
    )
    work.enqueue("ring_agent", {"offer_id": offer.id}, key=f"ring:{offer.id}")


# ---- beside the agent ------------------------------------------------------------------------------------


def listen(work: Work, *, conversation_id: str, who: AsStaff, mode: str) -> CallView:
    """Stand beside somebody's call as a supervisor, if the engine can; that it was done is kept."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    call = call_steps.lock_live(work, conversation)
    if call is None or conversation.assignee_id == who.staff_id:
        raise CallMoved
    engine = call_engines.find_up(work.session, now=work.now)
    if engine is None:
        raise HotlineDown
    if mode not in engine.capabilities:
        raise CallNotCapable
    users = ringable(work.session, staff_id=who.staff_id, now=work.now)
    if not users:
        raise NoPhone
    shown = _take(work, call, Listen(who.staff_id, tuple(users), mode, RING_SECONDS), conversation=conversation)
    append_notice(work, conversation, code="floor.joined", fields={"name": work.actor.name})
    changed(work, conversation)
    about = {"conversation_id": conversation.id, "queue_id": conversation.queue_id}
    floor_trail.keep(work, what="listened", reason="", **about, staff_id=conversation.assignee_id, facts={"mode": mode})
    return shown
