"""The sound's side of the engine: rtp.io in this process, spoken to by its text protocol, watched for silence.

A `MediaSession` has two sides: `outer` towards a phone, `inner` towards another session. A talk is two sessions whose
inner sides are chained: a browser that rang in vain leaves its encryption on its own session and takes it along
(chained on one session the next phone would hear nothing). Names in commands are made here, never taken from a peer:
the protocol is text, and a Call-ID with a blank in it would be a command.
"""

from __future__ import annotations

import logging
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from urllib.parse import unquote

from rtp.io import rtpproxy
from sippy.Core.EventDispatcher import ED2

from caredesk.infra.hotline.embedded.g711 import Codec
from caredesk.infra.hotline.embedded.sdp import Media

log = logging.getLogger(__name__)

Then = Callable[[str], None]
OnDigit = Callable[[str, str], None]

MODULES = ("catch_dtmf", "dtls_gw", "ice_lite")
CATCH_DTMF, DTLS, ICE = "M3:1", "M4:1", "M5:1"
"""rtp.io's numbers of its modules."""
LOOP = -1
GROWING = "growing"
"""Folder in the recordings' where a capture is while it is written."""
MOST_READ = 8192

_FINGERPRINT = re.compile(r"^sha-(?:1|224|256|384|512) [0-9A-Fa-f:]{20,200}$")
_ICE_WORD = re.compile(r"^[A-Za-z0-9+/=_-]{4,256}$")
_CANDIDATE = re.compile(
    r"^[A-Za-z0-9+/]{1,32} [12] udp \d{1,10} \d{1,3}(?:\.\d{1,3}){3} \d{1,5} typ [a-z]+[A-Za-z0-9 .:+/-]*$",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"^([a-z0-9]{1,64}) ([0-9A-D*#]) ")


class MediaPlane:
    """rtp.io and the one thread that speaks with it; answers come back in the event loop's thread."""

    def __init__(
        self, *, address: str, ports: tuple[int, int], recordings: Path, advertised: str, on_digit: OnDigit
    ) -> None:
        """Start rtp.io on an address and a range of ports; captures go to `recordings`."""
        arguments = [
            "-F",
            "-l",
            address,
            "-r",
            str(recordings),
            "-S",
            str(recordings / GROWING),
            "-P",
            "-m",
            str(ports[0]),
            "-M",
            str(ports[1]),
            "-d",
            "crit",
        ]
        if advertised and advertised != address:
            arguments += ["-A", advertised]
        self._proxy = rtpproxy(modules=MODULES, extra_args=arguments)
        self.notify = self._proxy.rtpp_nsock_spec
        self.address = "127.0.0.1" if address == "0.0.0.0" else address  # noqa: S104 (rtp.io listens everywhere)
        # Where a session's sound goes while it is chained to nobody: a port that nobody reads.
        self._nowhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._nowhere.bind((self.address, 0))
        self._nowhere.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.nowhere: int = self._nowhere.getsockname()[1]
        self._commands: queue.SimpleQueue[tuple[str, Then | None]] = queue.SimpleQueue()
        self._since: float | None = None
        self._on_digit = on_digit
        for body in (self._speak, self._hear):
            threading.Thread(target=body, daemon=True, name=body.__name__).start()

    def send(self, command: str, *, then: Then | None = None) -> None:
        """Have a command carried out; `then` gets the answer in the event loop. Commands keep their order."""
        self._commands.put((command, then))

    def unanswered_seconds(self) -> float:
        """Return for how long the present command has waited for its answer; 0 when none does."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def _speak(self) -> None:
        line: socket.socket = self._proxy.rtpp_sock
        while True:
            command, then = self._commands.get()
            self._since = time.monotonic()
            line.send((command + "\n").encode())
            answer = line.recv(MOST_READ).decode("ascii", "replace").strip()
            self._since = None
            if answer.startswith("E") or not answer:
                log.warning("media command refused", extra={"verb": command[:1], "answer": answer[:8]})
            if then is not None:
                ED2.callFromThread(then, answer)

    def _hear(self) -> None:
        """Pass on the digits that rtp.io finds in the sound (RFC 4733)."""
        line: socket.socket = self._proxy.rtpp_nsock
        kept = ""
        while piece := line.recv(MOST_READ):
            *lines, kept = (kept + piece.decode("ascii", "replace")).split("\n")
            for said in lines:
                if found := _DIGIT.match(said):
                    ED2.callFromThread(self._on_digit, found[1], found[2])


@dataclass
class MediaSession:
    """The sound of one phone. Ports are known when `open` and `join` have answered."""

    plane: MediaPlane
    codec: Codec
    id: str = field(default_factory=lambda: token_hex(12))
    outer_port: int = 0
    inner_port: int = 0
    guard: tuple[str, ...] = ()
    """What a browser is told of our encryption and its way through; nothing for a plain phone."""
    closed: bool = False
    remote: Media | None = None
    _opened_once: bool = False

    def __post_init__(self) -> None:
        self._outer, self._inner = f"{self.id}o", f"{self.id}i"

    def open(self, *, secure: bool, then: Callable[[], None]) -> None:
        """Take the port that the phone is told."""
        self._opened_once = True
        command = f"U {self.id} 0.0.0.0 0 {self._inner} {self.plane.notify} {self.id}"
        self.plane.send(
            command + (f" && {DTLS} S && {ICE} S" if secure else ""), then=lambda said: self._opened(said, then)
        )

    def _opened(self, answer: str, then: Callable[[], None]) -> None:
        first, *more = [part.strip() for part in answer.split("&&")]
        self.outer_port = _port(first)
        if len(more) == 2:
            self.guard = _guard(*more)
        then()

    def join(self, media: Media, *, then: Callable[[], None] = lambda: None) -> None:
        """Send the session's sound to a phone, and begin to look for digits in what it sends."""
        first_time = self.remote is None
        self.remote = media
        words = f"U {self.id} {media.address} {media.port} {self._outer} {self._inner} {self.plane.notify} {self.id}"
        parts = [words, f"{CATCH_DTMF} {self.id} {media.dtmf if media.dtmf is not None else 101}"]
        if media.secure and first_time:
            parts += protection(media)
        self.plane.send(" && ".join(parts), then=lambda said: self._joined(said, then))

    def _joined(self, answer: str, then: Callable[[], None]) -> None:
        self.inner_port = _port(answer.split("&&", maxsplit=1)[0]) or self.inner_port
        then()

    def chain(self, other: MediaSession | None) -> None:
        """Send what the phone says to another session, or to nobody."""
        self.chain_to(other.inner_port if other else self.plane.nowhere)

    def chain_to(self, port: int) -> None:
        """Send what the phone says to a port of this machine, and take from there what it hears."""
        self._say(f"U {self.id} {self.plane.address} {port} {self._inner} {self._outer} {self.plane.notify} {self.id}")

    def play(self, name: str, *, times: int = 1) -> None:
        """Play a sound of the prompts' folder to the phone; what the other side says is not heard meanwhile."""
        self._say(f"P{times} {self.id} {name} {self.codec} {self._outer} {self._inner}")

    def quiet(self) -> None:
        """Stop playing."""
        self._say(f"S {self.id} {self._outer} {self._inner}")

    def record(self, name: str, *, both: bool) -> None:
        """Capture what the phone says to `name.a.rtp`, and what is said to it to `name.o.rtp`."""
        self._say(f"C {self.id} {name}.a {self._outer} {self._inner}")
        if both:
            self._say(f"C {self.id} {name}.o {self._inner} {self._outer}")

    def copy_to(self, outer: int, inner: int) -> None:
        """Copy what comes in on either side to two ports of this machine."""
        self._say(f"C {self.id} udp:{self.plane.address}:{outer} {self._outer} {self._inner}")
        self._say(f"C {self.id} udp:{self.plane.address}:{inner} {self._inner} {self._outer}")

    def stop_recording(self) -> None:
        """Capture no more; a later `record` begins other files."""
        self._say(f"N {self.id} {self._outer} {self._inner}")
        self._say(f"N {self.id} {self._inner} {self._outer}")

    def count(self, then: Callable[[int], None]) -> None:
        """Ask how many packets the phone has sent so far; -1 when nobody knows."""
        if not self.closed:
            self.plane.send(f"Q {self.id} {self._outer} {self._inner}", then=lambda said: then(_packets(said)))

    def close(self, *, then: Then | None = None) -> None:
        """End the session. Playing is stopped first: rtp.io 1.1.1 can lock itself up when it deletes a playing one."""
        if self.closed or not self._opened_once:
            self.closed = True
            return
        self._say(f"S {self.id} {self._outer} {self._inner}")
        self._say(f"S {self.id} {self._inner} {self._outer}")
        self.plane.send(f"D {self.id} {self._inner} {self._outer}", then=then)
        self.closed = True

    def _say(self, command: str) -> None:
        if not self.closed:
            self.plane.send(command)


def protection(media: Media) -> list[str]:
    """Return the parts of a command that take a browser's encryption and ways; what is odd in them is left out."""
    fingerprint, setup = media.attribute("fingerprint") or "", media.attribute("setup") or "active"
    user, word = media.attribute("ice-ufrag") or "", media.attribute("ice-pwd") or ""
    if not (_FINGERPRINT.match(fingerprint) and _ICE_WORD.match(user) and _ICE_WORD.match(word)):
        return []
    source = (media.attribute("ssrc") or "").split(" ")[0]
    dtls = f"{DTLS} {'P' if setup == 'passive' else 'A'} {fingerprint}" + (f" {source}" if source.isdigit() else "")
    ways = [value for name, value in media.attributes if name == "candidate" and _CANDIDATE.match(value)]
    return [dtls, f"{ICE} A {user} {word}", *[f"{ICE} C {way}" for way in ways]]


def _guard(dtls: str, ice: str) -> tuple[str, ...]:
    setup, _, fingerprint = dtls.partition(" ")
    user, word, *ways = ice.split(" ")
    candidates = [f"candidate:{unquote(way[2:])}" for way in ways]
    return (
        f"setup:{setup}",
        f"fingerprint:{fingerprint}",
        "rtcp-mux",
        "ice-lite",
        f"ice-ufrag:{user}",
        f"ice-pwd:{word}",
        *candidates,
    )


def _port(answer: str) -> int:
    first = answer.split(" ", maxsplit=1)[0]
    return int(first) if first.isdigit() else 0


def _packets(answer: str) -> int:
    parts: Sequence[str] = answer.split(" ")
    return int(parts[1]) if len(parts) == 5 and parts[1].isdigit() else -1
