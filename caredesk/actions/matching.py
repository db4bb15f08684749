"""Matching: who waits is offered to who is free, in the order of the line, at once, with everything seen kept.

The cost of a match depends on how many agents a queue has and how many offers are made, and only by the depth of an
index on how many wait: the head of the line is read, never the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from caredesk.accounts import presence_queries
from caredesk.accounts.presence_queries import Seat, Share
from caredesk.accounts.rules import Permission, permissions_of
from caredesk.actions import clinic, presence
from caredesk.actions.line import head_start_by, work_item
from caredesk.actions.routing import tell_queue
from caredesk.actions.summaries import offer_view
from caredesk.conversations import line_queries
from caredesk.conversations.line_queries import Place
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import OfferMade
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.decision_data import as_found, candidate_data, fingerprint, item_data
from caredesk.queue.models import Offer, Queue, RoutingDecision, RoutingSnapshot
from caredesk.queue.policy import Policy
from caredesk.queue.rules import Candidate, Match, WorkItem, choose, is_exclusive, weight_of

OFFERS_AT_ONCE = 32
"""A match makes at most this many offers and then asks for the next one, so that its locks are held shortly."""

LOOKED_AT = 200
"""How far down the line a match looks when the first ones are not for whoever is free."""

BUSY_AGAIN_AFTER = timedelta(milliseconds=200)
"""When another match holds an agent's row, the queue is looked at again this soon."""

CHANGING = "changing"
"""State of an agent whose row could not be claimed as it was read."""

OWN_REASONS = frozenset({"just_asked", "outside_ring", "not_skilled"})
"""Exclusions that concern one piece of work only: the next in line may still be for that agent."""


def match_queue(work: Work, *, queue_id: str, trigger: str) -> None:
    """Offer waiting work, the head of the line first, until nobody eligible is left."""
    queue = queue_queries.lock_queue(work.session, queue_id=queue_id)
    state = clinic.queue_state(work.session, queue, at=work.now)
    if state.open:
        _Matching(work, queue, trigger, policy_queries.active_policy(work.session)).run()
    elif line_queries.count_line(work.session, queue_id=queue.id, up_to=1):
        # Given back after closing time: the wait becomes a promise.
        work.enqueue("follow_clinic", {"queue_id": queue.id}, key=f"follow_clinic:{queue.id}")
    tell_queue(work, queue=queue, state=state)


def candidates_for(work: Work, *, queue: Queue, policy: Policy) -> list[Candidate]:
    """Return everyone who serves the queue, or a queue of its rings, as they are now."""
    also = {key for ring in policy.rings_of(queue.key) for key in ring.also_queues}
    levels = queue_queries.levels_for(work.session, queue_keys={queue.key, *also})
    seats = presence_queries.list_seats(work.session, staff_ids=levels)
    return [_candidate(seat, levels=levels[seat.staff_id]) for seat in seats]


def _candidate(seat: Seat, *, levels: Mapping[str, int]) -> Candidate:
    spoken = sorted(key.removeprefix("lang:") for key in levels if key.startswith("lang:"))
    return Candidate(
        staff_id=seat.staff_id,
        name=seat.name,
        state=seat.state,
        connected=seat.connected,
        may_reply=_may_work(seat.roles),
        load=seat.load,
        capacity=seat.capacity,
        idle_since=seat.idle_since,
        levels=levels,
        languages=("zh", *spoken),
        exclusive=seat.exclusive,
    )


@lru_cache(maxsize=256)
def _may_work(roles: tuple[str, ...]) -> bool:
    return Permission.WORK in permissions_of(roles)


def share_of(channel: str, *, policy: Policy) -> Share:
    """Return what work of a channel takes of an agent by a policy."""
    budget = policy.budget
    return Share(
        weight=weight_of(channel, policy=policy),
        exclusive=is_exclusive(channel, policy=policy),
        held_beside=budget.held_beside_exclusive,
        new_beside=budget.new_work_during_exclusive,
    )


@dataclass
class _Matching:
    """One match of one queue: what it saw at the beginning, and what it has given out since."""

    work: Work
    queue: Queue
    trigger: str
    policy: Policy
    seen: list[Candidate] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    snapshot_id: str | None = None
    offered: int = 0
    asked_again_at: datetime | None = None

    def run(self) -> None:
        self.seen = candidates_for(self.work, queue=self.queue, policy=self.policy)
        for conversation, asked in self._line():
            if not self._offer(conversation, asked=asked):
                break
            if self.offered == OFFERS_AT_ONCE:
                self._go_on_later()
                break
        self._tell_agents()
        if self.asked_again_at is not None:
            payload = {"queue_id": self.queue.id, "trigger": "pause_over"}
            key = f"retry:{self.queue.id}"
            self.work.enqueue("match_queue", payload, due_at=self.asked_again_at, key=key, not_later=True)

    def _line(self) -> Iterator[tuple[Conversation, Mapping[str, datetime]]]:
        """Yield who waits without an offer, the head of the line first, page by page and only as far as needed."""
        session = self.work.session
        on_offer = queue_queries.pending_conversation_ids(session, queue_id=self.queue.id)
        page = min(self._free_units(), OFFERS_AT_ONCE) + 1
        after: Place | None = None
        looked = 0
        while looked < LOOKED_AT:
            places = line_queries.head_of_line(
                session,
                queue_id=self.queue.id,
                head_start=head_start_by(self.policy),
                limit=page + (len(on_offer) if after is None else 0),
                after=after,
            )
            if not places:
                return
            after = places[-1]
            ids = [place.id for place in places if place.id not in on_offer][:LOOKED_AT]
            found = line_queries.load_conversations(session, ids=ids)
            asked = queue_queries.asked_since(session, conversation_ids=ids)
            for id_ in ids:
                looked += 1
                yield found[id_], asked.get(id_, {})
            page = OFFERS_AT_ONCE

    def _free_units(self) -> int:
        return sum(max(c.capacity - c.load, 0) for c in self.seen if c.connected and c.state == "ready")

    def _offer(self, conversation: Conversation, *, asked: Mapping[str, datetime]) -> bool:
        """Offer one conversation; False when nobody has room for anything, so that looking further is useless."""
        item = work_item(conversation, queue=self.queue, now=self.work.now)
        share = share_of(item.channel, policy=self.policy)
        while True:
            found = as_found(self.seen, taken=self.taken, asked=asked)
            match = choose(item, found, policy=self.policy, now=self.work.now)
            chosen = match.chosen
            if chosen is None:
                self._keep(conversation, item=item, match=match, asked=asked)
                return self._others_may_be_served(match)
            if presence_queries.claim_slot(self.work.session, staff_id=chosen.staff_id, share=share, waiting=False):
                self._keep(conversation, item=item, match=match, asked=asked)
                self._make_offer(conversation, staff_id=chosen.staff_id)
                self.taken[chosen.staff_id] = self.taken.get(chosen.staff_id, 0) + share.weight
                return True
            # Changed since it was read, or in another match's hands: not ready for this match, and looked at again.
            self.seen = [replace(c, state=CHANGING) if c.staff_id == chosen.staff_id else c for c in self.seen]
            self.snapshot_id = None
            self._again_at(self.work.now + BUSY_AGAIN_AFTER)

    def _others_may_be_served(self, match: Match) -> bool:
        pauses = [r.candidate.asked_at for r in match.ranked if r.excluded == ("just_asked",)]
        for asked_at in pauses:
            if asked_at is not None:
                self._again_at(asked_at + timedelta(seconds=self.policy.pause.seconds))
        return any(set(r.excluded) <= OWN_REASONS for r in match.ranked)

    def _again_at(self, at: datetime) -> None:
        self.asked_again_at = min(at, self.asked_again_at or at)

    def _keep(self, conversation: Conversation, *, item: WorkItem, match: Match, asked: Mapping[str, datetime]) -> None:
        """Keep the decision; one that repeats the last "nobody" for the same reasons adds nothing."""
        session, mark = self.work.session, fingerprint(match) if match.chosen is None else None
        if mark is not None:
            last = queue_queries.find_last_decision(session, conversation_id=conversation.id)
            if last is not None and last.chosen_staff_id is None and last.fingerprint == mark:
                return
        session.add(
            RoutingDecision(
                id=new_id(),
                conversation_id=conversation.id,
                queue_id=self.queue.id,
                at=self.work.now,
                trigger=self.trigger,
                chosen_staff_id=match.chosen.staff_id if match.chosen else None,
                candidates=[],
                policy_version=self.policy.version,
                snapshot_id=self._snapshot(),
                item=item_data(item),
                taken=dict(self.taken),
                asked={staff_id: at.isoformat() for staff_id, at in asked.items()},
                decided_by=match.decided_by,
                fingerprint=mark,
            )
        )

    def _snapshot(self) -> str:
        if self.snapshot_id is None:
            self.snapshot_id = new_id()
            rows = [candidate_data(c) for c in self.seen]
            self.work.session.add(RoutingSnapshot(id=self.snapshot_id, candidates=rows, at=self.work.now))
            self.work.session.flush()
        return self.snapshot_id

    def _make_offer(self, conversation: Conversation, *, staff_id: str) -> None:
        work, queue = self.work, self.queue
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
        self.offered += 1

    def _tell_agents(self) -> None:
        for staff_id in self.taken:
            presence.tell(self.work, staff_id=staff_id)

    def _go_on_later(self) -> None:
        payload = {"queue_id": self.queue.id, "trigger": self.trigger}
        self.work.enqueue("match_queue", payload, key=f"match:{self.queue.id}")
