"""How a conversation stands in the line: as the matcher sees it, and when waiting alone changes something for it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from caredesk.conversations.line_queries import HeadStart
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.queue import policy_queries
from caredesk.queue.models import Queue
from caredesk.queue.policy import Policy
from caredesk.queue.rules import WorkItem, head_start_of, next_look


def head_start_by(policy: Policy) -> HeadStart:
    """Return the head start of each class by a policy, the form in which the line's queries take it."""
    return partial(head_start_of, policy=policy)


def work_item(conversation: Conversation, *, queue: Queue, now: datetime) -> WorkItem:
    """Return a conversation as the matcher sees it."""
    return WorkItem(
        id=conversation.id,
        channel=conversation.channel,
        queue=queue.key,
        arrived_at=conversation.arrived_at or now,
        priority=conversation.priority,
        skills=tuple(queue.skills.split()),
        preferred_agent=conversation.preferred_agent_id,
        language=conversation.language,
        deadline=conversation.promised_at,
        waiting_since=conversation.waiting_since,
        needs_phone=conversation.channel == "hotline" and "voicemail" not in conversation.flags,
    )


def begin_waiting(work: Work, conversation: Conversation, *, queue: Queue) -> None:
    """Let a conversation wait from now on; its place in the line, once given, never changes (B4)."""
    conversation.status = "waiting"
    conversation.arrived_at = conversation.arrived_at or work.now
    conversation.waiting_since = work.now
    policy = policy_queries.active_policy(work.session)
    watch(work, work_item(conversation, queue=queue, now=work.now), policy=policy)


def watch(work: Work, item: WorkItem, *, policy: Policy) -> None:
    """Have a piece of waiting work looked at when waiting alone changes something for it; one job for each."""
    due = next_look(item, policy=policy, now=work.now)
    if due is not None:
        payload = {"conversation_id": item.id, "since": work.now.isoformat()}
        work.enqueue("look_at_work", payload, due_at=due, key=f"look:{item.id}")
