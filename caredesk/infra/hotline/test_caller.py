"""The bundled test caller: a small telephone in software that calls the hotline, speaks, presses keys and listens.

For `caredesk hotline call`, for tests and for measurements; on networks where packets may be lost use a real telephone.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

import numpy as np

from caredesk.infra.hotline.caller_sip import Address, Dialog, Message, describe_sound, parse, require_plain
from caredesk.infra.hotline.embedded.g711 import RATE, Samples, decode, encode

PCMA: Literal[8] = 8
EVENT = 101
KEYS = "0123456789*#ABCD"
PACKET = RATE // 50
"""Samples in a packet of 20 ms."""
FIRST_REPEAT = 0.5
"""Seconds until an unanswered INVITE is sent again; doubled each time (T1 of RFC 3261)."""
REPEATS = 6

Happening = Callable[[str, str], None]
"""Told what happens: a name (`ringing`, `answered`, `refused`, `held`, `ended`) and a detail."""


class NoAnswer(Exception):
    """The hotline said nothing at all: is it running, at this address?"""


class LoopbackCaller:
    """One call. `heard` is what was heard so far, as A-law at 8 kHz."""

    def __init__(
        self,
        server: Address,
        *,
        caller: str,
        called: str,
        host: str = "127.0.0.1",
        on_happening: Happening = lambda _name, _detail: None,
    ) -> None:
        require_plain(caller, called)
        self._sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sip.bind((host, 0))
        self._sip.settimeout(0.1)
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.bind((host, 0))
        self._server, self._host = server, host
        self.dialog = Dialog(server, self._sip.getsockname(), caller, called)
        self._tell = on_happening
        self.heard = bytearray()
        self.status = 0
        """The final answer to the call; 0 before it has come."""
        self.requests: list[str] = []
        """Methods that the hotline has asked within the call."""
        self.called_at = self.first_heard_at = 0.0
        """Readings of the monotonic clock: when the call was made, and when the first sound came (0: none yet)."""
        self._progress = threading.Event()
        self._final = threading.Event()
        self._ended = threading.Event()
        self._closed = threading.Event()
        self._voice = bytes([0xD5]) * PACKET
        self._keys: deque[tuple[int, int, bool]] = deque()
        self._media: Address | None = None
        self._threads = [threading.Thread(target=body, daemon=True) for body in (self._listen, self._sound)]

    def call(self, *, seconds: float = 30.0) -> int:
        """Call and return the final status (200: answered); a call that stays unanswered is taken back."""
        for thread in self._threads:
            thread.start()
        invite = self.dialog.invite(self._offer())
        self.called_at, pause = time.monotonic(), FIRST_REPEAT
        for _ in range(REPEATS):
            self._send(invite)
            if self._progress.wait(pause):
                break
            pause *= 2
        else:
            self.close()
            raise NoAnswer(f"nothing answers at {self._server[0]}:{self._server[1]}")
        if not self._final.wait(seconds):
            self.hang_up()
            self._final.wait(2.0)
        return self.status

    def say(self, samples: Samples) -> None:
        """Say this again and again from now on."""
        self._voice = encode(samples[: len(samples) // PACKET * PACKET], codec=PCMA)

    def press(self, digits: str) -> None:
        """Press keys one after the other, a fifth of a second each (RFC 4733)."""
        for digit in digits.upper():
            code = KEYS.index(digit)
            updates = [(code, min(step + 1, 5), step >= 5) for step in range(8)]
            self._keys.extend([*updates, *[(-1, 0, False)] * 5])

    def hang_up(self) -> None:
        """End the call, or take it back when it is not answered yet."""
        if self.status == 0:
            self._send(self.dialog.cancel())
        elif self.status < 300 and not self._ended.is_set():
            self._send(self.dialog.bye())
            self._end("caller")

    def wait_ended(self, *, seconds: float) -> bool:
        """Wait until the call is over; tell whether it is."""
        return self._ended.wait(seconds)

    def close(self) -> None:
        """Hang up if need be and let go of the sockets."""
        self.hang_up()
        self._closed.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2.0)
        self._sip.close()
        self._rtp.close()

    def samples_heard(self) -> Samples:
        """Return what was heard so far."""
        return decode(bytes(self.heard), codec=PCMA)

    def loudness(self) -> float:
        """Return how loud the last half second was: root of the mean square of 16-bit samples."""
        newest = decode(bytes(self.heard[-RATE // 2 :]), codec=PCMA).astype(float)
        return float(np.sqrt((newest**2).mean())) if len(newest) else 0.0

    # ---- signalling ----

    def _offer(self) -> str:
        return describe_sound(host=self._host, port=self._rtp.getsockname()[1])

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._sip.sendto(data, self._server)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                message = parse(self._sip.recv(65_535))
            except OSError:
                continue
            if message is None:
                continue
            if message.status:
                self._take_answer(message)
            else:
                self._take_request(message)

    def _take_answer(self, answer: Message) -> None:
        if answer.method != "INVITE":
            return
        self._progress.set()
        self._media = answer.media() or self._media
        if answer.status < 200:
            if answer.status > 100:
                self._tell("ringing", answer.first.removeprefix("SIP/2.0 "))
            return
        self.dialog.learn(answer)
        self._send(self.dialog.acknowledge(answer))
        if self.status:
            # The answer came once more because our acknowledgement was lost.
            return
        self.status = answer.status
        self._tell("answered" if answer.status < 300 else "refused", answer.first.removeprefix("SIP/2.0 "))
        if answer.status >= 300:
            self._end("hotline")
        self._final.set()

    def _take_request(self, request: Message) -> None:
        if request.method == "ACK":
            return
        self.requests.append(request.method)
        body = self._offer() if request.method == "INVITE" else ""
        self._media = request.media() or self._media
        self._send(self.dialog.answer(request, "200 OK", body=body))
        if request.method == "INVITE":
            self._tell("held", "the hotline has changed the connection")
        elif request.method == "BYE":
            self._end("hotline")

    def _end(self, by: str) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._tell("ended", by)

    # ---- sound ----

    def _sound(self) -> None:
        """Send a packet every 20 ms and take what has come."""
        sequence, position, event_began = 0, 0, 0
        due = time.monotonic()
        while not self._closed.is_set():
            due += 0.02
            self._hear_until(due)
            if self._media is None or self._ended.is_set():
                continue
            kind: int = PCMA
            body, stamp = self._spoken(position), position
            if self._keys:
                code, length, ends = self._keys.popleft()
                if code >= 0:
                    event_began = position if length == 1 else event_began
                    kind, stamp = EVENT, event_began
                    body = struct.pack("!BBH", code, 0x80 * ends | 10, length * PACKET)
            header = struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, 0x0CA11E13)
            with contextlib.suppress(OSError):
                self._rtp.sendto(header + body, self._media)
            sequence, position = sequence + 1, position + PACKET

    def _spoken(self, position: int) -> bytes:
        voice = self._voice
        start = position % len(voice)
        return voice[start : start + PACKET]

    def _hear_until(self, due: float) -> None:
        while (left := due - time.monotonic()) > 0:
            readable, _, _ = select.select([self._rtp], [], [], left)
            if readable:
                self._take_packet(self._rtp.recv(2_048))

    def _take_packet(self, packet: bytes) -> None:
        if len(packet) > 12 and packet[1] & 0x7F == PCMA:
            self.first_heard_at = self.first_heard_at or time.monotonic()
            self.heard += packet[12:]
