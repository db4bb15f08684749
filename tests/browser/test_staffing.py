"""The roster as a supervisor makes it by mouse and keys, a proposal applied and undone, and one's own shifts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import PATIENCE, sign_in

SOLVED = 90_000
"""The solver has fourteen seconds; a machine with other work takes its time around them."""


@pytest.fixture
def planner(open_agent: OpenPage) -> Page:
    page = open_agent()
    sign_in(page, login="supervisor")
    page.goto("/console/staffing")
    expect(page.locator(".roster-shift").first).to_be_visible(timeout=PATIENCE)
    # Next week lies ahead whatever the time is; its pattern is the demo's.
    page.get_by_role("button", name="下一周").click()
    expect(page.locator(".roster-mark").first).not_to_contain_text("昨天")
    return page


def shifts_of(page: Page, name: str) -> Locator:
    return page.locator(".roster-row", has_text=name).locator(".roster-shift")


def said(page: Page, words: str) -> None:
    expect(page.locator(".ui-toast", has_text=words).first).to_be_visible(timeout=PATIENCE)


def test_a_shift_is_made_by_form_moved_by_keys_resized_by_mouse_and_undone(
    planner: Page, axe_faults: Callable[[Page], list[str]]
) -> None:
    mine = shifts_of(planner, "何雅宁")
    expect(mine).to_have_count(0)
    planner.get_by_role("button", name="日", exact=True).click()
    planner.get_by_role("button", name="加班次").click()
    form = planner.get_by_role("dialog", name="加班次")
    form.get_by_role("combobox", name="坐席").click()
    planner.get_by_role("option", name="何雅宁").click()
    form.get_by_role("button", name="保存").click()
    expect(mine).to_have_count(1)
    expect(mine.locator(".roster-times")).to_have_text("08:00–12:00")
    mine.focus()
    planner.keyboard.press("ArrowRight")
    expect(mine.locator(".roster-times")).to_have_text("08:15–12:15")
    edge = mine.locator(".roster-edge.is-end").bounding_box()
    lane = mine.locator("xpath=..").bounding_box()
    assert edge is not None and lane is not None
    planner.mouse.move(edge["x"] + 3, edge["y"] + 8)
    planner.mouse.down()
    planner.mouse.move(edge["x"] + 3 + lane["width"] / 24, edge["y"] + 8, steps=4)
    planner.mouse.up()
    expect(mine.locator(".roster-times")).to_have_text("08:15–13:15")
    planner.get_by_role("button", name="撤销").click()
    expect(mine.locator(".roster-times")).to_have_text("08:15–12:15")
    assert axe_faults(planner) == []
    mine.focus()
    planner.keyboard.press("Delete")
    expect(mine).to_have_count(0)


def test_a_shift_over_another_is_refused_in_words(planner: Page) -> None:
    # Both work on Monday from eight; one's shift can't be given to the other.
    first = shifts_of(planner, "李晓雯")
    expect(first.first).to_be_visible(timeout=PATIENCE)
    before = first.count()
    first.first.focus()
    planner.keyboard.press("ArrowDown")
    said(planner, "和已有的班次重叠")
    expect(first).to_have_count(before)


def test_leave_is_noted_altered_ended_and_brought_back(planner: Page) -> None:
    row = planner.locator(".roster-row", has_text="何雅宁")
    planner.get_by_role("button", name="登记请假").click()
    form = planner.get_by_role("dialog", name="登记请假")
    form.get_by_role("combobox", name="坐席").click()
    planner.get_by_role("option", name="何雅宁").click()
    form.get_by_role("button", name="保存").click()
    leave = row.get_by_role("button", name=re.compile("请假"))
    expect(leave).to_have_count(1)
    leave.click()
    form = planner.get_by_role("dialog", name="改请假")
    form.get_by_label("原因").fill("年假")
    form.get_by_role("button", name="保存").click()
    expect(leave).to_have_attribute("title", "年假")
    leave.click()
    form.get_by_role("button", name="取消请假").click()
    expect(leave).to_have_count(0)
    planner.get_by_role("button", name="撤销").click()
    expect(leave).to_have_attribute("title", "年假")
    leave.click()
    form.get_by_role("button", name="取消请假").click()
    expect(leave).to_have_count(0)


def test_an_agents_week_is_a_calendar_file_of_its_own(planner: Page) -> None:
    link = planner.get_by_role("link", name="李晓雯 本周班次的日历文件")
    answer = planner.request.get(link.get_attribute("href") or "")
    events = answer.text().count("BEGIN:VEVENT")
    assert answer.ok and events == shifts_of(planner, "李晓雯").count()


def test_what_the_forecast_assumes_is_changed_with_a_reason_and_brought_back(
    planner: Page, axe_faults: Callable[[Page], list[str]]
) -> None:
    dialog = planner.get_by_role("dialog", name="预测假设")

    def change(share: str, *, why: str) -> None:
        dialog.get_by_label("及时接起目标").fill(share)
        dialog.get_by_label("为什么改").fill(why)
        dialog.get_by_role("button", name="保存并重算").click()
        expect(dialog).to_be_hidden()

    opener = planner.get_by_role("button", name="预测假设")
    opener.click()
    expect(dialog.get_by_label("及时接起目标")).to_have_value("80")
    expect(dialog.get_by_role("button", name="保存并重算")).to_be_disabled()
    assert axe_faults(planner) == []
    change("90", why="节后高峰")
    opener.click()
    expect(dialog.get_by_label("及时接起目标")).to_have_value("90")
    dialog.get_by_text("以前的版本").click()
    expect(dialog.locator("details li").first).to_contain_text("节后高峰")
    dialog.get_by_role("button", name="填入默认值").click()
    expect(dialog.get_by_label("及时接起目标")).to_have_value("80")
    change("80", why="高峰过了")


def test_a_proposal_is_shown_as_a_difference_applied_and_undone(planner: Page) -> None:
    expect(planner.locator(".roster-shift")).not_to_have_count(0)
    before = planner.locator(".roster-shift").count()
    planner.get_by_role("button", name="生成建议").click()
    apply = planner.get_by_role("button", name="采用建议")
    expect(apply).to_be_visible(timeout=SOLVED)
    expect(planner.locator(".roster-difference li").first).to_contain_text(re.compile("加|去掉"))
    expect(planner.locator(".roster-shift")).to_have_count(before)
    apply.click()
    expect(planner.locator(".roster-proposal")).to_contain_text("建议已用到班表上")
    planner.get_by_role("button", name="撤销").click()
    expect(planner.locator(".roster-shift")).to_have_count(before)


def test_an_agent_sees_own_shifts_and_gets_a_calendar(open_agent: OpenPage) -> None:
    page = open_agent()
    sign_in(page, login="agent01")
    page.locator(".account").click()
    page.get_by_role("menuitem", name="我的班表").click()
    mine = page.get_by_role("dialog", name="我的班表")
    expect(mine.locator(".roster-own li").first).to_contain_text("08:00–16:00")
    answer = page.request.get("/api/console/staffing/mine.ics")
    assert answer.ok and "BEGIN:VEVENT" in answer.text()
    assert page.request.get("/api/console/staffing/week").status == 403


def test_a_phone_shows_coverage_and_no_editor(planner: Page) -> None:
    planner.set_viewport_size({"width": 390, "height": 844})
    expect(planner.locator(".roster-phone")).to_be_visible()
    expect(planner.locator(".roster")).to_be_hidden()
    expect(planner.locator(".chart-plot").first).to_be_visible()
