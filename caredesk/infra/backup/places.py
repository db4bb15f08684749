"""Where backups are kept: a folder, best one that is mounted from another machine. Written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from caredesk.infra.backup.faults import BackupFault, told_plainly
from caredesk.infra.backup.sealing import PIECE

ENDING = ".tar.age"
LABEL = ".json"


@dataclass(frozen=True)
class Label:
    """What is known of a backup without its secret key; it lies beside it. The signed manifest inside is the proof."""

    name: str
    made_at: datetime
    version: str
    revision: str
    store: str
    size: int
    """Bytes, sealed."""
    sha256: str
    """Of the sealed bytes."""
    public_key: str
    verified_at: datetime | None = None

    def written(self) -> bytes:
        """Return it as JSON."""
        values = asdict(self)
        for key in ("made_at", "verified_at"):
            values[key] = values[key].isoformat() if values[key] else None
        return json.dumps(values, indent=1).encode()


def label_of(written: bytes) -> Label | None:
    """Read a label; None when it is none."""
    try:
        values = json.loads(written)
        made_at = datetime.fromisoformat(values.pop("made_at"))
        verified = values.pop("verified_at", None)
        return Label(made_at=made_at, verified_at=datetime.fromisoformat(verified) if verified else None, **values)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Place(Protocol):
    """Keeps backups by name."""

    def keep(self, name: str, stream: BinaryIO) -> tuple[int, str]:
        """Write a stream under a name; return its size and SHA-256. When reading raises, nothing is kept."""
        ...

    def put_label(self, label: Label) -> None: ...

    def labels(self) -> list[Label]:
        """Return what is known of each backup, newest first."""
        ...

    def open(self, name: str) -> BinaryIO: ...

    def drop(self, name: str) -> None: ...

    def __str__(self) -> str: ...


class FolderPlace:
    """A folder; best on another machine or disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        return str(self.folder)

    def keep(self, name: str, stream: BinaryIO) -> tuple[int, str]:
        """Write under another name first, and rename when all of it is on disk."""
        with told_plainly(otherwise="unwritable"):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sweep()
            partial = self.folder / f".{name}.part"
            try:
                with _private(partial) as out:
                    found = copy_hashed(stream, out)
                    out.flush()
                    os.fsync(out.fileno())
                partial.rename(self.folder / name)
            finally:
                partial.unlink(missing_ok=True)
            return found

    def put_label(self, label: Label) -> None:
        with told_plainly(otherwise="unwritable"):
            partial = self.folder / f".{label.name}{LABEL}.part"
            partial.write_bytes(label.written())
            partial.rename(self.folder / f"{label.name}{LABEL}")

    def labels(self) -> list[Label]:
        found = [label_of(file.read_bytes()) for file in self.folder.glob(f"*{ENDING}{LABEL}")]
        there = [label for label in found if label is not None and (self.folder / label.name).is_file()]
        return sorted(there, key=lambda label: label.made_at, reverse=True)

    def open(self, name: str) -> BinaryIO:
        try:
            return (self.folder / name).open("rb")
        except OSError:
            raise BackupFault("no_such_backup") from None

    def drop(self, name: str) -> None:
        """Delete a backup; its label goes last, so that one that is left over is not listed."""
        (self.folder / name).unlink(missing_ok=True)
        (self.folder / f"{name}{LABEL}").unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Delete what a killed process left half; only one makes backups at a time."""
        for left in self.folder.glob(f".*{ENDING}*.part"):
            left.unlink(missing_ok=True)


def copy_hashed(stream: BinaryIO, out: BinaryIO) -> tuple[int, str]:
    """Copy a stream; return its size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    for piece in iter(lambda: stream.read(PIECE), b""):
        digest.update(piece)
        size += len(piece)
        out.write(piece)
    return size, digest.hexdigest()


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    with suppress(FileNotFoundError):
        path.unlink()
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        yield file
