"""The loop as people go through it: unanswered questions, a group, an entry made of it, and a bot that knows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.people import PASSWORD, PATIENCE, Parent

UNKNOWN = ("院里有共享充电宝吗", "请问共享充电宝在哪里租", "手机没电了哪里有共享充电宝")
ANSWER = "门诊楼一层大厅东侧有共享充电宝，扫码就能租用。"
# The index is learned anew after a publication; a machine with other work takes its time for it.
LEARNED = 180_000


@pytest.fixture
def editor_page(open_agent: OpenPage) -> Page:
    page = open_agent()
    page.goto("/console")
    page.get_by_label("账号", exact=True).fill("editor")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/console/knowledge"))
    return page


def asked(desk: DeskProcess, text: str) -> Parent:
    """Have a new parent ask and wait for the bot's turn."""
    parent = Parent(desk.url)
    parent.say(text)
    return parent


def test_what_three_parents_asked_in_vain_becomes_an_entry_that_answers_the_fourth(
    editor_page: Page, desk: DeskProcess, open_visitor: OpenPage, axe_faults: Callable[[Page], list[str]]
) -> None:
    for text in UNKNOWN:
        parent = asked(desk, text)
        expect_reply(editor_page, parent)
    page = editor_page
    page.get_by_role("link", name="待改进").click()
    page.get_by_role("button", name="现在收集").click()
    row = page.locator(".review-row").filter(has_text="共享充电宝")
    expect(row).to_contain_text("3 次", timeout=PATIENCE)
    row.click()
    expect(page.get_by_text("已选 3 / 3 条")).to_be_visible(timeout=PATIENCE)
    assert axe_faults(page) == []
    page.keyboard.press("1")
    page.get_by_label("答案").fill(ANSWER)
    page.get_by_role("button", name="采用并提交审核").click()
    expect(page.get_by_text("已做成词条并提交审核")).to_be_visible(timeout=PATIENCE)
    expect(row).to_have_count(0)
    publish(desk, page=page)
    visitor = open_visitor()
    visitor.goto("/chat")
    visitor.get_by_label("请输入您的问题").fill("哪里能租共享充电宝")
    visitor.get_by_role("button", name="发送").click()
    expect(visitor.get_by_text(ANSWER)).to_be_visible(timeout=PATIENCE)


def publish(desk: DeskProcess, *, page: Page) -> None:
    """Serve what waits, and wait until the bot has learned it."""
    before = desk.log.read_text("utf-8").count("index_ready")
    desk.run_command("kb", "publish")
    for _ in range(LEARNED // 500):
        if desk.log.read_text("utf-8").count("index_ready") > before:
            return
        page.wait_for_timeout(500)
    raise AssertionError("the new index is not there")


def expect_reply(page: Page, parent: Parent) -> None:
    """Wait until the bot has said something to the parent."""
    for _ in range(100):
        if len(parent.texts()) > 1:
            return
        page.wait_for_timeout(200)
    raise AssertionError("the bot said nothing")


def test_a_dismissed_group_is_brought_back_by_one_key(editor_page: Page) -> None:
    page = editor_page
    page.goto("/console/knowledge/review")
    expect(page.locator(".review-row").first).to_be_visible(timeout=PATIENCE)
    before = page.locator(".review-row").count()
    page.keyboard.press("j")
    question = page.locator(".review-head h2").inner_text(timeout=PATIENCE)
    page.keyboard.press("x")
    expect(page.locator(".review-undo")).to_contain_text(question, timeout=PATIENCE)
    expect(page.locator(".review-row")).to_have_count(before - 1)
    page.keyboard.press("u")
    expect(page.locator(".review-row")).to_have_count(before, timeout=PATIENCE)
    expect(page.locator(".review-row.is-open")).to_contain_text(question, timeout=PATIENCE)


def test_the_report_shows_figures_with_their_meaning_and_evaluates_an_uploaded_file(
    editor_page: Page, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = editor_page
    page.get_by_role("link", name="机器人报告").click()
    page.get_by_role("button", name="近 30 天").click()
    card = page.locator(".report-card").filter(has_text="免人工率")
    expect(card).to_contain_text(re.compile(r"\d+ / \d+"), timeout=PATIENCE)
    expect(card).to_contain_text("24 小时")
    assert axe_faults(page) == []
    page.get_by_role("tab", name="评测").click()
    table = "query,expected,slice\n怎么预约视频号,booking-how,plain\n今天北京天气怎么样,none,foreign\n".encode()
    page.set_input_files("input[type=file]", {"name": "labels.csv", "mimeType": "text/csv", "buffer": table})
    expect(page.locator(".report-plot")).to_have_count(2, timeout=LEARNED)
    expect(page.locator(".report-result")).to_contain_text("2 个问题")
    assert axe_faults(page) == []
