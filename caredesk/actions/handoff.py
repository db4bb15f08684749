"""转人工: from the bot into a queue, and back into it when an agent is gone. Outside hours: the truth and a promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts.rules import PresenceState
from caredesk.actions import call_steps, clinic, presence
from caredesk.actions.budget import share_held
from caredesk.actions.estimates import keep_forecast
from caredesk.actions.line import begin_waiting
from caredesk.actions.match_asking import ask_for_match
from caredesk.actions.timeline import Key, append_notice, changed, status_changed
from caredesk.clinic.rules import OpenState
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.conversations.plain import AnyEntry
from caredesk.core.work import Work
from caredesk.knowledge_base import queries as knowledge
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import QueueNotFound
from caredesk.queue.models import Queue
from caredesk.queue.rules import URGENT


def hand_over(
    work: Work, conversation: Conversation, *, reason: str, category: str | None, key: Key | None = None
) -> AnyEntry:
    """Bring a conversation of the bot to people: into the queue when it is open, else say when it opens.

    `reason` is `asked`, `misses`, `red_flag` or `button`. A conversation that already waits stays where it is.
    """
    queue, state = _queue_for(work, category=category)
    conversation.queue_id = queue.id
    conversation.handoff_reason = reason
    if not state.open:
        entry = _say_closed(work, conversation, queue=queue, state=state, key=key)
        changed(work, conversation)
        return entry
    return enter_queue(work, conversation, queue=queue, key=key)


def topic_of(work: Work, conversation: Conversation) -> str | None:
    """Return the knowledge category a conversation was last about, so that the right queue gets it.

    What was answered counts, and what was offered to choose from; a message that was not understood has no topic.
    """
    for turn in reversed(conversation_queries.list_turns(work.session, conversation_id=conversation.id)):
        offered = (turn.memory or {}).get("shown", ()) if turn.outcome == "suggest" else ()
        topic = topic_of_entries(work.session, [turn.kb_entry_id] if turn.kb_entry_id else offered)
        if topic is not None:
            return topic
    return None


def topic_of_entries(session: Session, entry_ids: Collection[str]) -> str | None:
    """Return the category of most of these entries; suggestions that point everywhere have none."""
    entries = (knowledge.find_entry(session, entry_id=entry_id) for entry_id in entry_ids)
    counted = Counter(entry.category for entry in entries if entry is not None)
    category, times = max(counted.items(), key=lambda one: one[1], default=("", 0))
    return category if times * 2 > len(entry_ids) else None


def _queue_for(work: Work, *, category: str | None) -> tuple[Queue, OpenState]:
    queue = queue_queries.find_queue_for_category(work.session, category=category)
    if queue is None:
        raise QueueNotFound
    state = clinic.queue_state(work.session, queue, at=work.now)
    if state.open:
        return queue, state
    # A special queue that is closed gives way to the general one when that is open: better someone than nobody.
    general = queue_queries.find_queue_for_category(work.session, category=None)
    if general is not None and (its := clinic.queue_state(work.session, general, at=work.now)).open:
        return general, its
    return queue, state


def enter_queue(work: Work, conversation: Conversation, *, queue: Queue, key: Key | None = None) -> AnyEntry:
    """Put a conversation into an open queue; its arrival time, once given, never changes (B4)."""
    if "red_flag" in conversation.flags:
        conversation.priority = URGENT
    begin_waiting(work, conversation, queue=queue)
    fields = {"queue": queue.name, "queue_en": queue.name_en}
    entry = append_notice(work, conversation, code="queue.joined", fields=fields, to_patient=True, key=key)
    status_changed(work, conversation, wait=keep_forecast(work, conversation))
    changed(work, conversation)
    ask_for_match(work, queue_id=queue.id, trigger="arrival")
    return entry


def _say_closed(work: Work, conversation: Conversation, *, queue: Queue, state: OpenState, key: Key | None) -> AnyEntry:
    fields = {"queue": queue.name, "queue_en": queue.name_en, "reason": state.reason}
    if state.next_open is not None:
        fields["next_open"] = state.next_open.isoformat()
    return append_notice(work, conversation, code="queue.closed", fields=fields, to_patient=True, key=key)


def requeue_work(work: Work, *, staff_id: str) -> None:
    """Return the conversations of an agent who stays away to their queues, each at its original place."""
    absent = presence_queries.lock_presence(work.session, staff_id=staff_id)
    if absent.state != PresenceState.OFFLINE:
        return
    for held in conversation_queries.list_mine(work.session, staff_id=staff_id):
        conversation = conversation_queries.lock_conversation(work.session, conversation_id=held.id)
        if conversation.channel != call_steps.CHANNEL or call_steps.may_wait_again(work.session, conversation):
            return_to_queue(work, conversation)


def return_to_queue(work: Work, conversation: Conversation) -> None:
    """Take a conversation from its agent and let it wait again at its original place."""
    staff_id, conversation.assignee_id = conversation.assignee_id, None
    conversation.preferred_agent_id = None
    conversation.status = "waiting"
    if conversation.queue_id is not None:
        queue = queue_queries.get_queue(work.session, queue_id=conversation.queue_id)
        begin_waiting(work, conversation, queue=queue)
    if staff_id is not None:
        share = share_held(work.session, conversation)
        work.session.flush()
        presence_queries.free_slot(work.session, staff_id=staff_id, now=work.now, share=share)
    append_notice(work, conversation, code="agent.left", to_patient=True)
    status_changed(work, conversation)
    changed(work, conversation, previous_assignee_id=staff_id)
    if staff_id is not None:
        presence.tell(work, staff_id=staff_id)
    if conversation.queue_id is not None:
        ask_for_match(work, queue_id=conversation.queue_id, trigger="agent_gone")
