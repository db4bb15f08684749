"""The few SDP choices that the engine makes: read what a phone offers, write what we offer or answer. Pure text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Literal

from caredesk.infra.hotline.embedded.g711 import CODECS, Codec

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
CODEC_NAMES = {8: "PCMA", 0: "PCMU"}
NOTHING = "0.0.0.0"  # noqa: S104 (the old way of saying hold, RFC 3264 8.4)
DTMF_TYPE = 101
"""The payload type of telephone events that we offer; an answer takes the caller's."""


class BadSdp(Exception):
    """A phone's description of its media cannot be used. `code` is the SIP answer that says so."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True)
class Media:
    """What a phone says about its sound: where it listens, what it speaks, how it is protected."""

    address: str
    port: int
    codecs: tuple[Codec, ...]
    dtmf: int | None
    direction: Direction
    secure: bool
    attributes: tuple[tuple[str, str], ...] = field(repr=False, default=())

    @property
    def silent(self) -> bool:
        """Whether the phone has put the talk on hold: it will not listen."""
        return self.direction in ("sendonly", "inactive") or (not self.secure and self.address == NOTHING)

    def attribute(self, name: str) -> str | None:
        """Return the first value of an attribute, of the sound's section before the session's."""
        return next((value for key, value in self.attributes if key == name), None)


def read_sdp(text: str) -> Media:
    """Return the first audio section; raise `BadSdp` with 488 when there is no G.711, 400 when it makes no sense."""
    session: list[tuple[str, str]] = []
    audio: list[tuple[str, str]] | None = None
    for line in text.replace("\r", "").split("\n"):
        key, _, value = line.partition("=")
        if key == "m":
            if audio is not None and audio[0][1].startswith("audio"):
                break
            audio = []
        (session if audio is None else audio).append((key, value.strip()))
    if not audio or not audio[0][1].startswith("audio"):
        raise BadSdp(488)
    return _media(session, audio)


def _media(session: list[tuple[str, str]], audio: list[tuple[str, str]]) -> Media:
    parts = audio[0][1].split()
    place = next((value.split() for key, value in [*audio, *session] if key == "c"), [])
    try:
        # The address goes into rtp.io's own text commands, so nothing but an address may pass.
        port, address = int(parts[1].split("/")[0]), str(IPv4Address(place[2]))
        formats = [int(one) for one in parts[3:]]
    except (IndexError, ValueError):
        raise BadSdp(400) from None
    attributes = [_attribute(value) for key, value in [*audio, *session] if key == "a"]
    codecs = tuple(codec for codec in CODECS if codec in formats)
    if not codecs or not 0 <= port < 65536:
        raise BadSdp(488)
    names: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
    said = {name for name, _ in attributes}
    direction: Direction = next((name for name in names if name in said), names[0])
    return Media(address, port, codecs, _dtmf(attributes), direction, "TLS" in parts[2], tuple(attributes))


def _attribute(value: str) -> tuple[str, str]:
    name, _, rest = value.partition(":")
    return name, rest


def _dtmf(attributes: Sequence[tuple[str, str]]) -> int | None:
    """Return the payload type of telephone events at 8 kHz; a browser offers one for each clock rate."""
    for name, value in attributes:
        number, _, kind = value.partition(" ")
        if name == "rtpmap" and kind.lower().startswith("telephone-event/8000") and number.isdigit():
            return int(number)
    return None


def write_sdp(
    *,
    address: str,
    port: int,
    codecs: Sequence[Codec],
    dtmf: int | None,
    version: int,
    direction: Direction = "sendrecv",
    guard: Sequence[str] = (),
) -> str:
    """Return our description. `guard` are the attributes of a protected one (DTLS, ICE); none for a plain phone."""
    formats = [*codecs, *([dtmf] if dtmf is not None else [])]
    maps = [f"a=rtpmap:{codec} {CODEC_NAMES[codec]}/8000" for codec in codecs]
    if dtmf is not None:
        maps += [f"a=rtpmap:{dtmf} telephone-event/8000", f"a=fmtp:{dtmf} 0-16"]
    lines = [
        "v=0",
        f"o=caredesk {port} {version} IN IP4 {address}",
        "s=-",
        f"c=IN IP4 {address}",
        "t=0 0",
        f"m=audio {port} {'UDP/TLS/RTP/SAVPF' if guard else 'RTP/AVP'} {' '.join(str(one) for one in formats)}",
        *maps,
        "a=ptime:20",
        *(f"a={one}" for one in guard),
        f"a={direction}",
    ]
    return "\r\n".join(lines) + "\r\n"


def answering(direction: Direction) -> Direction:
    """Return the direction that answers another (RFC 3264 6.1)."""
    pairs: dict[Direction, Direction] = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
    return pairs.get(direction, "sendrecv")
