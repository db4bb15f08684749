"""Engine.IO over WebSockets without a task and a timer for each frame.

The library waits for every frame in a task of its own that a timer ends; before Python 3.12 the wait is a task, too.
For a frame that is most of what the sockets cost. Here one task reads and one writes for as long as a screen is
connected. Who has gone is found by the library's own pings, and then the read is cut off from outside. Long polling,
and going over from it to a WebSocket, stay as the library has them.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import engineio
import socketio
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import Packet

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 2.0
"""How long a screen that leaves may take to be told what was still on the way to it."""


class LeanSocket(AsyncSocket):
    """One screen's connection."""

    connected: bool
    upgraded: bool
    _reading: asyncio.Task[Any] | None = None

    async def _websocket_handler(self, ws: Any) -> None:  # noqa: ANN401 (the library's own wrapper)
        if self.connected:
            await super()._websocket_handler(ws)
            return
        self.connected = self.upgraded = True
        writing = asyncio.create_task(self._write(ws))
        try:
            await self._read(ws)
        finally:
            await self.queue.put(None)
            await asyncio.wait([writing], timeout=LAST_WORDS_SECONDS)
            writing.cancel()
            await self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)

    async def _read(self, ws: Any) -> None:  # noqa: ANN401
        while (frame := await self._next_frame(ws)) is not None:
            try:
                await self.receive(Packet(encoded_packet=frame))
            except SocketIsClosedError:
                return
            except (UnknownPacketError, ValueError, LookupError):
                # No page of ours sends what is no packet; it says nothing, and ends nothing.
                continue

    async def _next_frame(self, ws: Any) -> str | bytes | None:  # noqa: ANN401
        """Return what the screen sends next; None when it has gone, was cut off, or sends what is too large."""
        if self.closed:
            return None
        self._reading = asyncio.current_task()
        try:
            frame: str | bytes = await ws.wait()
        except (OSError, asyncio.CancelledError):
            return None
        finally:
            self._reading = None
        return frame if len(frame) <= self.server.max_http_buffer_size else None

    async def _write(self, ws: Any) -> None:  # noqa: ANN401
        # A connection that broke ends the reading, too.
        with suppress(Exception):
            while (packet := await self.queue.get()) is not None:
                self.queue.task_done()
                await ws.send(packet.encode())
        await ws.close()

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:  # noqa: FBT001, FBT002
        """Say good-bye; a screen that does not go by itself then is cut off."""
        await super().close(wait=wait, abort=abort, reason=reason)
        if self._reading is not None:
            asyncio.get_running_loop().call_later(self.server.ping_timeout, self._cut_off)

    def _cut_off(self) -> None:
        if self._reading is not None:
            self._reading.cancel()


class LeanEngine(engineio.AsyncServer):
    """The library's server with lean connections; what frames say is handed on without looking up how."""

    async def _trigger_event(self, event: str, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        if event == "connect":
            # The library makes its own kind of connection and leaves no place to say otherwise.
            self.sockets[args[0]].__class__ = LeanSocket
        if event != "message":
            return await super()._trigger_event(event, *args, **options)
        try:
            return await self.handlers[event](*args)
        except Exception:
            # One frame that cannot be read ends nothing.
            log.exception("frame_failed")


class LeanSockets(socketio.AsyncServer):
    """Socket.IO over lean connections."""

    def _engineio_server_class(self) -> type[engineio.AsyncServer]:
        return LeanEngine
