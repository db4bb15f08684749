"""A device with a passkey: it is added, signs in, opens a locked screen in all tabs, and is removed."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.people import PASSWORD, PATIENCE

PHONE = {"width": 390, "height": 844}
FITS = "document.documentElement.scrollWidth <= innerWidth"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_device(page: Page) -> None:
    """Give a page a device that says yes to everything."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def choose(page: Page, name: str) -> None:
    page.locator("button.account").click(timeout=PATIENCE)
    page.get_by_role("menuitem", name=name).click()


def test_a_passkey_is_added_signs_in_opens_a_locked_screen_in_all_tabs_and_is_removed(
    open_agent: OpenPage, desk: DeskProcess, axe_faults: Callable[[Page], list[str]]
) -> None:
    # Browsers make no keys for numbers.
    home = desk.url.replace("127.0.0.1", "localhost")
    page = open_agent()
    give_device(page)
    page.goto(f"{home}/console/audit")
    page.get_by_label("账号", exact=True).fill("auditor")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{home}/console/audit", timeout=PATIENCE)

    choose(page, "通行密钥")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("审计室电脑")
    dialog.get_by_label("当前密码").fill(PASSWORD)
    dialog.get_by_role("button", name="添加通行密钥").click()
    expect(dialog.get_by_text("审计室电脑")).to_be_visible(timeout=PATIENCE)
    assert axe_faults(page) == []
    page.keyboard.press("Escape")

    choose(page, "退出登录")
    page.get_by_role("button", name="用通行密钥登录").click(timeout=PATIENCE)
    expect(page.locator("button.account")).to_be_visible(timeout=PATIENCE)

    # What counts is the server's word: the other tab hears of it and asks.
    other = page.context.new_page()
    other.goto(f"{home}/console/audit")
    expect(other.locator("button.audit-row").first).to_be_visible(timeout=PATIENCE)
    choose(page, "锁定屏幕")
    for tab in (page, other):
        expect(tab.get_by_role("dialog", name="屏幕已锁定")).to_be_visible(timeout=PATIENCE)
    expect(other.locator("button.audit-row").first).to_be_hidden()
    assert axe_faults(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate(FITS)
    page.get_by_role("button", name="用通行密钥解锁").click(timeout=PATIENCE)
    for tab in (page, other):
        expect(tab.get_by_role("dialog", name="屏幕已锁定")).to_be_hidden(timeout=PATIENCE)
    expect(other.locator("button.audit-row").first).to_be_visible(timeout=PATIENCE)

    choose(page, "通行密钥")
    expect(dialog.get_by_text(re.compile("最近使用"))).to_be_visible(timeout=PATIENCE)
    assert page.evaluate(FITS)
    dialog.get_by_role("button", name="移除").click()
    expect(dialog.get_by_text("审计室电脑")).to_be_hidden(timeout=PATIENCE)
