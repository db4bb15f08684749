"""Closing by an agent: a category and an outcome of the hospital's lists, and a note (B37)."""

from __future__ import annotations

from caredesk.actions import call_steps, chat
from caredesk.actions.keeping import keep_line
from caredesk.actions.replies import AsStaff, lock_visible
from caredesk.conversations import house_queries
from caredesk.conversations.errors import ChoiceUnknown, ConversationClosed, NotYours
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.telephony.errors import CallStillOn


def close_conversation(
    work: Work, *, conversation_id: str, who: AsStaff, category: str, outcome: str, note: str
) -> Conversation:
    """Close one's own conversation; a supervisor may close any."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    if conversation.status == "closed":
        raise ConversationClosed
    if conversation.assignee_id != who.staff_id and not who.sees_floor:
        raise NotYours
    if call_steps.lock_live(work, conversation) is not None:
        raise CallStillOn
    if house_queries.find_option(work.session, kind="close_category", key=category) is None:
        raise ChoiceUnknown(field="category")
    found = house_queries.find_option(work.session, kind="close_outcome", key=outcome)
    if found is None or found.parent not in ("", category):
        raise ChoiceUnknown(field="outcome")
    chat.close(work, conversation, by=who.staff_id, category=category, outcome=outcome, note=keep_line(note).strip())
    return conversation
