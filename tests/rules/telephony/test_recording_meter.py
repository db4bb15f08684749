"""The measure of a recording does not depend on how its bytes come in."""

from __future__ import annotations

import numpy as np
import pytest

from caredesk.telephony.prompt_errors import SoundRefused
from caredesk.telephony.recording_errors import RecordingRefused
from caredesk.telephony.recording_rules import MOST_PEAKS, Meter
from tests.fixtures.hotline_sound import a_talk, sine, wav_of


@pytest.mark.parametrize("piece", [1, 7, 44, 999, 65_536])
def test_pieces_of_any_size_give_the_same_measure(piece: int) -> None:
    whole = a_talk(seconds=0.55)
    meter, at_once = Meter(), Meter()
    at_once.feed(whole)
    for start in range(0, len(whole), piece):
        meter.feed(whole[start : start + piece])
    assert meter.result() == at_once.result()


def test_peaks_tell_the_channels_apart_and_find_the_loud_part() -> None:
    quiet, loud = sine(500, seconds=1, loud=0.05), sine(500, seconds=1, loud=0.9)
    measured = Meter()
    measured.feed(wav_of(np.concatenate([quiet, loud]), np.concatenate([loud, quiet])))
    left, right = measured.result().peaks
    assert left[:10] == right[10:] == [4] * 10 and min(left[10:]) > 80


def test_a_long_recording_has_no_more_columns_than_a_screen() -> None:
    meter = Meter()
    meter.feed(wav_of(sine(300, seconds=90)))
    measured = meter.result()
    assert measured.seconds == 90.0 and len(measured.peaks[0]) == MOST_PEAKS


def test_a_head_without_sound_is_no_recording() -> None:
    meter = Meter()
    meter.feed(wav_of(sine(300, seconds=0.1))[:44])
    with pytest.raises(RecordingRefused):
        meter.result()


def test_what_is_no_wave_is_refused_while_it_comes() -> None:
    meter = Meter()
    with pytest.raises(SoundRefused):
        meter.feed(b"x" * 5000)
