"""Recordings on their way to the desk: captures in a folder of the owner's, made into WAV, uploaded, deleted.

A recording is one or several captures (a pause, another agent); their names carry the recording's and the call's id,
so that after a crash the next run finds them and hands them over.
"""

from __future__ import annotations

import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from caredesk.infra.hotline.embedded.g711 import RATE, Samples
from caredesk.infra.hotline.embedded.media import GROWING, MediaSession
from caredesk.infra.hotline.embedded.pcap import first_arrival, lay_out
from caredesk.infra.hotline.embedded.sound import write_wave
from caredesk.infra.hotline.http import DeskHttp

log = logging.getLogger(__name__)

Kind = Literal["call", "voicemail"]
KINDS: dict[str, Kind] = {"call": "call", "voicemail": "voicemail"}
Send = Callable[[Callable[[DeskHttp], None]], None]
Ready = Callable[["Name", float], None]

SETTLE_LOOKS, SETTLE_PAUSE = 50, 0.2
"""How often, and after how many seconds each, captures of a call that is over are looked for where they grow."""

_ID = re.compile(r"^[A-Za-z0-9-]{1,64}$")
_FILE = re.compile(r"^([A-Za-z0-9-]+)~([A-Za-z0-9-]+)~(call|voicemail)~(\d{3})\.([ao])\.rtp$")


@dataclass(frozen=True)
class Name:
    """Whose recording: its own id, the call's, what it is of."""

    recording_id: str
    call_id: str
    kind: Kind

    def stem(self, part: int) -> str:
        """Return the name of one capture, without the side."""
        return f"{self.recording_id}~{self.call_id}~{self.kind}~{part:03d}"


def is_id(text: str) -> bool:
    """Tell whether an id of the desk's may be part of a file's name."""
    return bool(_ID.match(text))


@dataclass
class Recording:
    """A recording that grows: `start` and `pause` as people come and go."""

    name: Name
    parts: int = 0
    running: bool = False
    allowed: bool = True
    """Whether it may run: the desk can forbid it for a while."""

    def start(self, session: MediaSession) -> None:
        """Go on in a new capture."""
        if self.allowed and not self.running:
            self.running = True
            self.parts += 1
            session.record(self.name.stem(self.parts), both=self.name.kind == "call")

    def pause(self, session: MediaSession) -> None:
        """Capture no more for now."""
        if self.running:
            self.running = False
            session.stop_recording()


@dataclass
class Recorder:
    """Turns captures into WAV files in a thread of its own and sends them off."""

    folder: Path
    send: Send
    ready: Ready
    rest: Callable[[float], None] = time.sleep
    _waiting: queue.SimpleQueue[Name] = field(default_factory=queue.SimpleQueue)

    def prepare(self) -> None:
        """Make the folder, readable by the owner only, before rtp.io writes into it."""
        for folder in (self.folder, self.folder / GROWING):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)

    def start(self) -> None:
        """Begin, with what an earlier run has left."""
        for file in (self.folder / GROWING).iterdir():
            file.replace(self.folder / file.name)
        threading.Thread(target=self._work, daemon=True, name="recorder").start()
        for name in left_over(path.name for path in self.folder.iterdir()):
            log.info("recording of an earlier run found", extra={"recording": name.recording_id})
            self.finish(name)

    def finish(self, name: Name) -> None:
        """Have a recording handed over whose captures are complete."""
        self._waiting.put(name)

    def _work(self) -> None:
        while True:
            name = self._waiting.get()
            try:
                self._convert(name)
            except OSError:
                log.exception("recording could not be written", extra={"recording": name.recording_id})

    def _convert(self, name: Name) -> None:
        path = self.folder / f"{name.recording_id}~{name.call_id}~{name.kind}.wav"
        self._settle(name)
        captures = self._captures(name, folder=self.folder)
        if captures:
            channels = 2 if name.kind == "call" else 1
            wave = write_wave(_channels(captures, channels=channels))
            path.touch(mode=0o600)
            path.write_bytes(wave)
            for file in captures:
                file.unlink()
        if path.exists():
            seconds = max(path.stat().st_size - 44, 0) / (RATE * 2 * (2 if name.kind == "call" else 1))
            self.send(lambda desk: self._upload(desk, name=name, path=path, seconds=seconds))
        else:
            log.warning("recording without sound", extra={"recording": name.recording_id})

    def _settle(self, name: Name) -> None:
        """Wait until rtp.io has closed the captures and moved them here; what it does not let go of is taken."""
        growing = self.folder / GROWING
        for _ in range(SETTLE_LOOKS):
            if not self._captures(name, folder=growing):
                return
            self.rest(SETTLE_PAUSE)
        log.warning("captures were not closed", extra={"recording": name.recording_id})
        for file in self._captures(name, folder=growing):
            file.replace(self.folder / file.name)

    def _captures(self, name: Name, *, folder: Path) -> list[Path]:
        return sorted(folder.glob(f"{name.recording_id}~{name.call_id}~{name.kind}~*"))

    def _upload(self, desk: DeskHttp, *, name: Name, path: Path, seconds: float) -> None:
        headers = {"Content-Type": "audio/wav", "X-Call-Id": name.call_id, "X-Kind": name.kind}
        desk.ask("PUT", f"/recordings/{name.recording_id}", body=path.read_bytes(), headers=headers)
        path.unlink(missing_ok=True)
        self.ready(name, seconds)


def _channels(captures: list[Path], *, channels: int) -> list[Samples]:
    """Return the sides' sound, the parts of the recording one after the other and the sides in step."""
    sides: list[list[Samples]] = [[] for _ in range(channels)]
    for stem in sorted({file.name.split(".")[0] for file in captures}):
        data = [_read(captures[0].parent / f"{stem}.{side}.rtp") for side in "ao"[:channels]]
        begin = first_arrival(*data)
        if begin is None:
            continue
        laid = [lay_out(one, begin=begin, codec=8) for one in data]
        length = max(len(one) for one in laid)
        for side, one in zip(sides, laid, strict=True):
            side.append(np.pad(one, (0, length - len(one))))
    return [np.concatenate(side) if side else np.zeros(0, dtype=np.int16) for side in sides]


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def left_over(files: Iterable[str]) -> list[Name]:
    """Return the recordings that files in the folder belong to, captures and finished ones."""
    found: dict[Name, None] = {}
    for file in sorted(files):
        parts = file.removesuffix(".wav").split("~") if file.endswith(".wav") else []
        if len(parts) == 3 and parts[2] in KINDS and is_id(parts[0]) and is_id(parts[1]):
            found[Name(parts[0], parts[1], KINDS[parts[2]])] = None
        elif match := _FILE.match(file):
            found[Name(match[1], match[2], KINDS[match[3]])] = None
    return list(found)
