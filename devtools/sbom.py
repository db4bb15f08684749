"""Writes which third-party parts a wheel is made of and runs with: a CycloneDX 1.6 bill of materials, in JSON.

Python's parts are those that the installed package requires, npm's those that the lock file builds into the pages.
Run by `dev.py build` with the Python of .venv: `python -m devtools.sbom dist/caredesk.cdx.json`.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from devtools.programs import ROOT

LOCK = ROOT / "web" / "package-lock.json"


@dataclass(frozen=True, order=True)
class Part:
    """A third-party package: `kind` is `pypi` or `npm`, `licence` what it says of itself."""

    kind: str
    name: str
    version: str
    licence: str
    integrity: str = ""
    needs: tuple[str, ...] = field(default=(), compare=False)


# --- Python ---------------------------------------------------------------------------------------------------


def python_parts(root: str = "caredesk") -> list[Part]:
    """Return what an installed package requires, and what that requires, without extras that nobody asked for."""
    found: dict[str, Part] = {}
    waiting = [Requirement(root)]
    while waiting:
        wanted = waiting.pop()
        name = plain_name(wanted.name)
        distribution = metadata.distribution(wanted.name)
        needs = list(_needs(distribution, extras=wanted.extras))
        # Asked for again with other extras, a package may need more than before.
        waiting.extend(one for one in needs if plain_name(one.name) not in found or one.extras)
        known = found[name].needs if name in found else ()
        names = tuple(sorted({*known, *(plain_name(one.name) for one in needs)}))
        if names == known and name in found:
            continue
        found[name] = Part("pypi", name, distribution.version, licence_of(distribution.metadata), needs=names)
    return sorted(part for name, part in found.items() if name != plain_name(root))


def _needs(distribution: metadata.Distribution, *, extras: set[str]) -> Iterator[Requirement]:
    for line in distribution.requires or []:
        wanted = Requirement(line)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield wanted


def plain_name(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(told: Any) -> str:  # noqa: ANN401 (a message of the standard library)
    """Return the licence that a package's metadata name: its expression, else its classifiers, else a short word."""
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    classified = [
        line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    named = [one for one in classified if one != "OSI Approved"]
    if named:
        return " OR ".join(sorted(named))
    written = str(told.get("License") or "").strip()
    return written if "\n" not in written and len(written) <= 60 else written.splitlines()[0][:60]


# --- npm ------------------------------------------------------------------------------------------------------


def npm_parts(lock: Path = LOCK) -> list[Part]:
    """Return what the pages are built with and contain; tools of development are none of it."""
    packages: dict[str, dict[str, Any]] = json.loads(lock.read_text("utf-8"))["packages"]
    shipped = {path: one for path, one in packages.items() if path and not one.get("dev") and not one.get("link")}
    return sorted({_npm_part(path, one) for path, one in shipped.items()})


def _npm_part(path: str, one: dict[str, Any]) -> Part:
    # The same version may lie in several places.
    name = path.rpartition("node_modules/")[2]
    return Part("npm", name, one["version"], one.get("license", ""), one.get("integrity", ""))


# --- the bill -------------------------------------------------------------------------------------------------


def bill(parts: list[Part], *, version: str) -> str:
    """Return the bill of materials as CycloneDX 1.6 JSON; the same parts make the same serial number."""
    desk = Component(name="caredesk", version=version, type=ComponentType.APPLICATION, bom_ref=f"caredesk@{version}")
    made = Bom(components=[_component(part) for part in parts])
    made.metadata.component = desk
    made.serial_number = uuid5(
        NAMESPACE_URL, f"caredesk@{version} " + " ".join(f"{p.kind}:{p.name}@{p.version}" for p in parts)
    )
    by_name = {one.name: one for one in made.components if one.purl is not None and one.purl.type == "pypi"}
    needed = {name for part in parts for name in part.needs}
    made.register_dependency(desk, [one for one in made.components if one.name not in needed])
    for part in parts:
        if part.needs:
            made.register_dependency(by_name[part.name], [by_name[name] for name in part.needs if name in by_name])
    return JsonV1Dot6(made).output_as_string(indent=2)


def _component(part: Part) -> Component:
    namespace, _, name = part.name.rpartition("/")
    purl = PackageURL(part.kind, namespace or None, name, part.version)
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=str(purl),
        licenses=[LicenseFactory().make_from_string(part.licence)] if part.licence else [],
        hashes=_hashes(part.integrity),
    )


def _hashes(integrity: str) -> list[HashType]:
    """Return npm's sum of a package, which is SHA-512 in base64, as the bill writes sums."""
    kind, _, value = integrity.partition("-")
    if kind != "sha512":
        return []
    return [HashType(alg=HashAlgorithm.SHA_512, content=base64.b64decode(value).hex())]


def main(arguments: list[str]) -> int:
    """Write the bill to the file that is named."""
    parts = [*npm_parts(), *python_parts()]
    Path(arguments[0]).write_text(bill(parts, version=metadata.version("caredesk")) + "\n", encoding="utf-8")
    print(f"      {arguments[0]}: {len(parts)} parts of others")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
