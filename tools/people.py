"""The people of the pictures: families behind the visitor's API, and staff who sit at consoles."""

from __future__ import annotations

import json
import urllib.request
import uuid
from datetime import datetime, timedelta
from typing import Any

import jwt
from playwright.sync_api import BrowserContext, Page

from caredesk.core.clock import SystemClock
from tests.browser.desk_process import DeskProcess

PASSWORD = "caredesk-demo"  # noqa: S105 (of the invented accounts; it stands in the README)
PATIENCE = 60_000
LOOKS = 150


class SceneBroken(Exception):
    """Something that the scene waits for did not happen."""


def desk_time(desk: DeskProcess) -> datetime:
    """Return the time it is for the running desk."""
    written = json.loads((desk.folder / "clock.json").read_text("utf-8"))
    return SystemClock().now() + timedelta(seconds=written["shift_seconds"])


def let_pass(desk: DeskProcess, *, minutes: float) -> None:
    """Make it later for the running desk."""
    desk.set_clock(desk_time(desk) + timedelta(minutes=minutes))


def identity_of(desk: DeskProcess, *, guardian: str) -> str:
    """Vouch for a family of the demo hospital, as the hospital's own app would."""
    secret = (desk.data_dir / "secrets" / "identity").read_text("ascii").strip()
    issued = int(desk_time(desk).timestamp())
    claims = {"sub": guardian, "aud": "caredesk", "iat": issued, "exp": issued + 300}
    return jwt.encode(claims, secret, algorithm="HS256")


class Parent:
    """A parent who writes through the visitor's API, known by the guardian's number or anonymous."""

    def __init__(self, desk: DeskProcess, *, guardian: str = "") -> None:
        self._desk = desk
        self._token = ""
        self.conversation_id = ""
        identity = identity_of(desk, guardian=guardian) if guardian else None
        self._token = str(self._post("/visit", {"language": "zh", "identity": identity})["token"])

    def say(self, text: str) -> None:
        self._note(self._post("/messages", {"client_key": uuid.uuid4().hex, "body": {"kind": "text", "text": text}}))

    def ask_for_person(self) -> None:
        self._note(self._post("/person", {"client_key": uuid.uuid4().hex}))

    def rate(self, *, score: int, reasons: list[str], comment: str) -> None:
        rating = {"score": score, "reasons": reasons, "comment": comment}
        self._post(f"/conversations/{self.conversation_id}/rating", rating)

    def _note(self, posted: dict[str, Any]) -> None:
        self.conversation_id = posted["conversation"]["id"]

    def _post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 (JSON)
        request = urllib.request.Request(  # noqa: S310 (our own desk)
            f"{self._desk.url}/api/chat{path}",
            method="POST",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")


def sign_in(context: BrowserContext, *, url: str, login: str) -> str:
    """Sign a browser profile in and return the token that its writes carry."""
    answer = context.request.post(f"{url}/api/auth/sign-in", data={"login": login, "password": PASSWORD})
    if not answer.ok:
        raise SceneBroken(f"{login} could not sign in: {answer.status}")
    return str(answer.json()["csrf_token"])


class Colleague:
    """Somebody at a console: the page keeps the line open, their commands go by its session."""

    def __init__(self, context: BrowserContext, *, url: str, login: str) -> None:
        self._url = url
        self._request = context.request
        self._csrf = sign_in(context, url=url, login=login)
        self.page: Page = context.new_page()
        self.page.goto(f"{url}/console")
        self.page.locator(".sync[data-phase=in_sync]").wait_for(timeout=PATIENCE)

    def become(self, state: str, *, reason: str = "") -> None:
        self._do("PUT", "/api/console/presence", {"state": state, "reason": reason})

    def accept(self, conversation_id: str) -> None:
        """Wait until the conversation is offered, and take it."""
        # Minutes that pass at once look like a line that was cut, and whose line was cut is not asked.
        self.become("ready")
        for _ in range(LOOKS):
            offers = self._do("GET", "/api/console/snapshot")["offers"]
            found = [offer["id"] for offer in offers if offer["conversation_id"] == conversation_id]
            if found:
                self._do("POST", f"/api/console/offers/{found[0]}/accept", {})
                return
            self.page.wait_for_timeout(200)
        raise SceneBroken("a conversation was never offered")

    def reply(self, conversation_id: str, text: str) -> None:
        head = self._do("GET", f"/api/console/conversations/{conversation_id}")["head"]
        body = {"client_key": uuid.uuid4().hex, "seen_seq": head, "body": {"kind": "text", "text": text}}
        self._do("POST", f"/api/console/conversations/{conversation_id}/replies", {**body, "confirmed": True})

    def note(self, conversation_id: str, text: str) -> None:
        path = f"/api/console/conversations/{conversation_id}/notes"
        self._do("POST", path, {"client_key": uuid.uuid4().hex, "text": text})

    def close(self, conversation_id: str, *, category: str, outcome: str) -> None:
        path = f"/api/console/conversations/{conversation_id}/close"
        self._do("POST", path, {"category": category, "outcome": outcome, "note": ""})

    def _do(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 (JSON)
        answer = self._request.fetch(
            f"{self._url}{path}", method=method, data=body, headers={"X-CSRF-Token": self._csrf}, timeout=PATIENCE
        )
        if not answer.ok:
            raise SceneBroken(f"{method} {path}: {answer.status} {answer.text()}")
        return answer.json() if answer.body() else None
