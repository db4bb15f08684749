"""Several people's sound put together, fifty times a second: rtp.io relays and copies, but cannot mix.

Each party has a socket, to which rtp.io sends what they say. Its packets are laid on a line by their own time stamps,
so that jitter, other lengths of packets and pauses are not heard. One thread for each supervised call; the event loop
has no part in it but to say who hears whom.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from secrets import randbits

import numpy as np

from caredesk.infra.hotline.embedded.g711 import RATE, Codec, Samples, decode, encode

FRAME = RATE // 50
AHEAD = 3 * FRAME
"""How far sound is kept back before it is first played: a packet may come so much later than the one before."""
MOST = 10 * FRAME
"""More than this never waits: who sends faster than they should is not heard ever later."""
LATEST_SECONDS = 0.5
"""A thread that got no processor for so long does not make up for it, but goes on from now."""
_AT_ONCE = 50
_WAVE = 2**32


class Hearing:
    """What one party says, on a line of time; pure. Packets in whatever order, frames of 20 ms out."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._source: int | None = None
        self._place = 0
        """The time stamp of the next sample to be played."""
        self._waiting: dict[int, Samples] = {}

    def take(self, packet: bytes) -> None:
        """Take an RTP packet; anything but sound of this call's kind is let be, and so is what comes too late."""
        if len(packet) <= 12 or packet[0] >> 6 != 2 or packet[1] & 0x7F != self._codec:
            return
        stamp, source = struct.unpack_from("!II", packet, 4)
        sound = decode(_payload(packet), codec=self._codec)
        ahead = _ahead(stamp, self._place)
        if source != self._source or not self._waiting or not -MOST <= ahead <= MOST:
            self._begin(source, stamp)
        elif ahead + len(sound) <= 0:
            return
        self._waiting[stamp] = sound
        self._catch_up(stamp + len(sound))

    def _begin(self, source: int, stamp: int) -> None:
        """Lay the stream anew: another phone, or the first word after a pause."""
        self._source, self._place = source, (stamp - AHEAD) % _WAVE
        self._waiting.clear()

    def _catch_up(self, end: int) -> None:
        """Leap forward when too much waits."""
        if _ahead(end, self._place) > MOST + FRAME:
            self._place = (end - AHEAD) % _WAVE
            self._forget_played()

    def next(self) -> Samples:
        """Return the next 20 ms; silence where nothing has come."""
        frame = np.zeros(FRAME, dtype=np.int16)
        if not self._waiting:
            return frame
        for stamp, sound in self._waiting.items():
            begin = _ahead(stamp, self._place)
            piece = sound[max(-begin, 0) : FRAME - begin] if begin < FRAME else sound[:0]
            frame[max(begin, 0) : max(begin, 0) + len(piece)] = piece
        self._place = (self._place + FRAME) % _WAVE
        self._forget_played()
        return frame

    def _forget_played(self) -> None:
        for stamp in [one for one, sound in self._waiting.items() if _ahead(one + len(sound), self._place) <= 0]:
            del self._waiting[stamp]


class Speech:
    """The packets of one mixed stream; pure."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._sequence, self._stamp, self._source = randbits(16), randbits(32), randbits(32)

    def packet(self, heard: Sequence[Samples]) -> bytes:
        """Return 20 ms of several voices as an RTP packet."""
        mixed = np.zeros(FRAME, dtype=np.int32)
        for one in heard:
            mixed += one
        header = struct.pack("!BBHII", 0x80, self._codec, self._sequence, self._stamp, self._source)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.skip(frames=1)
        return header + encode(np.clip(mixed, -32768, 32767).astype(np.int16), codec=self._codec)

    def skip(self, *, frames: int) -> None:
        """Let time go by without a packet."""
        self._stamp = (self._stamp + frames * FRAME) % _WAVE


@dataclass(frozen=True)
class Route:
    """Where a party's sound is sent (a port of this machine), and whose voices they hear."""

    port: int
    hears: tuple[int, ...]


class Mixer:
    """Sockets for some parties, numbered from 0, and the thread that mixes; ends with `close`."""

    def __init__(self, address: str, *, codec: Codec, parties: int) -> None:
        """Take a port for each party; nobody hears anything yet."""
        self._address = address
        self._sockets = [_bound(address) for _ in range(parties)]
        self.ports = tuple(int(one.getsockname()[1]) for one in self._sockets)
        self._hearings = [Hearing(codec) for _ in range(parties)]
        self._speeches = [Speech(codec) for _ in range(parties)]
        self._routes: Mapping[int, Route] = {}
        self._sending = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._work, daemon=True, name="mixer").start()

    def route(self, routes: Mapping[int, Route]) -> None:
        """Say who hears whom; when it returns, nothing is sent any more to whoever is not named."""
        with self._sending:
            self._routes = routes

    def close(self) -> None:
        """Mix no more and give the ports back."""
        self.route({})
        self._closed.set()

    def _work(self) -> None:
        due = time.monotonic()
        while not self._closed.is_set():
            due += FRAME / RATE
            late = time.monotonic() - due
            if late > LATEST_SECONDS:
                missed = int(late * RATE / FRAME)
                due += missed * FRAME / RATE
                for speech in self._speeches:
                    speech.skip(frames=missed)
            self._closed.wait(max(due - time.monotonic(), 0))
            self._mix()
        for one in self._sockets:
            one.close()

    def _mix(self) -> None:
        for one, hearing in zip(self._sockets, self._hearings, strict=True):
            for packet in _waiting(one):
                hearing.take(packet)
        frames = [hearing.next() for hearing in self._hearings]
        with self._sending:
            for party, way in self._routes.items():
                packet = self._speeches[party].packet([frames[each] for each in way.hears])
                # A full buffer loses a packet, as a network does.
                with suppress(OSError):
                    self._sockets[party].sendto(packet, (self._address, way.port))


def _payload(packet: bytes) -> bytes:
    """Return the sound of an RTP packet, without the sources, the extension and the padding that it may have."""
    begin = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10 and len(packet) >= begin + 4:
        begin += 4 + 4 * int(struct.unpack_from("!H", packet, begin + 2)[0])
    return packet[begin : len(packet) - (packet[-1] if packet[0] & 0x20 else 0)]


def _ahead(stamp: int, place: int) -> int:
    """Return by how many samples one time stamp is after another, negative when before; both wrap around."""
    return (stamp - place + _WAVE // 2) % _WAVE - _WAVE // 2


def _bound(address: str) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((address, 0))
    one.setblocking(False)  # noqa: FBT003 (the standard library takes it by position)
    return one


def _waiting(one: socket.socket) -> list[bytes]:
    packets: list[bytes] = []
    while len(packets) < _AT_ONCE:
        try:
            packets.append(one.recv(2_048))
        except OSError:
            # Nothing waits, or what was sent last had nobody to take it, which the system tells here.
            break
    return packets
