"""One sealed file: a head that holds its key, wrapped by a master key, and chunks that open apart from each other.

The head is a mark, two slots for the wrapped key and a random prefix. Chunks of 64 KiB follow, each sealed with
AES-256-GCM under prefix, number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and
Vizár, 2015): a chunk that is changed, moved, left out or taken from another file is noticed. The file's name is sealed
in. A rotation of the master key writes a slot and no chunk, so that years of recordings are not written anew.

What was kept before files had keys of their own (mark `CDSF1`, one key derived from a secret) is still read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from caredesk.core.sealing import NONCE, MasterKey, MasterKeys, new_data_key

MARK = b"CDSF2"
FIRST_MARK = b"CDSF1"
CHUNK = 65_536
TAG = 16
PREFIX = 7
KEY_ID = 8
SLOT = KEY_ID + NONCE + 32 + TAG
HEAD = len(MARK) + 2 * SLOT + PREFIX
FIRST_HEAD = len(FIRST_MARK) + KEY_ID + PREFIX

Standing = Literal["plain", "first", "older", "in_force", "lost"]
"""How a file is kept: not sealed, by the one key of the first format, by an older master key, by the newest, by none
that is here."""


class FileBroken(Exception):
    """A sealed file cannot be opened: it was changed, has another's name, or its key is not here."""


class FileKeys:
    """The keys of sealed files: one for each, in its head."""

    def __init__(self, masters: MasterKeys, *, first_secret: str = "") -> None:
        """Take the master keys, and the secret of the first format where there are files of it."""
        self._masters = masters
        self._first = _first_key(first_secret) if first_secret else b""

    @property
    def key_id(self) -> str:
        """Return the id of the master key that wraps the keys of new files."""
        return self._masters.newest().id

    def start(self, name: str) -> tuple[bytes, Seal]:
        """Return a new file's head, and what seals its chunks."""
        key, prefix = new_data_key(), os.urandom(PREFIX)
        slot = _wrapped(key, master=self._masters.newest(), name=name)
        return MARK + slot + bytes(SLOT) + prefix, Seal(AESGCM(key), prefix=prefix, name=name)

    def open(self, file: BinaryIO, *, name: str) -> tuple[int, Seal]:
        """Return where a file's chunks begin, and what opens them; raise FileBroken."""
        head = file.read(HEAD)
        if head.startswith(FIRST_MARK) and len(head) >= FIRST_HEAD:
            return FIRST_HEAD, self._first_seal(head[:FIRST_HEAD], name=name)
        if not head.startswith(MARK) or len(head) < HEAD:
            raise FileBroken
        return HEAD, Seal(AESGCM(self._found(head, name=name)[0]), prefix=head[-PREFIX:], name=name)

    def standing(self, path: Path) -> Standing:
        """Tell by which key a file is kept; opens no chunk."""
        with path.open("rb") as file:
            head = file.read(HEAD)
        if head.startswith(FIRST_MARK):
            return "first"
        if not head.startswith(MARK) or len(head) < HEAD:
            return "plain"
        used = [slot[:KEY_ID].hex() for slot in _slots(head) if any(slot)]
        if used == [self.key_id]:
            return "in_force"
        return "older" if any(self._masters.find(one) for one in used) else "lost"

    def rewrap(self, path: Path, *, name: str) -> None:
        """Wrap a file's key by the newest master key, in place.

        The new slot is on disk before the old one is emptied: killed in between the file opens by either, and the next
        round finishes. Whoever reads meanwhile has one slot or both.
        """
        with path.open("r+b") as file:
            head = file.read(HEAD)
            (key, at), newest = self._found(head, name=name), self._masters.newest()
            slots = enumerate(_slots(head))
            done = [n for n, slot in slots if _is_of(slot, newest) and _unwrapped(slot, master=newest, name=name)]
            # Beside the slot that opens, whatever is in the other.
            good = done[0] if done else 1 - at
            if not done:
                _put(file, _wrapped(key, master=newest, name=name), slot=good)
            _put(file, bytes(SLOT), slot=1 - good)

    def _found(self, head: bytes, *, name: str) -> tuple[bytes, int]:
        """Return a file's key, and in which slot it was."""
        for at, slot in enumerate(_slots(head)):
            master = self._masters.find(slot[:KEY_ID].hex()) if any(slot) else None
            key = master and _unwrapped(slot, master=master, name=name)
            if key:
                return key, at
        raise FileBroken

    def _first_seal(self, head: bytes, *, name: str) -> Seal:
        if not self._first or head[len(FIRST_MARK) :][:KEY_ID] != _first_id(self._first):
            raise FileBroken
        return Seal(AESGCM(self._first), prefix=head[-PREFIX:], name=name)


@dataclass(frozen=True)
class Seal:
    """Seals and opens the chunks of one file."""

    cipher: AESGCM
    prefix: bytes
    name: str

    def close(self, plain: bytes, *, number: int, last: bool) -> bytes:
        """Return a chunk sealed at its place."""
        return self.cipher.encrypt(self._nonce(number, last=last), plain, self.name.encode())

    def open(self, sealed: bytes, *, number: int, last: bool) -> bytes:
        """Return what was sealed at this place; raise FileBroken."""
        try:
            return self.cipher.decrypt(self._nonce(number, last=last), sealed, self.name.encode())
        except InvalidTag:
            raise FileBroken from None

    def _nonce(self, number: int, *, last: bool) -> bytes:
        return self.prefix + number.to_bytes(4, "big") + bytes([last])


def write_sealed(file: BinaryIO, *, keys: FileKeys, name: str, pieces: Iterable[bytes]) -> int:
    """Seal what comes in pieces into a file; return its length in bytes, plain."""
    head, seal = keys.start(name)
    file.write(head)
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


def read_sealed(file: BinaryIO, *, keys: FileKeys, name: str, start: int, stop: int | None = None) -> Iterator[bytes]:
    """Yield the plain bytes from `start` to before `stop` (None: the end); raise FileBroken."""
    begins, seal = keys.open(file, name=name)
    chunks, size = _measure(os.fstat(file.fileno()).st_size - begins)
    end = size if stop is None else min(stop, size)
    # Also of an empty part one chunk is opened, so that a damaged file never passes for an empty one.
    for number in range(start // CHUNK, max(-(-end // CHUNK), start // CHUNK + 1)):
        file.seek(begins + number * (CHUNK + TAG))
        plain = seal.open(file.read(CHUNK + TAG), number=number, last=number == chunks - 1)
        yield plain[max(0, start - number * CHUNK) : max(0, end - number * CHUNK)]


def _measure(sealed: int) -> tuple[int, int]:
    """Return how many chunks a file has, and how many bytes are in them."""
    chunks = max(-(-sealed // (CHUNK + TAG)), 1)
    return chunks, max(sealed - chunks * TAG, 0)


def _slots(head: bytes) -> tuple[bytes, bytes]:
    begins = len(MARK)
    return head[begins : begins + SLOT], head[begins + SLOT : begins + 2 * SLOT]


def _is_of(slot: bytes, master: MasterKey) -> bool:
    return slot[:KEY_ID].hex() == master.id


def _put(file: BinaryIO, content: bytes, *, slot: int) -> None:
    file.seek(len(MARK) + slot * SLOT)
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _wrapped(key: bytes, *, master: MasterKey, name: str) -> bytes:
    nonce = os.urandom(NONCE)
    return bytes.fromhex(master.id) + nonce + master.cipher.encrypt(nonce, key, _about(name))


def _unwrapped(slot: bytes, *, master: MasterKey, name: str) -> bytes | None:
    nonce, sealed = slot[KEY_ID : KEY_ID + NONCE], slot[KEY_ID + NONCE :]
    try:
        return master.cipher.decrypt(nonce, sealed, _about(name))
    except InvalidTag:
        return None


def _about(name: str) -> bytes:
    return f"sealed_file\x1f{name}".encode()


def _first_key(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"caredesk recordings").derive(secret.encode())


def _first_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id" + key).digest()[:KEY_ID]
