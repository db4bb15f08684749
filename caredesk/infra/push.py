"""The push port on Socket.IO: hands events from any thread to the server's loop, in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import socketio

from caredesk.core.event import Event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event on its way to the screens of some rooms."""

    rooms: list[str]
    payload: dict[str, Any]


def pack(events: Sequence[Event]) -> list[Parcel]:
    """Return events as they go over a wire."""
    return [Parcel([one.room for one in event.audiences()], event.wire) for event in events]


class SocketPush:
    """Events wait in one queue, so that every room sees them in the order of commits of this process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[Sequence[Parcel]] = asyncio.Queue()

    def deliver(self, events: Sequence[Event]) -> None:
        """Queue events; before the loop runs and after it ended they are dropped, for nobody is connected."""
        self.take(pack(events))

    def take(self, parcels: Sequence[Parcel]) -> None:
        """Queue what is packed already, from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._queue.put_nowait, parcels)

    def backlog(self) -> int:
        """Return how many deliveries wait for the loop."""
        return self._queue.qsize()

    async def listen(self, *, missed: Callable[[], Awaitable[None]]) -> None:
        """Nobody else tells this process anything: it is alone."""

    def close(self) -> None:
        """Nothing waits to go anywhere."""

    async def run(self, server: socketio.AsyncServer, *, then: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Emit what is queued until cancelled, and after each event do what follows from it before the next goes out.

        One bad delivery must not end all later ones.
        """
        self._loop = asyncio.get_running_loop()
        while True:
            for parcel in await self._queue.get():
                try:
                    await server.emit("event", parcel.payload, to=parcel.rooms)
                    await then(parcel.payload)
                except Exception:
                    log.exception("push_failed", extra={"event_type": parcel.payload.get("type")})
