"""Requests to others leave by one door (`infra/outside.py`), which judges addresses and ends all waiting.

A library of one's own that asks would resolve names again, follow whoever it is sent to, and wait for ever.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.conventions.source import Module, calls, module_of, modules

ASKING = frozenset(
    {"aiohttp", "ftplib", "http.client", "httpx", "requests", "smtplib", "telnetlib", "urllib.request", "urllib3"}
)
CONNECTING = ("socket.create_connection", "asyncio.open_connection", "urlopen", "webpush")

ALLOWED = {
    "infra/outside.py": "the door",
    "infra/hotline/http.py": "the telephone engine asks its own desk, where a setting says",
    "infra/hotline/freeswitch/event_socket.py": "the engine's own switch, where a setting says",
    "infra/checkup/machine.py": "whoever keeps the machine asks it, and the clock they name",
    "infra/messages/loopback.py": "the demo's provider reports to its own desk",
    "infra/parcels/loopback.py": "the demo's carrier reports to its own desk",
    "infra/traffic/clients.py": "the demo's families and staff, who use the desk that a command names",
}


def asked_by(module: Module) -> Iterator[str]:
    """Yield by what a module asks others."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in ASKING)
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
            yield from whole & ASKING
    yield from (name for name, _ in calls(module.tree) if name.endswith(CONNECTING))


def test_nobody_asks_others_past_the_door() -> None:
    found = {module.name: sorted(asked_by(module)) for module in modules() if module.name not in ALLOWED}
    assert {name: ways for name, ways in found.items() if ways} == {}


def test_each_exception_still_needs_it() -> None:
    asking = {module.name for module in modules() if any(asked_by(module))}
    assert set(ALLOWED) <= asking


@pytest.mark.parametrize(
    "text",
    [
        "import http.client",
        "from http import client",
        "import urllib.request as far",
        "from requests import get",
        "import socket\nsocket.create_connection(('x', 1))",
        "async def f():\n    import httpx",
        "from pywebpush import webpush\nwebpush({})",
    ],
)
def test_the_rule_sees_every_way(text: str) -> None:
    assert list(asked_by(module_of(text)))


def test_the_rule_lets_what_only_reads_addresses_be() -> None:
    assert not list(asked_by(module_of("from http.server import HTTPServer\nfrom urllib.parse import urlsplit")))
