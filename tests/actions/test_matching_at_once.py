"""Many at the same time, in threads and in processes: nothing twice, nothing lost, nobody with too much (B5, B6)."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from caredesk.accounts import presence_queries
from caredesk.accounts.models import Presence
from caredesk.accounts.presence_queries import Share
from caredesk.actions import decisions, matching
from caredesk.conversations.models import Conversation, Visitor
from caredesk.queue import queries
from caredesk.queue.models import Offer
from tests.fixtures.desk import DeskForTests

ROOT = Path(__file__).parents[2]
PROCESSES = {"postgres": 2, "sqlite": 1}
"""SQLite has one writer and serves one process; the same code runs there, alone."""

WAITING = 40


def claim(desk: DeskForTests, agent: str, share: Share) -> int:
    """Claim once; return the units that were granted."""
    with desk.write() as work:
        granted = presence_queries.claim_slot(work.session, staff_id=agent, share=share)
    return share.weight if granted else 0


@pytest.mark.parametrize("capacity", [1, 7, 40])
def test_a_hundred_weighted_claims_at_once_never_exceed_the_budget(desk: DeskForTests, capacity: int) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()], capacity=capacity)
    shares = [Share(weight=number % 3 + 1) for number in range(100)]
    with ThreadPoolExecutor(16) as pool:
        granted = sum(pool.map(lambda share: claim(desk, agent, share), shares))
    with desk.read() as session:
        assert session.get_one(Presence, agent).load == granted == capacity


def test_claims_of_whole_matches_at_once_take_everybody_or_nobody(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    agents = [desk.add_agent(f"a{number}", queues=[queue_id], capacity=10) for number in range(3)]
    loads = [{agents[0]: 1 + n % 2, agents[n % 2 + 1]: 2} for n in range(60)]

    def claim_all(wanted: dict[str, int]) -> Counter[str]:
        with desk.write() as work:
            refused = presence_queries.claim_slots(work.session, loads=wanted, share=Share())
        return Counter() if refused else Counter(wanted)

    with ThreadPoolExecutor(12) as pool:
        granted = sum(pool.map(claim_all, loads), Counter())
    with desk.read() as session:
        seats = {agent: session.get_one(Presence, agent) for agent in agents}
    for agent, seat in seats.items():
        assert seat.load == granted[agent] <= seat.capacity
    assert granted.total() > 0


def test_an_exclusive_place_is_given_once_however_many_ask(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()], capacity=5)
    alone, chat = Share(weight=0, exclusive=True, held_beside=5), Share()

    def ask(number: int) -> bool:
        with desk.write() as work:
            share = alone if number % 2 else chat
            return presence_queries.claim_slot(work.session, staff_id=agent, share=share)

    with ThreadPoolExecutor(16) as pool:
        granted = list(pool.map(ask, range(100)))
    with desk.read() as session:
        seat = session.get_one(Presence, agent)
    assert sum(granted[1::2]) == 1
    assert seat.exclusive
    assert seat.load == sum(granted[0::2]) <= 5


def test_an_agent_in_another_matchs_hands_is_left_out_and_looked_at_again(desk: DeskForTests, store: str) -> None:
    if store == "sqlite":
        pytest.skip("SQLite has one writer: nobody can be in other hands")
    queue_id = desk.add_queue()
    held, free = (desk.add_agent(login, queues=[queue_id], capacity=2) for login in ("a", "b"))
    line = [desk.waiting_visitor()[1] for _ in range(3)]
    with desk.write() as other:
        presence_queries.lock_presence(other.session, staff_id=held)
        with desk.write() as work:
            matching.match_queue(work, queue_id=queue_id, trigger="test")
    with desk.read() as session:
        assert [offer.conversation_id for offer in queries.list_pending_offers(session, staff_id=free)] == line[:2]
        assert session.get_one(Presence, held).load == 0
        last = decisions.decisions_of(session, conversation_id=line[2])[-1]
        assert {one.staff_id: one.state for one in last.candidates}[held] == "changing"
    desk.clock.advance(seconds=1)
    desk.run_jobs()
    with desk.read() as session:
        assert [offer.conversation_id for offer in queries.list_pending_offers(session, staff_id=held)] == line[2:]


def test_processes_that_match_the_same_queues_serve_everybody_once(
    desk: DeskForTests, database_url: str, store: str
) -> None:
    queues = [desk.add_queue("a"), desk.add_queue("b", is_default=False)]
    agents = [desk.add_agent(f"a{number}", queues=queues, capacity=2) for number in range(4)]
    fill(desk, queues=queues)
    command = [sys.executable, "-m", "tests.fixtures.matching_process", database_url, *queues]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(PROCESSES[store])]
    assert {process.wait(timeout=120) for process in processes} == {0}
    with desk.read() as session:
        accepted = session.scalars(select(Offer.conversation_id).where(Offer.state == "accepted")).all()
        pending = session.scalars(select(Offer.id).where(Offer.state == "pending")).all()
        closed = session.scalars(select(Conversation.id).where(Conversation.status == "closed")).all()
        loads = [session.get_one(Presence, agent).load for agent in agents]
    assert sorted(accepted) == sorted(closed)
    assert len(set(accepted)) == len(accepted) == WAITING
    assert pending == []
    assert loads == [0] * len(agents)


def fill(desk: DeskForTests, *, queues: list[str]) -> None:
    """Have people wait in both queues in turn."""
    with desk.write() as work:
        now = work.now
        ids = [f"c{number:03d}" for number in range(WAITING)]
        visitors = [{"id": id_, "token_hash": id_, "created_at": now, "last_seen_at": now} for id_ in ids]
        work.session.execute(insert(Visitor), visitors)
        rows = [
            {"id": id_, "number": id_, "visitor_id": id_, "queue_id": queues[number % 2], "status": "waiting",
             "arrived_at": now, "waiting_since": now, "created_at": now}
            for number, id_ in enumerate(ids)
        ]  # fmt: skip
        work.session.execute(insert(Conversation), rows)
