"""Call-backs: a place that is kept without waiting, attempts inside hours, and the end after the last one (B55).

The line knows nothing of them: a conversation with a call-back waits like any other, and its offer leads to a call of
ours instead of a caller who holds the line. After an attempt that reached nobody it is a left message for a while.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.actions import chat, clinic, presence
from caredesk.actions.budget import share_now
from caredesk.actions.replies import AsStaff, can_see, lock_visible
from caredesk.actions.summaries import place_of
from caredesk.actions.timeline import append_notice, changed, status_changed
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.patients.rules import mask_phone
from caredesk.queue import queries as queue_queries
from caredesk.telephony import callback_queries as queries
from caredesk.telephony.callback_models import CallBack
from caredesk.telephony.callback_rules import after_attempt, callable_number
from caredesk.telephony.callback_schemas import CallBackView
from caredesk.telephony.errors import CallBackGone, CallStillOn
from caredesk.telephony.menu_schemas import HotlineSetup

SHOWN = 200
UNREACHABLE = "patient_unreachable"
BY_CALLER = "visitor"


def note(work: Work, conversation: Conversation, *, caller: str, setup: HotlineSetup) -> bool:
    """Keep the wish of a waiting caller to be called back; the conversation stays where it is in the line.

    False when it cannot be kept: call-backs are off, no number was shown, or the conversation is in no line that opens.
    The conversation must be locked.
    """
    number = callable_number(caller)
    if not setup.call_back or number is None or not _has_a_turn(work, conversation):
        return False
    call_back = CallBack(
        conversation_id=conversation.id,
        number=number,
        asked_at=work.now,
        state="waiting",
        attempts=0,
        attempts_limit=setup.call_back_attempts,
        last_outcome="",
    )
    queries.add_call_back(work.session, call_back=call_back)
    append_notice(work, conversation, code="call_back.kept")
    changed(work, conversation)
    return True


def _has_a_turn(work: Work, conversation: Conversation) -> bool:
    if conversation.status not in ("waiting", "message") or conversation.queue_id is None:
        return False
    queue = queue_queries.get_queue(work.session, queue_id=conversation.queue_id)
    state = clinic.queue_state(work.session, queue, at=work.now)
    return state.open or state.next_open is not None


def find_owed(session: Session, *, conversation_id: str) -> CallBack | None:
    """Return the call-back that an offer of this conversation leads to, if one is owed."""
    found = queries.find_call_back(session, conversation_id=conversation_id)
    return found if found is not None and found.state in queries.OWED else None


def find_owed_to(session: Session, *, caller: str) -> str | None:
    """Return the conversation of the call-back that a number waits for, if one is owed to it and has not begun."""
    number = callable_number(caller)
    return queries.find_waiting_for(session, number=number) if number is not None else None


def begin(work: Work, *, conversation_id: str) -> None:
    """Note that the patient is being called now."""
    call_back = queries.lock_call_back(work.session, conversation_id=conversation_id)
    if call_back is not None:
        call_back.state, call_back.last_at = "calling", work.now


def settle(work: Work, conversation: Conversation, *, disposition: str, reason: str, pause: timedelta) -> None:
    """Take what became of a call that was made for a call-back; the conversation must be locked.

    `answered` ends it. `patient_unreachable` counts as an attempt: another one after the pause, or the end of the
    conversation after the last. Anything else was no attempt, because nobody was called: it waits for its next turn,
    unless its conversation was closed meanwhile.
    """
    call_back = queries.lock_call_back(work.session, conversation_id=conversation.id)
    if call_back is None:
        return
    call_back.last_at, call_back.last_outcome = work.now, (reason or disposition)[:20]
    if disposition == "answered":
        call_back.state, call_back.ended_at = "reached", work.now
    elif disposition == UNREACHABLE:
        _not_reached(work, conversation, call_back=call_back, pause=pause)
    elif conversation.status == "closed":
        call_back.state, call_back.ended_at = "withdrawn", work.now
    else:
        call_back.state = "waiting"


def _not_reached(work: Work, conversation: Conversation, *, call_back: CallBack, pause: timedelta) -> None:
    tried = after_attempt(attempts=call_back.attempts, limit=call_back.attempts_limit, pause=pause, now=work.now)
    call_back.attempts, call_back.not_before = tried.attempts, tried.not_before
    fields = {"attempt": str(tried.attempts), "of": str(call_back.attempts_limit), "reason": call_back.last_outcome}
    append_notice(work, conversation, code="call_back.not_reached", fields=fields)
    if tried.not_before is None:
        call_back.state, call_back.ended_at = "unreachable", work.now
        if conversation.status != "closed":
            chat.close(work, conversation, by="desk", category="", outcome=UNREACHABLE, note="")
        return
    call_back.state = "waiting"
    _put_off(work, conversation)
    payload = {"conversation_id": conversation.id}
    work.enqueue("take_up_promised", payload, due_at=tried.not_before, key=f"take_up:{conversation.id}")


def withdraw(work: Work, *, conversation_id: str, who: AsStaff) -> None:
    """Take a call-back from the list because nobody needs to be called any more; its conversation is closed.

    Raise CallBackGone when none is owed, CallStillOn while the family is being called.
    """
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    call_back = queries.lock_call_back(work.session, conversation_id=conversation_id)
    if call_back is None:
        raise CallBackGone
    if call_back.state == "calling":
        raise CallStillOn
    _end_wish(work, conversation, call_back=call_back, by=work.actor.id, name=work.actor.name)


def withdraw_for_caller(work: Work, *, conversation_id: str) -> None:
    """Take a call-back from the list because its caller, who calls again, has said so; nothing when it has begun."""
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=conversation_id)
    call_back = queries.lock_call_back(work.session, conversation_id=conversation_id)
    if call_back is not None and call_back.state == "waiting":
        _end_wish(work, conversation, call_back=call_back, by=BY_CALLER, name="")


def _end_wish(work: Work, conversation: Conversation, *, call_back: CallBack, by: str, name: str) -> None:
    call_back.state, call_back.ended_at = "withdrawn", work.now
    code = "call_back.withdrawn" if name else "call_back.withdrawn_by_caller"
    append_notice(work, conversation, code=code, fields={"name": name} if name else {})
    if conversation.status != "closed":
        chat.close(work, conversation, by=by, category="", outcome="", note="")


def _put_off(work: Work, conversation: Conversation) -> None:
    """Take the conversation from its agent and out of the line until the pause is over; its arrival stays (B4)."""
    staff_id, conversation.assignee_id = conversation.assignee_id, None
    conversation.status, conversation.preferred_agent_id = "message", None
    if staff_id is not None:
        share = share_now(work.session, conversation.channel)
        work.session.flush()
        presence_queries.free_slot(work.session, staff_id=staff_id, now=work.now, share=share)
    status_changed(work, conversation)
    changed(work, conversation, previous_assignee_id=staff_id)
    if staff_id is not None:
        presence.tell(work, staff_id=staff_id)


# ---- the list --------------------------------------------------------------------------------------------


def list_owed(session: Session, *, who: AsStaff) -> list[CallBackView]:
    """Return the call-backs that are owed, as far as somebody may see them, oldest wish first."""
    views = []
    for call_back in queries.list_owed(session, limit=SHOWN):
        conversation = conversation_queries.get_conversation(session, conversation_id=call_back.conversation_id)
        if conversation.status != "closed" and can_see(session, conversation, who=who):
            views.append(_view(session, call_back, conversation=conversation))
    return views


def _view(session: Session, call_back: CallBack, *, conversation: Conversation) -> CallBackView:
    queue = queue_queries.get_queue(session, queue_id=conversation.queue_id) if conversation.queue_id else None
    return CallBackView(
        conversation_id=conversation.id,
        number=conversation.number,
        caller=mask_phone(call_back.number),
        queue_name=queue.name if queue else "",
        queue_name_en=queue.name_en if queue else "",
        status=conversation.status,
        position=place_of(session, conversation) if conversation.status == "waiting" else None,
        asked_at=call_back.asked_at,
        attempts=call_back.attempts,
        attempts_limit=call_back.attempts_limit,
        not_before=call_back.not_before,
        last_outcome=call_back.last_outcome,
    )
