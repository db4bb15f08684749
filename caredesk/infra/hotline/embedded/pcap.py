"""Reads the packet captures that rtp.io writes and lays their sound on a line of time. Pure: bytes in, samples out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from caredesk.infra.hotline.embedded.g711 import RATE, Codec, Samples, decode

ETHERNET, NULL_LINK, RAW_IP = 1, 0, 101
"""Link types of a capture (tcpdump.org/linktypes.html)."""
_LINK_BYTES = {ETHERNET: 14, NULL_LINK: 4, RAW_IP: 0}
HEADER_BYTES, RECORD_BYTES, UDP_BYTES, RTP_BYTES = 24, 16, 8, 12

MOST_DRIFT = int(0.2 * RATE)
"""How far a stream's own time may stray from the time of arrival before it is laid anew, samples."""
MOST_SECONDS = 6 * 3600
"""No call's recording is longer; a packet that claims so is damaged."""


@dataclass(frozen=True)
class Packet:
    """One RTP packet: seconds of arrival, sequence number, timestamp, source, payload type, sound."""

    at: float
    sequence: int
    timestamp: int
    source: int
    payload_type: int
    payload: bytes


def read_packets(data: bytes) -> Iterator[Packet]:
    """Yield the RTP packets of a capture; a cut end (the process was killed) is passed over in silence."""
    if len(data) < HEADER_BYTES or data[:4] != b"\xd4\xc3\xb2\xa1":
        return
    link = _LINK_BYTES.get(struct.unpack_from("<I", data, 20)[0])
    if link is None:
        return
    place = HEADER_BYTES
    while place + RECORD_BYTES <= len(data):
        seconds, micros, kept, _whole = struct.unpack_from("<IIII", data, place)
        place += RECORD_BYTES
        frame = data[place : place + kept]
        place += kept
        if len(frame) == kept and (packet := _packet(frame, link=link, at=seconds + micros / 1_000_000)):
            yield packet


def _packet(frame: bytes, *, link: int, at: float) -> Packet | None:
    if len(frame) <= link:
        return None
    version = frame[link] >> 4
    header = link + ((frame[link] & 15) * 4 if version == 4 else 40) + UDP_BYTES
    if len(frame) < header + RTP_BYTES or frame[header] >> 6 != 2:
        return None
    first, second, sequence, timestamp, source = struct.unpack_from("!BBHII", frame, header)
    begin = header + RTP_BYTES + 4 * (first & 15)
    if first & 0x10 and len(frame) >= begin + 4:
        begin += 4 + 4 * struct.unpack_from("!H", frame, begin + 2)[0]
    end = len(frame) - (frame[-1] if first & 0x20 else 0)
    return Packet(at, sequence, timestamp, source, second & 0x7F, frame[begin:end])


def whole_length(data: bytes) -> int:
    """Return how many bytes of a growing capture are the header and whole records; the rest is still being written."""
    place = HEADER_BYTES
    while place + RECORD_BYTES <= len(data):
        after = place + RECORD_BYTES + int(struct.unpack_from("<I", data, place + 8)[0])
        if after > len(data):
            break
        place = after
    return min(place, len(data))


def first_arrival(*captures: bytes) -> float | None:
    """Return when the first packet of several captures came, seconds since 1970."""
    firsts = [packet.at for data in captures if (packet := next(read_packets(data), None))]
    return min(firsts, default=None)


def lay_out(data: bytes, *, begin: float, codec: Codec) -> Samples:
    """Return one side's sound from `begin` (seconds since 1970) on; what did not arrive is silence.

    Within a stream the sender's own timestamps say where a packet belongs, so that jitter is not heard; when they
    stray from the time of arrival (another phone took over, a pause without packets) the stream is laid anew.
    """
    pieces: list[tuple[int, Samples]] = []
    anchor: tuple[int, int, int] | None = None  # source, timestamp, place
    seen: set[tuple[int, int, int]] = set()
    for packet in read_packets(data):
        name = (packet.source, packet.sequence, packet.timestamp)
        if packet.payload_type not in (0, 8) or name in seen:
            continue
        seen.add(name)
        arrived = int((packet.at - begin) * RATE)
        if not 0 <= arrived <= MOST_SECONDS * RATE:
            continue
        if anchor is None or anchor[0] != packet.source:
            anchor = (packet.source, packet.timestamp, arrived)
        step = (packet.timestamp - anchor[1] + 2**31) % 2**32 - 2**31
        place = anchor[2] + step
        if abs(place - arrived) > MOST_DRIFT:
            anchor, place = (packet.source, packet.timestamp, arrived), arrived
        spoken: Codec = 0 if packet.payload_type == 0 else 8
        pieces.append((max(place, 0), decode(packet.payload, codec=spoken)))
    length = max((place + len(piece) for place, piece in pieces), default=0)
    line = np.zeros(length, dtype=np.int16)
    for place, piece in pieces:
        line[place : place + len(piece)] = piece
    return line
