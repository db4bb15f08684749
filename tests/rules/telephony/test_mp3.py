"""How long an MP3 is and how many channels it has, whatever the pieces in which it comes."""

from __future__ import annotations

import pytest

from caredesk.telephony.mp3 import AnyMeter, Frame, Mp3Meter, read_frame
from caredesk.telephony.prompt_errors import SoundRefused
from caredesk.telephony.recording_rules import Measured
from tests.fixtures.vendor_sounds import FRAME, ID3, MP3, a_wave


def measured(content: bytes, *, size: int) -> Measured:
    meter = AnyMeter()
    for start in range(0, len(content), size):
        meter.feed(content[start : start + size])
    return meter.result()


@pytest.mark.parametrize("size", [1, 3, 71, 4096, 1_000_000])
def test_a_recording_is_as_long_as_its_frames_in_whatever_pieces_it_comes(size: int) -> None:
    assert measured(MP3, size=size) == Measured(seconds=9.0, channels=1, peaks=[])


@pytest.mark.parametrize(
    ("head", "frame"),
    [
        ("fffb9000", Frame(length=417, samples=1152, rate=44_100, channels=2)),
        ("fffb92c0", Frame(length=418, samples=1152, rate=44_100, channels=1)),
        ("fff340c0", Frame(length=104, samples=576, rate=22_050, channels=1)),
        ("ffe318c0", Frame(length=72, samples=576, rate=8_000, channels=1)),
    ],
)
def test_a_head_says_how_long_its_frame_is(head: str, frame: Frame) -> None:
    assert read_frame(bytes.fromhex(head)) == frame


@pytest.mark.parametrize("head", ["fffd9000", "ffeb9000", "fffbf000", "fffb0000", "fffb9c00", "00000000", "fffb"])
def test_what_is_no_head_of_this_kind_is_none(head: str) -> None:
    assert read_frame(bytes.fromhex(head)) is None


def test_a_wave_is_measured_as_one() -> None:
    assert measured(a_wave(2.0), size=1000).seconds == 2.0


@pytest.mark.parametrize("content", [b"", b"ab", ID3, FRAME, b"<html>" * 50, ID3 + b"<html>" * 50])
def test_what_is_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(SoundRefused):
        measured(content, size=100)


def test_a_long_file_of_something_else_is_left_early() -> None:
    meter = Mp3Meter()
    with pytest.raises(SoundRefused):
        meter.feed(bytes(70_000))
