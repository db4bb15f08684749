"""Visitors and agents as programs: real HTTP and Socket.IO clients that keep the protocol the pages keep.

A client numbers what it sees, asks for what it missed, and sends again under the same key until it is answered.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import socketio

Json = dict[str, Any]

PATIENCE = 30.0
"""Seconds until a request counts as failed and is sent again."""


BUSY = 503


def leave_garbage() -> None:
    """Have this process look for no garbage from now on: its pauses would be taken for the server's."""
    gc.collect()
    gc.disable()


def fresh_key() -> str:
    """Return a client key that nobody else has."""
    return secrets.token_hex(12)


class RequestRefused(Exception):
    """The desk understood and said no; sending again would not help."""


class DeskIsBusy(Exception):
    """The desk did not take it; it is to be sent again."""


@dataclass
class Desk:
    """Where the desk is, and the one HTTP session that all clients of a process share."""

    url: str
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, *, body: Json | None = None, headers: Json | None = None) -> Json:
        """Return the answer of one request; raise for anything but success."""
        async with self.http.request(
            method, self.url + path, json=body, headers=headers, timeout=aiohttp.ClientTimeout(total=PATIENCE)
        ) as answer:
            if answer.status in (400, 401, 403, 404, 409, 413, 422):
                raise RequestRefused(f"{method} {path}: {answer.status} {await answer.text()}")
            answer.raise_for_status()
            return await answer.json() if answer.status != 204 else {}


@dataclass
class Screen:
    """A live screen: a socket and the numbered events it has shown, each once and in order."""

    desk: Desk
    auth: Json
    headers: Json
    on_event: Callable[[Json], None] | None = None
    shown: list[Json] = field(default_factory=list)
    conversation_id: str | None = None
    last: int = 0

    def __post_init__(self) -> None:
        self.socket = socketio.AsyncClient(reconnection=True, reconnection_delay=0.2, reconnection_delay_max=1.0)
        self.socket.on("event", self._receive)
        self.socket.on("beat", self._compare)
        self.socket.on("connect", self._start_catching_up)

    async def connect(self) -> None:
        await self.socket.connect(
            self.desk.url,
            auth=self.auth,
            # The library takes the cookies out of what it is given; every connection needs them anew.
            headers=lambda: dict(self.headers),
            transports=["websocket"],
            wait_timeout=PATIENCE,
        )

    async def close(self) -> None:
        await self.socket.disconnect()

    async def watch(self, conversation_id: str) -> None:
        """Show a conversation from its first event on."""
        self.conversation_id, self.last = conversation_id, 0
        await self._catch_up()

    async def _receive(self, event: Json) -> None:
        if self.on_event is not None:
            self.on_event(event)
        number = event.get("seq")
        if number is None or event.get("conversation_id") != self.conversation_id:
            return
        if number == self.last + 1:
            self._show(event)
        elif number > self.last:
            await self._catch_up()

    async def _start_catching_up(self) -> None:
        # The library waits for this handler before it reads on, so the request must not be made inside it.
        self.task = asyncio.create_task(self._catch_up())

    async def _compare(self, beat: Json) -> None:
        """Notice a lost last event, which leaves no gap, by the head that the desk tells."""
        if beat["heads"].get(self.conversation_id, 0) > self.last:
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Ask for exactly what is missing, page by page; also after every reconnect."""
        more = self.conversation_id is not None
        while more:
            request = {"conversation_id": self.conversation_id, "after": self.last}
            try:
                answer = await self.socket.call("watch", request, timeout=PATIENCE)
            except socketio.exceptions.SocketIOError:
                return
            for event in answer.get("events", []):
                if event["seq"] == self.last + 1:
                    self._show(event)
            more = bool(answer.get("more"))

    def _show(self, event: Json) -> None:
        self.last = event["seq"]
        self.shown.append(event)

    def messages(self) -> list[Json]:
        """Return the messages shown so far."""
        return [event["message"] for event in self.shown if event["type"] == "message.created"]


@dataclass
class Visitor:
    """A parent with a phone."""

    desk: Desk
    token: str
    screen: Screen
    conversation_id: str | None = None
    acknowledged: dict[str, int] = field(default_factory=dict)
    """Number of every message the desk has acknowledged, by client key."""

    @classmethod
    async def arrive(cls, desk: Desk, *, on_event: Callable[[Json], None] | None = None) -> Visitor:
        visit = await desk.call("POST", "/api/chat/visit", body={"language": "zh"})
        token = visit["token"]
        screen = Screen(desk, auth={"kind": "visitor", "token": token}, headers={}, on_event=on_event)
        return cls(desk, token, screen)

    async def send(self, text: str, *, key: str | None = None) -> Json:
        """Send a message once; raise when no answer came."""
        key = key or fresh_key()
        posted = await self._post("/api/chat/messages", {"client_key": key, "body": {"kind": "text", "text": text}})
        self.acknowledged[key] = posted["message"]["seq"]
        return posted

    async def send_surely(self, text: str, *, key: str) -> None:
        """Send a message again and again under its key until the desk has acknowledged it."""
        while key not in self.acknowledged:
            try:
                await self.send(text, key=key)
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                await asyncio.sleep(0.1)

    async def say(self, text: str, *, key: str | None = None) -> Json:
        """Send a message over the socket once; raise when it was refused, or no answer came."""
        key = key or fresh_key()
        body = {"client_key": key, "body": {"kind": "text", "text": text}}
        posted: Json = await self.screen.socket.call("post", body, timeout=PATIENCE)
        if not posted["ok"] and posted["status"] == BUSY:
            raise DeskIsBusy
        if not posted["ok"]:
            raise RequestRefused(f"post: {posted['code']}")
        self.conversation_id = posted["conversation"]["id"]
        self.acknowledged[key] = posted["message"]["seq"]
        return posted

    async def say_surely(self, text: str, *, key: str) -> None:
        """Send a message over the socket again and again under its key until the desk has acknowledged it."""
        while key not in self.acknowledged:
            try:
                await self.say(text, key=key)
            except (socketio.exceptions.SocketIOError, DeskIsBusy):
                await asyncio.sleep(0.1)

    async def ask_for_person(self) -> Json:
        return await self._post("/api/chat/person", {"client_key": fresh_key()})

    async def _post(self, path: str, body: Json) -> Json:
        headers = {"Authorization": f"Bearer {self.token}"}
        posted = await self.desk.call("POST", path, body=body, headers=headers)
        self.conversation_id = posted["conversation"]["id"]
        return posted


@dataclass
class Agent:
    """An agent with a browser, who takes every offer at once."""

    desk: Desk
    cookies: str
    csrf: str
    staff_id: str
    screen: Screen
    taken: set[str] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    async def sign_in(
        cls, desk: Desk, *, login: str, password: str, on_event: Callable[[Json], None] | None = None
    ) -> Agent:
        # A jar of their own: all clients of this process share one HTTP session.
        claims = {"login": login, "password": password}
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
            http.post(f"{desk.url}/api/auth/sign-in", json=claims) as answer,
        ):
            answer.raise_for_status()
            me = await answer.json()
            cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items())
        screen = Screen(desk, auth={"kind": "staff", "csrf": me["csrf_token"]}, headers={"Cookie": cookies})
        agent = cls(desk, cookies, me["csrf_token"], me["staff_id"], screen)
        screen.on_event = agent._listener(on_event)
        return agent

    def _listener(self, also: Callable[[Json], None] | None) -> Callable[[Json], None]:
        def listen(event: Json) -> None:
            if event["type"] == "offer.made":
                self._spawn(self.accept(event["offer"]["id"], event["offer"]["conversation_id"]))
            if also is not None:
                also(event)

        return listen

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def accept(self, offer_id: str, conversation_id: str) -> None:
        try:
            await self.call("POST", f"/api/console/offers/{offer_id}/accept", body={})
        except (RequestRefused, aiohttp.ClientError, TimeoutError):
            return
        self.taken.add(conversation_id)

    async def be_ready(self) -> None:
        await self.call("PUT", "/api/console/presence", body={"state": "ready", "reason": ""})

    async def reply(self, conversation_id: str, text: str) -> Json:
        body = {
            "client_key": fresh_key(),
            "body": {"kind": "text", "text": text},
            "seen_seq": 0,
            "confirmed": True,
        }
        return await self.call("POST", f"/api/console/conversations/{conversation_id}/replies", body=body)

    async def call(self, method: str, path: str, *, body: Json | None = None) -> Json:
        headers = {"Cookie": self.cookies, "X-CSRF-Token": self.csrf}
        return await self.desk.call(method, path, body=body, headers=headers)


def open_http() -> aiohttp.ClientSession:
    """Return an HTTP session for very many clients; it keeps no cookies."""
    # Kept for less time than the desk keeps it: else a request may go into a connection that is just being closed.
    connector = aiohttp.TCPConnector(limit=200, keepalive_timeout=2)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


async def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until the condition holds; tell whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
