"""What work takes of an agent's one budget: a call is exclusive, a chat the unit, a request more than that (B5, B9)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.accounts.presence_queries import Share
from caredesk.conversations.models import Conversation
from caredesk.queue import policy_queries
from caredesk.queue.policy import Policy
from caredesk.queue.rules import is_exclusive, weight_of
from caredesk.telephony import queries as call_queries


def share_of(channel: str, *, policy: Policy) -> Share:
    """Return what work of a channel takes of an agent by a policy."""
    budget = policy.budget
    return Share(
        weight=weight_of(channel, policy=policy),
        exclusive=is_exclusive(channel, policy=policy),
        held_beside=budget.held_beside_exclusive,
        new_beside=budget.new_work_during_exclusive,
    )


def share_now(session: Session, channel: str) -> Share:
    """Return what work of a channel takes by the policy that holds now."""
    return share_of(channel, policy=policy_queries.active_policy(session))


def share_held(session: Session, conversation: Conversation) -> Share:
    """Return what a conversation still takes of its agent: nothing once the time to wrap up its call is over."""
    share = share_now(session, conversation.channel)
    if not share.exclusive:
        return share
    last = call_queries.find_last(session, conversation_id=conversation.id)
    return Share(weight=0) if last is not None and last.wrapped_at is not None else share
