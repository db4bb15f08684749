"""A draft with medical advice, in real browsers: held, sent with a reason, and judged on the review page (B43)."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.people import PATIENCE, Parent, become_ready, send, sign_in, take, timeline

ADVICE = "阿莫西林一天三次，一次一包就可以"


def test_a_draft_with_advice_is_held_sent_with_a_reason_and_judged(
    agent_page: Page, open_agent: OpenPage, desk: DeskProcess
) -> None:
    parent = Parent(desk.url)
    sign_in(agent_page, login="agent08")
    become_ready(agent_page)
    take(agent_page, parent=parent)
    expect(timeline(agent_page)).to_have_attribute("data-behind", "0")
    send(agent_page, ADVICE)
    held = agent_page.get_by_role("alertdialog", name="先看一眼再发")
    expect(held).to_contain_text("用药或病情建议", timeout=PATIENCE)
    expect(held.locator("mark")).to_have_text("一天三次")
    assert ADVICE not in parent.texts()
    held.get_by_role("button", name="转述医生的原话").click()
    expect(held).to_be_hidden(timeout=PATIENCE)
    expect(timeline(agent_page)).to_contain_text(ADVICE, timeout=PATIENCE)
    assert ADVICE in parent.texts()

    boss = open_agent()
    sign_in(boss, login="supervisor")
    boss.goto("/console/guardrails")
    finding = boss.locator(".guard-row").filter(has_text=parent.number)
    expect(finding).to_contain_text("转述医生的原话", timeout=PATIENCE)
    expect(finding.locator("mark")).to_have_text("一天三次")
    right = finding.get_by_role("button", name="判断对")
    right.click()
    expect(right).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)
    parent.end()
