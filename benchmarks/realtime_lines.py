"""The cheapest client of the desk's sockets: one WebSocket, Engine.IO's frames written by hand, answers by number.

A generator that shares a machine with what it measures must cost little; the library's client costs more than the
server. It keeps no protocol of catching up: `benchmarks/clients.py` does.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

Json = dict[str, Any]

ADDRESS = "/socket.io/?EIO=4&transport=websocket"


class LineRefused(Exception):
    """The server did not let the client in; the text is its reason."""


class Line:
    """One client: asks and waits for the answer, and counts the events that it is told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self.heard = 0
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str, *, auth: Json | None) -> Line:
        """Connect as somebody; raise when refused."""
        line = cls(await http.ws_connect(url + ADDRESS, autoping=True, max_msg_size=0))
        await line._socket.receive_str()
        await line._socket.send_str(f"40{json.dumps(auth)}" if auth is not None else "40")
        while not (said := await line._socket.receive_str()).startswith("40"):
            if said.startswith("44"):
                raise LineRefused(said)
        line._reader = asyncio.create_task(line._read())
        return line

    async def ask(self, name: str, payload: Json) -> Json:
        """Send an event and return what it is acknowledged with."""
        self._number += 1
        waiting = asyncio.get_running_loop().create_future()
        self._answers[self._number] = waiting
        text = json.dumps([name, payload], ensure_ascii=False)
        await self._socket.send_str(f"42{self._number}{text}")
        answer: Json = await waiting
        return answer

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def _read(self) -> None:
        async for message in self._socket:
            text = str(message.data)
            if text.startswith("43"):
                start = text.index("[")
                waiting = self._answers.pop(int(text[2:start]))
                # Whoever asked may have been told to stop meanwhile.
                if not waiting.done():
                    waiting.set_result(json.loads(text[start:])[0])
            elif text.startswith("42"):
                self.heard += 1
            elif text == "2":
                await self._socket.send_str("3")
        for waiting in self._answers.values():
            waiting.cancel()
