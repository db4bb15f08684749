"""Keeping promises about time: queues follow the clinic, left messages become work at opening, waits raise alerts."""

from __future__ import annotations

from datetime import datetime, timedelta

from caredesk.actions import alerts, call_steps, clinic
from caredesk.actions.line import begin_waiting
from caredesk.actions.match_asking import ask_for_match
from caredesk.actions.routing import tell_queue
from caredesk.actions.timeline import append_notice, changed, status_changed
from caredesk.clinic.rules import OpenState
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.events.alert_codes import AlertCode
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.telephony import prompt_rules

LOOK_AGAIN = timedelta(hours=6)
"""How soon a queue without any known change is looked at again."""


def follow_all_queues(work: Work) -> None:
    """Bring every queue in line with the schedule now; after a start and after every change of the schedule."""
    for queue in queue_queries.list_queues(work.session):
        work.enqueue("follow_clinic", {"queue_id": queue.id}, key=f"follow_clinic:{queue.id}")


def follow_clinic(work: Work, *, queue_id: str) -> None:
    """Open or close a queue's line as the evaluator says, and come back at the next change (B15, B18, B19)."""
    queue = queue_queries.lock_queue(work.session, queue_id=queue_id)
    state = clinic.queue_state(work.session, queue, at=work.now)
    if state.open:
        _take_up_messages(work, queue=queue)
    else:
        _turn_waiting_into_messages(work, queue=queue, state=state)
    tell_queue(work, queue=queue, state=state)
    due = min(state.next_change or work.now + LOOK_AGAIN, work.now + LOOK_AGAIN)
    work.enqueue("follow_clinic", {"queue_id": queue_id}, due_at=due, key=f"follow_clinic:{queue_id}")


def _take_up_messages(work: Work, *, queue: Queue) -> None:
    """Left messages become waiting work, in the order in which they came."""
    for left in conversation_queries.list_waiting(work.session, queue_ids=[queue.id], statuses=["message"]):
        conversation = conversation_queries.lock_conversation(work.session, conversation_id=left.id)
        take_up(work, conversation, queue=queue)
    ask_for_match(work, queue_id=queue.id, trigger="clinic_opened")


def take_up(work: Work, conversation: Conversation, *, queue: Queue) -> None:
    """Make a left message waiting work again, at the place of its arrival."""
    begin_waiting(work, conversation, queue=queue)
    append_notice(work, conversation, code="queue.reopened", to_patient=True)
    status_changed(work, conversation)
    changed(work, conversation)


def _turn_waiting_into_messages(work: Work, *, queue: Queue, state: OpenState) -> None:
    """Nobody who waits at closing time is left: the wait becomes a message with a promised time (B18)."""
    for waiting in conversation_queries.list_waiting(work.session, queue_ids=[queue.id], statuses=["waiting"]):
        # Someone is being asked right now; the offer's end brings the conversation back here.
        if queue_queries.find_pending_offer(work.session, conversation_id=waiting.id) is None:
            conversation = conversation_queries.lock_conversation(work.session, conversation_id=waiting.id)
            promise(work, conversation, queue=queue, next_open=state.next_open, code="queue.closing")
            words = prompt_rules.closed(state.reason, next_open=state.next_open, now=work.now)
            call_steps.wait_over(work, conversation, prompts=words)


def promise(work: Work, conversation: Conversation, *, queue: Queue, next_open: datetime | None, code: str) -> None:
    """Make a conversation a left message that is answered some minutes after the next opening."""
    promise_by(work, conversation, answered_by=promised_time(queue, next_open=next_open), code=code)


def promise_by(work: Work, conversation: Conversation, *, answered_by: datetime | None, code: str) -> None:
    """Make a conversation a left message with the time by which it is answered."""
    conversation.status = "message"
    conversation.arrived_at = conversation.arrived_at or work.now
    conversation.promised_at = answered_by
    fields = {}
    if conversation.promised_at is not None:
        fields["promised_at"] = conversation.promised_at.isoformat()
        payload = {"conversation_id": conversation.id}
        work.enqueue("warn_overdue", payload, due_at=conversation.promised_at, key=f"promise:{conversation.id}")
    append_notice(work, conversation, code=code, fields=fields, to_patient=True)
    status_changed(work, conversation)
    changed(work, conversation)


def promised_time(queue: Queue, *, next_open: datetime | None) -> datetime | None:
    """Return by when a left message is answered: some minutes after the next opening, if one is known."""
    return next_open + timedelta(minutes=queue.message_promise_minutes) if next_open else None


def warn_overdue(work: Work, *, conversation_id: str) -> None:
    """Raise the alert of a reply or a promise whose time has come, if it is still owed."""
    conversation = conversation_queries.find_conversation(work.session, conversation_id=conversation_id)
    if conversation is None:
        return
    promised = conversation.promised_at is not None and work.now >= conversation.promised_at
    code: AlertCode
    if conversation.status in ("waiting", "message") and promised:
        code = "promise_due"
    elif conversation.status == "active" and conversation.waiting_reply_since is not None:
        code = "reply_overdue"
    else:
        return
    alerts.raise_alert(
        work,
        code=code,
        conversation_id=conversation.id,
        staff_id=conversation.assignee_id,
        queue_id=None if conversation.assignee_id else conversation.queue_id,
    )
