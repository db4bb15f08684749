"""Random days at a desk: people come and go, agents join, crash and return, the clock jumps, the queue shuts.

After every step nothing is lost, nothing has two owners, nobody is forgotten, nobody holds too much, nobody was
overtaken within a class or beyond the bound (B2 to B6, B8, B18). By day a few hundred steps; by night ten thousand
sequences: `pytest -m nightly tests/actions/test_routing_machine.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from caredesk.accounts.models import Connection, Presence
from caredesk.actions import chat, clinic, floor_hours, matching, presence, routing
from caredesk.actions.line import work_item
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.floor.errors import NothingByHand
from caredesk.floor.rules import HandKind
from caredesk.queue import policy_queries, queries
from caredesk.queue.decision_data import as_found
from caredesk.queue.models import Offer, Queue
from caredesk.queue.policy import default_policy
from caredesk.queue.rules import choose, starvation_bound
from tests.fixtures.desk import DeskForTests

STEPS = 20
BY_DAY = 15
BY_NIGHT = 100
NIGHTS = 100
"""A hundred desks with a hundred sequences each, so that no desk has thousands of queues."""

MOST_AGENTS = 4
GRACE = 20
HELD = ("waiting", "active", "message")
KINDS: tuple[HandKind, ...] = ("open", "closed")


@dataclass(frozen=True)
class Seen:
    """What stood in the queue after a step: everybody in it, and who has ever been on offer."""

    rows: dict[str, Conversation]
    offered: frozenset[str]


class Days(RuleBasedStateMachine):
    """One queue of a desk. Sequences share the desk and each has a queue and agents of its own."""

    def __init__(self, desk: DeskForTests) -> None:
        super().__init__()
        self.desk = desk
        self.number = next(desk.numbers)
        self.queue_id = desk.add_queue(f"q{self.number}", position=-self.number, offer_seconds=20)
        self.agents: list[str] = []
        self.came: set[str] = set()
        self.before = Seen({}, frozenset())

    # ---- agents ----------------------------------------------------------------------------------------------

    @initialize()
    def somebody_is_there(self) -> None:
        self.join(capacity=2)

    @precondition(lambda self: len(self.agents) < MOST_AGENTS)
    @rule(capacity=st.integers(1, 3))
    def join(self, capacity: int) -> None:
        login = f"q{self.number}-{len(self.agents)}"
        self.agents.append(self.desk.add_agent(login, queues=[self.queue_id], capacity=capacity))

    @rule(which=st.integers(0, 3))
    def crash(self, which: int) -> None:
        """Every screen of an agent is gone without a word."""
        with self.desk.write() as work:
            for sid in work.session.scalars(select(Connection.sid).where(Connection.staff_id == self.agent(which))):
                presence.disconnect(work, sid=sid, grace_seconds=GRACE)

    @rule(which=st.integers(0, 3))
    def come_back(self, which: int) -> None:
        self.desk.connect(self.agent(which))
        self.desk.set_state(self.agent(which), "ready")

    @rule(which=st.integers(0, 3), state=st.sampled_from(["ready", "busy", "offline"]))
    def choose_a_state(self, which: int, state: str) -> None:
        self.desk.set_state(self.agent(which), state)

    # ---- work ------------------------------------------------------------------------------------------------

    @rule(priority=st.sampled_from([0, 0, 0, 5, 10]))
    def arrive(self, priority: int) -> None:
        _, conversation_id = self.desk.waiting_visitor()
        with self.desk.write() as work:
            work.session.get_one(Conversation, conversation_id).priority = priority
        if self.desk.conversation(conversation_id).status in HELD:
            self.came.add(conversation_id)

    @rule(which=st.integers(0, 9))
    def accept(self, which: int) -> None:
        self.answer(which, lambda work, offer: routing.accept_offer(work, offer_id=offer.id, staff_id=offer.staff_id))

    @rule(which=st.integers(0, 9))
    def decline(self, which: int) -> None:
        self.answer(
            which,
            lambda work, offer: routing.decline_offer(work, offer_id=offer.id, staff_id=offer.staff_id, reason=""),
        )

    @rule(which=st.integers(0, 9))
    def leave(self, which: int) -> None:
        """A visitor ends it, whether served, on offer or waiting."""
        rows = sorted(self.held(), key=lambda row: row.id)
        if rows:
            one = rows[which % len(rows)]
            with self.desk.write() as work:
                chat.end_conversation(work, visitor_id=one.visitor_id, conversation_id=one.id)

    # ---- time and hours --------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 5, 21, 31, 125, 7200, -3]))
    def jump(self, seconds: int) -> None:
        """Time passes, much of it while nothing ran; or the machine's clock is set back."""
        self.desk.clock.advance(seconds=seconds)

    @rule(kind=st.sampled_from(KINDS), minutes=st.integers(1, 60))
    def shut_or_open(self, kind: HandKind, minutes: int) -> None:
        ends_at = self.desk.clock.now() + timedelta(minutes=minutes)
        with self.desk.write() as work:
            floor_hours.set_hours_by_hand(work, queue_id=self.queue_id, kind=kind, ends_at=ends_at, reason="停电了")

    @rule()
    def follow_the_schedule(self) -> None:
        try:
            with self.desk.write() as work:
                floor_hours.end_hours_by_hand(work, queue_id=self.queue_id, reason="来电了")
        except NothingByHand:
            pass

    # ---- what always holds -----------------------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        self.desk.run_jobs()
        with self.desk.write() as work:
            now = self.look(work)
            self.nothing_is_lost_or_has_two_owners(work, now)
            self.everybody_holds_what_the_budget_allows(work, now)
            self.nobody_is_forgotten(work, now)
        self.nobody_was_overtaken(now)
        self.before = now

    def nothing_is_lost_or_has_two_owners(self, work: Work, now: Seen) -> None:
        closed = {row.id for row in now.rows.values() if row.status == "closed"}
        assert self.came <= {row.id for row in now.rows.values() if row.status in HELD} | closed
        pending = self.pending(work)
        assert len(pending) == len({offer.conversation_id for offer in pending})
        for row in now.rows.values():
            assert (row.assignee_id is not None) == (row.status == "active") or row.status == "closed", row.status
        assert {now.rows[offer.conversation_id].status for offer in pending} <= {"waiting"}

    def everybody_holds_what_the_budget_allows(self, work: Work, now: Seen) -> None:
        pending = self.pending(work)
        for agent in self.agents:
            seat = work.session.get_one(Presence, agent)
            held = sum(row.status == "active" and row.assignee_id == agent for row in now.rows.values())
            assert seat.load == held + sum(offer.staff_id == agent for offer in pending) <= seat.capacity

    def nobody_is_forgotten(self, work: Work, now: Seen) -> None:
        """Whoever waits without an offer in an open queue could be offered to nobody now."""
        policy = policy_queries.active_policy(work.session)
        queue = work.session.get_one(Queue, self.queue_id)
        is_open = clinic.queue_state(work.session, queue, at=work.now).open
        on_offer = {offer.conversation_id for offer in self.pending(work)}
        waiting = [row for row in now.rows.values() if row.status == "waiting" and row.id not in on_offer]
        if not is_open:
            assert waiting == []
            return
        assert [row for row in now.rows.values() if row.status == "message"] == []
        seen = matching.candidates_for(work, queue=queue, policy=policy)
        asked = queries.asked_since(work.session, conversation_ids=[row.id for row in waiting])
        for row in waiting:
            item = work_item(row, queue=queue, now=work.now)
            found = as_found(seen, taken={}, asked=asked.get(row.id, {}))
            assert choose(item, found, policy=policy, now=work.now).chosen is None

    def nobody_was_overtaken(self, now: Seen) -> None:
        """Of those who waited before and after this step, none may stand before somebody offered in it."""
        policy = default_policy()
        first = [now.rows[id_] for id_ in now.offered - self.before.offered]
        for id_, waited in self.before.rows.items():
            row = now.rows[id_]
            if waited.status != "waiting" or row.status != "waiting" or id_ in now.offered:
                continue
            assert row.arrived_at is not None
            bound = starvation_bound(row.priority, policy=policy)
            for other in first:
                assert other.arrived_at is not None
                same = other.priority == row.priority
                assert not (same and (other.arrived_at, other.id) > (row.arrived_at, row.id))
                assert other.arrived_at <= row.arrived_at + bound

    def teardown(self) -> None:
        """At the end of the day everybody who came and stayed is served."""
        self.follow_the_schedule()
        # Who was declined by everybody is asked for again after half a minute, by a clock that may have been set back.
        for _ in range(2 * len(self.came) + 3):
            for which in range(len(self.agents)):
                self.come_back(which)
            self.desk.run_jobs()
            for _ in range(MOST_AGENTS * 3):
                self.accept(0)
            for row in self.held():
                if row.status == "active":
                    with self.desk.write() as work:
                        chat.end_conversation(work, visitor_id=row.visitor_id, conversation_id=row.id)
            self.desk.clock.advance(seconds=31)
        assert self.held() == []

    # ---- looking ---------------------------------------------------------------------------------------------

    def agent(self, which: int) -> str:
        return self.agents[which % len(self.agents)]

    def answer(self, which: int, how: Callable[[Work, Offer], object]) -> None:
        with self.desk.read() as session:
            found = [offer for agent in self.agents for offer in queries.list_pending_offers(session, staff_id=agent)]
        if found:
            with self.desk.write() as work:
                offer = work.session.get_one(Offer, found[which % len(found)].id)
                how(work, offer)

    def pending(self, work: Work) -> list[Offer]:
        return [offer for agent in self.agents for offer in queries.list_pending_offers(work.session, staff_id=agent)]

    def held(self) -> list[Conversation]:
        with self.desk.write() as work:
            return [row for row in self.look(work).rows.values() if row.status in HELD]

    def look(self, work: Work) -> Seen:
        query = select(Conversation).where(Conversation.queue_id == self.queue_id)
        offered = work.session.scalars(select(Offer.conversation_id).where(Offer.queue_id == self.queue_id))
        return Seen({row.id: row for row in work.session.scalars(query)}, frozenset(offered))


def play(desk: DeskForTests, *, sequences: int, derandomize: bool) -> None:
    """Play so many random days."""
    days: Any = partial(Days, desk)
    run_state_machine_as_test(
        days,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=derandomize,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_random_day_loses_doubles_forgets_and_overtakes_nobody(desk: DeskForTests) -> None:
    play(desk, sequences=BY_DAY, derandomize=True)


@pytest.mark.nightly
@pytest.mark.timeout(0)
@pytest.mark.parametrize("night", range(NIGHTS))
def test_ten_thousand_random_days_do_neither(desk: DeskForTests, night: int) -> None:
    play(desk, sequences=BY_NIGHT, derandomize=False)
