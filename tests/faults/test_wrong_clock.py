"""The machine's clock is set back under a running desk: people go on talking, jobs go on, and all are told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from benchmarks.clients import Agent, Desk, Visitor, open_http, until
from caredesk.conversations.models import Entry
from caredesk.core.clock import SystemClock
from tests.faults.test_degraded import Told, is_well, stored_keys
from tests.fixtures.passwords import PASSWORD
from tests.fixtures.server import LiveDesk

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

PATIENCE = 120.0
HOUR = timedelta(hours=1)
SetClock = Callable[[timedelta], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set what the whole desk takes for the machine's clock ahead by so much, or back."""
    ahead, right = [timedelta(0)], SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda clock: right(clock) + ahead[0])

    def set_ahead(by: timedelta) -> None:
        ahead[0] = by

    return set_ahead


def test_with_a_clock_that_was_set_back_nobody_waits_for_the_hour_to_come_again(
    set_clock: SetClock, live: LiveDesk
) -> None:
    live.add_agent("lin", queues=(live.add_queue(),))
    asyncio.run(set_back_and_mend(live, set_clock=set_clock))


async def set_back_and_mend(live: LiveDesk, *, set_clock: SetClock) -> None:
    """Have a parent come and be answered before, meanwhile and after; an agent is told of it and of its end."""
    told = Told()
    async with open_http() as http:
        desk = Desk(live.url, http)
        agent = await Agent.sign_in(desk, login="lin", password=PASSWORD, on_event=told.hear)
        await agent.screen.connect()
        keys = [await answered(live, desk, key="before-the-clock-is-set")]
        set_clock(-HOUR)
        assert await told.comes("clock", "jumped"), told.conditions
        keys.append(await answered(live, desk, key="with-the-clock-an-hour-back"))
        await agent.be_ready()
        set_clock(timedelta(0))
        assert await is_well(desk)
        keys.append(await answered(live, desk, key="after-the-clock-is-right"))
        await agent.screen.close()
    assert sorted(stored_keys(live.desk.services.store.engine)) == sorted(keys)


async def answered(live: LiveDesk, desk: Desk, *, key: str) -> str:
    """Come as a new parent, ask, and wait until the bot has spoken; return the key."""
    before = answers(live)
    visitor = await Visitor.arrive(desk)
    await visitor.send_surely("怎么退号", key=key)
    assert await until(lambda: answers(live) > before, seconds=PATIENCE), key
    return key


def answers(live: LiveDesk) -> int:
    """Return how often the bot has spoken."""
    with live.read() as session:
        return session.scalar(select(func.count()).where(Entry.author_kind == "bot")) or 0
