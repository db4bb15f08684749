"""The engine's sound: G.711 against its standard, the engine's own tones, captures laid on a line of time, silence."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.infra.hotline.embedded.g711 import CODECS, RATE, Codec, Samples, decode, encode
from caredesk.infra.hotline.embedded.pcap import first_arrival, lay_out, read_packets
from caredesk.infra.hotline.embedded.sound import NotAWave, own_sounds, read_wave, silence, tone, write_wave
from caredesk.infra.hotline.embedded.voicemail import Growing, silent_for

# Values of ITU-T G.711 (tables 1a and 2a), scaled to 16 bits.
A_LAW = {0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0x80: 5504}
MU_LAW = {0xFF: 0, 0x80: 32124, 0x00: -32124, 0xF0: 120}


@pytest.mark.parametrize(("codec", "known"), [(8, A_LAW), (0, MU_LAW)])
def test_the_standard_s_values_are_decoded(codec: Codec, known: dict[int, int]) -> None:
    assert {code: int(decode(bytes([code]), codec=codec)[0]) for code in known} == known


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_decoded_is_encoded_to_the_same_sound(codec: Codec) -> None:
    every = decode(bytes(range(256)), codec=codec)
    assert (decode(encode(every, codec=codec), codec=codec) == every).all()


@pytest.mark.parametrize("codec", CODECS)
@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=40))
def test_encoding_loses_no_more_than_its_steps(codec: Codec, values: list[int]) -> None:
    samples = np.array(values, dtype=np.int16)
    back = decode(encode(samples, codec=codec), codec=codec).astype(int)
    # Sixteen steps in each segment: an error of a thirty-second part, and the clipping at the top.
    assert (np.abs(back - samples.astype(int)) <= np.maximum(np.abs(samples.astype(int)) / 32 + 8, 650)).all()


def test_the_engine_has_every_key_s_tone_and_what_it_needs_without_a_desk() -> None:
    sounds = own_sounds()
    keys = [f"dtmf_{key}" for key in "0123456789abcd"]
    assert {"beep", "ringback", "busy", "silence", "hold", "dtmf_star", "dtmf_pound", *keys} == set(sounds)
    one = sounds["dtmf_1"]()[:1280].astype(float)
    loudest = np.argsort(np.abs(np.fft.rfft(one)))[-2:] * RATE / 1280
    assert sorted(round(float(hz), -1) for hz in loudest) == [700, 1210]


def test_a_wave_comes_back_as_it_was_written() -> None:
    sound = tone(440, seconds=0.1)
    assert (read_wave(write_wave([sound])) == sound).all()


@pytest.mark.parametrize("data", [b"", b"RIFF", write_wave([tone(440, seconds=0.1), tone(440, seconds=0.1)])])
def test_what_is_no_mono_wave_is_refused(data: bytes) -> None:
    with pytest.raises(NotAWave):
        read_wave(data)


# ---- captures --------------------------------------------------------------------------------------------


def capture(*packets: bytes) -> bytes:
    """Write a capture as rtp.io does: classic format, Ethernet frames."""
    return b"\xd4\xc3\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, 65535, 1) + b"".join(packets)


def packet(at: float, *, number: int, timestamp: int, sound: bytes, source: int = 7, kind: int = 8) -> bytes:
    """Write one record with an RTP packet in it."""
    rtp = struct.pack("!BBHII", 0x80, kind, number, timestamp, source) + sound
    frame = b"\x00" * 14 + b"\x45" + b"\x00" * 19 + struct.pack("!HHHH", 1, 2, 8 + len(rtp), 0) + rtp
    return struct.pack("<IIII", int(at), round(at % 1 * 1_000_000), len(frame), len(frame)) + frame


def spoken(samples: Samples) -> bytes:
    return encode(samples, codec=8)


LOUD = spoken(np.full(160, 8000, dtype=np.int16))


def test_jitter_and_order_of_arrival_are_not_heard() -> None:
    data = capture(
        packet(100.00, number=1, timestamp=1000, sound=LOUD),
        packet(100.07, number=3, timestamp=1320, sound=LOUD),
        packet(100.07, number=2, timestamp=1160, sound=LOUD),
        packet(100.07, number=2, timestamp=1160, sound=LOUD),
    )
    laid = lay_out(data, begin=100.0, codec=8)
    assert len(laid) == 480
    assert (laid > 7000).all()


def test_a_pause_and_another_phone_are_laid_where_they_arrived() -> None:
    data = capture(
        packet(100.0, number=1, timestamp=1000, sound=LOUD),
        packet(102.0, number=2, timestamp=1160, sound=LOUD),
        packet(103.0, number=9, timestamp=77, sound=LOUD, source=8),
    )
    heard = np.flatnonzero(lay_out(data, begin=100.0, codec=8)) // 160
    assert sorted(set(heard.tolist())) == [0, 100, 150]


def test_keys_and_comfort_noise_are_no_sound() -> None:
    data = capture(packet(100.0, number=1, timestamp=0, sound=b"\x05\x8a\x03\xc0", kind=101))
    assert len(lay_out(data, begin=100.0, codec=8)) == 0


def test_timestamps_may_run_over() -> None:
    data = capture(
        packet(100.00, number=1, timestamp=2**32 - 160, sound=LOUD),
        packet(100.02, number=2, timestamp=0, sound=LOUD),
    )
    assert len(lay_out(data, begin=100.0, codec=8)) == 320


@given(st.binary(max_size=300), st.integers(0, 300))
def test_a_damaged_capture_is_read_as_far_as_it_goes(junk: bytes, cut: int) -> None:
    data = capture(
        packet(100.0, number=1, timestamp=0, sound=LOUD), packet(100.02, number=2, timestamp=160, sound=LOUD)
    )
    assert len(list(read_packets(data[: len(data) - cut]))) in (0, 1, 2)
    lay_out(capture(junk), begin=100.0, codec=8)


def test_the_sides_begin_with_whoever_was_heard_first() -> None:
    early, late = (capture(packet(at, number=1, timestamp=0, sound=LOUD)) for at in (100.0, 101.5))
    assert first_arrival(late, early, b"") == 100.0
    assert len(lay_out(late, begin=100.0, codec=8)) == 12_160


# ---- silence ends a message ------------------------------------------------------------------------------


def test_a_growing_capture_is_read_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "growing.rtp"
    growing = Growing(path, seconds=1)
    assert not growing.read()
    records = [packet(100 + n / 50, number=n, timestamp=160 * n, sound=LOUD) for n in range(100)]
    whole = capture(*records)
    lengths = []
    for end in (10, 24, 400, 401, 5_000, len(whole)):
        path.write_bytes(whole[:end])
        lengths.append((growing.read(), len(growing.tail)))
    assert lengths[:2] == [(False, 0), (False, 0)]
    assert [came for came, _ in lengths[2:]] == [True, False, True, True]
    assert lengths[-1] == (True, 8_000)
    assert (growing.tail > 7_000).all()


@pytest.mark.parametrize(
    ("sound", "silent"),
    [
        (silence(4), True),
        (np.concatenate([tone(300, seconds=3), silence(4)]), True),
        (np.concatenate([silence(4), tone(300, seconds=1)]), False),
        (silence(2), False),
    ],
    ids=["all silent", "silent at the end", "words at the end", "too short to say"],
)
def test_only_silence_at_the_end_ends_a_message(sound: Samples, silent: bool) -> None:
    assert silent_for(sound, seconds=3) is silent
