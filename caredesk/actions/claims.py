"""Taking work out of its order (B14): off until the policy allows it, with a reason, and kept for a report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts import queries as account_queries
from caredesk.actions import access, call_steps, floor_trail, presence
from caredesk.actions.budget import share_of
from caredesk.actions.line import head_start_by
from caredesk.actions.match_asking import ask_for_match
from caredesk.actions.replies import AsStaff, lock_visible
from caredesk.actions.routing import assign
from caredesk.actions.timeline import append_notice
from caredesk.conversations import line_queries
from caredesk.conversations.models import Conversation
from caredesk.conversations.rules import tidy_text
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import AgentNotAvailable, ClaimReasonNeeded, ClaimRefused
from caredesk.queue.models import OutOfOrderClaim
from caredesk.queue.schemas import ClaimView

SHORTEST_REASON = 2
LONGEST_REASON = 200


def claim_work(work: Work, *, conversation_id: str, who: AsStaff, reason: str) -> Conversation:
    """Take somebody who waits before their turn; everybody who sees the conversation can read why.

    Who serves the queue may, where the policy allows it, and only what is not on offer to anybody at this moment.
    """
    policy = policy_queries.active_policy(work.session)
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    if not policy.claiming.allowed or not _may_be_taken(work, conversation, staff_id=who.staff_id):
        raise ClaimRefused
    why = tidy_text(reason).strip()[:LONGEST_REASON]
    if len(why) < SHORTEST_REASON:
        raise ClaimReasonNeeded
    passed = line_queries.count_before(work.session, conversation=conversation, head_start=head_start_by(policy))
    share = share_of(conversation.channel, policy=policy)
    if not presence_queries.claim_own_slot(work.session, staff_id=who.staff_id, share=share):
        raise AgentNotAvailable
    claim = OutOfOrderClaim(
        id=new_id(),
        conversation_id=conversation.id,
        queue_id=conversation.queue_id,
        staff_id=who.staff_id,
        reason=why,
        passed_over=passed,
        at=work.now,
    )
    queue_queries.add_claim(work.session, claim=claim)
    append_notice(work, conversation, code="claimed", fields={"name": work.actor.name, "reason": why})
    assign(work, conversation=conversation, staff_id=who.staff_id)
    about = {"conversation_id": conversation.id, "queue_id": conversation.queue_id, "staff_id": who.staff_id}
    floor_trail.keep(work, what="claimed", reason=why, **about, facts={"passed_over": str(passed)})
    presence.tell(work, staff_id=who.staff_id)
    ask_for_match(work, queue_id=conversation.queue_id or "", trigger="claimed")
    return conversation


def _may_be_taken(work: Work, conversation: Conversation, *, staff_id: str) -> bool:
    if conversation.status != "waiting" or conversation.queue_id is None:
        return False
    # A caller is taken by answering the phone that rings; only a spoken message can be taken like a talk.
    if conversation.channel == call_steps.CHANNEL and call_steps.VOICEMAIL not in conversation.flags:
        return False
    serves = conversation.queue_id in queue_queries.queue_ids_of(work.session, staff_id=staff_id)
    return serves and queue_queries.find_pending_offer(work.session, conversation_id=conversation.id) is None


def claims_between(
    session: Session, *, since: datetime, until: datetime, who: AsStaff | None = None
) -> list[ClaimView]:
    """Return who took what out of its order in a period, why, and past how many; the newest first.

    With `who`, of the queues within their reach; a command on the machine sees all.
    """
    rows = queue_queries.list_claims(session, since=since, until=until)
    if who is not None:
        scope = access.scope_of(session, who=who)
        rows = [row for row in rows if scope.everything or row.queue_id in scope.queue_ids]
    names = account_queries.names_of(session, staff_ids=[row.staff_id for row in rows])
    claimed = line_queries.load_conversations(session, ids={row.conversation_id for row in rows})
    queues = {queue.id: queue.name for queue in queue_queries.list_queues(session)}
    return [
        ClaimView(
            at=row.at,
            conversation_id=row.conversation_id,
            conversation_number=claimed[row.conversation_id].number,
            queue_name=queues.get(row.queue_id or "", ""),
            staff_id=row.staff_id,
            staff_name=names.get(row.staff_id, ""),
            reason=row.reason,
            passed_over=row.passed_over,
        )
        for row in rows
    ]
