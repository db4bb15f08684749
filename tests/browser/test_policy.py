"""A supervisor changes a routing rule, sees the difference, lets it hold, and brings the old version back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import PATIENCE, sign_in

WHY = "上午等得久"


@pytest.fixture
def policy(open_agent: OpenPage) -> Iterator[Page]:
    """The policy page; whatever a test lets hold, the first version holds again afterwards."""
    page = open_agent()
    sign_in(page, login="supervisor")
    page.goto("/console/policy")
    expect(held(page)).to_contain_text("现行第", timeout=PATIENCE)
    yield page
    if "第 1 版" not in held(page).inner_text():
        page.goto("/console/policy")
        bring_back(page, version=1)


def held(page: Page) -> Locator:
    """The line that says which version holds."""
    return page.locator(".policy-head")


def rule(page: Page, title: str) -> Locator:
    return page.locator(".policy-rule").filter(has=page.get_by_role("heading", name=title))


def bring_back(page: Page, *, version: int) -> None:
    page.get_by_text("以前的版本").click()
    page.locator(".policy-older").filter(has_text=f"第 {version} 版").get_by_role("button", name="恢复这一版").click()
    page.get_by_role("dialog").get_by_role("button", name="立即生效").click()
    expect(held(page)).to_contain_text(f"现行第 {version} 版", timeout=PATIENCE)


def test_a_rule_is_changed_seen_applied_and_brought_back(policy: Page, axe_faults: Callable[[Page], list[str]]) -> None:
    sticky = rule(policy, "找上次的客服")
    sticky.get_by_text("修改", exact=True).click()
    sticky.get_by_label("等候不超过").fill("300")
    sticky.get_by_label("等候不超过").press("Tab")
    expect(sticky).to_contain_text("等候 5 分钟内")
    policy.get_by_role("button", name="下移：手上最少的优先").click()
    policy.get_by_role("button", name="看看改了什么").click()
    difference = policy.get_by_role("dialog")
    expect(difference.locator(".policy-before").first).to_contain_text("等候 2 分钟内")
    expect(difference.locator(".policy-after").first).to_contain_text("等候 5 分钟内")
    expect(difference.locator(".policy-after").last).to_contain_text("空闲最久的优先 → 手上最少的优先")
    assert axe_faults(policy) == []
    difference.get_by_label("为什么改").fill(WHY)
    difference.get_by_role("button", name="立即生效").click()
    expect(policy.locator(".policy-history li").first).to_contain_text(WHY, timeout=PATIENCE)
    expect(rule(policy, "手上最少的优先")).to_contain_text("5. ")
    bring_back(policy, version=1)
    expect(rule(policy, "找上次的客服")).to_contain_text("等候 2 分钟内")
    assert axe_faults(policy) == []


def test_rules_that_cannot_hold_are_refused_by_name_and_nothing_changes(policy: Page) -> None:
    adds = policy.locator(".policy-adds").last
    for _ in range(2):
        adds.get_by_role("button", name="等太久改留言回复").click()
    policy.get_by_role("button", name="看看改了什么").click()
    expect(policy.get_by_role("alert")).to_contain_text("“等太久改留言回复”：写了两遍", timeout=PATIENCE)
    policy.get_by_role("button", name="放弃改动").click()
    expect(rule(policy, "等太久改留言回复")).to_have_count(0)
    expect(held(policy)).to_contain_text("现行第 1 版")


def test_a_draft_is_tried_in_the_sandbox_and_still_there_afterwards(policy: Page) -> None:
    policy.locator(".policy-adds").last.get_by_role("button", name="等太久改留言回复").click()
    policy.get_by_role("button", name="先模拟看看").click()
    form = policy.locator(".sbx-form")
    expect(form).to_contain_text("正在改的规则（还没生效）", timeout=PATIENCE)
    policy.get_by_role("link", name="派单规则").click()
    expect(rule(policy, "等太久改留言回复")).to_be_visible(timeout=PATIENCE)
    policy.get_by_role("button", name="放弃改动").click()
    expect(rule(policy, "等太久改留言回复")).to_have_count(0)
