"""Screens that take their events too slowly: found by what waits for them, before it fills this process's memory.

Nothing is skipped for them. They are sent away, and come again with the number of the last event that they have (B24).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import socketio

MOST_UNSENT = 1000
"""Events that may wait for one screen: minutes of a busy floor."""

LOOK_SECONDS = 1.0


class SlowScreens:
    """Looks at the screens' queues now and then; asked after every event, it looks at most once a second."""

    def __init__(self, server: socketio.AsyncServer, *, most_unsent: int = MOST_UNSENT) -> None:
        self._server = server
        self._most_unsent = most_unsent
        self._looked_at = 0.0

    def among(self, sids: Iterable[str]) -> list[str]:
        """Return the screens for which too much waits; nobody when it has just been looked."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_at < LOOK_SECONDS:
            return []
        self._looked_at = now
        # Mostly nobody is slow, and then no socket is asked whose screen it is.
        sockets = self._server.eio.sockets.items()
        slow = {name for name, socket in sockets if socket.queue.qsize() > self._most_unsent}
        return [sid for sid in sids if self._server.manager.eio_sid_from_sid(sid, "/") in slow] if slow else []
