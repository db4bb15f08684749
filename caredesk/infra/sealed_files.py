"""Folders of sealed files: kept whole or not at all, read whole or in part, never in the clear, and sealed anew.

How one file is sealed is `infra/sealed_stream.py`'s. Here is where files lie, and the walk over them after a rotation
of the master key or an upgrade: 256 shelves, one after the other, each as often as it takes.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from caredesk.core.ids import new_id
from caredesk.core.ports import Shelved
from caredesk.core.sealing import MasterKeys
from caredesk.infra.sealed_stream import HEAD, FileBroken, FileKeys, Standing, read_sealed, write_sealed
from caredesk.telephony.recording_errors import RecordingNotFound, RecordingUnreadable

SHELVES = 256
FILES_AT_ONCE = 200
BYTES_AT_ONCE = 64_000_000
"""What one step of the walk writes anew at most: seconds, so that a stopped desk need not wait for it."""

PIECE = 262_144
_NAME = re.compile(r"^[A-Za-z0-9-]{8,64}$")


def by_hash(name: str) -> str:
    """Return the shelf of a recording. By hash: a call's recordings end alike, and would all lie on one shelf."""
    return hashlib.sha256(name.encode()).hexdigest()[:2]


class SealedFolder:
    """Sealed files below one folder, spread over 256 subfolders, written whole or not at all."""

    def __init__(
        self,
        folder: Path,
        *,
        masters: MasterKeys,
        secret: str = "",
        shelf_of: Callable[[str], str] = by_hash,
        was_plain: bool = False,
    ) -> None:
        """Take where the files lie, the master keys, and how older releases kept files here.

        They sealed them by a key of this secret, or not at all: only then is one without a mark taken for what it is.
        """
        self._folder = folder
        self._keys = FileKeys(masters, first_secret=secret)
        self._shelf_of = shelf_of
        self._was_plain = was_plain

    @property
    def key_id(self) -> str:
        """Return by what the master key is known that new files are sealed under."""
        return self._keys.key_id

    def keep(self, name: str, pieces: Iterable[bytes]) -> int:
        """Seal what comes in pieces; return its length. Raised errors of the pieces leave nothing behind."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f"{new_id()}.part")
        try:
            with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                size = write_sealed(file, keys=self._keys, name=name, pieces=pieces)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return size

    def read(self, name: str, *, start: int, stop: int | None) -> Iterator[bytes]:
        """Return the bytes from `start` to before `stop`; raise before the first when the file cannot be opened."""
        path = self.path(name)
        try:
            with path.open("rb") as file:
                self._keys.open(file, name=name)
        except FileNotFoundError:
            raise RecordingNotFound from None
        except FileBroken:
            raise RecordingUnreadable from None
        return self._pieces(path, name=name, start=start, stop=stop)

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is fine."""
        self.path(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Return where a file lies or would lie. Names are ids made by the desk; anything else is no file of ours."""
        if not _NAME.fullmatch(name):
            raise RecordingNotFound
        return self._folder / self._shelf_of(name) / name

    def _pieces(self, path: Path, *, name: str, start: int, stop: int | None) -> Iterator[bytes]:
        # One handle from head to end: a file that is sealed anew meanwhile stays the one that was begun.
        with path.open("rb") as file:
            try:
                yield from read_sealed(file, keys=self._keys, name=name, start=start, stop=stop)
            except FileBroken:
                raise RecordingUnreadable from None

    # ---- sealed anew -------------------------------------------------------------------------------------

    def standings(self) -> Counter[str]:
        """Return how many files are kept by which key. Reads the head of every file."""
        return Counter(self._standing(path) for shelf in range(SHELVES) for path in self._on(shelf))

    def reseal(self, shelf: int) -> Shelved:
        """Bring the files of one shelf under the newest master key, as many as one step takes."""
        done, written = 0, 0
        for path in self._on(shelf):
            if done >= FILES_AT_ONCE or written >= BYTES_AT_ONCE:
                return Shelved(done=done, more=True)
            standing = self._standing(path)
            if standing in ("in_force", "lost"):
                continue
            done += 1
            written += self._renew(path, standing=standing)
        return Shelved(done=done, more=False)

    def _standing(self, path: Path) -> Standing:
        standing = self._keys.standing(path)
        return "lost" if standing == "plain" and not self._was_plain else standing

    def _renew(self, path: Path, *, standing: Standing) -> int:
        """Seal one file anew; return how many bytes were written."""
        name = path.name
        if standing == "older":
            self._keys.rewrap(path, name=name)
            return HEAD
        return self.keep(name, _plain(path) if standing == "plain" else self.read(name, start=0, stop=None))

    def _on(self, shelf: int) -> list[Path]:
        folder = self._folder / f"{shelf:02x}"
        return sorted(path for path in folder.glob("*") if _NAME.fullmatch(path.name)) if folder.is_dir() else []


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
