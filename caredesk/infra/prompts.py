"""Prompts made by a speech program, each once: kept in the data folder under the hash of program and words.

A program reads words on its standard input and writes a WAV file to its standard output, as `espeak-ng --stdin
--stdout` does. Without one, callers hear tones in the place of words: the line works, and the set-up page says so.
"""

from __future__ import annotations

import hashlib
import logging
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from caredesk.core.errors import CareDeskError
from caredesk.core.ids import new_id
from caredesk.telephony.sound import OWN_SOUNDS, RATE, Sound, read_head, signal_for, spoken_sound

log = logging.getLogger(__name__)

SOUNDS_MADE = "2"
"""Grows when a sound of ours is made differently, so that the kept one is made anew."""
SECONDS = 20
"""So long may one sentence take; espeak-ng needs hundredths."""
MOST_BYTES = 20_000_000


class SpokenPrompts:
    """Makes and keeps sounds. Safe to use from several threads and processes: files appear whole."""

    def __init__(self, folder: Path, *, command: str) -> None:
        self._folder = folder
        self._command = shlex.split(command)

    @property
    def speaks(self) -> bool:
        """Tell whether there is a speech program."""
        return bool(self._command) and shutil.which(self._command[0]) is not None

    def sound(self, name: str, *, text: str) -> Sound:
        """Return a sound of ours by its name, else the words as speech, or as tones where nothing can speak."""
        if name in OWN_SOUNDS:
            return self._kept(f"{name}-{SOUNDS_MADE}", make=OWN_SOUNDS[name])
        if not self.speaks:
            return signal_for(text)
        try:
            return self._kept(shlex.join([*self._command, text]), make=lambda: self._spoken(text))
        except SpeechFailed:
            return signal_for(text)

    def _kept(self, what: str, *, make: Callable[[], Sound]) -> Sound:
        path = self._folder / f"{hashlib.sha256(what.encode()).hexdigest()}.wav"
        try:
            return _read(path)
        except (FileNotFoundError, CareDeskError):
            sound = make()
        _write_whole(path, content=sound.wav)
        return sound

    def _spoken(self, text: str) -> Sound:
        """Return what the program says."""
        try:
            done = subprocess.run(self._command, input=text.encode(), capture_output=True, timeout=SECONDS, check=True)
            return spoken_sound(done.stdout[:MOST_BYTES])
        except (OSError, subprocess.SubprocessError, CareDeskError) as error:
            log.warning("a prompt could not be spoken", extra={"program": self._command[0], "error": repr(error)})
            raise SpeechFailed from error


class SpeechFailed(Exception):
    """The speech program has failed; tones are played instead, and it is asked again next time."""


def _read(path: Path) -> Sound:
    content = path.read_bytes()
    head = read_head(content)
    return Sound(wav=content, seconds=round((len(content) - head.offset) / 2 / RATE, 3))


def _write_whole(path: Path, *, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{new_id()}.part")
    partial.write_bytes(content)
    partial.replace(path)
