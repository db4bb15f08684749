"""A caller's message: a beep, the words, and the end by length, by silence, by a key or by hanging up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from caredesk.infra.hotline.embedded.g711 import Samples
from caredesk.infra.hotline.embedded.media import GROWING
from caredesk.infra.hotline.embedded.party import Party
from caredesk.infra.hotline.embedded.pcap import HEADER_BYTES, first_arrival, lay_out, whole_length
from caredesk.infra.hotline.embedded.prompts import Playable
from caredesk.infra.hotline.embedded.recorder import Name, Recording
from caredesk.infra.hotline.embedded.sip import Timer, later

LOOK_SECONDS = 0.5
FLUSH_SECONDS = 1.0
"""rtp.io writes a capture in pieces of less than a second."""
QUIET = 300.0
"""Root mean square (of 32,767) below which a line is silent: breath and line noise stay under it, words do not."""


def silent_for(samples: Samples, *, seconds: float, rate: int = 8000) -> bool:
    """Tell whether the last seconds of a sound were silent; shorter sounds are not judged."""
    span = int(seconds * rate)
    if len(samples) < span or span == 0:
        return False
    frames = samples[-span:].astype(np.float64)[: span // 160 * 160].reshape(-1, 160)
    loud = np.sqrt((frames**2).mean(axis=1)) > QUIET
    # A click is not a word: one frame in fifty may be loud.
    return bool(loud.mean() < 0.02)


class Growing:
    """The end of a capture that grows, read piece by piece: the event loop has no time to read it all each time."""

    def __init__(self, path: Path, *, seconds: float) -> None:
        """Keep so many seconds of the end."""
        self._path, self._kept = path, int(seconds * 8000)
        self._place = 0
        self.tail: Samples = np.zeros(0, dtype=np.int16)

    def read(self) -> bool:
        """Take what has come; tell whether anything has."""
        if not self._path.exists():
            return False
        with self._path.open("rb") as file:
            header = file.read(HEADER_BYTES)
            if len(header) < HEADER_BYTES:
                return False
            file.seek(max(self._place, HEADER_BYTES))
            data = header + file.read()
        length = whole_length(data)
        begin = first_arrival(data[:length])
        self._place = max(self._place, HEADER_BYTES) + length - HEADER_BYTES
        if begin is None:
            return False
        self.tail = np.concatenate([self.tail, lay_out(data[:length], begin=begin, codec=8)])[-self._kept :]
        return True


@dataclass(frozen=True)
class Limits:
    """How long a message may be, and how long a silence ends it, seconds."""

    longest: float
    silence: float


class Voicemail:
    """One message that is being spoken."""

    def __init__(
        self, party: Party, *, name: Name, limits: Limits, folder: Path, on_end: Callable[[float], None]
    ) -> None:
        """`on_end` gets the seconds that were recorded; captures are looked for in `folder`."""
        self._party, self._limits, self._on_end = party, limits, on_end
        self.recording = Recording(name)
        self._begin = 0.0
        self._came_at = 0.0
        path = folder / GROWING / f"{name.stem(1)}.a.rtp"
        self._growing = Growing(path, seconds=limits.silence + 1)
        self._timer: Timer = None
        self.over = False

    def open_line(self, *, beep: Playable | None) -> None:
        """Record after the beep, or at once."""
        if beep is None:
            self._listen()
        else:
            self._party.player.play([beep], on_end=lambda cut: None if cut else self._listen())

    def _listen(self) -> None:
        if self.over:
            return
        self._begin = self._came_at = time.monotonic()
        self.recording.start(self._party.dialog.session)
        self._timer = later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        spoken = time.monotonic() - self._begin
        if spoken >= self._limits.longest or self._is_silent():
            self.end()
            return
        self._timer = later(min(LOOK_SECONDS, max(self._limits.longest - spoken, 0.02)), self._look)

    def _is_silent(self) -> bool:
        """Tell whether the last words are long enough ago; a line that sends nothing is silent, too."""
        now = time.monotonic()
        if self._growing.read():
            self._came_at = now
        nothing_came = now - self._came_at >= self._limits.silence + FLUSH_SECONDS
        return nothing_came or silent_for(self._growing.tail, seconds=self._limits.silence)

    def end(self) -> None:
        """Stop recording and tell for how long it went."""
        if self.over:
            return
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
        self._party.player.stop()
        self.recording.pause(self._party.dialog.session)
        self._on_end(time.monotonic() - self._begin if self._begin else 0.0)
