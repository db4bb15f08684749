"""Checks an exported audit: `python check_export.py [folder]`. It is copied beside each export and needs no caredesk.

Needs Python 3.11; signatures are checked when the package `cryptography` is there, and else it says that they were not.
What is checked stands in docs/audit.md. Compare the public key with the one that the hospital keeps elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

FORMAT = "caredesk.audit.1"
TEXTS = ("actor_kind", "actor_id", "deed", "subject", "why", "record", "way", "view", "request_id", "address")


def main(folder: Path) -> int:
    """Print what is wrong, or that nothing is; 0 when all is well, 1 when not, 3 without a look at signatures."""
    lines = (folder / "anchors.jsonl").read_text("ascii").splitlines()
    anchors = [json.loads(line) for line in lines]
    signed = {anchor["number"]: anchor["hash"] for anchor in anchors}
    cut = json.loads((folder / "cut.json").read_text("ascii")) if (folder / "cut.json").exists() else None
    fault = _read_chain(folder / "entries.jsonl", signed=signed, cut=cut)
    if fault:
        _say(f"BROKEN: {fault}")
        return 1
    return _check_signatures(anchors, cut=cut, public=(folder / "public_key").read_text("ascii").strip())


def _read_chain(path: Path, *, signed: dict[int, str], cut: dict[str, Any] | None) -> str:
    signed = {**signed, 0: "0" * 64}
    before: tuple[int, str] | None = None
    emptied = _Emptied(cut)
    with path.open(encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            number = entry["number"]
            if before is None:
                # An export may begin later, but then behind an entry that is signed.
                if number - 1 not in signed:
                    return f"entry {number - 1} is neither there nor signed: the beginning was cut off"
                before = (number - 1, signed[number - 1])
            fault = _fault(
                entry, number=before[0] + 1, previous=before[1], signed=signed, emptied=emptied.lawfully(entry)
            )
            fault = fault or emptied.fault_after(entry)
            if fault:
                return fault
            before = (number, entry["hash"])
    last = before[0] if before else 0
    if max(signed) > last:
        return f"entry {last + 1} is missing: the end was cut off"
    _say(f"the chain is whole up to entry {last}; signed up to entry {max(signed)}")
    return ""


class _Emptied:
    """Old entries may have lost their words; which have not stands in the cut's sum, where all of them are here."""

    def __init__(self, cut: dict[str, Any] | None) -> None:
        self._until = cut["emptied_until"] if cut else 0
        self._cut, self._kept, self._first = cut, hashlib.sha256(), 0

    def lawfully(self, entry: dict[str, Any]) -> bool:
        return bool(entry["deed"] == "" and entry["number"] <= self._until)

    def fault_after(self, entry: dict[str, Any]) -> str:
        self._first = self._first or entry["number"]
        if entry["deed"] and entry["number"] <= self._until:
            self._kept.update(f"{entry['number']}:{entry['hash']}\n".encode())
        if not self._cut or entry["number"] != self._until or self._first != self._cut["number"] + 1:
            return ""
        whole = self._kept.hexdigest() == self._cut["kept"]
        return "" if whole else f"up to entry {self._until} others have lost their words than the cut says"


def _fault(entry: dict[str, Any], *, number: int, previous: str, signed: dict[int, str], emptied: bool) -> str:
    texts = [entry[name] for name in TEXTS]
    values = [FORMAT, entry["number"], entry["at"], *texts, entry["previous"]]
    written = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    faults = {
        f"entry {number} is missing": entry["number"] != number,
        f"entry {number} was changed": not emptied and hashlib.sha256(written).hexdigest() != entry["hash"],
        f"entry {number} does not follow the one before": entry["previous"] != previous,
        f"entry {number} is not the one that was signed": signed.get(number, entry["hash"]) != entry["hash"],
    }
    return next((fault for fault, found in faults.items() if found), "")


def _check_signatures(anchors: list[dict[str, object]], *, cut: dict[str, Any] | None, public: str) -> int:
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError:
        _say("signatures were NOT checked: install the package cryptography")
        return 3
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    for anchor in anchors:
        message = f"{FORMAT}.anchor\n{anchor['number']}\n{anchor['hash']}\n{anchor['at']}\n".encode()
        try:
            key.verify(base64.b64decode(str(anchor["signature"])), message)
        except InvalidSignature:
            _say(f"BROKEN: the anchor of entry {anchor['number']} is not signed by this key")
            return 1
    if cut is not None:
        values = (cut["number"], cut["hash"], cut["emptied_until"], cut["kept"], cut["at"])
        message = "\n".join([f"{FORMAT}.cut", *map(str, values), ""]).encode()
        try:
            key.verify(base64.b64decode(str(cut["signature"])), message)
        except InvalidSignature:
            _say(f"BROKEN: the cut at entry {cut['number']} is not signed by this key")
            return 1
    _say(f"{len(anchors)} signatures are those of the key {public}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent))
