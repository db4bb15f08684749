"""The push port on Socket.IO: hands events from any thread to the server's loop, in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import socketio

from caredesk.core.event import Event

log = logging.getLogger(__name__)

Batch = list[tuple[Event, list[str], dict[str, Any]]]


class SocketPush:
    """Events wait in one queue, so that every room sees them in the order of commits of this process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[Batch] = asyncio.Queue()

    def deliver(self, events: Sequence[Event]) -> None:
        """Queue events; before the loop runs and after it ended they are dropped, for nobody is connected."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        batch = [(event, [a.room for a in event.audiences()], event.model_dump(mode="json")) for event in events]
        loop.call_soon_threadsafe(self._queue.put_nowait, batch)

    async def run(self, server: socketio.AsyncServer, *, then: Callable[[Event], Awaitable[None]]) -> None:
        """Emit what is queued until cancelled, and after each event do what follows from it before the next goes out.

        One bad delivery must not end all later ones.
        """
        self._loop = asyncio.get_running_loop()
        while True:
            for event, rooms, payload in await self._queue.get():
                try:
                    await server.emit("event", payload, to=rooms)
                    await then(event)
                except Exception:
                    log.exception("push_failed", extra={"event_type": event.type})
