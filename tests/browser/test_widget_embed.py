"""The loader on somebody else's site: another origin, hostile rules, a strict policy, a family signed in there."""

from __future__ import annotations

import re
import threading
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.parent_page import PATIENCE, get

SECRET = "a secret that only this test and its desk share"
FAMILY = "G1001"
# Everything a site may do to elements that are not its own.
HOSTILE = """
body * { all: revert; color: red !important; transform: rotate(3deg) !important; }
div, button, iframe, span, svg { display: none !important; border: 9px solid red !important; width: 7px !important; }
caredesk-widget { position: static !important; display: none !important; opacity: 0.1 !important }
html { font-size: 3px !important }
"""
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>医院官网</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/site.css">
<script src="{desk}/widget.js" {attributes} defer></script></head>
<body><h1>医院官网</h1><p><a href="/">首页</a></p><p>{filler}</p></body></html>"""


class Site:
    """A site of another origin with a strict Content-Security-Policy that allows the desk's script and frame."""

    def __init__(self, desk: str) -> None:
        self.attributes = ""
        self.style = ""
        self._desk = desk
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._pages())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self) -> str:
        return PAGE.format(desk=self._desk, attributes=self.attributes, filler="医院介绍。" * 400)

    def _pages(self) -> type[BaseHTTPRequestHandler]:
        site, policy = (
            self,
            f"default-src 'none'; img-src data:; style-src 'self'; script-src {self._desk}; frame-src {self._desk}",
        )

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_style = self.path == "/site.css"
                content = (site.style if is_style else site.page()).encode()
                self.send_response(200)
                self.send_header("Content-Type", f"text/{'css' if is_style else 'html'}; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *values: object) -> None:  # noqa: A002 (the base class names it)
                """Say nothing; a failed test shows the desk's log."""

        return Pages


@pytest.fixture(scope="module")
def embedded_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """A desk that other sites of this machine may embed, and that knows the families' identities."""
    desk = DeskProcess.in_folder(tmp_path_factory.mktemp("embedded"))
    desk.settings = {"CAREDESK_EMBED_ORIGINS": "http://127.0.0.1:*", "CAREDESK_IDENTITY_SECRET": SECRET}
    desk.start()
    yield desk
    desk.stop()


@pytest.fixture
def site(embedded_desk: DeskProcess) -> Iterator[Site]:
    """A site that embeds the desk."""
    site = Site(embedded_desk.url)
    yield site
    site.close()


def launcher(page: Page) -> str:
    """Return where the round button is, as its accessible name begins."""
    expect(page.get_by_role("button", name="打开在线客服")).to_be_visible(timeout=PATIENCE)
    return "打开在线客服"


def chat(page: Page) -> FrameLocator:
    """Return the parent's page in its frame, once its first screen is there."""
    frame = page.frame_locator("caredesk-widget iframe")
    expect(frame.locator(".welcome .choice").first).to_be_visible(timeout=PATIENCE)
    return frame


def identity(desk: DeskProcess, *, family: str, age: timedelta = timedelta(0)) -> str:
    """Return what the site's server would sign for its signed-in user."""
    now = datetime.fromisoformat(get(desk, "/welcome")["server_time"]) - age
    claims = {"sub": family, "aud": "caredesk", "iat": now, "exp": now + timedelta(minutes=5)}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def test_a_parent_asks_from_another_site(open_agent: OpenPage, site: Site) -> None:
    page = open_agent()
    page.goto(site.url)
    page.get_by_role("button", name=launcher(page)).click()
    frame = chat(page)
    # The question box has the focus; nobody has to look for it.
    expect(frame.locator(".input")).to_be_focused()
    page.keyboard.insert_text("怎么注册互联网医院账号？")
    page.keyboard.press("Enter")
    expect(frame.locator(".theirs .is-answer")).to_be_visible(timeout=PATIENCE)


def test_no_rule_of_the_site_reaches_the_widget(open_agent: OpenPage, site: Site) -> None:
    site.style = HOSTILE
    page = open_agent()
    page.goto(site.url)
    button = page.get_by_role("button", name=launcher(page))
    assert button.bounding_box() == {"x": 1440 - 20 - 60, "y": 900 - 20 - 60, "width": 60, "height": 60}
    button.click()
    chat(page)
    panel = page.get_by_role("dialog", name="在线客服")
    assert panel.bounding_box() == {"x": 1440 - 20 - 390, "y": 900 - 92 - 640, "width": 390, "height": 640}
    assert panel.evaluate("one => getComputedStyle(one).opacity") == "1"


@pytest.mark.parametrize("way", ["Escape", "关闭"])
def test_it_closes_and_the_focus_returns(open_agent: OpenPage, site: Site, way: str) -> None:
    page = open_agent()
    page.goto(site.url)
    button = page.get_by_role("button", name=launcher(page))
    button.click()
    frame = chat(page)
    expect(frame.locator(".input")).to_be_focused()
    if way == "Escape":
        page.keyboard.press(way)
    else:
        frame.get_by_role("button", name=way).click()
    expect(page.get_by_role("dialog", name="在线客服")).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_on_a_phone_it_fills_the_screen_and_holds_the_page_below(open_visitor: OpenPage, site: Site) -> None:
    page = open_visitor()
    page.goto(site.url)
    page.get_by_role("button", name=launcher(page)).tap()
    frame = chat(page)
    panel = page.get_by_role("dialog", name="在线客服")
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    frame.get_by_role("button", name="关闭").tap()
    expect(panel).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") != "hidden"


def test_what_was_not_read_is_counted_on_the_button_also_on_the_next_page(open_agent: OpenPage, site: Site) -> None:
    page = open_agent()
    page.goto(site.url)
    page.get_by_role("button", name=launcher(page)).click()
    frame = chat(page)
    page.keyboard.press("Escape")
    frame.locator(".input").evaluate(
        "(box, text) => { box.value = text; box.dispatchEvent(new Event('input')); box.form.requestSubmit() }",
        "怎么注册互联网医院账号？",
    )
    unread = page.get_by_role("button", name="打开在线客服，1 条未读")
    expect(unread).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(unread).to_be_visible(timeout=PATIENCE)
    unread.click()
    expect(chat(page).locator(".theirs .is-answer")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="关闭在线客服", exact=True)).to_be_visible(timeout=PATIENCE)


def test_a_family_that_the_site_vouches_for_is_known(
    open_agent: OpenPage, site: Site, embedded_desk: DeskProcess
) -> None:
    site.attributes = f'data-identity="{identity(embedded_desk, family=FAMILY)}"'
    page = open_agent()
    page.goto(site.url)
    page.get_by_role("button", name=launcher(page)).click()
    expect(chat(page).locator(".hello h2")).to_have_text(re.compile("^王.+您好$"), timeout=PATIENCE)


def test_a_user_who_signs_in_later_becomes_known(open_agent: OpenPage, site: Site, embedded_desk: DeskProcess) -> None:
    page = open_agent()
    page.goto(site.url)
    launcher(page)
    page.evaluate("caredesk.open()")
    expect(chat(page).locator(".hello h2")).to_have_text("您好，有什么可以帮您？")
    page.evaluate("identity => caredesk.identify(identity)", identity(embedded_desk, family=FAMILY))
    expect(chat(page).locator(".hello h2")).to_have_text(re.compile("^王.+您好$"), timeout=PATIENCE)


def test_an_expired_identity_leaves_a_parent_anonymous_but_served(
    open_agent: OpenPage, site: Site, embedded_desk: DeskProcess
) -> None:
    site.attributes = f'data-identity="{identity(embedded_desk, family=FAMILY, age=timedelta(hours=1))}"'
    page = open_agent()
    page.goto(site.url)
    page.get_by_role("button", name=launcher(page)).click()
    frame = chat(page)
    expect(frame.locator(".hello h2")).to_have_text("您好，有什么可以帮您？")
    frame.locator(".input").fill("怎么注册互联网医院账号？")
    page.keyboard.press("Enter")
    expect(frame.locator(".theirs .is-answer")).to_be_visible(timeout=PATIENCE)


def test_a_site_that_is_not_on_the_list_cannot_frame_the_page(
    open_agent: OpenPage, site: Site, page_faults: list[str]
) -> None:
    page = open_agent()
    page.goto(site.url.replace("127.0.0.1", "localhost"))
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text, timeout=PATIENCE):
        page.get_by_role("button", name=launcher(page)).click()
    expect(page.frame_locator("caredesk-widget iframe").locator(".welcome")).to_have_count(0)
    page_faults.clear()


def test_the_loader_is_one_small_script_for_any_site(embedded_desk: DeskProcess) -> None:
    with urllib.request.urlopen(f"{embedded_desk.url}/widget.js", timeout=20) as answer:
        script = answer.read()
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(script) <= 10_000
