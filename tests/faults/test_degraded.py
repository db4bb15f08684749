"""What the desk depends on fails: what still works is driven, nothing acknowledged is lost, the end is told.

The databases are real: SQLite that another program holds, that may not be written, whose file may not grow;
PostgreSQL that is killed, or set to read-only.
"""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.pool import NullPool

from benchmarks.clients import Agent, Desk, Visitor, open_http, until
from caredesk.conversations.models import DeskOption, Entry, Hospital
from caredesk.core.work import SYSTEM
from caredesk.edge.transactions import write
from caredesk.infra.engine import open_store
from caredesk.settings import Settings
from caredesk.telephony import queries as telephony
from tests.faults.test_two_servers import Server
from tests.fixtures.cluster import scaled, wait_for
from tests.fixtures.database import SqliteDatabases
from tests.fixtures.desk import LEARNED
from tests.fixtures.passwords import PASSWORD
from tests.fixtures.server import LiveDesk, served

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

PATIENCE = 120.0
"""Seconds; a loaded machine is slow. Whoever waits goes on at once when it has come true."""


@dataclass
class Told:
    """What an agent's screen has heard of the desk's condition."""

    conditions: list[dict[str, str]] = field(default_factory=list)

    def hear(self, event: dict[str, Any]) -> None:
        if event["type"] == "condition.changed":
            self.conditions.append({one["name"]: one["problem"] for one in event["condition"]["troubles"]})

    async def comes(self, name: str, problem: str | None) -> bool:
        """Wait until the last that was told of a dependency is this; None: that it is well."""
        return await until(lambda: bool(self.conditions) and self.conditions[-1].get(name) == problem, seconds=PATIENCE)


async def is_well(desk: Desk) -> bool:
    """Wait until a desk says that nothing fails."""
    for _ in range(int(PATIENCE / 0.5)):
        if not (await desk.call("GET", "/api/condition"))["troubles"]:
            return True
        await asyncio.sleep(0.5)
    return False


async def refusal_of(sending: Any) -> int:
    """Return with which status a request was refused."""
    with pytest.raises(aiohttp.ClientResponseError) as refused:
        await sending
    return refused.value.status


async def live_through(
    url: str, *, fail: Callable[[], None], mend: Callable[[], None], problem: str, reads: bool
) -> list[str]:
    """Drive a desk through a failure of its database; return the client keys that were acknowledged."""
    told = Told()
    async with open_http() as http:
        desk = Desk(url, http)
        visitor = await Visitor.arrive(desk)
        await visitor.send_surely("您好", key="before-the-failure")
        agent = await Agent.sign_in(desk, login="lin", password=PASSWORD, on_event=told.hear)
        await agent.screen.connect()
        await asyncio.to_thread(fail)
        assert await refusal_of(visitor.send("还在吗", key="during-the-failure")) == 503
        assert await told.comes("database", problem), told.conditions
        # From now on nobody waits to be refused, and screens that come now are told the same.
        assert await refusal_of(agent.be_ready()) == 503
        condition = await desk.call("GET", "/api/condition")
        assert [(one["name"], one["problem"]) for one in condition["troubles"]] == [("database", problem)]
        if reads:
            snapshot = await agent.call("GET", "/api/console/snapshot")
            assert snapshot["me"]["staff_id"] == agent.staff_id
        else:
            assert await refusal_of(agent.call("GET", "/api/console/snapshot")) == 503
        assert agent.screen.socket.connected
        await asyncio.to_thread(mend)
        assert await told.comes("database", None), told.conditions
        await visitor.send_surely("还在吗", key="during-the-failure")
        await agent.be_ready()
        await agent.screen.close()
        return list(visitor.acknowledged)


def stored_keys(engine: Engine) -> list[str]:
    """Return the keys of all visitors' messages on disk, each as often as it is there."""
    with engine.connect() as connection:
        query = select(Entry.client_key).where(Entry.author_kind == "visitor").order_by(Entry.created_at)
        return [str(key) for key in connection.scalars(query)]


def forbid_writing(live: LiveDesk) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return how the desk's database is set to read-only and back, by the database's own means."""
    engine = live.desk.services.store.engine
    if engine.dialect.name == "postgresql":
        return _by_default(engine.url, "on"), _by_default(engine.url, "off")
    forbidden = [False]

    def obey(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA query_only={'ON' if forbidden[0] else 'OFF'}")

    event.listen(engine, "connect", obey)

    def turn(*, to: bool) -> None:
        forbidden[0] = to
        engine.dispose()

    return lambda: turn(to=True), lambda: turn(to=False)


def _by_default(url: Any, value: str) -> Callable[[], None]:
    def turn() -> None:
        admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with admin.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {url.database} SET default_transaction_read_only = {value}"))
            gone = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
            connection.execute(gone, {"name": url.database})

    return turn


def test_a_database_that_may_not_be_written_is_read_and_refuses_commands(live: LiveDesk) -> None:
    live.add_agent("lin", queues=(live.add_queue(),))
    fail, mend = forbid_writing(live)
    acknowledged = asyncio.run(live_through(live.url, fail=fail, mend=mend, problem="read_only", reads=True))
    assert stored_keys(live.desk.services.store.engine) == acknowledged


def test_a_database_that_another_program_holds_is_read_and_refuses_commands(live: LiveDesk, store: str) -> None:
    if store == "postgres":
        pytest.skip("PostgreSQL has no lock of the whole database")
    live.add_agent("lin", queues=(live.add_queue(),))
    engine = live.desk.services.store.engine
    other = sqlite3.connect(str(engine.url.database), isolation_level=None, check_same_thread=False)

    def tell(statement: str) -> None:
        other.execute(statement)

    acknowledged = asyncio.run(
        live_through(
            live.url,
            fail=lambda: tell("BEGIN IMMEDIATE"),
            mend=lambda: tell("ROLLBACK"),
            problem="locked",
            reads=True,
        )
    )
    other.close()
    assert stored_keys(engine) == acknowledged


def test_a_database_file_that_cannot_be_opened_refuses_everything_until_it_can(
    live: LiveDesk, store: str, tmp_path: Path
) -> None:
    if store == "postgres":
        pytest.skip("PostgreSQL is killed below")
    live.add_agent("lin", queues=(live.add_queue(),))
    engine, lost = live.desk.services.store.engine, [False]

    def look_where_it_was(dialect: Any, _record: object, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return dialect.connect(str(tmp_path / "unmounted" / "desk.db"), **named) if lost[0] else None

    def turn(*, to: bool) -> None:
        lost[0] = to
        engine.dispose()

    event.listen(engine, "do_connect", look_where_it_was)
    acknowledged = asyncio.run(
        live_through(live.url, fail=lambda: turn(to=True), mend=lambda: turn(to=False), problem="away", reads=False)
    )
    assert stored_keys(engine) == acknowledged


# ---- a bot that cannot think, and a carrier that is gone -----------------------------------------------------


def test_without_its_bot_or_its_carrier_the_desk_takes_messages_and_tells_what_fails(
    live: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.add_agent("lin", queues=(live.add_queue(),))
    asyncio.run(lose_bot_and_carrier(live, monkeypatch=monkeypatch))


async def lose_bot_and_carrier(live: LiveDesk, *, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a parent write while the bot fails, lose the carrier too, and have an agent told of both and of the end."""
    told, services = Told(), live.desk.services
    assert await until(lambda: services.bot.is_loaded, seconds=PATIENCE)
    bot = services.bot.current()

    def cannot_think(*_given: object, **_more: object) -> Any:
        raise RuntimeError

    def set_troubles(troubles: list[str]) -> None:
        with write(services, actor=SYSTEM) as work:
            # Heard from far ahead, so that it does not fall silent while a slow machine looks.
            engine = telephony.lock_engine(work.session, name="embedded", now=work.now + timedelta(hours=1))
            engine.troubles = troubles

    async with open_http() as http:
        desk = Desk(live.url, http)
        agent = await Agent.sign_in(desk, login="lin", password=PASSWORD, on_event=told.hear)
        await agent.screen.connect()
        monkeypatch.setattr(bot, "ask", cannot_think)
        visitor = await Visitor.arrive(desk)
        await visitor.send_surely("怎么退号", key="to-a-broken-bot")
        assert await told.comes("bot", "failing"), told.conditions
        await asyncio.to_thread(set_troubles, ["trunk_down"])
        assert await told.comes("hotline", "trunk"), told.conditions
        await visitor.send_surely("还在吗", key="with-nothing-left")
        monkeypatch.undo()
        await asyncio.to_thread(set_troubles, [])
        assert await is_well(desk)
        await agent.screen.close()
    assert stored_keys(services.store.engine) == list(visitor.acknowledged)


# ---- a disk that is full -----------------------------------------------------------------------------------


@contextmanager
def a_desk_of_its_own(folder: Path) -> Iterator[tuple[Server, Engine]]:
    """Serve a SQLite desk from a process of its own, whose files can be kept from growing."""
    databases = SqliteDatabases(folder)
    url = databases.make(folder)
    found(Settings(data_dir=folder / "data", database_url=url, index_dir=LEARNED))
    server = Server({"CAREDESK_DATA_DIR": str(folder / "data"), "CAREDESK_DATABASE_URL": url})
    server.start()
    engine = open_store(url).engine
    try:
        yield server, engine
    finally:
        server.kill()
        engine.dispose()


def found(settings: Settings) -> None:
    """Found the hospital with an agent."""
    with served(settings) as live:
        with write(live.desk.services, actor=SYSTEM) as work:
            work.session.add(Hospital(id=1, name="童康儿童医院"))
            work.session.add(DeskOption(kind="close_category", key="other", zh="其他", en="Other"))
        live.add_agent("lin", queues=(live.add_queue(),))


def test_a_full_disk_is_read_and_refuses_commands_until_there_is_room(tmp_path: Path) -> None:
    with a_desk_of_its_own(tmp_path) as (server, engine):
        process = server.process
        assert process is not None
        wait_for(lambda: answers(server.url))

        def let_files_grow_to(size: int) -> None:
            _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, most))

        acknowledged = asyncio.run(
            live_through(
                server.url,
                fail=lambda: let_files_grow_to(1000),
                mend=lambda: let_files_grow_to(resource.RLIM_INFINITY),
                # SQLite is told by the system that the file may not grow, and says that it cannot write.
                problem="read_only",
                reads=True,
            )
        )
        assert stored_keys(engine) == acknowledged


def answers(url: str) -> bool:
    """Tell whether a desk serves."""

    async def ask() -> bool:
        async with open_http() as http:
            try:
                await Desk(url, http).call("GET", "/healthz")
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                return False
            return True

    return asyncio.run(ask())


# ---- a database that is gone -------------------------------------------------------------------------------


def test_without_postgresql_nothing_is_acknowledged_and_without_redis_everything_works(tmp_path: Path) -> None:
    with scaled(tmp_path) as cluster:
        settings = Settings(
            data_dir=tmp_path / "data",
            database_url=cluster.database_url,
            redis_url=cluster.redis_url,
            size="embedded",
            index_dir=LEARNED,
        )
        found(settings)
        with served(settings) as live:
            acknowledged = asyncio.run(
                live_through(
                    live.url, fail=cluster.kill_database, mend=cluster.start_database, problem="away", reads=False
                )
            )
            assert stored_keys(cluster.engine) == acknowledged
            asyncio.run(talk_without_redis(live.url, fail=cluster.kill_valkey, mend=cluster.start_valkey))


async def talk_without_redis(url: str, *, fail: Callable[[], None], mend: Callable[[], None]) -> None:
    """Have a parent write while Redis is gone, and an agent be told both that it is and that it is back."""
    told = Told()
    async with open_http() as http:
        desk = Desk(url, http)
        agent = await Agent.sign_in(desk, login="lin", password=PASSWORD, on_event=told.hear)
        await agent.screen.connect()
        visitor = await Visitor.arrive(desk)
        await asyncio.to_thread(fail)
        assert await told.comes("redis", "no_answer"), told.conditions
        await visitor.send("您好")
        await asyncio.to_thread(mend)
        # Screens are called back meanwhile, because they may have missed something: they ask when they come.
        assert await is_well(desk)
        await agent.screen.close()
