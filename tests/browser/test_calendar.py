"""The calendar in a browser: sessions moved by mouse and by keys, cancelled, brought back; gaps behind the days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from caredesk.core.clock import SystemClock, clinic_time
from tests.browser.conftest import OpenPage
from tests.browser.people import PATIENCE, sign_in

# A session with a day on which nobody of its row, and its doctor nowhere else, has one; and a day that is taken.
FIND = """(wanted) => {
  const doctorOf = (cell) => cell.dataset.row.split('/')[1]
  const taken = new Set()
  for (const cell of document.querySelectorAll('.cal-day')) {
    if (cell.querySelector('.cal-block')) taken.add(doctorOf(cell) + ' ' + cell.dataset.day)
  }
  for (const row of document.querySelectorAll('.cal-row:not(.cal-head)')) {
    const days = [...row.querySelectorAll('.cal-day')]
    for (const [from, cell] of days.entries()) {
      const blocks = cell.querySelectorAll('.cal-block')
      if (blocks.length !== 1 || !blocks[0].matches('.is-scheduled') || !doctorOf(cell)) continue
      const free = (day) => !taken.has(doctorOf(day) + ' ' + day.dataset.day)
      const same = (day) => day.querySelector('.cal-span')?.textContent === cell.querySelector('.cal-span').textContent
      const to = days.findIndex((day, n) => n !== from && (wanted === 'free' ? free(day) : same(day)))
      if (to >= 0) return { id: blocks[0].dataset.session, by: to - from }
    }
  }
  return null
}"""


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
    expect(page.locator(".cal-coverage").first).to_be_visible(timeout=PATIENCE)
    return page


def a_session(page: Page) -> Locator:
    """Return a session that takes place on a Tuesday."""
    return page.locator(".cal-row .cal-day:nth-child(3) .cal-block.is-scheduled").first


def by_id(page: Page, block: Locator) -> Locator:
    return page.locator(f'[data-session="{block.get_attribute("data-session")}"]')


def some_move(page: Page, *, to: str) -> tuple[Locator, int]:
    """Return a session, and by how many days it can be moved to a free day or onto another session."""
    found = page.evaluate(FIND, to)
    assert found is not None, "the demo's week has room for every doctor"
    return page.locator(f'[data-session="{found["id"]}"]'), found["by"]


def drag(page: Page, block: Locator, *, days: int) -> None:
    block.scroll_into_view_if_needed()
    box, day = block.bounding_box(), page.locator(".cal-day").first.bounding_box()
    assert box and day
    page.mouse.move(box["x"] + 20, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 20 + day["width"] * days, box["y"] + 8, steps=8)
    page.mouse.up()


def take_back(page: Page) -> None:
    page.get_by_role("button", name="最近的改动").click()
    page.get_by_role("button", name="撤销").first.click()
    page.get_by_role("dialog").get_by_role("button", name="确认改动").click()


def test_a_session_is_dragged_to_a_free_day_after_its_difference_was_seen(calendar: Page) -> None:
    block, days = some_move(calendar, to="free")
    before = block.get_attribute("aria-label") or ""
    drag(calendar, block, days=days)
    dialog = calendar.get_by_role("dialog")
    expect(dialog).to_contain_text("会影响到的人")
    expect(block).to_have_attribute("aria-label", before)
    dialog.get_by_role("button", name="确认改动").click()
    expect(dialog).to_be_hidden()
    expect(block).not_to_have_attribute("aria-label", before)
    take_back(calendar)
    expect(block).to_have_attribute("aria-label", before)


def test_a_session_dropped_on_another_says_why_it_cannot_be_and_changes_nothing(calendar: Page) -> None:
    block, days = some_move(calendar, to="taken")
    before = block.get_attribute("aria-label") or ""
    drag(calendar, block, days=days)
    dialog = calendar.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("已有坐诊")
    expect(dialog.get_by_role("button", name="确认改动")).to_have_count(0)
    dialog.get_by_role("button", name="知道了").click()
    expect(dialog).to_be_hidden()
    expect(block).to_have_attribute("aria-label", before)


def test_a_session_is_moved_by_keys_alone(calendar: Page) -> None:
    block, days = some_move(calendar, to="free")
    before = block.get_attribute("aria-label") or ""
    block.focus()
    for _ in range(abs(days)):
        calendar.keyboard.press("Alt+ArrowRight" if days > 0 else "Alt+ArrowLeft")
    calendar.keyboard.press("Alt+ArrowDown")
    expect(block.get_by_role("status")).to_contain_text("按 Enter 确认")
    calendar.keyboard.press("Enter")
    calendar.get_by_role("dialog").get_by_role("button", name="确认改动").click()
    expect(block).not_to_have_attribute("aria-label", before)
    take_back(calendar)
    expect(block).to_have_attribute("aria-label", before)


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


def test_gaps_behind_a_day_are_told_in_words_and_lead_to_its_roster(
    calendar: Page, axe_faults: Callable[[Page], list[str]]
) -> None:
    # The demo's roster is made for this week and the next; whatever the time is, the next lies ahead.
    calendar.get_by_role("button", name="今天", exact=True).click()
    calendar.get_by_role("button", name="下一周").click()
    short = calendar.locator(".cal-coverage.is-short").first
    expect(short).to_contain_text("缺")
    expect(short).to_have_attribute("aria-label", re.compile(r"\d\d:\d\d–\d\d:\d\d 缺 \d+ 人"))
    assert axe_faults(calendar) == []
    short.click()
    expect(calendar.locator(".roster-shift, .roster-row").first).to_be_visible(timeout=PATIENCE)
    expect(calendar.get_by_role("button", name="日", exact=True)).to_have_attribute("aria-pressed", "true")


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
