"""A server process that dies and stays dead leaves nobody seemingly at work; one that lives is left alone (B29)."""

from __future__ import annotations

from caredesk.accounts import presence_queries
from caredesk.accounts.rules import PresenceState
from caredesk.actions import presence
from tests.fixtures.desk import DeskForTests

HERE, THERE = "here", "there"


def begin(desk: DeskForTests, *nodes: str) -> None:
    with desk.write() as work:
        for node in nodes:
            presence.begin_node(work, node=node, grace_seconds=30)


def look(desk: DeskForTests, *, alive: tuple[str, ...]) -> list[str]:
    """Let these processes live for half a minute, then look who is dead."""
    with desk.write() as work:
        for node in alive:
            assert presence.keep_node_alive(work, node=node)
            assert presence.keep_node_alive(work, node=node)
        return presence.forget_dead_nodes(work)


def seat_at(desk: DeskForTests, staff_id: str, *, node: str) -> None:
    with desk.write() as work:
        presence.connect(work, sid=f"sid-{node}", node=node, staff_id=staff_id)
        presence.set_presence(work, staff_id=staff_id, state=PresenceState.READY, reason="")


def state_of(desk: DeskForTests, staff_id: str) -> str:
    with desk.read() as session:
        return presence_queries.list_agents_now(session, staff_ids=[staff_id])[0].presence.state


def test_agents_of_a_dead_process_go_offline_and_those_of_a_living_one_stay(desk: DeskForTests) -> None:
    begin(desk, HERE, THERE)
    mine, theirs = desk.add_staff("a1"), desk.add_staff("a2")
    seat_at(desk, mine, node=HERE)
    seat_at(desk, theirs, node=THERE)
    assert look(desk, alive=(HERE, THERE)) == []
    assert look(desk, alive=(HERE,)) == []
    assert look(desk, alive=(HERE,)) == [THERE]
    desk.run_jobs()
    assert (state_of(desk, mine), state_of(desk, theirs)) == ("ready", "offline")


def test_a_clock_that_jumps_kills_no_process(desk: DeskForTests) -> None:
    begin(desk, HERE)
    agent = desk.add_staff("a1")
    seat_at(desk, agent, node=HERE)
    look(desk, alive=(HERE,))
    desk.clock.advance(hours=9)
    assert look(desk, alive=()) == []
    assert look(desk, alive=(HERE,)) == []
    assert state_of(desk, agent) == "ready"


def test_a_process_that_was_taken_for_dead_hears_of_it_at_its_next_beat_and_only_then(desk: DeskForTests) -> None:
    begin(desk, HERE)
    for _ in range(3):
        look(desk, alive=())
    with desk.write() as work:
        assert not presence.keep_node_alive(work, node=HERE)
        assert presence.keep_node_alive(work, node=HERE)


def test_the_safety_net_looks_for_dead_processes(desk: DeskForTests) -> None:
    begin(desk, THERE)
    agent = desk.add_staff("a1")
    seat_at(desk, agent, node=THERE)
    with desk.write() as work:
        work.enqueue("sweep_queues", {}, key="sweep_queues")
    for _ in range(4):
        desk.run_jobs()
        desk.clock.advance(seconds=31)
    desk.run_jobs()
    assert state_of(desk, agent) == "offline"
