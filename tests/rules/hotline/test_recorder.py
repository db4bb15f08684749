"""A recording reaches the desk whole, also when its captures are closed later than its call."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path

from caredesk.infra.hotline.embedded.media import GROWING
from caredesk.infra.hotline.embedded.recorder import Name, Recorder
from caredesk.infra.hotline.http import DeskHttp

NAME = Name("recording-1", "call-1", "voicemail")


def hand_over(folder: Path, *, rest: Callable[[float], None]) -> None:
    """Finish a recording whose capture is not closed yet, and return when it is on its way."""
    errands: queue.SimpleQueue[Callable[[DeskHttp], None]] = queue.SimpleQueue()
    recorder = Recorder(folder, send=errands.put, ready=lambda _name, _seconds: None, rest=rest)
    recorder.prepare()
    recorder.start()
    growing_in(folder).touch()
    recorder.finish(NAME)
    errands.get(timeout=60)


def growing_in(folder: Path) -> Path:
    return folder / GROWING / f"{NAME.stem(1)}.a.rtp"


def test_a_capture_that_is_still_open_is_waited_for(tmp_path: Path) -> None:
    looks: list[bool] = []

    def rest(_seconds: float) -> None:
        looks.append((tmp_path / "recording-1~call-1~voicemail.wav").exists())
        if len(looks) == 3:
            growing_in(tmp_path).replace(tmp_path / growing_in(tmp_path).name)

    hand_over(tmp_path, rest=rest)
    assert looks == [False] * 3
    assert (tmp_path / "recording-1~call-1~voicemail.wav").exists()


def test_a_capture_that_is_never_closed_is_taken_as_it_is(tmp_path: Path) -> None:
    hand_over(tmp_path, rest=lambda _seconds: None)
    assert not growing_in(tmp_path).exists()
