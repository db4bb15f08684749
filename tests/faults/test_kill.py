"""The server dies in the middle of a stream: nothing acknowledged is lost, nothing is doubled (B22)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import select

from benchmarks.clients import Desk, Visitor, open_http, until
from caredesk.conversations.models import Entry
from caredesk.infra.engine import open_store
from tests.browser.desk_process import DeskProcess

Way = Literal["request", "socket"]
"""How a message is sent: a transaction of its own, or one that it shares."""

CLIENTS = 50
MESSAGES = 8
"""Messages of each client."""

# The first of them also waits for a desk to start, which may make its index first.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[DeskProcess]:
    """A desk that lets fifty clients of one address in at once."""
    desk = DeskProcess.in_folder(tmp_path)
    desk.settings = {"CAREDESK_VISITORS_PER_MINUTE": "1000", "CAREDESK_VISITOR_MESSAGES_PER_MINUTE": "1000"}
    desk.start()
    yield desk
    desk.stop()


@pytest.mark.parametrize("way", ["request", "socket"])
def test_a_killed_server_loses_and_doubles_nothing_and_every_client_catches_up(process: DeskProcess, way: Way) -> None:
    visitors = asyncio.run(stream_through_a_kill(process, way=way))
    stored = stored_messages(process, conversation_ids=[str(visitor.conversation_id) for visitor in visitors])
    sent = {key for visitor in visitors for key in visitor.acknowledged}
    assert len(sent) == CLIENTS * MESSAGES
    assert sorted(key for _, key, _ in stored) == sorted(sent)
    for visitor in visitors:
        numbers = [event["seq"] for event in visitor.screen.shown]
        assert numbers == list(range(1, len(numbers) + 1))
        shown = {m["client_key"]: m["seq"] for m in visitor.screen.messages() if m["author"] == "visitor"}
        assert shown == visitor.acknowledged
        assert shown == {key: seq for conversation, key, seq in stored if conversation == visitor.conversation_id}


async def stream_through_a_kill(process: DeskProcess, *, way: Way) -> list[Visitor]:
    """Have clients send while the server is killed and started again; return them when all have caught up."""
    async with open_http() as http:
        desk = Desk(process.url, http)
        visitors = [await Visitor.arrive(desk) for _ in range(CLIENTS)]
        for number, visitor in enumerate(visitors):
            await visitor.send_surely("您好", key=f"{number:08d}-first")
            await visitor.screen.connect()
            await visitor.screen.watch(str(visitor.conversation_id))
        talking = [asyncio.create_task(talk(visitor, number, way=way)) for number, visitor in enumerate(visitors)]
        third = CLIENTS * MESSAGES // 3
        assert await until(lambda: acknowledged(visitors) > third, seconds=60)
        process.kill()
        await asyncio.to_thread(process.start)
        await asyncio.gather(*talking)
        assert await until(lambda: all(map(has_caught_up, visitors)), seconds=60), behind(visitors)
        for visitor in visitors:
            await visitor.screen.close()
        return visitors


async def talk(visitor: Visitor, number: int, *, way: Way) -> None:
    send = visitor.send_surely if way == "request" else visitor.say_surely
    for count in range(1, MESSAGES):
        await send(f"第 {count} 句", key=f"{number:08d}-{count:04d}")


def behind(visitors: list[Visitor]) -> list[tuple[bool, int, int]]:
    """Say of every client that is behind whether it is connected, what it has shown and what was acknowledged."""
    late = [v for v in visitors if not has_caught_up(v)]
    return [(v.screen.socket.connected, v.screen.last, len(v.acknowledged)) for v in late]


def acknowledged(visitors: list[Visitor]) -> int:
    return sum(len(visitor.acknowledged) for visitor in visitors)


def has_caught_up(visitor: Visitor) -> bool:
    shown = {m["client_key"] for m in visitor.screen.messages() if m["author"] == "visitor"}
    return shown == set(visitor.acknowledged)


def stored_messages(process: DeskProcess, *, conversation_ids: list[str]) -> list[tuple[str, str, int]]:
    """Return conversation, client key and number of every visitor's message in these conversations on disk."""
    store = open_store(f"sqlite:///{process.data_dir}/caredesk.db")
    query = select(Entry.conversation_id, Entry.client_key, Entry.patient_seq).where(
        Entry.author_kind == "visitor", Entry.conversation_id.in_(conversation_ids)
    )
    with store.reading() as session:
        rows = session.execute(query).all()
    store.engine.dispose()
    return [(conversation, str(key), int(seq or 0)) for conversation, key, seq in rows]
