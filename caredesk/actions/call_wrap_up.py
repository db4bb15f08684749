"""The end of a call: what becomes of its conversation, the wrap-up of whoever answered, and its time."""

from __future__ import annotations

from datetime import timedelta

from caredesk.accounts import presence_queries
from caredesk.actions import call_backs, call_steps, chat, presence
from caredesk.actions.budget import share_now
from caredesk.actions.match_asking import ask_for_match, ask_for_matches_of
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.telephony import queries
from caredesk.telephony.models import Call

LOOK_AGAIN = timedelta(seconds=10)
BY_CALLER = "visitor"
BY_DESK = "desk"
KEEPS_WAITING = frozenset({"callback_requested"})
"""Dispositions after which the conversation waits on without its caller."""


def finish(work: Work, call: Call, *, conversation: Conversation) -> None:
    """Bring the conversation of a call that has just ended to where it belongs; both are locked."""
    queries.drop_commands(work.session, call_id=call.id, now=work.now)
    work.session.refresh(conversation)
    if call.direction == "call_back":
        _settle_call_back(work, call, conversation=conversation)
        work.session.refresh(conversation)
    if conversation.status == "active":
        _after_talk(work, call, conversation=conversation)
    elif conversation.status != "closed":
        _after_waiting(work, call, conversation=conversation)
    call_steps.tell(work, call, conversation=conversation)


def _settle_call_back(work: Work, call: Call, *, conversation: Conversation) -> None:
    _, setup = call_steps.setup_now(work.session)
    pause = timedelta(minutes=setup.call_back_pause_minutes)
    # An engine rings the family when the agent has answered: whoever gave up then, they were called and not reached.
    was_called = call.agent_id is not None and call.bridged_at is None
    disposition = call_backs.UNREACHABLE if was_called else call.disposition
    call_backs.settle(work, conversation, disposition=disposition, reason="", pause=pause)
    if conversation.status != "active":
        # Put off, or closed as unreachable: its agent was freed with it.
        call.holds_agent = False
        work.session.flush()


def _after_talk(work: Work, call: Call, *, conversation: Conversation) -> None:
    """Let the agent wrap up; a call about something else, or one that never came about, leaves nothing to note.

    Only a call that an agent made by themselves closes its talk so: a call-back's is owed, and may be another's by now.
    """
    came_to_nothing = call.direction == "out" and call.bridged_at is None and call.disposition == "failed"
    if call.request_id or call.about_id or came_to_nothing:
        call.holds_agent = False
        work.session.flush()
        chat.close(work, conversation, by=BY_DESK, category="", outcome="", note="")
        return
    if not call.holds_agent:
        return
    _, setup = call_steps.setup_now(work.session)
    call.wrap_up_until = work.now + timedelta(seconds=setup.wrap_up_seconds)
    work.enqueue("end_wrap_up", {"call_id": call.id}, due_at=call.wrap_up_until, key=f"wrap_up:{call.id}")
    presence.tell(work, staff_id=call.agent_id or "")


def _after_waiting(work: Work, call: Call, *, conversation: Conversation) -> None:
    """Close what nobody answered (B53), unless something of it is left to do."""
    if call.disposition in KEEPS_WAITING:
        if conversation.queue_id is not None and conversation.status == "waiting":
            ask_for_match(work, queue_id=conversation.queue_id, trigger="call_back_kept")
        return
    if call.disposition == "voicemail" or call.direction == "call_back":
        return
    by = BY_CALLER if call.hung_up_by == "caller" else BY_DESK
    chat.close(work, conversation, by=by, category="", outcome="", note="")


def end_wrap_up(work: Work, *, call_id: str) -> None:
    """Free an agent whose time for the wrap-up is over; the conversation is still theirs to close."""
    locked = call_steps.get_locked(work, call_id=call_id)
    if locked is None:
        return
    call, conversation = locked
    if not call.holds_agent or call.ended_at is None or call.agent_id is None:
        return
    if queries.list_live_of_agent(work.session, staff_id=call.agent_id):
        # They call once more about it: nobody else is put through meanwhile.
        work.enqueue("end_wrap_up", {"call_id": call.id}, due_at=work.now + LOOK_AGAIN, key=f"wrap_up:{call.id}")
        return
    call.holds_agent, call.wrapped_at = False, work.now
    work.session.flush()
    share = share_now(work.session, conversation.channel)
    presence_queries.free_slot(work.session, staff_id=call.agent_id, now=work.now, share=share)
    call_steps.tell(work, call, conversation=conversation)
    presence.tell(work, staff_id=call.agent_id)
    ask_for_matches_of(work, staff_id=call.agent_id, trigger="wrap_up_over")
