"""What a supervisor hears: both sides in one stream, in step, however unevenly they arrive."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from caredesk.infra.hotline.embedded.g711 import CODECS, Codec, decode, encode
from caredesk.infra.hotline.embedded.listening import MOST_WAITING, Mixer


def packet(value: int, *, codec: Codec, kind: int | None = None) -> bytes:
    sound = encode(np.full(160, value, dtype=np.int16), codec=codec)
    return struct.pack("!BBHII", 0x80, codec if kind is None else kind, 1, 1, 1) + sound


def loudness(data: bytes, *, codec: Codec) -> int:
    return int(decode(data[12:], codec=codec).astype(int).mean())


@pytest.mark.parametrize("codec", CODECS)
def test_both_sides_are_added_and_never_run_over(codec: Codec) -> None:
    mixer = Mixer(codec)
    for value in (4_000, 30_000):
        mixer.take(0, packet(value, codec=codec))
        mixer.take(1, packet(value, codec=codec))
    assert loudness(mixer.next(), codec=codec) == pytest.approx(8_000, rel=0.05)
    assert loudness(mixer.next(), codec=codec) > 31_000


def test_one_side_alone_is_heard_and_nobody_is_silence() -> None:
    mixer = Mixer(8)
    mixer.take(1, packet(4_000, codec=8))
    assert loudness(mixer.next(), codec=8) == pytest.approx(4_000, rel=0.05)
    assert abs(loudness(mixer.next(), codec=8)) <= 8


def test_packets_follow_each_other_without_a_gap() -> None:
    mixer = Mixer(8)
    heads = [struct.unpack("!BBHII", mixer.next()[:12]) for _ in range(3)]
    assert [(one[2] - heads[0][2]) & 0xFFFF for one in heads] == [0, 1, 2]
    assert [(one[3] - heads[0][3]) & 0xFFFFFFFF for one in heads] == [0, 160, 320]


def test_a_side_that_sends_faster_is_not_heard_ever_later() -> None:
    mixer = Mixer(8)
    for value in range(1_000, 21_000, 1_000):
        mixer.take(0, packet(value, codec=8))
    heard = [loudness(mixer.next(), codec=8) for _ in range(MOST_WAITING + 1)]
    assert heard[0] > 15_000 and abs(heard[-1]) <= 8


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x00" * 40, packet(4_000, codec=8, kind=101), packet(4_000, codec=0)])
def test_what_is_no_sound_of_this_kind_is_let_be(data: bytes) -> None:
    mixer = Mixer(8)
    mixer.take(0, data)
    assert abs(loudness(mixer.next(), codec=8)) <= 8
