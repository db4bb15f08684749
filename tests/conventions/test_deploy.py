"""What stands in `deploy/` fits the desk: units, Compose and nginx name settings and commands that exist."""

from __future__ import annotations

import configparser
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from caredesk.cli.main import COMMANDS
from caredesk.infra.live import make_server
from caredesk.settings import Settings
from tests.conventions.source import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
NGINX = (DEPLOY / "nginx" / "caredesk.conf").read_text("utf-8")
NAMES = {f"CAREDESK_{name.upper()}" for name in Settings.model_fields}

HARDENING = {
    "NoNewPrivileges": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service",
    "UMask": "0077",
}


def unit(path: Path) -> configparser.ConfigParser:
    # The same word may stand in several lines; systemd adds them up.
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, "utf-8")
    return parser


def environment() -> dict[str, str]:
    """Return what the units' environment file sets."""
    lines = (DEPLOY / "systemd" / "environment").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def compose() -> dict[str, Any]:
    text = (DEPLOY / "compose" / "compose.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


def directives(name: str, text: str = NGINX) -> list[str]:
    return re.findall(rf"^\s*{name}\s+(.+?);", text, re.MULTILINE)


def seconds(written: str) -> int:
    return int(written.removesuffix("s"))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_unit_starts_a_command_that_exists_and_is_hardened(path: Path) -> None:
    service = unit(path)["Service"]
    program, command, *_ = service["ExecStart"].split()
    assert Path(program).name == "caredesk"
    assert command in COMMANDS
    assert {name: service.get(name) for name in HARDENING} == HARDENING
    assert set(re.findall(r"^Environment=(\w+)=", path.read_text("utf-8"), re.MULTILINE)) <= NAMES
    # A stop lets requests and jobs end; systemd must have more patience than they.
    assert int(service["TimeoutStopSec"]) >= 30


def test_the_target_starts_two_of_each() -> None:
    wanted = re.findall(r"caredesk-(\w+)@(\w+)\.service", (DEPLOY / "systemd" / "caredesk.target").read_text("utf-8"))
    for kind in ("web", "worker", "timer"):
        assert len({instance for name, instance in wanted if name == kind}) == 2
        assert (DEPLOY / "systemd" / f"caredesk-{kind}@.service").exists()


def test_every_setting_of_the_units_exists_and_makes_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(environment()) <= NAMES
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.size, settings.trusted_proxies, settings.secure_cookies) == ("scaled", 1, True)


def test_every_setting_of_compose_exists_and_every_process_has_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    services = {name: one for name, one in compose()["services"].items() if one.get("image") == "caredesk"}
    assert set(services) == {"web-1", "web-2", "worker", "timer"}
    for one in services.values():
        assert set(one["environment"]) <= NAMES
        assert one["command"][0] in COMMANDS
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
    nodes = [services[name]["environment"]["CAREDESK_NODE"] for name in ("web-1", "web-2")]
    assert len(set(nodes)) == 2
    for name, value in services["web-1"]["environment"].items():
        monkeypatch.setenv(name, value)
    assert Settings().size == "scaled"


def test_secrets_are_nowhere_in_it() -> None:
    text = (DEPLOY / "compose" / "compose.yaml").read_text("utf-8")
    assert set(re.findall(r"PASSWORD: (.*)", text)) == {"${POSTGRES_PASSWORD:?set it in .env}"}
    assert "change-me" in environment()["CAREDESK_DATABASE_URL"]


def test_nginx_lets_through_what_the_desk_takes() -> None:
    (largest,) = directives("client_max_body_size")
    assert int(largest.removesuffix("m")) * 1_000_000 >= Settings().request_bytes
    pings = make_server().eio
    assert seconds(directives("proxy_read_timeout")[0]) > pings.ping_interval + pings.ping_timeout


def test_both_ways_of_nginx_lead_to_the_same_processes() -> None:
    blocks = re.findall(r"^upstream \w+ \{(.+?)^\}", NGINX, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for one, other in pairwise(blocks):
        assert directives("server", one) == directives("server", other) != []


def test_compose_has_the_same_nginx_but_for_names() -> None:
    copied = (DEPLOY / "compose" / "nginx.conf").read_text("utf-8")
    for here, there in (("web-1:5000", "127.0.0.1:5001"), ("web-2:5000", "127.0.0.1:5002"), ("ssl/desk/", "ssl/")):
        copied = copied.replace(here, there)
    assert copied == NGINX
