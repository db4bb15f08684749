"""Sealing and opening streams in the age format (age-encryption.org/v1): X25519, ChaCha20-Poly1305 in chunks of 64 KiB.

A public format, so that a backup opens with the program `age` as well when there is no caredesk. Memory does not grow
with the stream: it is sealed in a thread that writes into a pipe.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

import pyrage

from caredesk.infra.backup.faults import BackupFault

PIECE = 262_144


def new_pair() -> tuple[str, str]:
    """Return a fresh secret key and its public key, as age writes them."""
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def is_public(text: str) -> bool:
    """Tell whether a text is a public key."""
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def public_of(secret: str) -> str:
    """Return the public half of a secret key."""
    return str(_identity(secret).to_public())


@contextmanager
def sealed(pieces: Iterator[bytes], *, public: str) -> Iterator[BinaryIO]:
    """Return a stream of what the pieces are, sealed; what a piece raises, reading raises."""
    try:
        recipient = pyrage.x25519.Recipient.from_str(public)
    except pyrage.RecipientError:
        raise BackupFault("bad_key") from None
    source = _Pieces(pieces)

    def seal(out: BinaryIO) -> None:
        try:
            pyrage.encrypt_io(source, out, [recipient])
        except (OSError, pyrage.EncryptError):
            # age tells of its own only that reading failed; what it was stands here.
            raise source.fault or BackupFault("changed_meanwhile") from None

    with _piped(seal) as stream:
        yield stream


@contextmanager
def opened(stream: BinaryIO, *, secret: str) -> Iterator[BinaryIO]:
    """Return the plain bytes of a sealed stream; reading raises at the first chunk that is not as it was sealed."""
    identity = _identity(secret)
    source = _Remembering(stream)

    def unseal(out: BinaryIO) -> None:
        try:
            pyrage.decrypt_io(source, out, [identity])
        except pyrage.DecryptError as fault:
            is_other = "No matching keys" in str(fault)
            raise source.fault or BackupFault("wrong_secret" if is_other else "not_whole") from None
        except BrokenPipeError:
            raise
        except OSError:
            raise source.fault or BackupFault("not_whole") from None

    with _piped(unseal) as plain:
        yield plain


def _identity(secret: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(secret.strip())
    except pyrage.IdentityError:
        raise BackupFault("bad_secret") from None


class _Pieces(io.RawIOBase):
    """Reads an iterator as a file, and remembers what it raised."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._held = memoryview(b"")
        self.fault: BaseException | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, none at the end."""
        while not self._held:
            try:
                self._held = memoryview(next(self._pieces))
            except StopIteration:
                return b""
            except BaseException as fault:
                self.fault = fault
                raise
        taken = self._held[: size if size >= 0 else PIECE]
        self._held = self._held[len(taken) :]
        return bytes(taken)


class _Remembering(io.RawIOBase):
    """A stream whose place may be away: age tells of its own only that reading failed; what it was stands here."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.fault: BackupFault | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except BackupFault as fault:
            self.fault = fault
            raise


class _Checked(io.RawIOBase):
    """The reading end of a pipe; at its end it raises what went wrong at the other one."""

    def __init__(self, end: BinaryIO, *, work: Future[None]) -> None:
        super().__init__()
        self._end = end
        self._work = work

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return what was asked for, less only at the end."""
        found = self._end.read(size)
        if size < 0 or len(found) < size:
            # Whoever reads must never take an end for the end when the other side has failed.
            self._work.result()
        return found

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


@contextmanager
def _piped(work: Callable[[BinaryIO], None]) -> Iterator[BinaryIO]:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as out:
            work(out)

    with os.fdopen(reading, "rb", buffering=PIECE) as end, ThreadPoolExecutor(1, "backup") as pool:
        running = pool.submit(write)
        try:
            yield cast("BinaryIO", _Checked(end, work=running))
        finally:
            # Whoever stops reading early lets the writer end.
            with suppress(OSError):
                end.close()
