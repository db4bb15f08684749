"""What waiting alone changes: a ring widens, work moves to another queue or becomes a promise, a limit is passed.

Each piece of waiting work has at most one due job for the next instant at which that happens (`next_look`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from caredesk.actions import alerts, call_steps, clinic
from caredesk.actions.line import watch, work_item
from caredesk.actions.match_asking import ask_for_match
from caredesk.actions.promises import promise_by, take_up
from caredesk.actions.timeline import append_notice, changed, status_changed
from caredesk.conversations import line_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.queue.policy import Policy
from caredesk.queue.rules import WorkItem, alert_at, overflow_at, promise_at

TIMED_AT_ONCE = 200
"""After a change of the policy the line is timed anew in pages of this many."""

TAKEN_UP_BEFORE = timedelta(minutes=10)
"""A promised message is back in the line so long before it must be answered."""

LOOK_AGAIN_WHILE_OFFERED = timedelta(seconds=5)
"""Work that is on offer is left alone; the end of the offer is not far."""


def time_line(work: Work, *, queue_id: str, after: str) -> None:
    """Time everyone who waits in a queue anew, page by page; after a change of the policy."""
    queue = queue_queries.get_queue(work.session, queue_id=queue_id)
    policy = policy_queries.active_policy(work.session)
    ids = line_queries.waiting_ids(work.session, queue_id=queue_id, after=after, limit=TIMED_AT_ONCE)
    for conversation in line_queries.load_conversations(work.session, ids=ids).values():
        watch(work, work_item(conversation, queue=queue, now=work.now), policy=policy)
    if len(ids) == TIMED_AT_ONCE:
        payload = {"queue_id": queue_id, "after": ids[-1]}
        work.enqueue("time_line", payload, key=f"time_line:{queue_id}")


def look_at_work(work: Work, *, conversation_id: str, since: str) -> None:
    """Do what the wait of one piece of work has brought about since the last look, and come back for what it will."""
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=conversation_id)
    if conversation.status != "waiting" or conversation.queue_id is None:
        return
    queue = queue_queries.get_queue(work.session, queue_id=conversation.queue_id)
    policy = policy_queries.active_policy(work.session)
    item = work_item(conversation, queue=queue, now=work.now)
    _alert(work, item, queue=queue, policy=policy, since=datetime.fromisoformat(since))
    if queue_queries.find_pending_offer(work.session, conversation_id=conversation_id) is not None:
        payload = {"conversation_id": conversation_id, "since": work.now.isoformat()}
        due = work.now + LOOK_AGAIN_WHILE_OFFERED
        work.enqueue("look_at_work", payload, due_at=due, key=f"look:{conversation_id}")
        return
    if _promised(work, conversation, item=item, queue=queue, policy=policy):
        return
    queue = _overflowed(work, conversation, item=item, queue=queue, policy=policy)
    ask_for_match(work, queue_id=queue.id, trigger="waited")
    watch(work, work_item(conversation, queue=queue, now=work.now), policy=policy)


def _alert(work: Work, item: WorkItem, *, queue: Queue, policy: Policy, since: datetime) -> None:
    """Tell the supervisor once of a wait that is too long for its class (B10)."""
    at = alert_at(item, policy=policy)
    if at is not None and since < at <= work.now:
        alerts.raise_alert(work, code="waits_too_long", conversation_id=item.id, queue_id=queue.id)


def _promised(work: Work, conversation: Conversation, *, item: WorkItem, queue: Queue, policy: Policy) -> bool:
    """Turn a wait past its limit into a message with a promised time (B13)."""
    promised = promise_at(item, policy=policy)
    if promised is None or promised.at > work.now:
        return False
    promise_by(work, conversation, answered_by=promised.answered_by, code="queue.promised")
    call_steps.wait_over(work, conversation, prompts=("overflow",))
    due = max(work.now, promised.answered_by - TAKEN_UP_BEFORE)
    payload = {"conversation_id": conversation.id}
    work.enqueue("take_up_promised", payload, due_at=due, key=f"take_up:{conversation.id}")
    return True


def take_up_promised(work: Work, *, conversation_id: str) -> None:
    """Put a promised message back into its line, at its original place, while there is time to keep the promise.

    Out of hours it stays a message: opening takes it up.
    """
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=conversation_id)
    if conversation.status != "message" or conversation.queue_id is None:
        return
    queue = queue_queries.get_queue(work.session, queue_id=conversation.queue_id)
    if clinic.queue_state(work.session, queue, at=work.now).open:
        take_up(work, conversation, queue=queue)
        ask_for_match(work, queue_id=queue.id, trigger="promise_near")


def _overflowed(work: Work, conversation: Conversation, *, item: WorkItem, queue: Queue, policy: Policy) -> Queue:
    """Move work to the queue that helps out, if that is open; it keeps its arrival and so its place (B4, B13)."""
    moves = overflow_at(item, policy=policy)
    if moves is None or moves.at > work.now:
        return queue
    helping = queue_queries.find_queue_by_key(work.session, key=moves.to)
    if helping is None or not clinic.queue_state(work.session, helping, at=work.now).open:
        return queue
    conversation.queue_id = helping.id
    fields = {"from": queue.name, "to": helping.name}
    append_notice(work, conversation, code="queue.overflowed", fields=fields)
    status_changed(work, conversation)
    changed(work, conversation, previous_queue_id=queue.id)
    ask_for_match(work, queue_id=queue.id, trigger="overflowed")
    return helping
