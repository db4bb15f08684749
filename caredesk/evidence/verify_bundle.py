"""Checks a bundle of evidence: `python verify_bundle.py FILE.zip [--key BASE64] [--anchors anchors.jsonl]`.

It needs Python 3.11 or newer and nothing else, and names the first thing that does not fit. What a bundle holds and
what this proves stands in docs/evidence.md. Give the key that the hospital has made known elsewhere: without it, only
that the bundle fits itself is checked. With `--anchors`, the lines that were kept outside of the hospital, each
signature over the audit must stand there as well.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

BUNDLE = "caredesk.evidence.1"
AUDIT = "caredesk.audit.1"
TEXTS = ("actor_kind", "actor_id", "deed", "subject", "why", "record", "way", "view", "request_id", "address")
FRONT = ("manifest.json", "manifest.sig", "public_key")
PIECE = 1 << 20


class Misfit(Exception):
    """The first thing that does not fit, in words."""


@dataclass(frozen=True)
class Found:
    """What a bundle that fits says of itself."""

    manifest: dict[str, Any]
    entries: int
    trees: int
    told: int
    """How many entries of the timeline stand in the audit at their time."""
    timeline: int
    elsewhen: tuple[int, ...]
    """Which entries of the timeline stand in the audit at another time: theirs was changed, or they were brought in."""


def check_bundle(path: Path, *, key: str = "", anchors: Path | None = None) -> Found:
    """Return what a bundle says of itself; raise Misfit with the first thing that does not fit."""
    try:
        with zipfile.ZipFile(path) as bundle:
            manifest = _check_manifest(bundle, key=key)
            _check_members(bundle, manifest=manifest)
            return _check_audit(bundle, manifest=manifest, kept=_lines_of(anchors) if anchors else None)
    except zipfile.BadZipFile:
        raise Misfit("the file is damaged, or no ZIP at all") from None


# ---- the manifest ----------------------------------------------------------------------------------------


def _check_manifest(bundle: zipfile.ZipFile, *, key: str) -> dict[str, Any]:
    for name in FRONT:
        if name not in bundle.namelist():
            raise Misfit(f"{name} is missing")
    written, public = _read(bundle, "manifest.json"), _read(bundle, "public_key").decode("ascii", "replace").strip()
    if key and key.strip() != public:
        raise Misfit("public_key is another key than the one that was given")
    signature = _read(bundle, "manifest.sig").decode("ascii", "replace").strip()
    if not is_signed(f"{BUNDLE}\n".encode() + written, signature=signature, public=public):
        raise Misfit("manifest.json, manifest.sig and public_key do not belong together: one of them was changed")
    manifest: dict[str, Any] = json.loads(written)
    if manifest["format"] != BUNDLE:
        raise Misfit(f"manifest.json is of the format {manifest['format']}, which this program does not know")
    return manifest


def _check_members(bundle: zipfile.ZipFile, *, manifest: dict[str, Any]) -> None:
    wanted = [*FRONT, *(member["name"] for member in manifest["members"])]
    there = bundle.namelist()
    for name in wanted:
        if name not in there:
            raise Misfit(f"{name} is missing")
    for name in there:
        if name not in wanted or there.count(name) > 1:
            raise Misfit(f"{name} was put in: the manifest does not name it, or names it once")
    for name, place in zip(there, wanted, strict=True):
        if name != place:
            raise Misfit(f"{name} stands where {place} belongs")
    for member in manifest["members"]:
        if _sum_of(bundle, member["name"]) != (member["size"], member["sha256"]):
            raise Misfit(f"{member['name']} was changed: it has another sum than the manifest says")


def _sum_of(bundle: zipfile.ZipFile, name: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        with bundle.open(name) as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                size += len(piece)
    except zipfile.BadZipFile:
        raise Misfit(f"{name} is damaged") from None
    return size, digest.hexdigest()


def _read(bundle: zipfile.ZipFile, name: str) -> bytes:
    try:
        return bundle.read(name)
    except zipfile.BadZipFile:
        raise Misfit(f"{name} is damaged") from None


# ---- the audit -------------------------------------------------------------------------------------------


def _check_audit(bundle: zipfile.ZipFile, *, manifest: dict[str, Any], kept: set[str] | None) -> Found:
    public = _read(bundle, "public_key").decode("ascii").strip()
    trees = {tree["number"]: tree for tree in _lines(bundle, "audit/trees.jsonl")}
    for tree in trees.values():
        _check_signed(tree, words="tree", values=("first", "number", "root"), public=public, kept=kept)
    for anchor in _lines(bundle, "audit/anchors.jsonl"):
        _check_signed(anchor, words="anchor", values=("number", "hash"), public=public, kept=kept)
    proofs = {proof["number"]: proof for proof in _lines(bundle, "audit/proofs.jsonl")}
    entries = list(_lines(bundle, "audit/entries.jsonl"))
    for entry in entries:
        _check_entry(entry, proof=proofs.get(entry["number"]), trees=trees)
    return Found(manifest, len(entries), len(trees), *_compare_timeline(bundle, entries=entries))


def _check_signed(
    line: dict[str, Any], *, words: str, values: tuple[str, ...], public: str, kept: set[str] | None
) -> None:
    named = f"audit/{words}s.jsonl: the {words} of entry {line['number']}"
    message = "\n".join([f"{AUDIT}.{words}", *(str(line[value]) for value in values), line["at"], ""])
    if not is_signed(message.encode(), signature=line["signature"], public=public):
        raise Misfit(f"{named} is not signed by public_key")
    if kept is not None and line["signature"] not in kept:
        raise Misfit(f"{named} does not stand among the anchors that were kept elsewhere")


def _check_entry(entry: dict[str, Any], *, proof: dict[str, Any] | None, trees: dict[int, dict[str, Any]]) -> None:
    named = f"audit/entries.jsonl: entry {entry['number']}"
    values = [AUDIT, entry["number"], entry["at"], *(entry[name] for name in TEXTS), entry["previous"]]
    written = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    if hashlib.sha256(written).hexdigest() != entry["hash"]:
        raise Misfit(f"{named} does not give its hash")
    tree = trees.get(proof["tree"]) if proof else None
    if proof is None or tree is None or not tree["first"] <= entry["number"] <= tree["number"]:
        raise Misfit(f"{named} has no proof that it stood in the audit")
    if _root(entry, path=proof["path"], tree=tree) != tree["root"]:
        raise Misfit(f"{named} did not stand in the audit when it was signed")


def _root(entry: dict[str, Any], *, path: list[str], tree: dict[str, Any]) -> str:
    """Climb from an entry to the root: whoever has nobody beside it at a height rises as it is (RFC 6962)."""
    index, width = entry["number"] - tree["first"], tree["number"] - tree["first"] + 1
    node, steps = hashlib.sha256(b"\x00" + bytes.fromhex(entry["hash"])).digest(), iter(path)
    while width > 1:
        if index % 2 or index + 1 < width:
            beside = bytes.fromhex(next(steps, ""))
            node = hashlib.sha256(b"\x01" + (beside + node if index % 2 else node + beside)).digest()
        index, width = index // 2, (width + 1) // 2
    return node.hex() if next(steps, None) is None else ""


def _compare_timeline(bundle: zipfile.ZipFile, *, entries: list[dict[str, Any]]) -> tuple[int, int, tuple[int, ...]]:
    """Compare each entry of the timeline with the audit's by its time; old ones may have left the audit lawfully."""
    record = json.loads(_read(bundle, "record.json"))
    stream = f"staff:{record['conversation']['id']}"
    noted = {entry["record"]: entry["at"] for entry in entries if entry["deed"] == "entry.appended"}
    told, elsewhen = 0, []
    for entry in record["timeline"]:
        at = noted.get(f"{stream}#{entry['seq']}")
        if at is not None and datetime.fromisoformat(at) == datetime.fromisoformat(entry["at"]):
            told += 1
        elif at is not None:
            elsewhen.append(entry["seq"])
    return told, len(record["timeline"]), tuple(elsewhen)


def _lines(bundle: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    for line in _read(bundle, name).decode().split("\n"):
        if line:
            yield json.loads(line)


def _lines_of(path: Path) -> set[str]:
    """Return the signatures of lines that were kept elsewhere; what was cut off while it was copied does not count."""
    signatures: set[str] = set()
    for line in path.read_text("ascii", "replace").splitlines():
        try:
            signatures.add(str(json.loads(line)["signature"]))
        except (ValueError, KeyError, TypeError):
            continue
    return signatures


# ---- Ed25519 (RFC 8032, section 5.1), checking only ------------------------------------------------------

Point = tuple[int, int, int, int]
"""A point of the curve as X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z."""

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def is_signed(message: bytes, *, signature: str, public: str) -> bool:
    """Tell whether a signature in base64 is that of a message by a public key in base64."""
    try:
        signed, key = base64.b64decode(signature, validate=True), base64.b64decode(public, validate=True)
    except ValueError:
        return False
    point = _point_of(key) if len(key) == 32 and len(signed) == 64 else None
    scalar = int.from_bytes(signed[32:], "little")
    if point is None or scalar >= _ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signed[:32] + key + message).digest(), "little") % _ORDER
    x, y, z, t = point
    found = _add(_times(scalar, _BASE), _times(challenge, (-x % _P, y, z, -t % _P)))
    return _bytes_of(found) == signed[:32]


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def _point_of(encoded: bytes) -> Point | None:
    both = int.from_bytes(encoded, "little")
    y, odd = both & (2**255 - 1), both >> 255
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    x = x if x * x % _P == square else x * _ROOT % _P
    if x * x % _P != square or (x == 0 and odd):
        return None
    x = x if x & 1 == odd else _P - x
    return x, y, 1, x * y % _P


def _bytes_of(point: Point) -> bytes:
    shrunk = pow(point[2], -1, _P)
    x, y = point[0] * shrunk % _P, point[1] * shrunk % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE: Point = _point_of((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or (0, 1, 1, 0)


# ---- the command -----------------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Print what does not fit, or what the bundle is; 0 when all fits, 1 when not, 3 when only times differ."""
    words = argparse.ArgumentParser(description="Checks a bundle of evidence and names the first thing that is wrong.")
    words.add_argument("bundle", type=Path, help="the file")
    words.add_argument("--key", default="", help="the hospital's public key, base64, from elsewhere")
    words.add_argument("--anchors", type=Path, help="anchors.jsonl as it was kept elsewhere")
    given = words.parse_args(arguments)
    try:
        found = check_bundle(given.bundle, key=given.key, anchors=given.anchors)
    except (Misfit, OSError) as fault:
        _say(f"DOES NOT FIT: {fault}")
        return 1
    except (ValueError, KeyError, TypeError, AttributeError):
        # Signed, and yet not as a bundle is written: nobody who holds the key writes that.
        _say("DOES NOT FIT: what is inside cannot be read as a bundle")
        return 1
    manifest = found.manifest
    _say(f"FITS: {manifest['subject']}, made {manifest['made_at']}, {'masked' if manifest['masked'] else 'NOT masked'}")
    _say(f"{len(manifest['members'])} members have the sums that were signed")
    _say(f"{found.entries} entries stood in the audit, by {found.trees} signed trees")
    _say(f"{found.told} of {found.timeline} entries of the timeline stand in the audit at their time")
    if found.elsewhen:
        numbers = ", ".join(map(str, found.elsewhen))
        _say(f"LOOK: record.json: entries {numbers} of the timeline have another time than the audit says")
    _say(f"the key is {manifest['key_id']}" + ("" if given.key else ", NOT compared: give --key"))
    return 3 if found.elsewhen else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
