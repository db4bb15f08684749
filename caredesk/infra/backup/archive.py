"""What lies in a backup: a tar of the database, the data folder and the settings, its manifest and a signature last.

    database.sqlite3.gz | database.sql.gz   the rows, as they were at one instant
    settings.env                            the settings that are not the defaults
    data/…                                  the data folder: pictures, recordings, prompts, secrets, the audit's anchors
    manifest.json                           what each of them is: size and SHA-256; rows of each table; the audit's head
    signature.json                          Ed25519 over the manifest, by the audit's key (docs/audit.md)

Read and written as a stream; in memory lies one line for each file and never a file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from caredesk.infra.backup.faults import BackupFault
from caredesk.infra.backup.sealing import PIECE

FORMAT = "caredesk.backup.1"
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
SETTINGS = "settings.env"
DATA = "data/"
LARGEST_PAPER = 512_000_000
"""Bytes of a manifest at most; two million files need less."""

StoreKind = Literal["sqlite", "postgresql"]
DATABASE: Mapping[StoreKind, str] = {"sqlite": "database.sqlite3.gz", "postgresql": "database.sql.gz"}


@dataclass(frozen=True)
class Member:
    """One file of a backup: where its bytes are, or what they are."""

    name: str
    source: Path | bytes


@dataclass(frozen=True)
class Manifest:
    """What a backup holds and what of it can be checked; it is the last thing written, and it is signed."""

    made_at: datetime
    version: str
    revision: str
    store: StoreKind
    counts: Mapping[str, int]
    audit_number: int
    audit_hash: str
    anchor_number: int
    members: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Size in bytes and SHA-256 by name."""

    def written(self) -> bytes:
        """Return it as JSON."""
        values = {"format": FORMAT, **asdict(self), "made_at": self.made_at.isoformat()}
        return json.dumps(values, indent=1, sort_keys=True).encode()


def manifest_of(written: bytes) -> Manifest:
    """Read a manifest."""
    try:
        values = json.loads(written)
        if values.pop("format") != FORMAT:
            raise BackupFault("newer_schema")
        members = {name: (int(size), str(digest)) for name, (size, digest) in values.pop("members").items()}
        made_at = datetime.fromisoformat(values.pop("made_at"))
        return Manifest(made_at=made_at, members=members, **values)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupFault("not_a_backup") from None


# ---- writing ---------------------------------------------------------------------------------------------


def packed(members: Iterable[Member], *, manifest: Manifest, private: str) -> Iterator[bytes]:
    """Yield a backup piece by piece; sums enter the manifest as the files go by."""
    for member in members:
        try:
            yield from _packed_one(member, manifest=manifest)
        except FileNotFoundError:
            # Deleted since the rows were copied (a recording past its time): the rows say so at the next look.
            continue
    written = manifest.written()
    yield from _packed_bytes(MANIFEST, written)
    yield from _packed_bytes(SIGNATURE, signature_of(written, private=private))
    yield b"\0" * tarfile.BLOCKSIZE * 2


def _packed_one(member: Member, *, manifest: Manifest) -> Iterator[bytes]:
    if isinstance(member.source, bytes):
        yield from _packed_bytes(member.name, member.source)
        manifest.members[member.name] = (len(member.source), hashlib.sha256(member.source).hexdigest())
        return
    with member.source.open("rb") as file:
        state = member.source.stat()
        yield _head(member.name, size=state.st_size, mode=state.st_mode & 0o777, changed=int(state.st_mtime))
        digest, left = hashlib.sha256(), state.st_size
        while left:
            # What is appended meanwhile belongs to the next backup.
            piece = file.read(min(PIECE, left))
            if not piece:
                raise BackupFault("changed_meanwhile", detail=member.name)
            digest.update(piece)
            left -= len(piece)
            yield piece
        yield _filling(state.st_size)
    manifest.members[member.name] = (state.st_size, digest.hexdigest())


def _packed_bytes(name: str, content: bytes) -> Iterator[bytes]:
    yield _head(name, size=len(content), mode=0o600, changed=0)
    yield content
    yield _filling(len(content))


def _head(name: str, *, size: int, mode: int, changed: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, mode, changed
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _filling(size: int) -> bytes:
    return b"\0" * (-size % tarfile.BLOCKSIZE)


# ---- reading ---------------------------------------------------------------------------------------------


def unpacked(plain: BinaryIO, *, folder: Path | None, public: str = "") -> Manifest:
    """Read a backup to its end, check every sum and the signature, and put its files into a folder if one is given.

    With `public` the desk with that key must have made it. Raises before anybody may rely on what lies in the folder.
    """
    found: dict[str, tuple[int, str]] = {}
    papers: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=plain, mode="r|", bufsize=PIECE) as tar:
            for info in tar:
                file = tar.extractfile(info) if info.isreg() and is_safe(info.name) else None
                if file is None or info.name in found or info.name in papers:
                    raise BackupFault("not_a_backup")
                if info.name in (MANIFEST, SIGNATURE):
                    papers[info.name] = file.read(LARGEST_PAPER)
                else:
                    found[info.name] = _taken(file, info, folder=folder)
        _read_to_end(plain)
    except tarfile.TarError:
        raise BackupFault("not_a_backup") from None
    if MANIFEST not in papers or SIGNATURE not in papers:
        raise BackupFault("not_whole")
    _check_signature(papers[MANIFEST], papers[SIGNATURE], public=public)
    manifest = manifest_of(papers[MANIFEST])
    wrong = {name for name in {*found, *manifest.members} if found.get(name) != manifest.members.get(name)}
    if wrong:
        raise BackupFault("wrong_sum", detail=min(wrong))
    return manifest


def is_safe(name: str) -> bool:
    """Tell whether a name stays inside of the folder it is put into."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and bool(path.parts)


def _taken(file: Iterable[bytes], info: tarfile.TarInfo, *, folder: Path | None) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    pieces = iter(lambda: file.read(PIECE), b"")  # type: ignore[attr-defined]
    if folder is None:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
        return size, digest.hexdigest()
    path = folder / info.name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("xb") as out:
        path.chmod(info.mode & 0o700)
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            out.write(piece)
    return size, digest.hexdigest()


def _read_to_end(plain: BinaryIO) -> None:
    """Read what follows the tar: only its end shows that nothing was cut off."""
    while plain.read(PIECE):
        pass


# ---- the signature ---------------------------------------------------------------------------------------


def signature_of(written: bytes, *, private: str) -> bytes:
    """Sign bytes with the audit's private key (base64); return public key and signature as JSON."""
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private))
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    signature = base64.b64encode(key.sign(_domain(written))).decode()
    return json.dumps({"public_key": public, "signature": signature}, indent=1).encode()


def _check_signature(written: bytes, signed: bytes, *, public: str) -> None:
    try:
        values = json.loads(signed)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(values["public_key"]))
        key.verify(base64.b64decode(values["signature"]), _domain(written))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        raise BackupFault("wrong_signature") from None
    if public and values["public_key"] != public:
        raise BackupFault("wrong_signature")


def _domain(written: bytes) -> bytes:
    # A signature of a backup must never pass for one of an anchor: the same key signs both.
    return FORMAT.encode() + b"\n" + hashlib.sha256(written).hexdigest().encode() + b"\n"
