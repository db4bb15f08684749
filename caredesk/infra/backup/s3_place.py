"""Backups in a bucket: sent in parts that are given up together, listed only when whole, read again where it broke."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, cast

from caredesk.core.clock import SystemClock
from caredesk.infra.backup.faults import BackupFault, told_plainly
from caredesk.infra.backup.places import ENDING, LABEL, Label, label_of
from caredesk.infra.backup.s3_bucket import Bucket
from caredesk.infra.backup.s3_signing import Credentials
from caredesk.settings import Settings

MOST_PARTS = 10_000
READ_AT_ONCE = 8 * 1024 * 1024
"""Bytes of one request while a backup is read."""


@dataclass(frozen=True)
class Lock:
    """For how long a storage refuses to delete or change a backup; `mode` is the storage's word, empty for no lock."""

    mode: str = ""
    days: int = 0


class BucketPlace:
    """A bucket, below a prefix. `part`: bytes that are sent, and held in memory, at once."""

    def __init__(self, bucket: Bucket, *, prefix: str = "", part: int, lock: Lock | None = None) -> None:
        self.bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._part = part
        self._lock = lock or Lock()

    def __str__(self) -> str:
        return f"{self.bucket}, {self._prefix}" if self._prefix else str(self.bucket)

    # ---- writing -----------------------------------------------------------------------------------------

    def keep(self, name: str, stream: BinaryIO) -> tuple[int, str]:
        """Send a stream in parts; the object is there when all of them are, and only then."""
        # First what a killed process left, which also shows that key, clock and bucket are right before much is sent.
        self._sweep()
        key, counted = f"{self._prefix}{name}", _Counted(stream)
        first = counted.take(self._part)
        if len(first) < self._part:
            self.bucket.put(key, first, headers=self._kept_so())
        else:
            self._send(key, first=first, counted=counted)
        if self.bucket.sizes(key).get(key) != counted.size:
            self._let_go(key)
            raise BackupFault("s3_cut", detail=name)
        return counted.size, counted.digest.hexdigest()

    def put_label(self, label: Label) -> None:
        """Write what is known of a backup beside it; from then on it is listed."""
        self.bucket.put(f"{self._prefix}{label.name}{LABEL}", label.written())

    def drop(self, name: str) -> None:
        """Delete a backup; its label goes last, so that one that is left over is not listed."""
        self.bucket.delete(f"{self._prefix}{name}")
        self.bucket.delete(f"{self._prefix}{name}{LABEL}")

    def _send(self, key: str, *, first: bytes, counted: _Counted) -> None:
        upload = self.bucket.begin_upload(key, headers=self._kept_so())
        try:
            tags = [self.bucket.put_part(key, first, upload=upload, number=1)]
            while piece := counted.take(self._part):
                if len(tags) == MOST_PARTS:
                    raise BackupFault("s3_parts")
                tags.append(self.bucket.put_part(key, piece, upload=upload, number=len(tags) + 1))
            self.bucket.complete(key, upload=upload, tags=tags)
        except BaseException:
            # Where the storage is away this fails as well; the next backup sweeps.
            with suppress(BackupFault):
                self.bucket.abort(key, upload=upload)
            raise

    def _kept_so(self) -> Mapping[str, str]:
        if not self._lock.mode:
            return {}
        until = self.bucket.clock.now() + timedelta(days=self._lock.days)
        return {
            "x-amz-object-lock-mode": self._lock.mode.upper(),
            "x-amz-object-lock-retain-until-date": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        }

    def _let_go(self, key: str) -> None:
        with suppress(BackupFault):
            self.bucket.delete(key)

    def _sweep(self) -> None:
        """Give up what a killed process left half; only one makes backups at a time."""
        for key, upload in self.bucket.uploads(self._prefix):
            if key.startswith(self._prefix) and key.endswith(ENDING):
                self.bucket.abort(key, upload=upload)

    # ---- reading -----------------------------------------------------------------------------------------

    def labels(self) -> list[Label]:
        """Return what is known of each backup that is there in its whole size, newest first."""
        sizes = self.bucket.sizes(self._prefix)
        names = [key.removesuffix(LABEL) for key in sizes if key.endswith(f"{ENDING}{LABEL}") and self._is_here(key)]
        found = [self._label(key.removeprefix(self._prefix)) for key in names if key in sizes]
        there = [label for label in found if label and sizes[f"{self._prefix}{label.name}"] == label.size]
        return sorted(there, key=lambda label: label.made_at, reverse=True)

    def open(self, name: str) -> BinaryIO:
        """Return a backup as a stream; reading raises when its bytes are not those that were sent."""
        label = self._label(name)
        if label is None:
            raise BackupFault("no_such_backup")
        return cast("BinaryIO", io.BufferedReader(_Fetched(self.bucket, key=f"{self._prefix}{name}", label=label)))

    def _is_here(self, key: str) -> bool:
        return "/" not in key.removeprefix(self._prefix)

    def _label(self, name: str) -> Label | None:
        written = self.bucket.find(f"{self._prefix}{name}{LABEL}")
        label = label_of(written) if written else None
        # One that was copied beside another backup says nothing of it.
        return label if label is not None and label.name == name else None


def bucket_place(settings: Settings) -> BucketPlace:
    """Return the place that the settings name. Signatures need the true time, whatever clock the desk shows."""
    if not settings.backup_s3_bucket or not settings.backup_s3_key_id or not (secret := _secret(settings)):
        raise BackupFault("s3_settings")
    bucket = Bucket(
        settings.backup_s3_url,
        settings.backup_s3_bucket,
        Credentials(settings.backup_s3_key_id, secret, settings.backup_s3_region),
        SystemClock(),
        style=settings.backup_s3_style,
        reach=settings.backup_s3_reach,
        seconds=settings.backup_s3_seconds,
    )
    lock = Lock(settings.backup_s3_lock, settings.backup_s3_lock_days)
    part = settings.backup_s3_part_mib * 1024 * 1024
    return BucketPlace(bucket, prefix=settings.backup_s3_prefix, part=part, lock=lock)


def _secret(settings: Settings) -> str:
    file = settings.backup_s3_key_file
    with told_plainly(otherwise="s3_settings"):
        return file.read_text("ascii").strip() if file else settings.backup_s3_key.get_secret_value()


class _Counted:
    """A stream that is taken in large pieces, with what has gone by."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = 0
        self.digest = hashlib.sha256()

    def take(self, count: int) -> bytes:
        """Return so many bytes, fewer only at the end."""
        piece = b"".join(self._pieces(count))
        self.size += len(piece)
        self.digest.update(piece)
        return piece

    def _pieces(self, count: int) -> Iterator[bytes]:
        while count and (piece := self._stream.read(count)):
            count -= len(piece)
            yield piece


class _Fetched(io.RawIOBase):
    """A backup in a bucket, read from its beginning to its end; a request that breaks costs itself only."""

    def __init__(self, bucket: Bucket, *, key: str, label: Label) -> None:
        super().__init__()
        self._bucket, self._key, self._label = bucket, key, label
        self._held = memoryview(b"")
        self._at, self._digest = 0, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._held and self._at < self._label.size:
            self._fetch()
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    def _fetch(self) -> None:
        count = min(READ_AT_ONCE, self._label.size - self._at)
        piece = self._bucket.read(self._key, start=self._at, count=count)
        self._at += count
        self._digest.update(piece)
        if self._at == self._label.size and self._digest.hexdigest() != self._label.sha256:
            raise BackupFault("not_whole")
        self._held = memoryview(piece)
