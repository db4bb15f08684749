"""Matching: who waits is offered to who is free, in the order of the line, at once, with everything seen kept.

The cost of a match depends on how many agents a queue has and how many offers are made, and only by the depth of an
index on how many wait: the head of the line is read, never the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain

from caredesk.accounts import presence_queries
from caredesk.accounts.presence_queries import Seat, Share
from caredesk.accounts.rules import Permission, permissions_of
from caredesk.actions import call_steps, clinic, presence
from caredesk.actions.budget import share_of
from caredesk.actions.call_phones import with_phone
from caredesk.actions.line import head_start_by, work_item
from caredesk.actions.match_asking import ask_for_match
from caredesk.actions.routing import tell_queue
from caredesk.actions.summaries import offer_views
from caredesk.conversations import line_queries
from caredesk.conversations.line_queries import Place
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.outbox import NewJob
from caredesk.core.work import Work
from caredesk.events.catalogue import OfferMade
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.decision_data import as_found, candidate_data, fingerprint, item_data
from caredesk.queue.lineup import Lineup
from caredesk.queue.models import Offer, Queue, RoutingDecision, RoutingSnapshot
from caredesk.queue.offer_states import FIRST
from caredesk.queue.policy import Policy
from caredesk.queue.rules import Candidate, Match, WorkItem, choose

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

Waiting = tuple[Conversation, Mapping[str, datetime]]
"""A conversation in the line, and when each agent was asked for it who did not take it."""


def match_queue(work: Work, *, queue_id: str, trigger: str) -> None:
    """Offer waiting work, the head of the line first, until nobody eligible is left."""
    queue = queue_queries.lock_queue(work.session, queue_id=queue_id)
    state = clinic.queue_state(work.session, queue, at=work.now)
    # Nearly every match is asked for by an agent who has become free, and finds nobody waiting.
    somebody_waits = line_queries.count_line(work.session, queue_id=queue.id, up_to=1) > 0
    if somebody_waits and state.open:
        _Matching(work, queue, trigger, policy_queries.active_policy(work.session)).run()
    elif somebody_waits:
        # Given back after closing time: the wait becomes a promise.
        work.enqueue("follow_clinic", {"queue_id": queue.id}, key=f"follow_clinic:{queue.id}")
    tell_queue(work, queue=queue, state=state)


def candidates_for(work: Work, *, queue: Queue, policy: Policy) -> list[Candidate]:
    """Return everyone who serves the queue, or a queue of its rings, as they are now."""
    also = {key for ring in policy.rings_of(queue.key) for key in ring.also_queues}
    levels = queue_queries.levels_for(work.session, queue_keys={queue.key, *also})
    seats = presence_queries.list_seats(work.session, staff_ids=levels)
    phones = with_phone(work.session, now=work.now)
    return [_candidate(seat, levels=levels[seat.staff_id], has_phone=seat.staff_id in phones) for seat in seats]


def _candidate(seat: Seat, *, levels: Mapping[str, int], has_phone: bool) -> Candidate:
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
        has_phone=has_phone,
    )


@lru_cache(maxsize=256)
def _may_work(roles: tuple[str, ...]) -> bool:
    return Permission.WORK in permissions_of(roles)


@dataclass(frozen=True)
class _Planned:
    """What the rules say of one piece of work: whom to ask, or why nobody."""

    conversation: Conversation
    asked: Mapping[str, datetime]
    item: WorkItem
    share: Share
    match: Match
    taken: dict[str, int]
    """What had been given out when this was decided."""

    @property
    def staff_id(self) -> str | None:
        return self.match.chosen.staff_id if self.match.chosen else None


@dataclass
class _Matching:
    """One match of one queue: what it saw at the beginning, and what it has given out since.

    It decides for many, claims their agents at once, and then writes everything at once: the store is asked a few
    times for a match, not for each offer. When an agent turns out to have changed, nothing of the plan stands.
    """

    work: Work
    queue: Queue
    trigger: str
    policy: Policy
    seen: list[Candidate] = field(default_factory=list)
    free: Lineup = field(init=False)
    """Those of the seen who could be asked for something, with what was given out since."""
    taken: dict[str, int] = field(default_factory=dict)
    line: Iterator[Waiting] = field(default_factory=lambda: iter(()))
    snapshot_id: str | None = None
    offered: int = 0
    asked_again_at: datetime | None = None

    def run(self) -> None:
        self._see(candidates_for(self.work, queue=self.queue, policy=self.policy))
        self.line = self._line()
        ended = False
        while not ended and self.offered < OFFERS_AT_ONCE:
            taken = dict(self.taken)
            plan, ended = self._plan()
            refused = self._claim(plan)
            if refused:
                self.taken, ended = taken, False
                self.line = chain([(planned.conversation, planned.asked) for planned in plan], self.line)
                self._see([replace(c, state=CHANGING) if c.staff_id in refused else c for c in self.seen])
                self._again_at(self.work.now + BUSY_AGAIN_AFTER)
            else:
                self._keep(plan)
        presence.tell_all(self.work, staff_ids=self.taken)
        self._come_back(unfinished=not ended)

    def _see(self, candidates: list[Candidate]) -> None:
        self.seen, self.snapshot_id = candidates, None
        free = (
            c
            for c in as_found(candidates, taken=self.taken, asked={})
            if c.connected and c.state == "ready" and c.may_reply and _has_room(c, policy=self.policy)
        )
        self.free = Lineup(free, policy=self.policy, now=self.work.now)

    def _line(self) -> Iterator[Waiting]:
        """Yield who waits without an offer, the head of the line first, page by page and only as far as needed."""
        session = self.work.session
        on_offer = queue_queries.pending_conversation_ids(session, queue_id=self.queue.id)
        page = min(self.free.free_units, OFFERS_AT_ONCE) + 1
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

    # ---- deciding --------------------------------------------------------------------------------------------

    def _plan(self) -> tuple[list[_Planned], bool]:
        """Decide for the next in line; True when nobody further down can be served either."""
        plan: list[_Planned] = []
        offers = self.offered
        for conversation, asked in self.line:
            item = work_item(conversation, queue=self.queue, now=self.work.now)
            share = share_of(item.channel, policy=self.policy)
            if share.exclusive and plan:
                # What an agent takes alone is claimed alone, after everything before it.
                self.line = chain([(conversation, asked)], self.line)
                return plan, False
            planned = self._decide(conversation, asked=asked, item=item, share=share)
            plan.append(planned)
            if planned.staff_id is None:
                if not self._others_may_be_served(planned.match):
                    return plan, True
                continue
            self._give(planned.staff_id, share=share)
            offers += 1
            if share.exclusive or offers == OFFERS_AT_ONCE:
                return plan, False
        return plan, True

    def _decide(
        self, conversation: Conversation, *, asked: Mapping[str, datetime], item: WorkItem, share: Share
    ) -> _Planned:
        """Choose among those who could be asked; who could not matters only when nobody is left."""
        taken, now = dict(self.taken), self.work.now
        match = choose(item, self.free.nearest(item, asked=asked), policy=self.policy, now=now)
        if match.chosen is None:
            everybody = as_found(self.seen, taken=taken, asked=asked)
            match = choose(item, everybody, policy=self.policy, now=now)
        return _Planned(conversation, asked, item, share, match, taken)

    def _give(self, staff_id: str, *, share: Share) -> None:
        self.taken[staff_id] = self.taken.get(staff_id, 0) + share.weight
        self.free.give(staff_id, weight=share.weight)

    def _others_may_be_served(self, match: Match) -> bool:
        pauses = [r.candidate.asked_at for r in match.ranked if r.excluded == ("just_asked",)]
        for asked_at in pauses:
            if asked_at is not None:
                self._again_at(asked_at + timedelta(seconds=self.policy.pause.seconds))
        return any(set(r.excluded) <= OWN_REASONS for r in match.ranked)

    def _again_at(self, at: datetime) -> None:
        self.asked_again_at = min(at, self.asked_again_at or at)

    # ---- claiming and keeping --------------------------------------------------------------------------------

    def _claim(self, plan: Sequence[_Planned]) -> set[str]:
        """Claim every agent of the plan, or none; return who has changed since they were read, or is being changed."""
        loads: dict[str, int] = {}
        for planned in plan:
            if planned.staff_id is not None:
                loads[planned.staff_id] = loads.get(planned.staff_id, 0) + planned.share.weight
        if not loads:
            return set()
        share = next(planned.share for planned in plan if planned.staff_id is not None)
        if not share.exclusive:
            return presence_queries.claim_slots(self.work.session, loads=loads, share=share)
        return {
            staff_id
            for staff_id in loads
            if not presence_queries.claim_slot(self.work.session, staff_id=staff_id, share=share, waiting=False)
        }

    def _keep(self, plan: Sequence[_Planned]) -> None:
        """Keep the decisions, make the offers and tell of them."""
        work = self.work
        decisions = [self._decision(planned) for planned in self._worth_keeping(plan)]
        offers = [self._offer(p.conversation, staff_id=p.staff_id) for p in plan if p.staff_id is not None]
        queue_queries.keep_match(work.session, decisions=decisions, offers=offers)
        work.enqueue_all([_ending(offer) for offer in offers])
        conversations = {planned.conversation.id: planned.conversation for planned in plan}
        views = offer_views(work.session, offers, conversations=conversations) if offers else []
        for offer, view in zip(offers, views, strict=True):
            work.emit(OfferMade(staff_id=offer.staff_id, offer=view))
        for offer in offers:
            if conversations[offer.conversation_id].channel == call_steps.CHANNEL:
                # The offer is on the screen before the phone rings (B51).
                work.enqueue("ring_agent", {"offer_id": offer.id}, key=f"ring:{offer.id}")
        self.offered += len(offers)
        exclusive = {p.staff_id for p in plan if p.staff_id is not None and p.share.exclusive}
        if exclusive:
            self._see([replace(c, exclusive=True) if c.staff_id in exclusive else c for c in self.seen])

    def _worth_keeping(self, plan: Sequence[_Planned]) -> list[_Planned]:
        """Leave out what repeats the last "nobody" for the same reasons: it adds nothing."""
        nobody = [planned.conversation.id for planned in plan if planned.staff_id is None]
        known = queue_queries.marks_of_nobody(self.work.session, conversation_ids=nobody) if nobody else {}
        return [
            planned
            for planned in plan
            if planned.staff_id is not None or known.get(planned.conversation.id, "") != fingerprint(planned.match)
        ]

    def _decision(self, planned: _Planned) -> RoutingDecision:
        return RoutingDecision(
            id=new_id(),
            conversation_id=planned.conversation.id,
            queue_id=self.queue.id,
            at=self.work.now,
            trigger=self.trigger,
            chosen_staff_id=planned.staff_id,
            candidates=[],
            policy_version=self.policy.version,
            snapshot_id=self._snapshot(),
            item=item_data(planned.item),
            taken=planned.taken,
            asked={staff_id: at.isoformat() for staff_id, at in planned.asked.items()},
            decided_by=planned.match.decided_by,
            fingerprint=fingerprint(planned.match) if planned.staff_id is None else None,
        )

    def _snapshot(self) -> str:
        if self.snapshot_id is None:
            self.snapshot_id = new_id()
            rows = [candidate_data(c) for c in self.seen]
            self.work.session.add(RoutingSnapshot(id=self.snapshot_id, candidates=rows, at=self.work.now))
            self.work.session.flush()
        return self.snapshot_id

    def _offer(self, conversation: Conversation, *, staff_id: str) -> Offer:
        return Offer(
            id=new_id(),
            conversation_id=conversation.id,
            queue_id=self.queue.id,
            staff_id=staff_id,
            state=FIRST.value,
            made_at=self.work.now,
            expires_at=self.work.now + timedelta(seconds=self.queue.offer_seconds),
            reason="",
        )

    def _come_back(self, *, unfinished: bool) -> None:
        if unfinished:
            ask_for_match(self.work, queue_id=self.queue.id, trigger=self.trigger)
        if self.asked_again_at is not None:
            payload = {"queue_id": self.queue.id, "trigger": "pause_over"}
            key = f"retry:{self.queue.id}"
            self.work.enqueue("match_queue", payload, due_at=self.asked_again_at, key=key, not_later=True)


def _ending(offer: Offer) -> NewJob:
    return NewJob(
        "expire_offer", {"offer_id": offer.id}, due_at=offer.expires_at, key=queue_queries.expiry_key(offer.id)
    )


def _has_room(candidate: Candidate, *, policy: Policy) -> bool:
    """Tell whether anything at all may be given to an agent: a place of the budget, or the exclusive one."""
    if candidate.exclusive:
        return policy.budget.new_work_during_exclusive and candidate.load < candidate.capacity
    return candidate.load < candidate.capacity or candidate.load <= policy.budget.held_beside_exclusive
