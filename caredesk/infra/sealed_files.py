"""Recordings at rest: encrypted in chunks with AES-256-GCM, read whole or in part, and nowhere in the clear.

The one place that knows how. A file is a mark, the id of its key, a random prefix, and chunks of 64 KiB, each sealed
under prefix, number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár,
2015): a chunk that is changed, moved, left out or taken from another file is noticed. The file's name is sealed in.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from caredesk.core.ids import new_id
from caredesk.telephony.recording_errors import RecordingNotFound, RecordingUnreadable

MARK = b"CDSF1"
CHUNK = 65_536
TAG = 16
PREFIX = 7
KEY_ID = 8
HEAD = len(MARK) + KEY_ID + PREFIX
_NAME = re.compile(r"^[A-Za-z0-9-]{8,64}$")


class SealedFolder:
    """Sealed files below one folder, spread over 256 subfolders, written whole or not at all."""

    def __init__(self, folder: Path, *, secret: str) -> None:
        self._folder = folder
        self._key = HKDF(SHA256(), 32, salt=None, info=b"caredesk recordings").derive(secret.encode())
        self._id = hashlib.sha256(b"key id" + self._key).digest()[:KEY_ID]

    @property
    def key_id(self) -> str:
        """Return by what the key is known that seals new files."""
        return self._id.hex()

    def keep(self, name: str, pieces: Iterable[bytes]) -> int:
        """Seal what comes in pieces; return its length. Raised errors of the pieces leave nothing behind."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f"{new_id()}.part")
        try:
            with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                size = self._write(file, name=name, pieces=pieces)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return size

    def read(self, name: str, *, start: int, stop: int) -> Iterator[bytes]:
        """Return the bytes from `start` to before `stop`; raise before the first when the file cannot be opened."""
        opened = self._open(name)
        return self._pieces(opened, start=start, stop=stop)

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is fine."""
        self._path(name).unlink(missing_ok=True)

    def _write(self, file: BinaryIO, *, name: str, pieces: Iterable[bytes]) -> int:
        prefix = os.urandom(PREFIX)
        seal = _Seal(AESGCM(self._key), prefix=prefix, name=name)
        file.write(MARK + self._id + prefix)
        size, number, held = 0, 0, bytearray()
        for piece in pieces:
            size += len(piece)
            held += piece
            # One chunk stays back, because only the end shows which is the last.
            while len(held) > CHUNK:
                file.write(seal.close(bytes(held[:CHUNK]), number=number, last=False))
                del held[:CHUNK]
                number += 1
        file.write(seal.close(bytes(held), number=number, last=True))
        return size

    def _open(self, name: str) -> _Opened:
        path = self._path(name)
        try:
            with path.open("rb") as file:
                head = file.read(HEAD)
        except FileNotFoundError:
            raise RecordingNotFound from None
        if len(head) < HEAD or not head.startswith(MARK) or head[len(MARK) :][:KEY_ID] != self._id:
            raise RecordingUnreadable
        chunks = -(-(path.stat().st_size - HEAD) // (CHUNK + TAG))
        seal = _Seal(AESGCM(self._key), prefix=head[-PREFIX:], name=name)
        return _Opened(path=path, seal=seal, chunks=max(chunks, 1))

    def _pieces(self, opened: _Opened, *, start: int, stop: int) -> Iterator[bytes]:
        with opened.path.open("rb") as file:
            for number in range(start // CHUNK, -(-stop // CHUNK)):
                file.seek(HEAD + number * (CHUNK + TAG))
                sealed = file.read(CHUNK + TAG)
                plain = opened.seal.open(sealed, number=number, last=number == opened.chunks - 1)
                yield plain[max(0, start - number * CHUNK) : stop - number * CHUNK]

    def _path(self, name: str) -> Path:
        # Names are ids made by the desk; anything else cannot be a file of ours.
        if not _NAME.fullmatch(name):
            raise RecordingNotFound
        # By hash: a call's recordings end alike, and would all lie in one folder.
        return self._folder / hashlib.sha256(name.encode()).hexdigest()[:2] / name


@dataclass(frozen=True)
class _Seal:
    """Seals and opens the chunks of one file."""

    cipher: AESGCM
    prefix: bytes
    name: str

    def close(self, plain: bytes, *, number: int, last: bool) -> bytes:
        return self.cipher.encrypt(self._nonce(number, last=last), plain, self.name.encode())

    def open(self, sealed: bytes, *, number: int, last: bool) -> bytes:
        try:
            return self.cipher.decrypt(self._nonce(number, last=last), sealed, self.name.encode())
        except InvalidTag:
            raise RecordingUnreadable from None

    def _nonce(self, number: int, *, last: bool) -> bytes:
        return self.prefix + number.to_bytes(4, "big") + bytes([last])


@dataclass(frozen=True)
class _Opened:
    """A file that can be read: where it is, how its chunks are sealed, and how many there are."""

    path: Path
    seal: _Seal
    chunks: int
