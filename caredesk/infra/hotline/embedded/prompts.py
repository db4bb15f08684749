"""The prompts as rtp.io plays them: headerless G.711 files named `<name>.<payload type>` in one folder.

Each name of the desk's is a file of its content's digest, so that a changed prompt never changes under a listener.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from caredesk.infra.hotline.embedded.g711 import CODECS, RATE, Samples, encode
from caredesk.infra.hotline.embedded.sound import NotAWave, own_sounds, read_wave
from caredesk.infra.hotline.http import DeskHttp, DeskUnreachable
from caredesk.infra.hotline.link import REFUSALS

log = logging.getLogger(__name__)

_NAME = re.compile(r"^[a-zA-Z0-9_.-]{1,80}$")
_DIGEST = re.compile(r"^[0-9a-f]{16,64}$")


@dataclass(frozen=True)
class Playable:
    """A sound ready to play: the file's name without its ending, and how long it lasts."""

    file: str
    seconds: float


class PromptShelf:
    """The sounds that can be played now, by name."""

    def __init__(self, folder: Path) -> None:
        """Make the engine's own sounds and take what was fetched by an earlier run."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._index = folder / "index.json"
        self._own = {name: self._put(f"own_{name}", make()) for name, make in own_sounds().items()}
        self._fetched: dict[str, Playable] = self._kept()

    def find(self, name: str) -> Playable | None:
        """Return a sound, the desk's before the engine's own; None when nobody has sent it."""
        return self._fetched.get(name) or self._own.get(name)

    def lacks(self, names: Sequence[str]) -> bool:
        """Tell whether one of several names is not here."""
        return any(self.find(name) is None for name in names)

    def find_all(self, names: Sequence[str]) -> list[Playable]:
        """Return the sounds of several names in order; those that nobody has sent are left out and told in the log."""
        found: list[tuple[str, Playable | None]] = [(name, self.find(name)) for name in names]
        if missing := [name for name, sound in found if sound is None]:
            log.error("prompts are missing", extra={"prompts": missing})
        return [sound for _, sound in found if sound is not None]

    def fetch(self, desk: DeskHttp) -> None:
        """Bring the shelf to what the desk has; only changed sounds are fetched. Runs in the link's thread.

        Each sound can be played as soon as it is here: on a first day a caller does not wait for all the others.
        """
        wanted: list[Mapping[str, Any]] = desk.get("/prompts")["prompts"]
        shelf: dict[str, Playable] = {}
        for prompt in wanted:
            name, digest = str(prompt["name"]), str(prompt["sha256"])
            if not (_NAME.match(name) and _DIGEST.match(digest)):
                continue
            if sound := self._known(f"p_{digest}") or self._brought(desk, name=name, digest=digest):
                shelf[name] = self._fetched[name] = sound
        self._fetched = shelf
        self._index.write_bytes(orjson.dumps({name: [sound.file, sound.seconds] for name, sound in shelf.items()}))
        log.info("prompts are up to date", extra={"prompts": len(shelf)})

    def _brought(self, desk: DeskHttp, *, name: str, digest: str) -> Playable | None:
        """Fetch one sound; None for one that the desk has taken back since it was asked what there is."""
        try:
            samples = read_wave(desk.ask("GET", f"/prompts/{name}.wav"))
        except NotAWave:
            log.error("prompt is no wave of 8 kHz", extra={"prompt": name})
            samples = own_sounds()["beep"]()
        except DeskUnreachable as fault:
            if fault.status not in REFUSALS:
                raise
            log.warning("prompt is not given out", extra={"prompt": name, "status": fault.status})
            return None
        return self._put(f"p_{digest}", samples)

    def _put(self, file: str, samples: Samples) -> Playable:
        for codec in CODECS:
            path = self.folder / f"{file}.{codec}"
            path.with_suffix(".new").write_bytes(encode(samples, codec=codec))
            path.with_suffix(".new").replace(path)
        return Playable(file, len(samples) / RATE)

    def _known(self, file: str) -> Playable | None:
        path = self.folder / f"{file}.8"
        return Playable(file, path.stat().st_size / RATE) if path.exists() else None

    def _kept(self) -> dict[str, Playable]:
        if not self._index.exists():
            return {}
        kept = orjson.loads(self._index.read_bytes())
        return {name: sound for name, (file, _) in kept.items() if (sound := self._known(file))}
