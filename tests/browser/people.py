"""The people of browser tests: a parent behind the visitor's API, and agents at their consoles."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from typing import Any

from playwright.sync_api import Locator, Page, expect

PASSWORD = "caredesk-demo"
# A busy machine may need this long to start a browser, a bot and a queue.
PATIENCE = 20_000


class Parent:
    """A parent who writes through the visitor's API."""

    def __init__(self, url: str, *, token: str = "") -> None:
        self._url = url
        self._token = token
        self._token = token or str(self._ask("POST", "/visit", {"language": "zh"})["token"])
        self.conversation_id = ""
        self.number = ""

    @classmethod
    def at(cls, page: Page, *, url: str) -> Parent:
        """Return the parent who sits before a chat page."""
        someone = cls(url, token=json.loads(page.evaluate("localStorage.getItem('caredesk.token')")))
        newest = someone._ask("GET", "/conversations")["conversations"][0]
        someone._note({"conversation": newest})
        return someone

    def say(self, text: str) -> None:
        body = {"kind": "text", "text": text}
        self._note(self._ask("POST", "/messages", {"client_key": uuid.uuid4().hex, "body": body}))

    def ask_for_person(self) -> None:
        self._note(self._ask("POST", "/person", {"client_key": uuid.uuid4().hex}))

    def end(self) -> None:
        self._ask("POST", f"/conversations/{self.conversation_id}/end", {})

    def texts(self) -> list[str]:
        """Return everything in words that this parent can read."""
        messages = self._ask("GET", f"/conversations/{self.conversation_id}")["messages"]
        return [message["body"]["text"] for message in messages if "text" in message["body"]]

    @property
    def title(self) -> str:
        return f"访客 {self.number[-4:]}"

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _note(self, posted: dict[str, Any]) -> None:
        self.conversation_id, self.number = posted["conversation"]["id"], posted["conversation"]["number"]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self._url}/api/chat{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self._credentials()},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


def sign_in(page: Page, *, login: str) -> None:
    page.goto("/console")
    page.get_by_label("账号", exact=True).fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".sync")).to_have_attribute("data-phase", "in_sync", timeout=PATIENCE)


def become_ready(page: Page) -> None:
    page.locator(".presence").click()
    page.get_by_role("menuitemradio", name="接待中").click()
    expect(page.locator(".presence")).to_have_attribute("data-state", "ready")


def take(page: Page, *, parent: Parent) -> None:
    """Have the parent ask for a person and the agent accept."""
    parent.ask_for_person()
    expect(page.locator(".offer")).to_contain_text(parent.title, timeout=PATIENCE)
    page.get_by_role("button", name="接受").click()
    expect(page.get_by_role("heading", name=parent.title)).to_be_visible()
    expect(page.get_by_role("textbox", name="回复家长")).to_be_visible()


def take_from_page(page: Page, *, chat: Page, url: str) -> Parent:
    """Have the parent before a chat page ask for a person and the agent accept."""
    chat.get_by_role("button", name="找人工").click()
    expect(page.locator(".offer")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("a")
    expect(page.get_by_role("textbox", name="回复家长")).to_be_visible(timeout=PATIENCE)
    return Parent.at(chat, url=url)


def reply(page: Page, text: str) -> None:
    """Write and send, as somebody who has read what is there."""
    expect(timeline(page)).to_have_attribute("data-behind", "0")
    send(page, text)


def answer_of(page: Page, asked: str, *, patience: float = PATIENCE) -> Any:
    """Ask a page again and again, for so many milliseconds, until what it answers is something.

    `wait_for_function` takes the promise of an answer for the answer, so it never waits for an async question.
    """
    until = time.monotonic() + patience / 1000
    while not (answer := page.evaluate(asked)):
        if time.monotonic() > until:
            raise AssertionError(f"no answer came to {asked}")
        page.wait_for_timeout(50)
    return answer


def send(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="回复家长").fill(text)
    page.keyboard.press("Enter")


def timeline(page: Page) -> Locator:
    return page.get_by_role("log")
