"""What happens to queue and conversation when a call moves on: intake of facts, and the deeds that follow from them.

A call is a conversation of the channel `hotline`, with a row for the call itself (ADR 0022): line, offers, budget,
notes, close and search are those of every conversation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from caredesk.accounts import presence_queries
from caredesk.actions import call_backs, call_phones, call_steps, call_wrap_up, clinic, handoff, presence, voicemails
from caredesk.actions.budget import share_now
from caredesk.actions.call_callers import find_caller, open_conversation
from caredesk.actions.call_menus import menu_now
from caredesk.actions.match_asking import ask_for_matches_of
from caredesk.actions.routing import accept_offer, decline_offer, expire_offer, withdraw_offer
from caredesk.actions.timeline import append_notice, changed
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import OfferGone, QueueNotFound
from caredesk.queue.models import Queue
from caredesk.telephony import prompt_rules, queries
from caredesk.telephony.call_menu import begin
from caredesk.telephony.call_state import (
    AcceptOffer,
    BeginMessage,
    CallBackKept,
    Effect,
    EndOffer,
    EnterQueue,
    Finish,
    FreeConsulted,
    GiveBack,
    HandOver,
    KeepMessage,
    NoteCallBack,
    PhoneGone,
    WaitAgain,
    WaitOver,
    Wake,
    WithdrawCallBack,
)
from caredesk.telephony.facts import CallArrived, CallFact
from caredesk.telephony.models import Call


def take_fact(work: Work, fact: CallFact, *, engine: str) -> bool:
    """Take one fact of a call; False when it is of a call that we do not know."""
    at = min(fact.at, work.now)
    if isinstance(fact, CallArrived):
        _arrive(work, fact, engine=engine, at=at)
        return True
    locked = call_steps.get_locked(work, call_id=fact.call_id)
    if locked is None:
        return False
    call, conversation = locked
    effects = call_steps.take(work, call, fact, conversation=conversation, at=at)
    do(work, call, effects, conversation=conversation, at=at)
    return True


def _arrive(work: Work, fact: CallArrived, *, engine: str, at: datetime) -> None:
    if not fact.call_id or queries.find_call(work.session, call_id=fact.call_id) is not None:
        return
    caller = find_caller(work.session, number=fact.caller)
    conversation = open_conversation(work, caller=caller, at=at)
    menu = menu_now(work.session, now=work.now, called=fact.called)
    owes = call_backs.find_owed_to(work.session, caller=caller.number) is not None
    step = begin(fact, now=at, menu=menu, owes=owes)
    call = Call(
        id=fact.call_id,
        conversation_id=conversation.id,
        engine=engine,
        direction="in",
        phase=step.state.phase,
        state=call_steps.menu_data(menu),
        caller=caller.number,
        called=fact.called[:40],
        trunk=fact.trunk,
        menu_version=menu.version,
        started_at=at,
        answered_at=at,
        talk_seconds=0.0,
        hold_seconds=0.0,
        version=0,
    )
    work.session.add(call)
    work.session.flush()
    changed(work, conversation)
    effects = call_steps.keep(work, call, step, before=None, conversation=conversation)
    do(work, call, effects, conversation=conversation, at=at)


# ---- deeds -----------------------------------------------------------------------------------------------


def do(work: Work, call: Call, effects: Iterable[Effect], *, conversation: Conversation, at: datetime) -> None:
    """Do what a step asks of queue and conversation, and what follows from that."""
    asked = deque(effects)
    while asked:
        asked.extendleft(reversed(_do_one(work, call, asked.popleft(), conversation=conversation, at=at)))


def _do_one(  # noqa: C901, PLR0912 (one branch for each deed)
    work: Work, call: Call, effect: Effect, *, conversation: Conversation, at: datetime
) -> list[Effect]:
    match effect:
        case EnterQueue():
            return _enter(work, call, effect, conversation=conversation, at=at)
        case AcceptOffer():
            return _accept(work, call, effect, conversation=conversation, at=at)
        case NoteCallBack():
            return _note_call_back(work, call, effect, conversation=conversation, at=at)
        case WithdrawCallBack():
            _withdraw_call_back(work, call)
        case EndOffer():
            _end_offer(work, effect)
        case WaitAgain():
            _wait_again(work, call, conversation=conversation)
        case PhoneGone():
            call_phones.lose(work, staff_id=effect.staff_id, user=effect.user, reason=effect.reason)
        case HandOver():
            _hand_over(work, call, effect, conversation=conversation)
        case FreeConsulted():
            _free(work, effect.staff_id)
        case BeginMessage():
            conversation.queue_id = conversation.queue_id or effect.queue_id
        case KeepMessage():
            _keep_message(work, effect, conversation=conversation)
        case Wake():
            payload = {"call_id": call.id, "timer": effect.timer}
            due = at + timedelta(seconds=effect.seconds)
            work.enqueue("time_call", payload, due_at=due, key=f"call_timer:{call.id}")
        case Finish():
            call_wrap_up.finish(work, call, conversation=conversation)
        case _:
            pass
    return []


def _enter(work: Work, call: Call, effect: EnterQueue, *, conversation: Conversation, at: datetime) -> list[Effect]:
    queue = _queue(work, effect.queue_id)
    conversation.queue_id = queue.id
    state = clinic.queue_state(work.session, queue, at=work.now)
    if state.open:
        conversation.arrived_at = conversation.arrived_at or at
        handoff.enter_queue(work, conversation, queue=queue)
        return []
    words = prompt_rules.closed(state.reason, next_open=state.next_open, now=work.now)
    return call_steps.take(work, call, WaitOver(words, "after_hours"), conversation=conversation, at=at)


def _queue(work: Work, queue_id: str | None) -> Queue:
    if queue_id:
        return queue_queries.get_queue(work.session, queue_id=queue_id)
    queue = queue_queries.find_queue_for_category(work.session, category=None)
    if queue is None:
        raise QueueNotFound
    return queue


def _accept(work: Work, call: Call, effect: AcceptOffer, *, conversation: Conversation, at: datetime) -> list[Effect]:
    """Give the conversation to who answered; an offer that was over a moment before lets the caller wait on."""
    if conversation.status != "waiting":
        # Closed or promised a moment ago: the place that the offer has taken is given back.
        withdraw_offer(work, offer_id=effect.offer_id, reason="gone")
    try:
        accept_offer(work, offer_id=effect.offer_id, staff_id=effect.staff_id)
    except OfferGone:
        if call.direction == "call_back":
            call_steps.issue(work, engine=call.engine, call_id=call.id, commands=[("hangup", {"reason": "offer_over"})])
            return []
        return call_steps.take(work, call, GiveBack(), conversation=conversation, at=at)
    work.session.refresh(conversation)
    conversation.first_reply_at = conversation.first_reply_at or at
    _hold(work, call, staff_id=effect.staff_id, conversation=conversation)
    return []


def _hold(work: Work, call: Call, *, staff_id: str, conversation: Conversation) -> None:
    """Note whose exclusive place a call takes."""
    call.agent_id, call.holds_agent, call.wrapped_at = staff_id, True, None
    work.session.flush()
    presence.tell(work, staff_id=staff_id)
    call_steps.tell(work, call, conversation=conversation)


def _end_offer(work: Work, effect: EndOffer) -> None:
    if effect.how == "time_out":
        expire_offer(work, offer_id=effect.offer_id)
    elif effect.how == "withdraw":
        withdraw_offer(work, offer_id=effect.offer_id, reason=effect.reason)
    else:
        offer = queue_queries.find_offer(work.session, offer_id=effect.offer_id)
        if offer is not None and offer.state == "pending":
            decline_offer(work, offer_id=offer.id, staff_id=offer.staff_id, reason=effect.reason)


def _wait_again(work: Work, call: Call, *, conversation: Conversation) -> None:
    """Let a caller wait again at the original place (B4, B52); the agent's place is free."""
    if conversation.status == "active":
        handoff.return_to_queue(work, conversation)
    call.agent_id, call.holds_agent = None, False
    work.session.flush()


def _hand_over(work: Work, call: Call, effect: HandOver, *, conversation: Conversation) -> None:
    """Make the consulted colleague, whose place was taken when they were asked, the owner of the conversation."""
    share = share_now(work.session, conversation.channel)
    if call.holds_agent and call.agent_id is not None:
        presence_queries.free_slot(work.session, staff_id=call.agent_id, now=work.now, share=share)
    giver, conversation.assignee_id = conversation.assignee_id, effect.taker
    conversation.preferred_agent_id = effect.taker
    conversation.status = "active"
    name = presence_queries.get_agent_now(work.session, staff_id=effect.taker).staff.name
    fields = {"from": effect.giver, "to": name, "reason": "consulted", "note": ""}
    append_notice(work, conversation, code="transfer", fields=fields)
    append_notice(work, conversation, code="agent.joined", fields={"name": name, "transferred": "1"}, to_patient=True)
    changed(work, conversation, previous_assignee_id=giver)
    _hold(work, call, staff_id=effect.taker, conversation=conversation)
    if giver is not None:
        presence.tell(work, staff_id=giver)
        ask_for_matches_of(work, staff_id=giver, trigger="call_handed_over")


def _free(work: Work, staff_id: str) -> None:
    """Give a consulted colleague's place back."""
    share = share_now(work.session, call_steps.CHANNEL)
    presence_queries.free_slot(work.session, staff_id=staff_id, now=work.now, share=share)
    presence.tell(work, staff_id=staff_id)
    ask_for_matches_of(work, staff_id=staff_id, trigger="consult_over")


# ---- call-backs and messages -------------------------------------------------------------------------------


def _note_call_back(
    work: Work, call: Call, effect: NoteCallBack, *, conversation: Conversation, at: datetime
) -> list[Effect]:
    if conversation.status == "bot":
        # Wished for in the menu: the place in the line is that of this moment.
        queue = _queue(work, effect.queue_id)
        conversation.queue_id = queue.id
        conversation.arrived_at = conversation.arrived_at or at
        if clinic.queue_state(work.session, queue, at=work.now).open:
            handoff.enter_queue(work, conversation, queue=queue)
    _, setup = call_steps.setup_now(work.session)
    kept = call_backs.note(work, conversation, caller=call.caller, setup=setup)
    return call_steps.take(work, call, CallBackKept(kept=kept), conversation=conversation, at=at)


def _withdraw_call_back(work: Work, call: Call) -> None:
    """Withdraw what a caller is owed, by a job: it is another conversation, and two are never locked together."""
    owed = call_backs.find_owed_to(work.session, caller=call.caller)
    if owed is not None:
        work.enqueue("withdraw_call_back", {"conversation_id": owed}, key=f"withdraw_call_back:{owed}")


def _keep_message(work: Work, effect: KeepMessage, *, conversation: Conversation) -> None:
    if conversation.status == "closed":
        # It was told of after the call's end, which had closed everything.
        conversation.status, conversation.closed_at, conversation.closed_by = "bot", None, ""
    queue = _queue(work, conversation.queue_id)
    if call_steps.VOICEMAIL not in conversation.flags:
        conversation.flags = [*conversation.flags, call_steps.VOICEMAIL]
    voicemails.keep(work, conversation, queue=queue, recording_id=effect.recording_id, seconds=effect.seconds)
