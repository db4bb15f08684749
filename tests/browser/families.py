"""Families whom the hospital vouches for: a parent with a signed identity, as an embedding app would send it."""

from __future__ import annotations

import json
import urllib.request
from datetime import datetime, timedelta
from typing import Any

import jwt
from playwright.sync_api import Page

from caredesk.core.clock import SystemClock
from tests.browser.desk_process import DeskProcess
from tests.browser.people import Parent

IDENTITY_MINUTES = 5


class Family(Parent):
    """A parent of the demo hospital's `families.csv`, known by the guardian's number there."""

    def __init__(self, desk: DeskProcess, *, guardian: str, title: str) -> None:
        super().__init__(desk.url, token=_token_of(desk, guardian=guardian))
        self._title = title

    @property
    def title(self) -> str:
        """The masked name, as staff see it."""
        return self._title

    def open_on(self, page: Page) -> Page:
        """Open the parent's page as this family."""
        page.add_init_script(f"localStorage.setItem('caredesk.token', JSON.stringify({self._token!r}))")
        page.goto("/chat")
        return page

    def parcels(self) -> list[Any]:
        """Return what the parent's page says of the family's parcels."""
        return list(self._ask("POST", "/visit", {"language": "zh"})["family"]["parcels"])


def desk_time(desk: DeskProcess) -> datetime:
    """Return the time it is for the running desk."""
    written = json.loads((desk.folder / "clock.json").read_text(encoding="utf-8"))
    return SystemClock().now() + timedelta(seconds=written["shift_seconds"])


def let_pass(desk: DeskProcess, *, time: timedelta) -> None:
    """Make it later for the running desk."""
    desk.set_clock(desk_time(desk) + time)


def _token_of(desk: DeskProcess, *, guardian: str) -> str:
    body = json.dumps({"language": "zh", "identity": _identity(desk, guardian=guardian)}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{desk.url}/api/chat/visit", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.loads(answer.read())["token"])


def _identity(desk: DeskProcess, *, guardian: str) -> str:
    secret = (desk.data_dir / "secrets" / "identity").read_text(encoding="utf-8").strip()
    issued = desk_time(desk)
    expires = issued + timedelta(minutes=IDENTITY_MINUTES)
    claims = {"sub": guardian, "aud": "caredesk", "iat": int(issued.timestamp()), "exp": int(expires.timestamp())}
    return jwt.encode(claims, secret, algorithm="HS256")
