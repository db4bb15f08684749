"""Live screens that leave: signed out, left alone, cut off; what is known of them goes with them (B29)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from benchmarks.clients import Agent
from caredesk.accounts import queries as accounts
from caredesk.accounts.models import Connection, Presence, StaffSession
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import PATIENCE, Heard, on_stage, surely

pytestmark = pytest.mark.usefixtures("quick_hashing")


def test_signing_out_closes_the_sockets_of_that_session_only(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_agent("lin")
            first, _ = await stage.agent("lin")
            second, _ = await stage.agent("lin")
            await first.call("POST", "/api/auth/sign-out", body={})
            await surely(lambda: not first.screen.socket.connected)
            assert (await second.screen.socket.call("ping_desk", {}, timeout=PATIENCE))["ok"]

    play(scene())


def test_a_session_that_ends_elsewhere_loses_its_sockets_with_the_next_beat(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_agent("lin")
            agent, _ = await stage.agent("lin")
            with live.desk.services.store.writing() as session:
                accounts.end_sessions(session, staff_id=agent.staff_id)
                session.commit()
            await beat_now(live)
            await surely(lambda: not agent.screen.socket.connected)

    play(scene())


def test_a_session_that_was_left_alone_too_long_loses_its_sockets_and_no_beat_keeps_it_alive(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            live.add_agent("lin")
            agent, _ = await stage.agent("lin")
            idle = timedelta(minutes=live.desk.services.settings.session_idle_minutes)
            almost = leave_alone(live, agent, since=idle - timedelta(minutes=2))
            await beat_now(live)
            assert (await agent.screen.socket.call("ping_desk", {}, timeout=PATIENCE))["ok"]
            with live.read() as session:
                assert session.scalars(select(StaffSession.last_seen_at)).one() == almost
            leave_alone(live, agent, since=idle)
            await beat_now(live)
            await surely(lambda: not agent.screen.socket.connected)

    play(scene())


def leave_alone(live: LiveDesk, agent: Agent, *, since: timedelta) -> datetime:
    """Have an agent's session last been used so long ago."""
    at = live.desk.services.clock.now() - since
    with live.desk.services.store.writing() as session:
        session.execute(update(StaffSession).where(StaffSession.staff_id == agent.staff_id).values(last_seen_at=at))
        session.commit()
    return at


def test_a_screen_whose_leaving_was_not_noted_is_forgotten_with_the_next_beat(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            staff_id = live.add_agent("lin", queues=(live.add_queue(),))
            agent, _ = await stage.agent("lin", ready=True)
            with live.desk.services.store.writing() as session:
                stale = Connection(sid="left", node="main", staff_id=staff_id, opened_at=live.desk.services.clock.now())
                session.add(stale)
                session.commit()
            await beat_now(live)
            with live.read() as session:
                assert len(session.scalars(select(Connection).where(Connection.staff_id == staff_id)).all()) == 1
            assert (await agent.screen.socket.call("ping_desk", {}, timeout=PATIENCE))["ok"]

    play(scene())


def test_an_agent_whose_last_screen_is_gone_is_offline_after_the_grace_time(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            staff_id = live.add_agent("lin", queues=(live.add_queue(),))
            live.add_agent("colleague")
            _, heard = await stage.agent("colleague")
            agent, _ = await stage.agent("lin", ready=True)
            await agent.screen.close()
            await surely(lambda: states_of(heard, staff_id=staff_id)[-1:] == [("offline", False)])
            assert ("ready", False) in states_of(heard, staff_id=staff_id)
            with live.read() as session:
                assert session.get(Presence, staff_id).state == "offline"
                assert session.scalars(select(Connection).where(Connection.staff_id == staff_id)).all() == []

    play(scene())


def test_an_agent_who_comes_back_in_time_stays_ready(live: LiveDesk) -> None:
    async def scene() -> None:
        async with on_stage(live) as stage:
            staff_id = live.add_agent("lin", queues=(live.add_queue(),))
            agent, _ = await stage.agent("lin", ready=True)
            live.add_agent("colleague")
            _, heard = await stage.agent("colleague")
            await agent.screen.close()
            await agent.screen.connect()
            await surely(lambda: states_of(heard, staff_id=staff_id)[-1:] == [("ready", True)])
            with live.read() as session:
                assert session.get(Presence, staff_id).state == "ready"

    play(scene())


def states_of(heard: Heard, *, staff_id: str) -> list[tuple[str, bool]]:
    agents = [event["agent"] for event in heard.of_type("presence.changed")]
    return [(agent["state"], agent["connected"]) for agent in agents if agent["staff_id"] == staff_id]


async def beat_now(live: LiveDesk) -> None:
    loop = live.desk._push._loop
    assert loop is not None
    beat = asyncio.run_coroutine_threadsafe(live.desk._live._beat_once(), loop)
    await asyncio.wrap_future(beat)
