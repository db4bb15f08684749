"""Audits the bill of materials in dist/ without a network: pins, sums, licences, and versions known to be bad."""

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent


def main() -> None:
    bills = sorted((ROOT / "dist").glob("*.cdx.json"))
    if not bills:
        sys.exit("There is no bill of materials in dist/: run `python3 dev.py build` first.")
    parts = json.loads(bills[-1].read_text("utf-8"))["components"]
    faults = audit(parts, pins=pins(), allowed=lines("licences.txt"), bad=lines("known_bad.txt"))
    if faults:
        sys.exit("\n".join(faults))
    print(f"The {len(parts)} parts of others are pinned, under licences that are allowed, and none is known to be bad.")


def audit(parts: list[dict[str, Any]], *, pins: dict[str, str], allowed: list[str], bad: list[str]) -> list[str]:
    """Return what is wrong with parts, a sentence each."""
    told = dict(line.split(" = ") for line in allowed if " = " in line)
    names = {line for line in allowed if " = " not in line}
    faults: list[str] = []
    for part in parts:
        kind, name, version = kind_of(part), part["name"], part["version"]
        if kind == "pypi" and pins.get(name) != version:
            faults.append(f"{name} {version} is not the version in constraints.txt ({pins.get(name)}).")
        if kind == "npm" and not part.get("hashes"):
            faults.append(f"{name} {version} has no sum in package-lock.json.")
        licence = licence_of(part) or told.get(f"{kind} {name}", "")
        if not is_allowed(licence, names=names):
            faults.append(f"{name} {version} is under {licence or 'no licence that it tells'!r}; see .ci/licences.txt.")
        faults += [f"{name} {version}: {why}" for why in warnings(kind, name, version, bad=bad)]
    return faults


def kind_of(part: dict[str, Any]) -> str:
    return re.match(r"pkg:(\w+)/", unquote(part["purl"]))[1]


def licence_of(part: dict[str, Any]) -> str:
    """Return the first licence that a part names, as a word or an expression."""
    for one in part.get("licenses", []):
        inner = one.get("license", {})
        return one.get("expression") or inner.get("id") or inner.get("name") or ""
    return ""


def is_allowed(licence: str, *, names: set[str]) -> bool:
    """Tell whether an expression can be kept: of what is joined by OR one is enough, of AND all are needed."""
    if licence in names:
        return True
    bare = licence.replace("(", " ").replace(")", " ")
    needed = [choice.split(" OR ") for choice in bare.split(" AND ")]
    return all(any(one.strip() in names for one in choices) for choices in needed)


def warnings(kind: str, name: str, version: str, *, bad: list[str]) -> list[str]:
    """Return why a version must not be shipped."""
    known = [line.split(" ", 3) for line in bad]
    return [
        why
        for bad_kind, bad_name, versions, why in known
        if (bad_kind, bad_name) == (kind, name) and SpecifierSet(versions, prereleases=True).contains(version)
    ]


def pins() -> dict[str, str]:
    """Return the pinned version of each Python package, by its plain name."""
    pinned = [line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if "==" in line]
    return {re.sub(r"[-_.]+", "-", name).lower(): version.split(";")[0].strip() for name, version in pinned}


def lines(name: str) -> list[str]:
    """Return the lines of a list that say something."""
    return [line for line in (HERE / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]


if __name__ == "__main__":
    main()
