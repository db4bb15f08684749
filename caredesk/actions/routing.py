"""Matching, offers and ownership: who waits is offered to who is free, in order, at once, with the reasons kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from caredesk.accounts import presence_queries
from caredesk.accounts.presence_queries import AgentNow
from caredesk.accounts.rules import MISSES_BEFORE_BREAK, Permission, permissions_of
from caredesk.actions import clinic, presence
from caredesk.actions.summaries import offer_view, patient_view, queue_view, service_of, wait_at
from caredesk.actions.timeline import append_notice, changed, status_changed
from caredesk.clinic.rules import OpenState
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.conversations.rules import owed_since, tidy_text
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import AlertRaised, OfferEnded, OfferMade, PlaceChanged, QueueChanged
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import OfferGone
from caredesk.queue.models import Offer, Queue, RoutingDecision
from caredesk.queue.policy import Policy, default_policy
from caredesk.queue.rules import Candidate, Match, WorkItem, choose

PLACES_TOLD_AFTER = timedelta(seconds=1)
"""Several matches within this time tell the line its places once; a long line must not be told ten times a second."""


def ask_for_match(work: Work, *, queue_id: str, trigger: str) -> None:
    """Have a queue matched right after this transaction.

    Matching is a transaction of its own so that its locks (queue, then agent) can never cross those of the action
    that caused it; several causes at once become one match.
    """
    work.enqueue("match_queue", {"queue_id": queue_id, "trigger": trigger}, key=f"match:{queue_id}")


def ask_for_matches_of(work: Work, *, staff_id: str, trigger: str) -> None:
    """Have every queue matched that an agent serves; for when the agent becomes ready or frees capacity (B2)."""
    for queue_id in sorted(queue_queries.queue_ids_of(work.session, staff_id=staff_id)):
        ask_for_match(work, queue_id=queue_id, trigger=trigger)


def match_queue(work: Work, *, queue_id: str, trigger: str) -> None:
    """Offer waiting conversations, oldest of the highest class first, until nobody eligible is left."""
    queue = queue_queries.lock_queue(work.session, queue_id=queue_id)
    unoffered = _unoffered(work, queue=queue)
    state = clinic.queue_state(work.session, queue, at=work.now)
    if state.open:
        for conversation in unoffered:
            if not _offer_to_someone(work, queue=queue, conversation=conversation, trigger=trigger):
                break
    elif unoffered:
        # Given back after closing time: the wait becomes a promise.
        work.enqueue("follow_clinic", {"queue_id": queue.id}, key=f"follow_clinic:{queue.id}")
    tell_queue(work, queue=queue, state=state)


def _unoffered(work: Work, *, queue: Queue) -> list[Conversation]:
    waiting = conversation_queries.list_waiting(work.session, queue_ids=[queue.id], statuses=["waiting"])
    offered = queue_queries.pending_conversation_ids(work.session, queue_id=queue.id)
    return [c for c in waiting if c.id not in offered]


def _offer_to_someone(work: Work, *, queue: Queue, conversation: Conversation, trigger: str) -> bool:
    """Offer one conversation; False when nobody has room for anything, so that looking further is useless."""
    candidates = _candidates(work, queue=queue, conversation=conversation)
    policy = default_policy()
    item = WorkItem(
        id=conversation.id,
        channel=conversation.channel,
        queue=queue.key,
        arrived_at=conversation.arrived_at or work.now,
        priority=conversation.priority,
        preferred_agent=conversation.preferred_agent_id,
        language=conversation.language,
    )
    match = choose(item, candidates, policy=policy, now=work.now)
    _record(work, queue=queue, conversation=conversation, match=match, trigger=trigger)
    chosen = match.chosen
    if chosen is None:
        return _ask_again_later(work, queue=queue, match=match, policy=policy)
    if presence_queries.claim_slot(work.session, staff_id=chosen.staff_id):
        _make_offer(work, queue=queue, conversation=conversation, staff_id=chosen.staff_id)
    return True


def _candidates(work: Work, *, queue: Queue, conversation: Conversation) -> list[Candidate]:
    levels = queue_queries.skills_of_queue(work.session, queue_id=queue.id)
    asked = queue_queries.asked_since(work.session, conversation_id=conversation.id)
    agents = presence_queries.list_agents_now(work.session, staff_ids=levels)
    return [_candidate(a, queue=queue.key, level=levels[a.staff.id], asked=asked) for a in agents]


def _candidate(agent: AgentNow, *, queue: str, level: int, asked: Mapping[str, datetime]) -> Candidate:
    return Candidate(
        staff_id=agent.staff.id,
        name=agent.staff.name,
        state=agent.presence.state,
        connected=agent.connected,
        may_reply=Permission.WORK in permissions_of(agent.staff.roles),
        levels={queue: level},
        load=agent.presence.load,
        capacity=agent.presence.capacity,
        idle_since=agent.presence.idle_since,
        asked_at=asked.get(agent.staff.id),
    )


def _record(work: Work, *, queue: Queue, conversation: Conversation, match: Match, trigger: str) -> None:
    """Keep the decision; one that repeats the last "nobody" for the same reasons adds nothing."""
    candidates = [
        {
            "staff_id": r.candidate.staff_id,
            "name": r.candidate.name,
            "eligible": not r.excluded,
            "excluded": list(r.excluded),
            "load": r.candidate.load,
            "capacity": r.candidate.capacity,
            "level": r.candidate.level(queue.key),
            "idle_seconds": int((work.now - r.candidate.idle_since).total_seconds()),
            "rank": r.rank,
        }
        for r in match.ranked
    ]
    last = queue_queries.find_last_decision(work.session, conversation_id=conversation.id)
    if match.chosen is None and last is not None and last.chosen_staff_id is None:
        before = [(c["staff_id"], c["excluded"]) for c in last.candidates]
        if before == [(c["staff_id"], c["excluded"]) for c in candidates]:
            return
    work.session.add(
        RoutingDecision(
            id=new_id(),
            conversation_id=conversation.id,
            queue_id=queue.id,
            at=work.now,
            trigger=trigger,
            chosen_staff_id=match.chosen.staff_id if match.chosen else None,
            candidates=candidates,
            policy_version=default_policy().version,
        )
    )
    work.session.flush()


def _ask_again_later(work: Work, *, queue: Queue, match: Match, policy: Policy) -> bool:
    """When somebody was only just asked, look again after the pause and go on to the next in line."""
    pausing = [r for r in match.ranked if r.excluded == ("just_asked",)]
    if pausing:
        retry = work.now + timedelta(seconds=policy.pause.seconds)
        payload = {"queue_id": queue.id, "trigger": "pause_over"}
        work.enqueue("match_queue", payload, due_at=retry, key=f"retry:{queue.id}")
    return bool(pausing)


def _make_offer(work: Work, *, queue: Queue, conversation: Conversation, staff_id: str) -> None:
    offer = Offer(
        id=new_id(),
        conversation_id=conversation.id,
        queue_id=queue.id,
        staff_id=staff_id,
        state="pending",
        made_at=work.now,
        expires_at=work.now + timedelta(seconds=queue.offer_seconds),
        reason="",
    )
    work.session.add(offer)
    work.session.flush()
    work.enqueue("expire_offer", {"offer_id": offer.id}, due_at=offer.expires_at, key=f"offer:{offer.id}")
    work.emit(OfferMade(staff_id=staff_id, offer=offer_view(work.session, offer)))
    presence.tell(work, staff_id=staff_id)


def tell_queue(work: Work, *, queue: Queue, state: OpenState) -> None:
    """Tell the floor how the queue stands now, and everyone who waits their place within a second."""
    work.session.flush()
    work.emit(QueueChanged(queue=queue_view(work.session, queue, at=work.now, state=state)))
    due = work.now + PLACES_TOLD_AFTER
    # A busy line is told all the same: what is due is not put off by the next match.
    work.enqueue("tell_places", {"queue_id": queue.id}, due_at=due, key=f"places:{queue.id}", not_later=True)


def tell_places(work: Work, *, queue_id: str) -> None:
    """Tell everyone who waits in a queue their place and the wait to expect."""
    line = conversation_queries.list_waiting(work.session, queue_ids=[queue_id], statuses=["waiting"])
    service = service_of(work.session, queue_id=queue_id) if line else None
    for position, conversation in enumerate(line, start=1):
        if service is not None:
            wait = wait_at(position, service=service)
            view = patient_view(work.session, conversation, now=work.now, wait=wait)
            work.emit(PlaceChanged(conversation_id=conversation.id, conversation=view))


# ---- answers to an offer ---------------------------------------------------------------------------------


def accept_offer(work: Work, *, offer_id: str, staff_id: str) -> Conversation:
    """Take a conversation; `OfferGone` when the offer is somebody else's or no longer open.

    Who has it by this offer already asks again because the first answer was lost, and is told the same.
    """
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is None or offer.staff_id != staff_id:
        raise OfferGone
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=offer.conversation_id)
    if queue_queries.claim_offer(work.session, offer_id=offer_id, state="accepted", now=work.now) is None:
        if _has_by(work, offer=offer, conversation=conversation):
            return conversation
        raise OfferGone
    assign(work, conversation=conversation, staff_id=staff_id)
    _end(work, offer=offer, outcome="accepted")
    presence.forget_misses(work, staff_id=staff_id)
    presence.tell(work, staff_id=staff_id)
    ask_for_match(work, queue_id=offer.queue_id, trigger="offer_accepted")
    return conversation


def _has_by(work: Work, *, offer: Offer, conversation: Conversation) -> bool:
    """Tell whether the agent of an accepted offer still serves the conversation."""
    work.session.refresh(offer)
    served = conversation.status == "active" and conversation.assignee_id == offer.staff_id
    return served and offer.state == "accepted"


def assign(work: Work, *, conversation: Conversation, staff_id: str) -> None:
    """Make the agent the owner of a waiting conversation and tell both sides."""
    taken = conversation_queries.claim_assignment(
        work.session, conversation_id=conversation.id, staff_id=staff_id, now=work.now
    )
    if not taken:
        raise OfferGone
    work.session.refresh(conversation)
    agent = presence_queries.get_agent_now(work.session, staff_id=staff_id)
    conversation.preferred_agent_id = staff_id
    _owe_reply(work, conversation)
    append_notice(work, conversation, code="agent.joined", fields={"name": agent.staff.name}, to_patient=True)
    status_changed(work, conversation)
    changed(work, conversation, previous_queue_id=conversation.queue_id)


def _owe_reply(work: Work, conversation: Conversation) -> None:
    """Start the agent's clock when the visitor has asked for a person and heard none, or has written since."""
    conversation.waiting_reply_since = owed_since(
        before=conversation.waiting_reply_since,
        arrived_at=conversation.arrived_at or work.now,
        answered=conversation.first_reply_at is not None,
        visitor_spoke_at=conversation.last_message_at if conversation.last_message_by == "visitor" else None,
    )
    if conversation.waiting_reply_since is not None:
        expect_reply(work, conversation)


def expect_reply(work: Work, conversation: Conversation) -> None:
    """Start the clock of a visitor's unanswered words; the alert fires when it runs out (B35)."""
    if conversation.queue_id is None:
        return
    queue = queue_queries.get_queue(work.session, queue_id=conversation.queue_id)
    due = work.now + timedelta(seconds=queue.service_level_seconds)
    payload = {"conversation_id": conversation.id}
    work.enqueue("warn_overdue", payload, due_at=due, key=f"overdue:{conversation.id}")


def decline_offer(work: Work, *, offer_id: str, staff_id: str, reason: str) -> None:
    """Give a conversation back; it keeps its place and goes to somebody else (B4, B7). A repeat changes nothing."""
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is None or offer.staff_id != staff_id:
        raise OfferGone
    if not _give_back(work, offer=offer, state="declined", reason=tidy_text(reason).strip()):
        work.session.refresh(offer)
        if offer.state != "declined":
            raise OfferGone


def expire_offer(work: Work, *, offer_id: str) -> None:
    """Withdraw an offer that nobody answered; after several in a row the agent is set to break and told (B7)."""
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is None or not _give_back(work, offer=offer, state="timed_out", reason=""):
        return
    if presence_queries.count_miss(work.session, staff_id=offer.staff_id) >= MISSES_BEFORE_BREAK:
        presence.set_to_break(work, staff_id=offer.staff_id)
        work.emit(AlertRaised(code="set_to_break", staff_id=offer.staff_id, at=work.now))


def withdraw_offer(work: Work, *, offer_id: str, reason: str) -> None:
    """Take an offer back because its conversation or its agent is gone."""
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is not None:
        _give_back(work, offer=offer, state="withdrawn", reason=reason)


def _give_back(work: Work, *, offer: Offer, state: str, reason: str) -> bool:
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=offer.conversation_id)
    ended = queue_queries.claim_offer(work.session, offer_id=offer.id, state=state, now=work.now, reason=reason)
    if ended is None:
        return False
    presence_queries.free_slot(work.session, staff_id=offer.staff_id, now=work.now)
    if state != "withdrawn":
        name = presence_queries.get_agent_now(work.session, staff_id=offer.staff_id).staff.name
        append_notice(work, conversation, code=f"offer.{state}", fields={"name": name, "reason": reason})
        changed(work, conversation)
    _end(work, offer=ended, outcome=state)
    presence.tell(work, staff_id=offer.staff_id)
    # The agent's other queues may now have room as well.
    ask_for_matches_of(work, staff_id=offer.staff_id, trigger=f"offer_{state}")
    ask_for_match(work, queue_id=offer.queue_id, trigger=f"offer_{state}")
    return True


def _end(work: Work, *, offer: Offer, outcome: str) -> None:
    work.emit(
        OfferEnded(
            staff_id=offer.staff_id,
            offer_id=offer.id,
            conversation_id=offer.conversation_id,
            outcome=outcome,
        )
    )
