"""A supervisor who listens: copies of both sides of a talk, mixed into one stream for a third phone.

rtp.io copies and cannot mix, so the mixing is done here: two packets in, one out, fifty times a second. The copies come
from a session that is put between the caller's and the agent's for as long as somebody listens: a stream of the
caller's can be recorded or copied, not both, and a browser's own stream is copied as it came, which is encrypted.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from functools import partial
from secrets import randbits

import numpy as np

from caredesk.infra.hotline.embedded.g711 import RATE, Codec, Samples, decode, encode
from caredesk.infra.hotline.embedded.media import MediaSession
from caredesk.infra.hotline.embedded.sdp import Media

PACKET = RATE // 50
MOST_WAITING = 5
"""Packets that may wait on one side: a tenth of a second, then the oldest goes."""


class Mixer:
    """Puts two sides' packets together; pure but for what waits."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._sides: tuple[deque[bytes], deque[bytes]] = (deque(maxlen=MOST_WAITING), deque(maxlen=MOST_WAITING))
        self._sequence, self._timestamp, self._source = randbits(16), randbits(32), randbits(32)

    def take(self, side: int, packet: bytes) -> None:
        """Take an RTP packet of one side; anything but sound is let be."""
        if len(packet) > 12 and packet[0] >> 6 == 2 and packet[1] & 0x7F == self._codec:
            self._sides[side].append(packet[12 + 4 * (packet[0] & 15) :])

    def next(self) -> bytes:
        """Return the next 20 ms of both sides as an RTP packet; who says nothing is silent."""
        mixed = np.zeros(PACKET, dtype=np.int32)
        for side in self._sides:
            if side:
                heard: Samples = decode(side.popleft(), codec=self._codec)[:PACKET]
                mixed[: len(heard)] += heard
        sound = np.clip(mixed, -32768, 32767).astype(np.int16)
        header = struct.pack("!BBHII", 0x80, self._codec, self._sequence, self._timestamp, self._source)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + PACKET) & 0xFFFFFFFF
        return header + encode(sound, codec=self._codec)


class Ear:
    """One who listens to one call, whoever the agent is."""

    def __init__(self, listener: MediaSession) -> None:
        """Send to the listener's session what is copied."""
        self._listener = listener
        self._talk: tuple[MediaSession, MediaSession] | None = None
        self._relay: MediaSession | None = None
        self._sockets = [_bound(listener.plane.address) for _ in range(2)]
        # What the listener says comes here and is heard by nobody.
        self._mouth = _bound(listener.plane.address)
        self._mouth.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self._closed = threading.Event()
        listener.chain_to(self._mouth.getsockname()[1])
        threading.Thread(target=self._work, daemon=True, name="ear").start()

    def hear(self, caller: MediaSession, agent: MediaSession) -> None:
        """Listen to a talk that is bridged: put a session between the two."""
        self.leave()
        self._talk = (caller, agent)
        relay = self._relay = MediaSession(caller.plane, caller.codec)
        relay.open(secure=False, then=partial(self._opened, relay))

    def _opened(self, relay: MediaSession) -> None:
        if relay is self._relay and self._talk is not None:
            caller, _ = self._talk
            inside = Media(caller.plane.address, caller.inner_port, (caller.codec,), None, "sendrecv", secure=False)
            relay.join(inside, then=partial(self._joined, relay))
        else:
            relay.close()

    def _joined(self, relay: MediaSession) -> None:
        if relay is self._relay and self._talk is not None:
            caller, agent = self._talk
            relay.chain(agent)
            relay.copy_to(*[one.getsockname()[1] for one in self._sockets])
            caller.chain_to(relay.outer_port)
            agent.chain(relay)
        else:
            relay.close()

    def leave(self) -> None:
        """Listen to nobody; those who talk hear each other without a session between them."""
        relay, self._relay = self._relay, None
        talk, self._talk = self._talk, None
        if talk is not None:
            talk[0].chain(talk[1])
            talk[1].chain(talk[0])
        if relay is not None and relay.outer_port:
            relay.close()

    def close(self) -> None:
        """Listen no more."""
        self.leave()
        self._closed.set()

    def _work(self) -> None:
        mixer, due = Mixer(self._listener.codec), time.monotonic()
        while not self._closed.is_set():
            due += PACKET / RATE
            self._closed.wait(max(due - time.monotonic(), 0))
            for side, one in enumerate(self._sockets):
                for packet in _waiting(one):
                    mixer.take(side, packet)
            self._mouth.sendto(mixer.next(), (self._listener.plane.address, self._listener.inner_port))
        for one in (*self._sockets, self._mouth):
            one.close()


def _bound(address: str) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((address, 0))
    one.setblocking(False)  # noqa: FBT003 (the standard library takes it by position)
    return one


def _waiting(one: socket.socket) -> list[bytes]:
    packets: list[bytes] = []
    while len(packets) < 2 * MOST_WAITING:
        try:
            packets.append(one.recv(2_048))
        except BlockingIOError:
            break
    return packets
