"""The pictures of the hotline: an agent on a call, the same on a telephone's screen, and the supervisor's page.

The calls are real ones: a telephony process of its own beside the desk, callers from this machine, a browser that hears
a tone in the place of a microphone. Everybody is invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Page, ViewportSize

from caredesk.infra.hotline.test_caller import LoopbackCaller
from tests.browser.desk_process import DeskProcess
from tests.telephony.engine_process import EngineProcess
from tests.telephony.tools import wait_for
from tools.camera import CHINA, DESKTOP, FLAGS, take
from tools.people import PATIENCE, sign_in

SECRET = "the-secret-of-the-pictures"  # noqa: S105 (of a desk that lives as long as its pictures are taken)
# 陈雨欣 of the demo hospital, and people whom nobody knows.
KNOWN, UNKNOWN = "13800001003", ("13900000211", "13900000316", "13900000427")
CALLED = "4000123456"
EARS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--ignore-certificate-errors",
    "--autoplay-policy=no-user-gesture-required",
)
NARROW: ViewportSize = {"width": 390, "height": 844}
SETTLED_MS = 6000
"""Longer than the supervisor's page takes to look again."""


def picture_hotline(chromium: str, browser_type: BrowserType, *, folder: Path) -> None:
    """Take the pictures of the hotline with a desk and an engine of their own."""
    with _hotline(folder) as (desk, engine):
        browser = browser_type.launch(executable_path=chromium, args=[*FLAGS, *EARS])
        callers: list[LoopbackCaller] = []
        try:
            _play(browser, desk=desk, engine=engine, callers=callers)
        finally:
            for caller in callers:
                caller.close()
            browser.close()


@contextmanager
def _hotline(folder: Path) -> Iterator[tuple[DeskProcess, EngineProcess]]:
    folder.mkdir()
    desk = DeskProcess.in_folder(folder)
    clock = {"CAREDESK_CLOCK_FILE": str(folder / "clock.json")}
    engine = EngineProcess(folder / "engine", desk.url, SECRET, settings=clock)
    desk.settings = {"CAREDESK_HOTLINE_SECRET": SECRET, "CAREDESK_HOTLINE_WSS_PORT": str(engine.wss_port)}
    desk.start()
    engine.start()
    try:
        wait_for(lambda: "hotline is open" in engine.log_tail() or None, seconds=90, what=engine.log_tail)
        yield desk, engine
    finally:
        engine.stop()
        desk.stop()


def _play(browser: Browser, *, desk: DeskProcess, engine: EngineProcess, callers: list[LoopbackCaller]) -> None:
    agent, office = (_at_work(browser, desk=desk, login=login) for login in ("agent01", "supervisor"))
    agent.locator(".phone-button.is-done").wait_for()
    agent.locator(".presence").click()
    agent.get_by_role("menuitemradio", name="接待中").click()
    _call(engine, callers, number=KNOWN)
    agent.locator(".offer").get_by_role("button", name="接听").click()
    agent.locator(".call-bar[data-state=talking]").wait_for()
    agent.get_by_role("textbox", name="内部备注").fill("家长问复诊的视频什么时候开始，已告知提前十分钟进诊室。")
    gone = _call(engine, callers, number=UNKNOWN[0])
    for number, key in zip(UNKNOWN[1:], ("2", "1"), strict=True):
        _call(engine, callers, number=number, press=key)
    office.goto("/console/hotline")
    office.locator(".live-line[data-call=waiting]").nth(2).wait_for()
    gone.hang_up()
    office.get_by_role("region", name="没接到的来电").wait_for()
    office.wait_for_timeout(SETTLED_MS)
    take(office, name="hotline")
    take(agent, name="call")
    agent.set_viewport_size(NARROW)
    take(agent, name="call-phone")
    office.goto("/console/floor")
    office.locator(".floor-card").first.wait_for()
    office.wait_for_timeout(SETTLED_MS)
    take(office, name="floor")


def _at_work(browser: Browser, *, desk: DeskProcess, login: str) -> Page:
    options: dict[str, Any] = {**CHINA, **DESKTOP, "permissions": ["microphone", "notifications"]}
    context = browser.new_context(base_url=desk.url, **options)
    context.set_default_timeout(PATIENCE)
    sign_in(context, url=desk.url, login=login)
    page = context.new_page()
    page.goto("/console")
    page.locator(".sync[data-phase=in_sync]").wait_for()
    return page


def _call(engine: EngineProcess, callers: list[LoopbackCaller], *, number: str, press: str = "1") -> LoopbackCaller:
    caller = LoopbackCaller(("127.0.0.1", engine.sip_port), caller=number, called=CALLED)
    callers.append(caller)
    caller.call(seconds=30)
    wait_for(lambda: caller.first_heard_at or None, seconds=30, what=engine.log_tail)
    caller.press(press)
    return caller
