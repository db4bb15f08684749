"""Left messages: each becomes work with a promised time and its recording, at the next opening or soon after now."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from caredesk.actions import clinic
from caredesk.actions.promises import promise_by, promised_time
from caredesk.actions.replies import AsStaff, can_see
from caredesk.actions.timeline import append_notice
from caredesk.conversations import wait_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.patients.rules import mask_phone
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.telephony import voicemail_queries as queries
from caredesk.telephony.recording_schemas import VoicemailView

TAKEN_UP_BEFORE = timedelta(minutes=10)
"""While the clinic is open, a message is back in the line so long before it must be answered."""
SHOWN = 200
CHANNEL = "hotline"


def keep(work: Work, conversation: Conversation, *, queue: Queue, recording_id: str, seconds: float) -> None:
    """Make a call's conversation a left message of a queue; the conversation must be locked.

    Outside hours it is promised for some minutes after the next opening and becomes work when the clinic opens. Inside
    hours it is promised from now on. The recording itself may arrive a moment later.
    """
    conversation.queue_id = queue.id
    fields = {"recording_id": recording_id, "seconds": str(round(seconds))}
    append_notice(work, conversation, code="voicemail.left", fields=fields)
    state = clinic.queue_state(work.session, queue, at=work.now)
    if not state.open:
        answered_by = promised_time(queue, next_open=state.next_open)
        promise_by(work, conversation, answered_by=answered_by, code="message.promised")
        return
    answered_by = work.now + timedelta(minutes=queue.message_promise_minutes)
    promise_by(work, conversation, answered_by=answered_by, code="message.promised")
    payload = {"conversation_id": conversation.id}
    due = max(work.now, answered_by - TAKEN_UP_BEFORE)
    work.enqueue("take_up_promised", payload, due_at=due, key=f"take_up:{conversation.id}")


def list_open(session: Session, *, who: AsStaff) -> list[VoicemailView]:
    """Return messages that nobody has settled yet, as far as somebody may see them, the oldest first."""
    conversations = {
        conversation.id: conversation
        for conversation in wait_queries.list_open_on(session, channel=CHANNEL, limit=SHOWN)
        if can_see(session, conversation, who=who)
    }
    return [
        _view(session, left, conversation=conversations[left.conversation_id])
        for left in queries.list_left(session, conversation_ids=list(conversations))
    ]


def _view(session: Session, left: queries.LeftMessage, *, conversation: Conversation) -> VoicemailView:
    queue = queue_queries.get_queue(session, queue_id=conversation.queue_id) if conversation.queue_id else None
    return VoicemailView(
        conversation_id=conversation.id,
        number=conversation.number,
        status=conversation.status,
        caller=mask_phone(left.caller),
        queue_name=queue.name if queue else "",
        queue_name_en=queue.name_en if queue else "",
        left_at=left.left_at,
        promised_at=conversation.promised_at,
        recording_id=left.recording_id,
        seconds=left.seconds,
    )
