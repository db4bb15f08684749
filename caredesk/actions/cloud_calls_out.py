"""Calls that a cloud call centre is asked to make: its agent's phone rings first, then the family's.

The wish is kept before the vendor is asked, and the vendor is asked once: after a crash in between nobody is rung
twice, and a call of which nothing is ever heard is over after an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts import queries as account_queries
from caredesk.actions import call_views, chat, cloud_calls, presence
from caredesk.actions.call_callers import Caller, open_conversation
from caredesk.actions.calls_out import Target, Whom, target_of
from caredesk.actions.replies import AsStaff
from caredesk.actions.timeline import changed, status_changed
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.ports import Dialled
from caredesk.core.sealed import opened_text, sealed_text
from caredesk.core.work import Work
from caredesk.patients.rules import phone_digits, phone_tail
from caredesk.queue.errors import AgentNotAvailable
from caredesk.telephony import cloud_queries, queries
from caredesk.telephony.call_state import CallState
from caredesk.telephony.models import Call

UNHEARD_AFTER = timedelta(hours=1)
DIALLED = "dial_by_cloud.number"
"""For what the number is sealed that a job is told."""


@dataclass(frozen=True)
class Wish:
    """What the vendor is asked for: ring this agent, then this number (E.164)."""

    login: str
    phone: str
    number: str


def call_out(work: Work, *, who: AsStaff, whom: Whom, provider: str) -> Call:
    """Wish for a call to somebody; numbers and consent are judged as for calls of our own."""
    target = target_of(work.session, who=who, whom=whom)
    presence.ensure(work, staff_id=who.staff_id)
    if presence_queries.lock_presence(work.session, staff_id=who.staff_id).exclusive:
        raise AgentNotAvailable
    conversation = _open(work, target, staff_id=who.staff_id)
    call = _call(work, target, conversation=conversation, provider=provider, staff_id=who.staff_id)
    # What the vendor tells of it carries our own id.
    cloud_queries.name_call(work.session, provider=provider, numbers={call.id}, call_id=call.id)
    cloud_calls.take_agent(work, call, staff_id=who.staff_id)
    number = sealed_text(work.session, target.e164, place=DIALLED, row=call.id, holder=call.key_holder())
    work.enqueue("dial_by_cloud", {"call_id": call.id, "number": number}, key=f"cloud_dial:{call.id}")
    payload = {"call_id": call.id}
    work.enqueue("end_unheard_call", payload, due_at=work.now + UNHEARD_AFTER, key=f"cloud_unheard:{call.id}")
    call_views.tell(work, call, conversation=conversation)
    return call


def _open(work: Work, target: Target, *, staff_id: str) -> Conversation:
    digits = phone_digits(target.e164)
    caller = Caller(digits, phone_tail(digits), target.guardian_id, ())
    conversation = open_conversation(work, caller=caller, at=work.now)
    conversation.status, conversation.assignee_id = "active", staff_id
    conversation.arrived_at = conversation.assigned_at = work.now
    work.session.flush()
    status_changed(work, conversation)
    changed(work, conversation)
    return conversation


def _call(work: Work, target: Target, *, conversation: Conversation, provider: str, staff_id: str) -> Call:
    call_id, digits = new_id(), phone_digits(target.e164)
    state = CallState(id=call_id, direction="out", phase="ringing", started_at=work.now, since=work.now)
    call = Call(
        id=call_id,
        conversation_id=conversation.id,
        engine=provider,
        direction="out",
        phase="ringing",
        state=state.model_dump(mode="json"),
        caller=digits,
        agent_id=staff_id,
        request_id=target.request_id,
        about_id=target.about_id,
        started_at=work.now,
    )
    work.session.add(call)
    work.session.flush()
    return call


# ---- asking the vendor -------------------------------------------------------------------------------------


def claim_wish(work: Work, *, call_id: str, number: str) -> Wish | None:
    """Return what to ask the vendor for, once; None when it was asked before or the call is over."""
    call = queries.find_call(work.session, call_id=call_id)
    if call is None or call.ended_at is not None or call.agent_id is None:
        return None
    if not cloud_queries.claim_dial(work.session, provider=call.engine, call_id=call.id):
        return None
    staff = account_queries.get_staff(work.session, staff_id=call.agent_id)
    opened = opened_text(work.session, number, place=DIALLED, row=call_id)
    return Wish(staff.login, _desk_phone(work.session, staff_id=staff.id), opened)


def _desk_phone(session: Session, *, staff_id: str) -> str:
    return cloud_queries.find_desk_phone(session, staff_id=staff_id) or ""


def keep_dialled(work: Work, *, call_id: str, dialled: Dialled | None) -> None:
    """Keep what the vendor said; who is refused is free again at once."""
    call = queries.find_call(work.session, call_id=call_id)
    if call is None or dialled is None:
        return
    if dialled.fate == "refused":
        _give_up(work, call)
    elif dialled.provider_id:
        numbers = {dialled.provider_id}
        cloud_queries.name_call(work.session, provider=call.engine, numbers=numbers, call_id=call.id)
        # Its first pushes may have been faster than the answer.
        cloud_calls.look_at(work, provider=call.engine, call=dialled.provider_id)


def end_unheard(work: Work, *, call_id: str) -> None:
    """End a call of which nothing was ever heard."""
    call = queries.find_call(work.session, call_id=call_id)
    if call is not None and not cloud_queries.was_heard_of(work.session, call_id=call.id):
        _give_up(work, call)


def _give_up(work: Work, call: Call) -> None:
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=call.conversation_id)
    if call.ended_at is not None:
        return
    call.phase, call.disposition, call.hung_up_by = "ended", "failed", "system"
    call.ended_at = call.wrapped_at = work.now
    ended = {"phase": "ended", "disposition": "failed", "hung_up_by": "system", "since": work.now.isoformat()}
    call.state = {**call.state, **ended}
    cloud_calls.free_agent(work, call, staff_id=conversation.assignee_id)
    if conversation.status != "closed":
        chat.close(work, conversation, by=cloud_calls.BY_DESK, category="", outcome="", note="")
    call_views.tell(work, call, conversation=conversation)
