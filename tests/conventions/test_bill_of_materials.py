"""What the bill of materials says of this environment, and that its audit sees what must not be shipped."""

from __future__ import annotations

import importlib.util
import json
from email.message import Message
from types import ModuleType
from typing import Any

import pytest

from devtools.sbom import Part, bill, licence_of, npm_parts, python_parts
from tests.conventions.source import ROOT


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ci_audit", ROOT / ".ci" / "audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bill_names_both_sides_and_the_same_parts_make_the_same_bill() -> None:
    parts = [*npm_parts(), *python_parts()]
    made = [json.loads(bill(parts, version="1")) for _ in range(2)]
    names = {one["name"] for one in made[0]["components"]}
    assert made[0]["bomFormat"] == "CycloneDX" and made[0]["specVersion"] == "1.6"
    assert {"flask", "sqlalchemy", "pydantic-core", "vue", "socket.io-client"} <= names
    assert not {"caredesk", "pytest", "eslint", "vitest"} & names
    assert made[0]["serialNumber"] == made[1]["serialNumber"]
    needed = {one["ref"]: one.get("dependsOn", []) for one in made[0]["dependencies"]}
    assert any(ref.startswith("pkg:pypi/werkzeug@") for ref in needed[_ref(made[0], "flask")])


def _ref(made: dict[str, Any], name: str) -> str:
    return next(str(one["bom-ref"]) for one in made["components"] if one["name"] == name)


def test_the_lists_of_the_audit_can_be_read_and_are_content_with_what_is_pinned(audit: ModuleType) -> None:
    bad, pins = audit.lines("known_bad.txt"), audit.pins()
    assert pins["flask"] and all(len(line.split(" ", 3)) == 4 for line in bad)
    found = [why for name, version in pins.items() for why in audit.warnings("pypi", name, version, bad=bad)]
    assert found == []


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (Part("pypi", "good", "1.0", "MIT OR GPL-3.0-only"), ""),
        (Part("pypi", "good", "1.1", "MIT"), "not the version"),
        (Part("pypi", "good", "1.0", "MIT AND GPL-3.0-only"), "is under"),
        (Part("pypi", "good", "1.0", ""), "no licence"),
        (Part("pypi", "rotten", "2.0", "MIT"), "leaks"),
        (Part("npm", "@a/b", "1.0", "MIT"), "no sum"),
        (Part("npm", "@a/b", "1.0", "MIT", "sha512-AAAA"), ""),
    ],
)
def test_what_must_not_be_shipped_is_seen(audit: ModuleType, part: Part, fault: str) -> None:
    parts = json.loads(bill([part], version="1"))["components"]
    pins = {"good": "1.0", "rotten": "2.0"}
    faults = audit.audit(parts, pins=pins, allowed=["MIT"], bad=["pypi rotten <2.1 it leaks"])
    assert (len(faults), fault in "".join(faults)) == (1 if fault else 0, True)


def test_a_licence_is_read_from_wherever_a_package_tells_it() -> None:
    told = Message()
    told["License"] = "BSD\nand a long text"
    assert licence_of(told) == "BSD"
    told["Classifier"] = "License :: OSI Approved :: MIT License"
    assert licence_of(told) == "MIT License"
    told["License-Expression"] = "MIT"
    assert licence_of(told) == "MIT"
