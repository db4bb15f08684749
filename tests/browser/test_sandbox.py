"""A supervisor tries one agent more on a made-up day, reads what it would change, and finds the run again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import PATIENCE, sign_in

PLAYED = 90_000
"""A few seconds of work in processes beside the desk, on a machine that has other work."""


def test_a_day_is_made_up_played_read_and_found_again(
    open_agent: OpenPage, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = open_agent()
    sign_in(page, login="supervisor")
    page.goto("/console/sandbox")
    page.get_by_role("tab", name="生成一天").click()
    page.get_by_label("坐席增减").fill("1")
    page.get_by_label("模拟次数").fill("3")
    page.get_by_label("名称").fill("周一加一人")
    page.get_by_role("button", name="开始模拟").click()
    result = page.locator(".sbx-result")
    expect(result.get_by_role("heading", name="周一加一人")).to_be_visible(timeout=PATIENCE)
    expect(result.get_by_role("columnheader", name="现行方案")).to_be_visible(timeout=PLAYED)
    expect(result.get_by_role("rowheader", name="20 秒接起率")).to_be_visible()
    expect(result.locator(".sbx-sentences li")).to_have_count(3)
    assert axe_faults(page) == []
    page.reload()
    history = page.get_by_role("region", name="模拟记录")
    expect(history.get_by_role("button", name="周一加一人")).to_contain_text("已完成", timeout=PATIENCE)


def test_days_that_end_before_they_begin_are_refused_with_words(open_agent: OpenPage) -> None:
    page = open_agent()
    sign_in(page, login="supervisor")
    page.goto("/console/sandbox")
    page.get_by_label("开始日期").fill("2026-11-20")
    page.get_by_label("结束日期").fill("2026-11-10")
    page.get_by_role("button", name="开始模拟").click()
    expect(page.get_by_role("alert")).to_contain_text("结束不能早于开始", timeout=PATIENCE)
