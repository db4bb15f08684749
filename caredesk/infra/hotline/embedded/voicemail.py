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
from caredesk.infra.hotline.embedded.pcap import HEADER_BYTES, first_arrival, lay_out
from caredesk.infra.hotline.embedded.prompts import Playable
from caredesk.infra.hotline.embedded.recorder import Name, Recording
from caredesk.infra.hotline.embedded.sip import Timer, later

LOOK_SECONDS = 0.5
QUIET = 300.0
"""Root mean square (of 32,767) below which a line is silent: breath and line noise stay under it, words do not."""
TAIL_BYTES = 60_000
"""So much of a growing capture is looked at: about five seconds."""


def silent_for(samples: Samples, *, seconds: float, rate: int = 8000) -> bool:
    """Tell whether the last seconds of a sound were silent; shorter sounds are not judged."""
    span = int(seconds * rate)
    if len(samples) < span or span == 0:
        return False
    frames = samples[-span:].astype(np.float64)[: span // 160 * 160].reshape(-1, 160)
    loud = np.sqrt((frames**2).mean(axis=1)) > QUIET
    # A click is not a word: one frame in fifty may be loud.
    return bool(loud.mean() < 0.02)


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
        self._party, self._limits, self._folder, self._on_end = party, limits, folder, on_end
        self.recording = Recording(name)
        self._begin = 0.0
        self._quiet_since: float | None = None
        self._timer: Timer = None
        self.over = False

    def begin(self, *, beep: Playable | None) -> None:
        """Record after the beep, or at once."""
        if beep is None:
            self._listen()
        else:
            self._party.player.play([beep], on_end=lambda cut: None if cut else self._listen())

    def _listen(self) -> None:
        if self.over:
            return
        self._begin = time.monotonic()
        self.recording.start(self._party.dialog.session)
        self._timer = later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        spoken = time.monotonic() - self._begin
        if spoken >= self._limits.longest or (spoken > self._limits.silence and self._is_silent()):
            self.end()
            return
        self._timer = later(min(LOOK_SECONDS, max(self._limits.longest - spoken, 0.02)), self._look)

    def _is_silent(self) -> bool:
        """Look at the end of the growing capture; silence is asked for in the last seconds, at most four of them."""
        path = self._folder / GROWING / f"{self.recording.name.stem(1)}.a.rtp"
        if not path.exists():
            return False
        with path.open("rb") as file:
            data = file.read()
        begin = first_arrival(data[: HEADER_BYTES + 2000])
        if begin is None:
            return False
        return silent_for(lay_out(data, begin=begin, codec=8), seconds=self._limits.silence)

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
