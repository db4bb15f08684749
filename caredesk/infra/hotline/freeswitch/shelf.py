"""Files that the engine and FreeSWITCH share: prompts as the desk has them, recordings on their way to the desk.

Both programs see the same folder under the same name, so that nothing has to be carried between them.
"""

from __future__ import annotations

import logging
import re
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caredesk.infra.hotline.freeswitch.words import NAME
from caredesk.infra.hotline.http import DeskHttp

log = logging.getLogger(__name__)

_DIGEST = re.compile(r"[0-9a-f]{16,64}", re.ASCII)
_TAPE = re.compile(r"([A-Za-z0-9-]{1,64})~([A-Za-z0-9-]{1,64})~(call|voicemail)\.wav", re.ASCII)


class PromptFiles:
    """The prompts as WAV files named by their contents, so that a changed one never changes under a listener."""

    def __init__(self, folder: Path) -> None:
        """Use this folder, which may hold what an earlier run has fetched."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._files: dict[str, str] = {}

    def fetch(self, desk: DeskHttp) -> None:
        """Bring the files to what the desk has; only changed ones are fetched. Runs in the link's thread."""
        wanted: list[Mapping[str, Any]] = desk.get("/prompts")["prompts"]
        files = {}
        for prompt in wanted:
            name, digest = str(prompt["name"]), str(prompt["sha256"])
            if not NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
                continue
            path = self.folder / f"{digest}.wav"
            if not path.exists():
                path.with_suffix(".new").write_bytes(desk.ask("GET", f"/prompts/{name}.wav"))
                path.with_suffix(".new").replace(path)
            # Each can be played as soon as it is here.
            files[name] = self._files[name] = str(path)
        self._files = files
        log.info("prompts are up to date", extra={"prompts": len(files)})

    def lacks(self, names: Sequence[str]) -> bool:
        """Tell whether one of several names is not here."""
        return any(name not in self._files for name in names)

    def find_all(self, names: Sequence[str]) -> list[str]:
        """Return the files of several names in order; those that nobody has sent are left out and told in the log."""
        if missing := [name for name in names if name not in self._files]:
            log.error("prompts are missing", extra={"prompts": missing})
        return [self._files[name] for name in names if name in self._files]


@dataclass(frozen=True)
class Tape:
    """A finished recording: whose, of which call, and how long."""

    path: Path
    recording_id: str
    call_id: str
    kind: str
    seconds: float


def tape_at(path: Path) -> Tape | None:
    """Return the recording in a file, or None when it is none of ours or holds nothing."""
    named = _TAPE.fullmatch(path.name)
    if named is None or not path.exists():
        return None
    try:
        with wave.open(str(path), "rb") as sound:
            seconds = sound.getnframes() / (sound.getframerate() or 1)
    except (wave.Error, EOFError, OSError):
        log.error("recording cannot be read", extra={"recording": named[1]})
        return None
    return Tape(path, named[1], named[2], named[3], round(seconds, 1))


def carry(tape: Tape, *, ready: Callable[[Tape], None]) -> Callable[[DeskHttp], None]:
    """Return the errand that brings a recording to the desk; its file goes when the desk has it."""

    def errand(desk: DeskHttp) -> None:
        headers = {"Content-Type": "audio/wav", "X-Call-Id": tape.call_id, "X-Kind": tape.kind}
        desk.ask("PUT", f"/recordings/{tape.recording_id}", body=tape.path.read_bytes(), headers=headers)
        tape.path.unlink(missing_ok=True)
        ready(tape)

    return errand
