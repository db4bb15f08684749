"""What supervisors do with work: move it, change its class, stand beside an agent, whisper, take over."""

from __future__ import annotations

from typing import Literal

from caredesk.accounts import presence_queries
from caredesk.actions import alerts, call_steps, floor_trail, presence, transfers
from caredesk.actions.budget import share_now
from caredesk.actions.floor_people import tell_agent
from caredesk.actions.handoff import enter_queue
from caredesk.actions.keeping import keep_words
from caredesk.actions.match_asking import ask_for_match
from caredesk.actions.names import Names
from caredesk.actions.replies import AsStaff, Said, author_of, lock_visible, said_before, sender_of
from caredesk.actions.routing import assign, withdraw_offer
from caredesk.actions.timeline import Key, append_notice, append_whisper, changed, status_changed
from caredesk.conversations.errors import ConversationClosed
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.floor import queries
from caredesk.floor.errors import NothingToMove, NotServed
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import AgentNotAvailable
from caredesk.queue.rules import DOCTOR_IN_SESSION, ORDINARY, URGENT

TargetKind = Literal["agent", "queue"]
CLASSES = {"ordinary": ORDINARY, "doctor": DOCTOR_IN_SESSION, "urgent": URGENT}


# ---- moving ----------------------------------------------------------------------------------------------


def move_work(
    work: Work, *, conversation_id: str, who: AsStaff, target_kind: TargetKind, target_id: str, reason: str
) -> Conversation:
    """Bring waiting or served work to another queue or agent; its arrival time stays (B4)."""
    why = floor_trail.because(reason)
    conversation = _lock_open(work, conversation_id=conversation_id, who=who)
    if conversation.status == "active" or target_kind == "agent":
        call_steps.refuse_on_a_call(work.session, conversation)
    giver = conversation.assignee_id
    if conversation.status == "active":
        transfers.hand_on(
            work, conversation, target_kind=target_kind, target_id=target_id, reason=why, note=work.actor.name
        )
    elif conversation.status == "waiting":
        _move_waiting(work, conversation, target_kind=target_kind, target_id=target_id, why=why)
    else:
        raise NothingToMove
    alerts.settle(work, conversation)
    _keep(work, conversation, what="moved", reason=why, facts={"to": target_id, "kind": target_kind})
    if giver is not None:
        tell_agent(work, staff_id=giver, what="moved", reason=why, conversation_id=conversation.id)
    return conversation


def _move_waiting(work: Work, conversation: Conversation, *, target_kind: TargetKind, target_id: str, why: str) -> None:
    _withdraw(work, conversation)
    before = conversation.queue_id
    if target_kind == "queue":
        queue = queue_queries.get_queue(work.session, queue_id=target_id)
        if queue.id == before:
            raise NothingToMove
        conversation.queue_id = queue.id
        _say(work, conversation, code="floor.moved", to=queue.name, reason=why)
        enter_queue(work, conversation, queue=queue)
        changed(work, conversation, previous_queue_id=before)
        if before is not None:
            ask_for_match(work, queue_id=before, trigger="moved_away")
        return
    share = share_now(work.session, conversation.channel)
    if not presence_queries.claim_slot(work.session, staff_id=target_id, share=share):
        raise AgentNotAvailable
    assign(work, conversation=conversation, staff_id=target_id)
    presence.tell(work, staff_id=target_id)
    tell_agent(work, staff_id=target_id, what="given", reason=why, conversation_id=conversation.id)
    _match_line(work, conversation)


def reprioritise(work: Work, *, conversation_id: str, who: AsStaff, to: str, reason: str) -> Conversation:
    """Change the class of waiting work, with a reason that everybody who sees the conversation can read."""
    why = floor_trail.because(reason)
    conversation = _lock_open(work, conversation_id=conversation_id, who=who)
    if conversation.status != "waiting" or conversation.priority == CLASSES[to]:
        raise NothingToMove
    conversation.priority = CLASSES[to]
    _say(work, conversation, code="floor.reprioritised", to=to, reason=why)
    changed(work, conversation)
    _keep(work, conversation, what="reprioritised", reason=why, facts={"to": to})
    _match_line(work, conversation)
    return conversation


def _match_line(work: Work, conversation: Conversation) -> None:
    if conversation.queue_id is not None:
        ask_for_match(work, queue_id=conversation.queue_id, trigger="moved")


# ---- beside the agent ------------------------------------------------------------------------------------


def join(work: Work, *, conversation_id: str, who: AsStaff) -> Conversation:
    """Stand beside the agent: the agent sees it at once, the parent only when the guest writes."""
    conversation = _lock_served(work, conversation_id=conversation_id, who=who)
    if queries.add_guest(work.session, conversation_id=conversation.id, staff_id=who.staff_id, now=work.now):
        append_notice(work, conversation, code="floor.joined", fields={"name": work.actor.name})
        changed(work, conversation)
        _keep(work, conversation, what="joined", reason="")
        _tell_owner(work, conversation, what="joined", reason="")
    return conversation


def leave(work: Work, *, conversation_id: str, who: AsStaff) -> Conversation:
    """Step back from a conversation that one has joined."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    if queries.drop_guest(work.session, conversation_id=conversation.id, staff_id=who.staff_id):
        append_notice(work, conversation, code="floor.left", fields={"name": work.actor.name})
        changed(work, conversation)
        _keep(work, conversation, what="left", reason="")
        _tell_owner(work, conversation, what="left", reason="")
    return conversation


def whisper(work: Work, *, conversation_id: str, who: AsStaff, client_key: str, text: str, limit: int) -> Said:
    """Say something to the agent that no parent can receive: its body is of no kind that theirs can be (B32)."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    key = Key(sender_of(who.staff_id), client_key)
    before = said_before(work, conversation, key=key)
    if before is not None:
        return before
    if conversation.assignee_id is None or conversation.assignee_id == who.staff_id:
        raise NotServed
    words = keep_words(text, limit=limit).text
    owner = presence_queries.get_agent_now(work.session, staff_id=conversation.assignee_id)
    names = Names(work.session)
    author = author_of(who, names=names)
    entry = append_whisper(work, conversation, author=author, to_name=owner.staff.name, text=words, key=key)
    changed(work, conversation, names=names)
    _keep(work, conversation, what="whispered", reason="", facts={"entry": entry.id})
    _tell_owner(work, conversation, what="whispered", reason="")
    return Said(entry, conversation, names)


# ---- taking over -----------------------------------------------------------------------------------------


def take_over(work: Work, *, conversation_id: str, who: AsStaff, reason: str) -> Conversation:
    """Become the owner: the agent is told, the timeline has a hand-over card, the parent hears of it once."""
    why = floor_trail.because(reason)
    conversation = _lock_open(work, conversation_id=conversation_id, who=who)
    if conversation.assignee_id == who.staff_id or conversation.status not in ("waiting", "active"):
        raise NothingToMove
    call_steps.refuse_on_a_call(work.session, conversation)
    presence.ensure(work, staff_id=who.staff_id)
    giver = conversation.assignee_id
    if giver is None:
        _withdraw(work, conversation)
        share = share_now(work.session, conversation.channel)
        if not presence_queries.claim_own_slot(work.session, staff_id=who.staff_id, share=share):
            raise AgentNotAvailable
        assign(work, conversation=conversation, staff_id=who.staff_id)
        presence.tell(work, staff_id=who.staff_id)
        _match_line(work, conversation)
    else:
        transfers.take_from(work, conversation, taker=who.staff_id, reason=why)
        tell_agent(work, staff_id=giver, what="taken_over", reason=why, conversation_id=conversation.id)
    queries.drop_guest(work.session, conversation_id=conversation.id, staff_id=who.staff_id)
    alerts.settle(work, conversation)
    _keep(work, conversation, what="taken_over", reason=why, staff_id=giver)
    return conversation


# ---- what they share -------------------------------------------------------------------------------------


def _lock_open(work: Work, *, conversation_id: str, who: AsStaff) -> Conversation:
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    if conversation.status == "closed":
        raise ConversationClosed
    return conversation


def _lock_served(work: Work, *, conversation_id: str, who: AsStaff) -> Conversation:
    conversation = _lock_open(work, conversation_id=conversation_id, who=who)
    if conversation.assignee_id is None or conversation.assignee_id == who.staff_id:
        raise NotServed
    return conversation


def _withdraw(work: Work, conversation: Conversation) -> None:
    """Take an open offer back: what a supervisor moves is no longer anybody's to accept."""
    offer = queue_queries.find_pending_offer(work.session, conversation_id=conversation.id)
    if offer is not None:
        withdraw_offer(work, offer_id=offer.id, reason="moved")


def _say(work: Work, conversation: Conversation, *, code: str, to: str, reason: str) -> None:
    fields = {"name": work.actor.name, "to": to, "reason": reason}
    append_notice(work, conversation, code=code, fields=fields)
    status_changed(work, conversation)


def _keep(
    work: Work,
    conversation: Conversation,
    *,
    what: str,
    reason: str,
    staff_id: str | None = None,
    facts: dict[str, str] | None = None,
) -> None:
    about = {"conversation_id": conversation.id, "queue_id": conversation.queue_id}
    floor_trail.keep(
        work, what=what, reason=reason, **about, staff_id=staff_id or conversation.assignee_id, facts=facts
    )


def _tell_owner(work: Work, conversation: Conversation, *, what: str, reason: str) -> None:
    if conversation.assignee_id is not None:
        owner = conversation.assignee_id
        tell_agent(work, staff_id=owner, what=what, reason=reason, conversation_id=conversation.id)
