"""Handing one event to every screen of its rooms: written out once, and put into each screen's own line at once.

The library begins a task for each screen and writes the event out also when nobody is there. A message on a floor of
fifteen agents goes to some twenty screens, and of several processes most hold none of them.
"""

from __future__ import annotations

from typing import Any

import socketio
from engineio import packet as engine_packet
from engineio.exceptions import SocketIsClosedError


class FanOut(socketio.AsyncManager):
    """The library's manager of rooms with a cheaper way to the screens; nobody here is asked for an answer or skipped.

    A screen's line has no end, so putting something into it waits for nobody; who takes too slowly is sent away by
    `slow_screens.py`.
    """

    async def emit(
        self,
        event: str,
        data: Any,  # noqa: ANN401 (whatever the library hands on)
        namespace: str,
        room: str | None = None,
        to: str | list[str] | None = None,
        **_options: object,
    ) -> None:
        """Send an event to everyone in some rooms, once to each."""
        screens = list(self.get_participants(namespace, to or room))
        if not screens:
            return
        text = self.server.packet_class(socketio.packet.EVENT, namespace=namespace, data=[event, data]).encode()
        packet = engine_packet.Packet(engine_packet.MESSAGE, text)
        for _, screen in screens:
            try:
                await self.server.eio.send_packet(screen, packet)
            except SocketIsClosedError:
                # It is leaving; the others are not to miss this for it.
                continue
