"""Push between processes: what one of them tells its screens, the others tell theirs, over a channel of Redis.

A process hears its own events at once, whatever Redis does. Every message carries its sender's next number, so that a
receiver knows when it has missed something; then it has its screens come again, and they fetch what they lack.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import queue
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson
import redis
import redis.asyncio as redis_async
import socketio

from caredesk.core.event import Event
from caredesk.core.ids import new_id
from caredesk.infra.push import Parcel, SocketPush, pack

log = logging.getLogger(__name__)

CHANNEL = "caredesk:push"
SECONDS = 1.0
"""How long Redis may take to answer; nobody who writes waits for it."""

LARGEST_BACKLOG = 10_000
"""Batches that may wait for Redis. What comes later is lost to the others, and its missing number tells them."""

LARGEST_MESSAGE = 200
"""Batches that go out together."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
"""Seconds before Redis is asked again after it has gone."""

SILENCE_SECONDS = 5.0
DEAD_AFTER_SILENCES = 3
"""After each silence Redis is asked; who does not answer three times is gone, even if the network has not noticed."""


class Announcer:
    """Publishes batches from a thread of its own, in the order they were handed over."""

    def __init__(self, url: str) -> None:
        self.name = new_id()
        self._client = redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
        self._waiting: queue.Queue[list[Parcel] | None] = queue.Queue(LARGEST_BACKLOG)
        self._number = 0
        self._missed = False
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
        self._thread.start()
        # A command ends as soon as it has done its work; its news shall not end with it.
        atexit.register(self.close)

    def announce(self, parcels: list[Parcel]) -> None:
        """Hand over a batch; when too many wait it is left out."""
        try:
            self._waiting.put_nowait(parcels)
        except queue.Full:
            self._missed = True

    def close(self) -> None:
        """Publish what waits, within Redis's time, and end."""
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(timeout=3 * SECONDS)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, ends = self._gather(first)
            self._publish(batch)
            if ends:
                return

    def _gather(self, first: list[Parcel]) -> tuple[list[Parcel], bool]:
        """Return a batch with those that wait behind it, and whether the end was among them."""
        together = list(first)
        for _ in range(LARGEST_MESSAGE):
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                return together, True
            together += more
        return together, False

    def _publish(self, parcels: list[Parcel]) -> None:
        # A number is spent on every message, also on those that are lost.
        self._number += 2 if self._missed else 1
        self._missed = False
        body = {"from": self.name, "n": self._number, "events": [[one.rooms, one.payload] for one in parcels]}
        try:
            self._client.publish(CHANNEL, orjson.dumps(body))
        except redis.RedisError as fault:
            log.warning("push_not_shared", extra={"fault": type(fault).__name__})


class AnnouncingPush:
    """The push of a process without screens of its own, such as a command: it only announces."""

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer

    def deliver(self, events: Sequence[Event]) -> None:
        if events:
            self._announcer.announce(pack(events))


class SharedPush:
    """The push of a server among several: its own screens at once, the others' through Redis."""

    def __init__(self, local: SocketPush, *, url: str) -> None:
        self._local = local
        self._url = url
        self._announcer = Announcer(url)
        self._heard: dict[str, int] = {}

    def deliver(self, events: Sequence[Event]) -> None:
        if not events:
            return
        parcels = pack(events)
        self._local.take(parcels)
        self._announcer.announce(parcels)

    async def run(self, server: socketio.AsyncServer, *, then: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Emit own and others' events to the own screens until cancelled."""
        await self._local.run(server, then=then)

    def backlog(self) -> int:
        """Return how many deliveries wait for the own screens."""
        return self._local.backlog()

    def close(self) -> None:
        """Let what waits go out."""
        self._announcer.close()

    async def listen(self, *, missed: Callable[[], Awaitable[None]]) -> None:
        """Pass on what others announce until cancelled; after a gap, and after every time away, call `missed`."""
        pause, was_away = SHORTEST_PAUSE, False
        while True:
            try:
                async with self._connection() as client, client.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    pause = SHORTEST_PAUSE
                    if was_away:
                        await missed()
                    await self._pass_on(channel, missed=missed)
            except (redis.RedisError, OSError) as fault:
                log.warning("push_not_heard", extra={"fault": type(fault).__name__})
            was_away = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _connection(self) -> redis_async.Redis:
        return redis_async.Redis.from_url(self._url, socket_connect_timeout=SECONDS, socket_timeout=None)

    async def _pass_on(self, channel: redis_async.client.PubSub, *, missed: Callable[[], Awaitable[None]]) -> None:
        silences = 0
        while silences < DEAD_AFTER_SILENCES:
            message = await channel.get_message(timeout=SILENCE_SECONDS)
            silences = 0 if message else silences + 1
            if message is None:
                await channel.ping()
            elif message["type"] == "message" and self._take(orjson.loads(message["data"])):
                await missed()
        raise redis.ConnectionError

    def _take(self, body: dict[str, Any]) -> bool:
        """Hand another's message to the own screens; True when one before it was missed."""
        sender, number = body["from"], body["n"]
        if sender == self._announcer.name:
            return False
        before = self._heard.get(sender)
        self._heard[sender] = number
        self._local.take([Parcel(rooms, payload) for rooms, payload in body["events"]])
        return before is not None and number != before + 1
