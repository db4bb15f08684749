"""转接: to a colleague or to a queue, with a reason and a word to the next one (B36)."""

from __future__ import annotations

from caredesk.accounts import presence_queries
from caredesk.accounts.presence_queries import Share
from caredesk.accounts.rules import Permission, permissions_of
from caredesk.actions import call_steps, presence
from caredesk.actions.budget import share_now
from caredesk.actions.handoff import enter_queue
from caredesk.actions.keeping import keep_line
from caredesk.actions.match_asking import ask_for_matches_of
from caredesk.actions.replies import AsStaff, lock_visible
from caredesk.actions.timeline import append_notice, changed, status_changed
from caredesk.conversations import house_queries, queries
from caredesk.conversations.errors import ChoiceUnknown, ConversationClosed, NotYours
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import AgentNotAvailable


def transfer(
    work: Work, *, conversation_id: str, who: AsStaff, target_kind: str, target_id: str, reason: str, note: str
) -> Conversation:
    """Hand a conversation over; the visitor is told once, the next one sees the reason, the note and the draft."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    if conversation.status == "closed":
        raise ConversationClosed
    # A supervisor may move anybody's conversation; an agent only their own.
    if conversation.status != "active" or (conversation.assignee_id != who.staff_id and not who.sees_floor):
        raise NotYours
    call_steps.refuse_on_a_call(work.session, conversation)
    if house_queries.find_option(work.session, kind="transfer_reason", key=reason) is None:
        raise ChoiceUnknown(field="reason")
    hand_on(work, conversation, target_kind=target_kind, target_id=target_id, reason=reason, note=note)
    return conversation


def hand_on(
    work: Work, conversation: Conversation, *, target_kind: str, target_id: str, reason: str, note: str
) -> None:
    """Give a served conversation, which must be locked, to an agent or a queue; the visitor is told once."""
    if target_kind == "agent":
        _to_agent(work, conversation, staff_id=target_id, reason=reason, note=note)
    else:
        _to_queue(work, conversation, queue_id=target_id, reason=reason, note=note)


def take_from(work: Work, conversation: Conversation, *, taker: str, reason: str) -> None:
    """Make a supervisor the owner of a served conversation, which must be locked; drafts and card go along."""
    giver = conversation.assignee_id or ""
    share = share_now(work.session, conversation.channel)
    presence_queries.free_slot(work.session, staff_id=giver, now=work.now, share=share)
    if not presence_queries.claim_own_slot(work.session, staff_id=taker, share=share):
        raise AgentNotAvailable
    name = presence_queries.get_agent_now(work.session, staff_id=taker).staff.name
    conversation.assignee_id = taker
    conversation.preferred_agent_id = taker
    _hand_draft(work, conversation, giver=giver, taker=taker)
    _say(work, conversation, giver=giver, target=name, reason=reason, note="")
    fields = {"name": name, "transferred": "1"}
    append_notice(work, conversation, code="agent.joined", fields=fields, to_patient=True)
    _tell(work, conversation, giver=giver, previous_queue_id=None)
    presence.tell(work, staff_id=taker)


def _to_agent(work: Work, conversation: Conversation, *, staff_id: str, reason: str, note: str) -> None:
    giver = conversation.assignee_id or ""
    target = next(iter(presence_queries.list_agents_now(work.session, staff_ids=[staff_id])), None)
    if target is None or staff_id == giver or not target.connected:
        raise AgentNotAvailable
    if Permission.WORK not in permissions_of(target.staff.roles):
        raise AgentNotAvailable
    # Slots are taken in the order of ids, so that two agents who swap conversations cannot wait for each other.
    share = share_now(work.session, conversation.channel)
    if not _swap_slots(work, giver=giver, taker=staff_id, share=share):
        raise AgentNotAvailable
    conversation.assignee_id = staff_id
    conversation.preferred_agent_id = staff_id
    conversation.unread = max(conversation.unread, 1)
    _hand_draft(work, conversation, giver=giver, taker=staff_id)
    _say(work, conversation, giver=giver, target=target.staff.name, reason=reason, note=note)
    append_notice(
        work, conversation, code="agent.joined", fields={"name": target.staff.name, "transferred": "1"}, to_patient=True
    )
    _tell(work, conversation, giver=giver, previous_queue_id=None)
    presence.tell(work, staff_id=staff_id)


def _swap_slots(work: Work, *, giver: str, taker: str, share: Share) -> bool:
    if giver < taker:
        presence_queries.free_slot(work.session, staff_id=giver, now=work.now, share=share)
        return presence_queries.claim_slot(work.session, staff_id=taker, share=share)
    taken = presence_queries.claim_slot(work.session, staff_id=taker, share=share)
    presence_queries.free_slot(work.session, staff_id=giver, now=work.now, share=share)
    return taken


def _to_queue(work: Work, conversation: Conversation, *, queue_id: str, reason: str, note: str) -> None:
    queue = queue_queries.get_queue(work.session, queue_id=queue_id)
    giver, conversation.assignee_id = conversation.assignee_id or "", None
    before, conversation.queue_id = conversation.queue_id, queue.id
    conversation.status = "waiting"
    conversation.preferred_agent_id = None
    share = share_now(work.session, conversation.channel)
    work.session.flush()
    presence_queries.free_slot(work.session, staff_id=giver, now=work.now, share=share)
    _say(work, conversation, giver=giver, target=queue.name, reason=reason, note=note)
    enter_queue(work, conversation, queue=queue)
    _tell(work, conversation, giver=giver, previous_queue_id=before)


def _hand_draft(work: Work, conversation: Conversation, *, giver: str, taker: str) -> None:
    draft = queries.find_draft(work.session, conversation_id=conversation.id, staff_id=giver)
    if draft is not None:
        queries.put_draft(work.session, conversation_id=conversation.id, staff_id=taker, text=draft.text, now=work.now)


def _say(work: Work, conversation: Conversation, *, giver: str, target: str, reason: str, note: str) -> None:
    names = {a.staff.id: a.staff.name for a in presence_queries.list_agents_now(work.session, staff_ids=[giver])}
    fields = {"from": names.get(giver, ""), "to": target, "reason": reason, "note": keep_line(note).strip()}
    append_notice(work, conversation, code="transfer", fields=fields)


def _tell(work: Work, conversation: Conversation, *, giver: str, previous_queue_id: str | None) -> None:
    status_changed(work, conversation)
    changed(work, conversation, previous_assignee_id=giver, previous_queue_id=previous_queue_id)
    presence.tell(work, staff_id=giver)
    ask_for_matches_of(work, staff_id=giver, trigger="transferred_away")
