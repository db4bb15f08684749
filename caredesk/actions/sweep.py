"""The safety net: every half minute it looks for what the events should have done. Each find is a fault and is told."""

from __future__ import annotations

import logging
from datetime import timedelta

from caredesk.accounts import presence_queries
from caredesk.actions import alerts, clinic, presence
from caredesk.actions.call_engines import watch_engines
from caredesk.actions.call_intake import forget_old
from caredesk.actions.line import head_start_by, work_item
from caredesk.actions.match_asking import ask_for_match, ask_for_matches_of
from caredesk.actions.matching import candidates_for
from caredesk.conversations import line_queries
from caredesk.core.outbox import has_job
from caredesk.core.work import Work
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.decision_data import as_found
from caredesk.queue.models import Queue
from caredesk.queue.policy import Policy
from caredesk.queue.rules import choose

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)

FAULTS = ("load_left", "match_forgotten", "offer_overdue")
"""What can be found; each find is counted for ever and shown among the desk's metrics."""

OVERDUE_AFTER = timedelta(seconds=10)
"""An offer that is still open so long after its end has lost its job."""


def begin_sweeping(work: Work) -> None:
    """Have the net look for the first time; at the start of a process."""
    work.enqueue("sweep_queues", {}, due_at=work.now + EVERY, key="sweep_queues", not_later=True)


def sweep_queues(work: Work) -> None:
    """Look at every open queue and every overdue offer, repair what is found, and come back."""
    policy = policy_queries.active_policy(work.session)
    for offer in queue_queries.list_overdue_offers(work.session, before=work.now - OVERDUE_AFTER):
        if not has_job(work.session, key=queue_queries.expiry_key(offer.id)):
            work.enqueue("expire_offer", {"offer_id": offer.id}, key=queue_queries.expiry_key(offer.id))
            _found(work, code="offer_overdue", queue_id=offer.queue_id, conversation_id=offer.conversation_id)
    for queue in queue_queries.list_queues(work.session):
        forgotten = _forgotten(work, queue=queue, policy=policy)
        if forgotten is not None:
            ask_for_match(work, queue_id=queue.id, trigger="sweep")
            _found(work, code="match_forgotten", queue_id=queue.id, conversation_id=forgotten)
    for staff_id in _empty_handed(work, among=presence_queries.list_loaded(work.session)):
        _free_wholly(work, staff_id=staff_id)
    for node in presence.forget_dead_nodes(work):
        log.warning("server_gone", extra={"node": node})
    watch_engines(work)
    forget_old(work)
    work.enqueue("sweep_queues", {}, due_at=work.now + EVERY, key="sweep_queues")


def _empty_handed(work: Work, *, among: set[str], staff_id: str | None = None) -> set[str]:
    """Return who of these has nothing on offer and serves nobody.

    Offers are read first: what is accepted between the two looks is then seen at least once.
    """
    asked = queue_queries.list_asked(work.session, staff_id=staff_id)
    return among - asked - line_queries.list_serving(work.session, staff_id=staff_id)


def _free_wholly(work: Work, *, staff_id: str) -> None:
    """Free a budget that is in use by nothing; the row is locked first, so that nothing is being taken meanwhile."""
    seat = presence_queries.lock_presence(work.session, staff_id=staff_id)
    if (seat.load == 0 and not seat.exclusive) or not _empty_handed(work, among={staff_id}, staff_id=staff_id):
        return
    seat.load, seat.exclusive = 0, False
    queue_queries.add_fault(work.session, code="load_left", queue_id=None, conversation_id=None, now=work.now)
    alerts.raise_alert(work, code="sweep_found", staff_id=staff_id)
    presence.tell(work, staff_id=staff_id)
    ask_for_matches_of(work, staff_id=staff_id, trigger="sweep")


def _forgotten(work: Work, *, queue: Queue, policy: Policy) -> str | None:
    """Return the first of a line whom somebody could be asked for now although no match is on its way."""
    session = work.session
    if has_job(session, key=f"match:{queue.id}") or not clinic.queue_state(session, queue, at=work.now).open:
        return None
    on_offer = queue_queries.pending_conversation_ids(session, queue_id=queue.id)
    start = head_start_by(policy)
    places = line_queries.head_of_line(session, queue_id=queue.id, head_start=start, limit=len(on_offer) + 1)
    first = next((place.id for place in places if place.id not in on_offer), None)
    if first is None:
        return None
    conversation = line_queries.load_conversations(session, ids=[first])[first]
    asked = queue_queries.asked_since(session, conversation_ids=[first]).get(first, {})
    found = as_found(candidates_for(work, queue=queue, policy=policy), taken={}, asked=asked)
    item = work_item(conversation, queue=queue, now=work.now)
    # Whoever could only just be asked again has a match due in this very moment.
    could = choose(item, [c for c in found if c.asked_at is None], policy=policy, now=work.now).chosen
    return first if could is not None else None


def _found(work: Work, *, code: str, queue_id: str, conversation_id: str) -> None:
    queue_queries.add_fault(work.session, code=code, queue_id=queue_id, conversation_id=conversation_id, now=work.now)
    alerts.raise_alert(work, code="sweep_found", queue_id=queue_id, conversation_id=conversation_id)
