"""The officers' pages: the auditor finds a deed and its place in the chain, security sets who opens what."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import PASSWORD, PATIENCE

PHONE = {"width": 390, "height": 844}
FITS = "document.documentElement.scrollWidth <= innerWidth"


def come(page: Page, *, login: str, path: str) -> None:
    """Go through the door to an officer's page."""
    page.goto(f"/console{path}")
    page.get_by_label("账号", exact=True).fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/console{path}", timeout=PATIENCE)


def test_the_auditor_finds_who_did_what_and_its_place_in_the_chain(
    open_agent: OpenPage, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = open_agent()
    come(page, login="auditor", path="/audit")
    own = page.locator("button.audit-row").filter(has_text="郑思齐").filter(has_text="登录").first
    own.click(timeout=PATIENCE)
    pane = page.locator(".audit-pane")
    expect(pane.get_by_text("内容和写下时一致")).to_be_visible(timeout=PATIENCE)
    assert axe_faults(page) == []
    page.set_viewport_size(PHONE)
    expect(pane.get_by_text("内容和写下时一致")).to_be_visible()
    pane.get_by_role("button", name="关闭").click()
    expect(own).to_be_visible()
    assert page.evaluate(FITS)


def test_the_security_officer_sees_what_a_new_table_changes_before_it_holds(
    open_agent: OpenPage, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = open_agent()
    come(page, login="security", path="/accounts")
    page.get_by_role("tab", name="访问范围").click(timeout=PATIENCE)
    reach = page.get_by_label("客服 录音")
    expect(reach).to_have_value("queue", timeout=PATIENCE)
    assert axe_faults(page) == []
    reach.select_option("own")
    page.get_by_role("button", name="查看变化并保存").click()
    told = page.get_by_role("dialog")
    expect(told.get_by_text("录音：3 个队列 → 0 个队列").first).to_be_visible(timeout=PATIENCE)
    told.get_by_role("button", name="取消").click()
    page.get_by_role("button", name="恢复原样").click()
    expect(reach).to_have_value("queue")
    minutes = page.get_by_label("每次打开多久（分钟）")
    minutes.fill("45" if minutes.input_value() == "60" else "60")
    page.get_by_role("button", name="查看变化并保存").click()
    expect(told.get_by_text("没有人的范围会变")).to_be_visible(timeout=PATIENCE)
    told.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text(re.compile(r"^\s*第 \d+ 版"))).to_be_visible(timeout=PATIENCE)
    page.set_viewport_size(PHONE)
    assert page.evaluate(FITS)
