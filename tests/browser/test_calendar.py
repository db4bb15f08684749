"""The calendar in a real browser: a session is cancelled by key and brought back; a bad file changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from caredesk.core.clock import SystemClock, clinic_time
from tests.browser.conftest import OpenPage
from tests.browser.people import sign_in


@pytest.fixture
def calendar(open_agent: OpenPage) -> Page:
    """The calendar of the week after next, as the supervisor sees it."""
    page = open_agent()
    sign_in(page, login="supervisor")
    today = clinic_time(SystemClock().now()).date()
    monday = today + timedelta(days=14 - today.weekday())
    page.goto(f"/console/calendar?week={monday}")
    expect(page.locator(".cal-head-day").first).to_contain_text(f"{monday:%m/%d}")
    expect(page.locator(".cal-block").first).to_be_visible()
    return page


def a_session(page: Page) -> Locator:
    """Return a session that takes place on a Tuesday."""
    return page.locator(".cal-row .cal-day:nth-child(3) .cal-block.is-scheduled").first


def by_id(page: Page, block: Locator) -> Locator:
    return page.locator(f'[data-session="{block.get_attribute("data-session")}"]')


def test_a_session_is_cancelled_by_key_and_brought_back_from_its_menu(calendar: Page) -> None:
    block = by_id(calendar, a_session(calendar))
    block.focus()
    calendar.keyboard.press("Delete")
    calendar.get_by_role("dialog").get_by_role("button", name="确认改动").click()
    expect(block).to_have_class(re.compile("is-cancelled"))
    block.focus()
    calendar.keyboard.press("Enter")
    calendar.get_by_role("menuitem", name="恢复开诊").click()
    calendar.get_by_role("dialog").get_by_role("button", name="确认改动").click()
    expect(block).to_have_class(re.compile("is-scheduled"))


def test_a_bad_file_names_its_rows_and_changes_nothing(calendar: Page) -> None:
    calendar.get_by_role("button", name="导入").click()
    dialog = calendar.get_by_role("dialog")
    content = "department,doctor,date,start,end,kind,status\n月球科,,2026-13-09,08:00,07:00,上午,开诊\n"
    dialog.locator("input[type=file]").set_input_files(
        {"name": "bad.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    expect(dialog).to_contain_text("第 2 行")
    expect(dialog).to_contain_text("找不到科室")
    expect(dialog.get_by_role("button", name=re.compile("导入 0"))).to_be_disabled()
