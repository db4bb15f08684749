"""The file of a bundle: members in one order, without times of their own, behind a signed manifest.

A file of its own: it knows how bytes lie in a ZIP, and nothing of what they say. The same members are the same bytes,
on any machine: nothing is compressed, for compressors differ.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO

FORMAT = "caredesk.evidence.1"
MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "public_key"
_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The first instant that a ZIP can name."""

Pieces = Callable[[], Iterable[bytes]]
"""Returns a member's bytes in pieces, whenever it is asked: it is read twice."""


@dataclass(frozen=True)
class Member:
    """A file of the bundle by its name, which has no blanks and no dots that lead upwards."""

    name: str
    pieces: Pieces


def member_of(name: str, *, text: str) -> Member:
    """Return a member with this text."""
    return Member(name, lambda: [text.encode()])


def write_bundle(
    file: IO[bytes], *, members: Iterable[Member], about: Mapping[str, object], key: str, seal: Callable[[bytes], str]
) -> None:
    """Write the bundle: manifest, signature and key first, then the members as they come.

    `about` are the manifest's own words, `key` the public key in base64, `seal` signs with its private half.
    """
    kept = list(members)
    sums = [_sum_of(member) for member in kept]
    manifest = json.dumps({"format": FORMAT, **about, "members": sums}, ensure_ascii=False, indent=1).encode()
    signature = seal(f"{FORMAT}\n".encode() + manifest)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as bundle:
        for name, content in ((MANIFEST, manifest), (SIGNATURE, f"{signature}\n".encode()), (KEY, f"{key}\n".encode())):
            _write(bundle, name=name, pieces=[content])
        for member in kept:
            _write(bundle, name=member.name, pieces=member.pieces())


def _sum_of(member: Member) -> dict[str, object]:
    digest, size = hashlib.sha256(), 0
    for piece in member.pieces():
        digest.update(piece)
        size += len(piece)
    return {"name": member.name, "size": size, "sha256": digest.hexdigest()}


def _write(bundle: zipfile.ZipFile, *, name: str, pieces: Iterable[bytes]) -> None:
    about = zipfile.ZipInfo(name, date_time=_NO_TIME)
    about.create_system = 3
    about.external_attr = 0o644 << 16
    with bundle.open(about, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)
