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
        return [sid for sid in sids if self._unsent(sid) > self._most_unsent]

    def _unsent(self, sid: str) -> int:
        socket = self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(sid, "/"))
        return socket.queue.qsize() if socket is not None else 0
