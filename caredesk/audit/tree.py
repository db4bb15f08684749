"""The tree over a stretch of the chain (RFC 6962, section 2.1), and the pure proof that an entry stands in it.

A file of its own: whoever is given one entry of many must check that it was there without being given the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from caredesk.audit.rules import FORMAT, written_time


@dataclass(frozen=True, slots=True)
class Stretch:
    """The entries from `first` to `last` as one value: the root of the tree over their hashes."""

    first: int
    last: int
    root: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A stretch that was signed; `signature` is Ed25519 in base64."""

    first: int
    number: int
    root: str
    at: datetime
    key_id: str
    signature: str


def tree_message(stretch: Stretch, *, at: datetime) -> bytes:
    """Return what is signed of a stretch."""
    return f"{FORMAT}.tree\n{stretch.first}\n{stretch.last}\n{stretch.root}\n{written_time(at)}\n".encode()


def tree_line(tree: Tree) -> str:
    """Return a tree as a line of JSON, as it is exported and kept outside of the database."""
    values = {"first": tree.first, "number": tree.number, "root": tree.root, "at": written_time(tree.at)}
    return json.dumps({**values, "key_id": tree.key_id, "signature": tree.signature})


def proof_line(levels: Sequence[Sequence[bytes]], *, number: int, tree: Tree) -> str:
    """Return as a line of JSON what leads from an entry to the root of the tree in which it stands."""
    path = path_of(levels, index=number - tree.first)
    return json.dumps({"number": number, "tree": tree.number, "path": path})


def stretch_of(hashes: Sequence[str], *, first: int) -> Stretch:
    """Return the stretch of entries that begins at `first` and has these hashes; there is at least one."""
    return Stretch(first, first + len(hashes) - 1, root_of(hashes))


def root_of(hashes: Sequence[str]) -> str:
    """Return the root over the hashes of entries, in hexadecimal digits; there is at least one."""
    return levels_of(hashes)[-1][0].hex()


def path_of(levels: Sequence[Sequence[bytes]], *, index: int) -> list[str]:
    """Return the hashes that lead from a leaf to the root, from below; `levels` are those of `levels_of`."""
    path: list[str] = []
    for level in levels[:-1]:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside].hex())
        index //= 2
    return path


def levels_of(hashes: Sequence[str]) -> list[list[bytes]]:
    """Return the tree from its leaves to its root. One that has nobody beside it rises as it is."""
    level = [hashlib.sha256(b"\x00" + bytes.fromhex(one)).digest() for one in hashes]
    levels = [level]
    while len(level) > 1:
        pairs = [level[start : start + 2] for start in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + pair[0] + pair[1]).digest() if len(pair) == 2 else pair[0] for pair in pairs]
        levels.append(level)
    return levels
