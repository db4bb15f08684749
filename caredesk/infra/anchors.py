"""The audit's signing key, and the file of anchors that lies outside of the database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from caredesk.audit.rules import Anchor, Cut, Link, anchor_line, cut_line
from caredesk.audit.signing import new_signing_key, public_key_of, seal, sign, sign_cut, sign_tree
from caredesk.audit.tree import Stretch, Tree, tree_line
from caredesk.infra.secrets import secret_from

FILE = "anchors.jsonl"


class AnchorBook:
    """Signs anchors and writes each as a line of JSON to a file: whoever cuts the database does not cut that.

    Copy the file to where the desk's administrators cannot write (docs/audit.md).
    """

    def __init__(self, data_dir: Path) -> None:
        self._private = secret_from(data_dir, name="audit", make=new_signing_key)
        self._folder = data_dir / "audit"

    @property
    def public_key(self) -> str:
        """Return what whoever checks is given: the public key in base64."""
        return public_key_of(self._private)

    def sign(self, link: Link, *, at: datetime) -> Anchor:
        """Sign the chain up to a link; when this returns, the line is on disk."""
        anchor = sign(self._private, link=link, at=at)
        self._write(anchor_line(anchor))
        return anchor

    def sign_tree(self, stretch: Stretch, *, at: datetime) -> Tree:
        """Sign the tree over a stretch of entries; when this returns, the line is on disk."""
        tree = sign_tree(self._private, stretch=stretch, at=at)
        self._write(tree_line(tree))
        return tree

    def sign_cut(self, cut: Cut) -> Cut:
        """Sign how the chain begins; when this returns, the line is on disk."""
        signed = sign_cut(self._private, cut=cut)
        self._write(f'{{"cut": {cut_line(signed)}}}')
        return signed

    def seal(self, message: bytes) -> str:
        """Return a signature in base64 over something that is kept elsewhere, such as a bundle's manifest."""
        return seal(self._private, message=message)

    def _write(self, line: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._folder / FILE, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def written(self) -> list[Anchor]:
        """Return the anchors of the file; a line that was cut off while it was written does not count."""
        return list(read_anchors(self._folder / FILE))


def read_anchors(path: Path) -> Iterator[Anchor]:
    """Yield the anchors of a file, those that can be read; a file that is not there has none. Trees are passed over."""
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    for line in lines:
        try:
            found = json.loads(line)
            at = datetime.fromisoformat(found["at"])
            yield Anchor(int(found["number"]), found["hash"], at, found["key_id"], found["signature"])
        except (ValueError, KeyError, TypeError):
            continue
