"""Offers and ownership: asking for a match, answers to an offer, and what the line and the floor are told."""

from __future__ import annotations

from datetime import datetime, timedelta

from caredesk.accounts import presence_queries
from caredesk.actions import alerts, call_steps, clinic, presence
from caredesk.actions.budget import share_now
from caredesk.actions.line import head_start_by
from caredesk.actions.match_asking import ask_for_match, ask_for_matches_of
from caredesk.actions.summaries import offer_view, patient_view, queue_view, service_of, wait_at
from caredesk.actions.timeline import append_notice, changed, status_changed
from caredesk.clinic.rules import OpenState
from caredesk.conversations import line_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.line_queries import Place
from caredesk.conversations.models import Conversation
from caredesk.conversations.plain import AnyConversation
from caredesk.conversations.rules import owed_since, tidy_text
from caredesk.core.outbox import NewJob
from caredesk.core.work import Work
from caredesk.events.catalogue import OfferEnded, OfferMade, PlaceChanged, QueueChanged
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import OfferGone
from caredesk.queue.models import Offer, Queue
from caredesk.queue.offer_states import OfferEvent, OfferState, outcome_of

LONG_LINE = 1000
"""From this length on a line is counted once a second, not at each match."""

NEAR_PLACES = 30
FAR_PLACES = 200
FAR_PLACES_EVERY = timedelta(seconds=2)
"""The first of a line hear of every change; the others page by page, with a pause between two pages."""

PLACES_TOLD_AFTER = timedelta(seconds=1)
"""Several matches within this time tell the line its places once; a long line must not be told ten times a second."""


def tell_queue(work: Work, *, queue: Queue, state: OpenState) -> None:
    """Tell the floor how the queue stands now, and those who wait their place within a second.

    Counting a long line is left to a job that runs once a second, so that a match costs the same before any line.
    """
    work.session.flush()
    due, about, id_ = work.now + PLACES_TOLD_AFTER, {"queue_id": queue.id}, queue.id
    # A busy line is told all the same: what is due is not put off by the next match.
    later = [NewJob("watch_queue", about, due_at=due, key=f"watch:{id_}", not_later=True)]
    waiting = line_queries.count_line(work.session, queue_id=queue.id, up_to=LONG_LINE)
    if waiting:
        later.append(NewJob("tell_places", about, due_at=due, key=f"places:{id_}", not_later=True))
    if waiting < LONG_LINE:
        work.emit(QueueChanged(queue=queue_view(work.session, queue, at=work.now, state=state, waiting=waiting)))
    else:
        later.append(NewJob("tell_queue", about, due_at=due, key=f"told:{id_}", not_later=True))
    work.enqueue_all(later)


def tell_long_queue(work: Work, *, queue_id: str) -> None:
    """Tell the floor how a queue with a long line stands."""
    queue = queue_queries.get_queue(work.session, queue_id=queue_id)
    work.emit(QueueChanged(queue=queue_view(work.session, queue, at=work.now)))


def tell_places(work: Work, *, queue_id: str, after: dict[str, str] | None = None, position: int = 0) -> None:
    """Tell those who wait their place and the wait to expect: the first of the line at once, the rest page by page.

    The walk down a long line is one at a time and goes on by itself; whoever asks meanwhile gets the exact place.
    """
    policy = policy_queries.active_policy(work.session)
    places = line_queries.head_of_line(
        work.session,
        queue_id=queue_id,
        head_start=head_start_by(policy),
        limit=NEAR_PLACES if after is None else FAR_PLACES,
        after=_place_from(after) if after else None,
    )
    if not places:
        return
    found = line_queries.load_conversations(work.session, ids=[place.id for place in places])
    service = service_of(work.session, queue_id=queue_id)
    for number, place in enumerate(places, start=position + 1):
        if found[place.id].channel == call_steps.CHANNEL:
            continue
        wait = wait_at(number, service=service)
        view = patient_view(work.session, found[place.id], now=work.now, wait=wait)
        work.emit(PlaceChanged(conversation_id=place.id, conversation=view))
    if len(places) >= (NEAR_PLACES if after is None else FAR_PLACES):
        last, walked = places[-1], position + len(places)
        payload = {"queue_id": queue_id, "after": _place_data(last), "position": walked}
        due = work.now + FAR_PLACES_EVERY
        work.enqueue("tell_places", payload, due_at=due, key=f"far_places:{queue_id}", not_later=True)


def _place_data(place: Place) -> dict[str, str]:
    times = {"counted": place.counted.isoformat(), "arrived_at": place.arrived_at.isoformat()}
    return {**times, "lowness": str(place.lowness), "id": place.id}


def _place_from(data: dict[str, str]) -> Place:
    counted, arrived_at = (datetime.fromisoformat(data[name]) for name in ("counted", "arrived_at"))
    return Place(counted, int(data["lowness"]), arrived_at, data["id"])


def tell_offer(work: Work, offer: Offer) -> None:
    """Tell an agent of an offer that was made for them and by no match."""
    work.emit(OfferMade(staff_id=offer.staff_id, offer=offer_view(work.session, offer)))


# ---- answers to an offer ---------------------------------------------------------------------------------


def accept_offer(work: Work, *, offer_id: str, staff_id: str) -> Conversation:
    """Take a conversation; `OfferGone` when the offer is somebody else's or no longer open.

    Who has it by this offer already asks again because the first answer was lost, and is told the same.
    """
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is None or offer.staff_id != staff_id:
        raise OfferGone
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=offer.conversation_id)
    if queue_queries.claim_offer(work.session, offer_id=offer_id, event=OfferEvent.ACCEPT, now=work.now) is None:
        if _has_by(work, offer=offer, conversation=conversation):
            return conversation
        raise OfferGone
    assign(work, conversation=conversation, staff_id=staff_id)
    _end(work, offer=offer, outcome=OfferState.ACCEPTED)
    presence.forget_misses(work, staff_id=staff_id)
    presence.tell(work, staff_id=staff_id)
    ask_for_match(work, queue_id=offer.queue_id, trigger="offer_accepted")
    return conversation


def _has_by(work: Work, *, offer: Offer, conversation: Conversation) -> bool:
    """Tell whether the agent of an accepted offer still serves the conversation."""
    work.session.refresh(offer)
    served = conversation.status == "active" and conversation.assignee_id == offer.staff_id
    return served and offer.state == OfferState.ACCEPTED


def assign(work: Work, *, conversation: Conversation, staff_id: str) -> None:
    """Make the agent the owner of a waiting conversation and tell both sides."""
    taken = conversation_queries.claim_assignment(
        work.session, conversation_id=conversation.id, staff_id=staff_id, now=work.now
    )
    if not taken:
        raise OfferGone
    work.session.refresh(conversation)
    queue_queries.settle_forecast(work.session, conversation_id=conversation.id, now=work.now)
    agent = presence_queries.get_agent_now(work.session, staff_id=staff_id)
    conversation.preferred_agent_id = staff_id
    if conversation.channel != call_steps.CHANNEL:
        # Who calls is answered by voice, not by what somebody writes.
        _owe_reply(work, conversation)
    append_notice(work, conversation, code="agent.joined", fields={"name": agent.staff.name}, to_patient=True)
    alerts.settle(work, conversation)
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


def note_visitor_wrote(work: Work, conversation: Conversation) -> None:
    """Count a visitor's words as unread and start the clock of the reply they are owed."""
    if begins_to_wait(work, conversation):
        expect_reply(work, conversation)


def begins_to_wait(work: Work, conversation: AnyConversation) -> bool:
    """Count a visitor's words as unread; tell whether a reply is owed from now on."""
    conversation.unread += 1
    if conversation.status != "active" or conversation.waiting_reply_since is not None:
        return False
    conversation.waiting_reply_since = work.now
    return True


def expect_reply(work: Work, conversation: Conversation) -> None:
    """Start the clock of a visitor's unanswered words; the alert fires when it runs out (B35).

    The clock stands still while the queue is closed (B17).
    """
    job = owed_reply(work, conversation, known={})
    if job is not None:
        work.enqueue_all([job])


def owed_reply(work: Work, conversation: AnyConversation, *, known: dict[str, datetime]) -> NewJob | None:
    """Start the clock as `expect_reply` does, and return the job that is still to be recorded.

    `known` holds by queue when words of this instant are owed a reply; who starts many clocks at once hands it from
    one to the next.
    """
    if conversation.queue_id is None:
        return None
    if conversation.queue_id not in known:
        queue = queue_queries.get_queue(work.session, queue_id=conversation.queue_id)
        limit = timedelta(seconds=queue.service_level_seconds)
        known[queue.id] = clinic.due_in_open_time(work.session, queue, since=work.now, lasting=limit)
    conversation.reply_due_at = due_at = known[conversation.queue_id]
    return NewJob("warn_overdue", {"conversation_id": conversation.id}, due_at=due_at, key=f"overdue:{conversation.id}")


def decline_offer(work: Work, *, offer_id: str, staff_id: str, reason: str) -> None:
    """Give a conversation back; it keeps its place and goes to somebody else (B4, B7). A repeat changes nothing."""
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is None or offer.staff_id != staff_id:
        raise OfferGone
    if not _give_back(work, offer=offer, event=OfferEvent.DECLINE, reason=tidy_text(reason).strip()):
        work.session.refresh(offer)
        if offer.state != OfferState.DECLINED:
            raise OfferGone


def expire_offer(work: Work, *, offer_id: str) -> None:
    """Withdraw an offer that nobody answered; after several in a row the agent is set to break and told (B7)."""
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is None or not _give_back(work, offer=offer, event=OfferEvent.TIME_OUT, reason=""):
        return
    limit = policy_queries.active_policy(work.session).misses.limit
    if presence_queries.count_miss(work.session, staff_id=offer.staff_id) >= limit:
        presence.set_to_break(work, staff_id=offer.staff_id)
        alerts.raise_alert(work, code="set_to_break", staff_id=offer.staff_id)


def withdraw_offer(work: Work, *, offer_id: str, reason: str) -> None:
    """Take an offer back because its conversation or its agent is gone."""
    offer = queue_queries.find_offer(work.session, offer_id=offer_id)
    if offer is not None:
        _give_back(work, offer=offer, event=OfferEvent.WITHDRAW, reason=reason)


def _give_back(work: Work, *, offer: Offer, event: OfferEvent, reason: str) -> bool:
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=offer.conversation_id)
    ended = queue_queries.claim_offer(work.session, offer_id=offer.id, event=event, now=work.now, reason=reason)
    if ended is None:
        return False
    call_steps.offer_over(work, conversation, offer_id=offer.id)
    state = outcome_of(event)
    share = share_now(work.session, conversation.channel)
    presence_queries.free_slot(work.session, staff_id=offer.staff_id, now=work.now, share=share)
    if state is not OfferState.WITHDRAWN:
        name = presence_queries.get_agent_now(work.session, staff_id=offer.staff_id).staff.name
        append_notice(work, conversation, code=f"offer.{state}", fields={"name": name, "reason": reason})
        changed(work, conversation)
    _end(work, offer=ended, outcome=state)
    presence.tell(work, staff_id=offer.staff_id)
    # The agent's other queues may now have room as well.
    ask_for_matches_of(work, staff_id=offer.staff_id, trigger=f"offer_{state}")
    ask_for_match(work, queue_id=offer.queue_id, trigger=f"offer_{state}")
    return True


def _end(work: Work, *, offer: Offer, outcome: OfferState) -> None:
    queue_queries.forget_expiry(work.session, offer_id=offer.id)
    work.emit(
        OfferEnded(
            staff_id=offer.staff_id,
            offer_id=offer.id,
            conversation_id=offer.conversation_id,
            outcome=outcome.value,
        )
    )
