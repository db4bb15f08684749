"""The nginx configuration of `deploy/`, on a real nginx: sockets anywhere, polls to the same process, none twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.browser.desk_process import free_port
from tests.fixtures.proxy import Proxy, nginx_program, proxied

PROGRAM = nginx_program()
pytestmark = [pytest.mark.faults, pytest.mark.skipif(PROGRAM is None, reason="there is no nginx on this machine")]

Json = dict[str, Any]


@dataclass
class Behind:
    """A web process as nginx sees one: it says who it is and what it was told, and counts what it took."""

    name: str
    port: int = field(default_factory=free_port)
    taken: list[str] = field(default_factory=list)
    runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(client_max_size=10**8)
        app.router.add_get("/socket.io/", self._live)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.runner = web.AppRunner(app, shutdown_timeout=1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        self.taken.append(f"{request.method} {request.path} {(await request.read())[:40].decode()}")
        told = {name: request.headers.get(name, "") for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto")}
        return web.json_response({"name": self.name, **told}, headers={"X-Frame-Options": "SAMEORIGIN"})

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await self._answer(request)
        line = web.WebSocketResponse()
        await line.prepare(request)
        await line.send_str(self.name)
        async for word in line:
            await line.send_str(word.data)
        return line


@dataclass
class Scene:
    """nginx, two processes behind it, and a browser's way to it."""

    proxy: Proxy
    behind: list[Behind]
    http: aiohttp.ClientSession

    async def get(self, path: str, **options: Any) -> Json:
        async with self.http.get(self.proxy.url + path, ssl=False, **options) as answer:
            answer.raise_for_status()
            return dict(await answer.json())

    async def post(self, path: str, body: str) -> Json:
        async with self.http.post(self.proxy.url + path, data=BytesIO(body.encode()), ssl=False) as answer:
            answer.raise_for_status()
            return dict(await answer.json())

    async def status(self, path: str, **options: Any) -> int:
        async with self.http.get(self.proxy.url + path, ssl=False, **options) as answer:
            return answer.status

    async def open_line(self, *, agent: str = "a", query: str = "") -> str:
        """Open a WebSocket, speak once, and return by whom it was taken."""
        address = f"{self.proxy.url}/socket.io/?transport=websocket{query}"
        async with self.http.ws_connect(address, ssl=False, headers={"User-Agent": agent}) as line:
            name = await line.receive_str()
            await line.send_str("您好")
            assert await line.receive_str() == "您好"
            return name


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    behind = [Behind("one"), Behind("two")]
    for one in behind:
        await one.start()
    assert PROGRAM is not None
    with proxied(folder, program=PROGRAM, ports=[one.port for one in behind]) as proxy:
        # Every request a connection of its own, as of many browsers.
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
            yield Scene(proxy, behind, http)
    for one in behind:
        await one.stop()


def play(folder: Path, story: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def live() -> None:
        async with scene(folder) as made:
            await story(made)

    asyncio.run(live())


def test_requests_reach_every_process_and_carry_who_asked(tmp_path: Path) -> None:
    async def story(made: Scene) -> None:
        seen = [await made.get("/chat", headers={"X-Forwarded-For": "203.0.113.9"}) for _ in range(6)]
        assert {one["name"] for one in seen} == {"one", "two"}
        # Whoever asks cannot choose the address by which they are counted.
        assert {one["X-Forwarded-For"] for one in seen} == {"127.0.0.1"}
        assert {one["X-Forwarded-Proto"] for one in seen} == {"https"}

    play(tmp_path, story)


def test_a_fresh_socket_may_go_anywhere(tmp_path: Path) -> None:
    async def story(made: Scene) -> None:
        assert {await made.open_line() for _ in range(6)} == {"one", "two"}

    play(tmp_path, story)


def test_the_polls_of_a_browser_and_the_socket_that_carries_them_on_reach_one_process(tmp_path: Path) -> None:
    async def story(made: Scene) -> None:
        for number in range(6):
            agent = {"User-Agent": f"browser {number}"}
            polls = {(await made.get("/socket.io/?transport=polling", headers=agent))["name"]}
            polls |= {(await made.get("/socket.io/?transport=polling&sid=x", headers=agent))["name"] for _ in range(3)}
            polls.add(await made.open_line(agent=agent["User-Agent"], query="&sid=x"))
            assert len(polls) == 1

    play(tmp_path, story)


def test_while_a_process_is_away_the_other_takes_everything_and_nothing_twice(tmp_path: Path) -> None:
    async def story(made: Scene) -> None:
        for number in range(30):
            if number == 10:
                await made.behind[0].stop()
            if number == 20:
                await made.behind[0].start()
            await made.post("/api/chat/messages", f"message {number}")
            await made.get("/chat")
        posts = [line for one in made.behind for line in one.taken if line.startswith("POST")]
        assert sorted(posts) == sorted(f"POST /api/chat/messages message {number}" for number in range(30))

    play(tmp_path, story)


def test_what_is_for_machines_is_not_shown_and_too_much_is_refused(tmp_path: Path) -> None:
    async def story(made: Scene) -> None:
        assert [await made.status(path) for path in ("/metrics", "/readyz", "/healthz")] == [404, 404, 200]
        await made.post("/api/chat/pictures", "x" * 5_900_000)
        with pytest.raises(aiohttp.ClientResponseError, match="413"):
            await made.post("/api/chat/pictures", "x" * 6_400_000)
        async with made.http.get(made.proxy.plain_url + "/chat?a=1", allow_redirects=False) as answer:
            assert answer.status == 301
            assert answer.headers["Location"].startswith("https://127.0.0.1/chat?a=1")

    play(tmp_path, story)


def test_security_headers_are_the_desks_own(tmp_path: Path) -> None:
    async def story(made: Scene) -> None:
        async with made.http.get(made.proxy.url + "/chat", ssl=False) as answer:
            assert answer.headers.getall("X-Frame-Options") == ["SAMEORIGIN"]

    play(tmp_path, story)
