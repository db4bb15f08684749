"""Parents, agents and doctors as programs: the requests and the socket that their pages use, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import socketio

Json = dict[str, Any]

PATIENCE = 30.0
"""Seconds until a request counts as failed and is sent again."""
AGAIN_AFTER = 0.3
REFUSALS = frozenset({400, 401, 403, 404, 409, 413, 422})


class Refused(Exception):
    """The desk understood and said no; sending again would not help."""

    def __init__(self, code: str) -> None:
        """Take the desk's code."""
        super().__init__(code)
        self.code = code


class NotReached(Exception):
    """Nothing answers at the desk's address."""


@dataclass
class DeskOver:
    """A desk over HTTP. Who was sent too often waits as long as the desk says."""

    url: str
    http: aiohttp.ClientSession

    async def ask(self, method: str, path: str, *, body: Json | None = None, headers: Json | None = None) -> Json:
        """Return the answer of a request that is sent until the desk has taken or refused it."""
        while True:
            try:
                async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
                    if answer.status in REFUSALS:
                        raise Refused(str((await answer.json(content_type=None) or {}).get("code", answer.status)))
                    if answer.status < 300:
                        return await answer.json() if answer.status != 204 else {}
                    pause = float(answer.headers.get("Retry-After", AGAIN_AFTER))
            except (aiohttp.ClientError, TimeoutError):
                pause = AGAIN_AFTER
            await asyncio.sleep(pause)

    async def greet(self) -> Json:
        """Return what the first screen shows; raise when nothing answers there."""
        try:
            async with self.http.get(f"{self.url}/api/chat/welcome") as answer:
                answer.raise_for_status()
                welcome: Json = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
            raise NotReached(self.url) from fault
        return welcome


def open_http() -> aiohttp.ClientSession:
    """Return an HTTP session for very many people; it keeps no cookies."""
    connector = aiohttp.TCPConnector(limit=200)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout)


class Screen:
    """A live screen: a socket, and of the conversation it watches every event once and in order."""

    def __init__(self, url: str, *, auth: Json, headers: Json, told: Callable[[Json], None]) -> None:
        """Take how to sign in, and who is told of each event."""
        self._url, self._auth, self._headers, self._told = url, auth, headers, told
        self._socket = socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1.0)
        self._socket.on("event", self._receive)
        self._socket.on("beat", self._compare)
        self._socket.on("connect", self._begin)
        self._watched, self._last = "", 0
        self._lasts: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()

    async def open(self) -> None:
        """Connect; the socket connects again by itself whenever it is cut."""
        # The library takes the cookies out of what it is given; every connection needs them anew.
        headers = lambda: dict(self._headers)  # noqa: E731
        await self._socket.connect(
            self._url, auth=self._auth, headers=headers, transports=["websocket"], wait_timeout=PATIENCE
        )

    async def close(self) -> None:
        await self._socket.disconnect()

    async def watch(self, conversation_id: str) -> None:
        """Show a conversation from its first event on; again: bring it up to date."""
        if conversation_id != self._watched:
            # Whoever changes over sees the last words of the other first.
            await self._catch_up()
            self._watched, self._last = conversation_id, self._lasts.get(conversation_id, 0)
        await self._catch_up()

    def _receive(self, event: Json) -> None:
        number = event.get("seq")
        if number is None:
            self._told(event)
        elif event.get("conversation_id") == self._watched:
            if number == self._last + 1:
                self._show(event)
            elif number > self._last:
                self._later()

    def _begin(self) -> None:
        # The library waits for this handler before it reads on, so the request must not be made inside it.
        self._later()

    def _compare(self, beat: Json) -> None:
        """Notice a lost last event, which leaves no gap, by the head that the desk tells."""
        if beat["heads"].get(self._watched, 0) > self._last:
            self._later()

    def _later(self) -> None:
        task = asyncio.get_running_loop().create_task(self._catch_up())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _catch_up(self) -> None:
        """Ask for exactly what is missing, page by page."""
        async with self._one:
            more = bool(self._watched)
            while more:
                asked = {"conversation_id": self._watched, "after": self._last}
                try:
                    answer = await self._socket.call("watch", asked, timeout=PATIENCE)
                except socketio.exceptions.SocketIOError:
                    return
                for event in answer.get("events", []):
                    if event["seq"] == self._last + 1:
                        self._show(event)
                more = bool(answer.get("more"))

    def _show(self, event: Json) -> None:
        self._last = self._lasts[self._watched] = event["seq"]
        self._told(event)


@dataclass
class SignedIn:
    """A member of staff with a session of their own."""

    desk: DeskOver
    staff_id: str
    cookies: str
    csrf: str

    @classmethod
    async def enter(cls, desk: DeskOver, *, login: str, password: str) -> SignedIn:
        """Sign in; raise when the desk does not know the account or too many sign in at once."""
        async with desk.http.post(
            f"{desk.url}/api/auth/sign-in", json={"login": login, "password": password}
        ) as answer:
            told = await answer.json(content_type=None)
            if answer.status != 200:
                raise Refused(str((told or {}).get("code", answer.status)))
            cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items())
        return cls(desk, told["staff_id"], cookies, told["csrf_token"])

    def screen(self, *, told: Callable[[Json], None]) -> Screen:
        """Return the live screen of this session; it is still to be opened."""
        auth = {"kind": "staff", "csrf": self.csrf}
        return Screen(self.desk.url, auth=auth, headers={"Cookie": self.cookies}, told=told)

    async def ask(self, method: str, path: str, *, body: Json | None = None) -> Json:
        """Return the answer to a request of this person."""
        headers = {"Cookie": self.cookies, "X-CSRF-Token": self.csrf}
        return await self.desk.ask(method, path, body=body, headers=headers)
