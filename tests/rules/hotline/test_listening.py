"""What those beside a talk hear and say: several voices in one stream, in step, however unevenly they arrive."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from caredesk.infra.hotline.embedded.g711 import CODECS, Codec, decode, encode
from caredesk.infra.hotline.embedded.listening import AGENT, BESIDE, CALLER, HEARS
from caredesk.infra.hotline.embedded.mixing import AHEAD, FRAME, MOST, Hearing, Speech

HELD_BACK = AHEAD // FRAME


def packet(value: int, *, stamp: int = 0, codec: Codec = 8, kind: int | None = None, source: int = 1) -> bytes:
    sound = encode(np.full(FRAME, value, dtype=np.int16), codec=codec)
    return struct.pack("!BBHII", 0x80, codec if kind is None else kind, 1, stamp % 2**32, source) + sound


def frames(hearing: Hearing, *, number: int) -> list[int]:
    """Return how loud the next frames are."""
    return [int(hearing.next().astype(int).mean()) for _ in range(number)]


def loudness(data: bytes, *, codec: Codec = 8) -> int:
    return int(decode(data[12:], codec=codec).astype(int).mean())


@pytest.mark.parametrize("codec", CODECS)
def test_voices_are_added_and_never_run_over(codec: Codec) -> None:
    speech = Speech(codec)
    low, high = np.full(FRAME, 4_000, dtype=np.int16), np.full(FRAME, 30_000, dtype=np.int16)
    assert loudness(speech.packet([low, low]), codec=codec) == pytest.approx(8_000, rel=0.05)
    assert loudness(speech.packet([high, high]), codec=codec) > 31_000
    assert abs(loudness(speech.packet([]), codec=codec)) <= 8


def test_packets_follow_each_other_without_a_gap_and_time_that_went_by_shows() -> None:
    speech = Speech(8)
    heads = [struct.unpack("!BBHII", speech.packet([])[:12]) for _ in range(2)]
    speech.skip(frames=10)
    heads.append(struct.unpack("!BBHII", speech.packet([])[:12]))
    assert [(one[2] - heads[0][2]) & 0xFFFF for one in heads] == [0, 1, 2]
    assert [(one[3] - heads[0][3]) & 0xFFFFFFFF for one in heads] == [0, 160, 160 * 12]


def test_sound_is_kept_back_so_that_late_packets_still_come_in_their_place() -> None:
    hearing = Hearing(8)
    for number in (0, 2, 1):
        hearing.take(packet(1_000 * (number + 1), stamp=number * FRAME))
    heard = frames(hearing, number=HELD_BACK + 4)
    assert heard[:HELD_BACK] == [0] * HELD_BACK
    assert heard[HELD_BACK:] == pytest.approx([1_000, 2_000, 3_000, 0], rel=0.05, abs=8)


def test_time_stamps_that_begin_anew_in_the_middle_are_no_gap() -> None:
    hearing = Hearing(8)
    for number in range(4):
        hearing.take(packet(2_000, stamp=2**32 - 2 * FRAME + number * FRAME))
    assert frames(hearing, number=HELD_BACK + 4)[HELD_BACK:] == pytest.approx([2_000] * 4, rel=0.05)


def test_a_packet_after_a_pause_is_heard_whatever_its_time_says() -> None:
    hearing = Hearing(8)
    for stamp in (0, 1_000_000, 400):
        hearing.take(packet(3_000, stamp=stamp))
        assert max(frames(hearing, number=HELD_BACK + 2)) == pytest.approx(3_000, rel=0.05)


def test_another_phone_in_the_same_place_is_heard_at_once() -> None:
    hearing = Hearing(8)
    hearing.take(packet(1_000, stamp=5_000, source=1))
    hearing.take(packet(7_000, stamp=900_000, source=2))
    assert max(frames(hearing, number=HELD_BACK + 2)) == pytest.approx(7_000, rel=0.05)


def test_who_sends_faster_than_they_should_is_not_heard_ever_later() -> None:
    hearing = Hearing(8)
    for number in range(100):
        hearing.take(packet(100 * number, stamp=number * FRAME))
    heard = frames(hearing, number=MOST // FRAME + 2)
    assert max(heard) == pytest.approx(9_900, rel=0.05) and heard[-1] == 0


def test_packets_of_another_length_are_heard_whole() -> None:
    hearing, long = Hearing(8), encode(np.full(3 * FRAME // 2, 5_000, dtype=np.int16), codec=8)
    for number in range(4):
        hearing.take(struct.pack("!BBHII", 0x80, 8, number, number * 3 * FRAME // 2, 1) + long)
    assert frames(hearing, number=HELD_BACK + 6)[HELD_BACK:] == pytest.approx([5_000] * 6, rel=0.05)


def test_what_a_packet_carries_beside_its_sound_is_not_heard() -> None:
    hearing, sound = Hearing(8), packet(5_000)[12:]
    extension, padding = struct.pack("!HH4s", 0xBEDE, 1, b"\x10\xff\x00\x00"), b"\x00\x00\x03"
    hearing.take(struct.pack("!BBHII", 0x80 | 0x30 | 1, 8, 1, 0, 1) + b"\x00" * 4 + extension + sound + padding)
    assert frames(hearing, number=HELD_BACK + 2)[HELD_BACK:] == pytest.approx([5_000, 0], rel=0.05)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x00" * 40, packet(4_000, kind=101), packet(4_000, codec=0)])
def test_what_is_no_sound_of_this_kind_is_let_be(data: bytes) -> None:
    hearing = Hearing(8)
    hearing.take(data)
    assert frames(hearing, number=HELD_BACK + 1) == [0] * (HELD_BACK + 1)


def test_who_whispers_is_heard_by_the_agent_alone_and_nobody_hears_oneself() -> None:
    to_caller, to_agent = HEARS["whisper"]
    assert BESIDE not in to_caller and BESIDE in to_agent
    for to_caller, to_agent in HEARS.values():
        assert CALLER not in to_caller and AGENT not in to_agent
        assert AGENT in to_caller and CALLER in to_agent
