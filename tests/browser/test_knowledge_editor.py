"""The knowledge editor in real browsers: from a change to the parent's answer, conflicts, keyboard, import, axe."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.parent_page import ask, enter
from tests.browser.people import PASSWORD, PATIENCE

# Of the demo's base: an entry that nothing else here touches.
ENTRY, QUESTION = "account-cancel", "怎么注销账号？"
# The check builds an index and asks it some 1,600 questions; a machine with other work takes minutes for it.
CHECKED = 300_000
LEARNED_SECONDS = 60
DAYS = itertools.count(20)
"""A try says something of its own: what was published before, by a try that failed, is no change."""


def open_editor(page: Page, *, login: str = "editor", path: str = "/console") -> None:
    """Sign in; an editor's home is the knowledge base."""
    page.goto("/console")
    page.get_by_label("账号", exact=True).fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/console/(knowledge|mine)"))
    if path != "/console":
        page.goto(path)
    expect(page.locator(".kb-row").first).to_be_visible(timeout=PATIENCE)


def open_entry(page: Page, *, entry_id: str = ENTRY) -> None:
    page.goto(f"/console/knowledge/{entry_id}")
    expect(answer(page)).to_be_visible(timeout=PATIENCE)


def answer(page: Page) -> Locator:
    return page.get_by_label("答案", exact=True)


def publication(page: Page) -> Locator:
    return page.get_by_role("status", name="发布")


def roll_back_to_first(page: Page) -> None:
    """Leave the entry as other tests expect it, from wherever one has come to."""
    open_entry(page)
    page.get_by_role("tab", name="历史").click()
    page.get_by_role("button", name="回退到这一版").last.click()
    page.get_by_role("dialog").get_by_role("button", name="回退到这一版").click()
    expect(page.get_by_text("已回退到第 1 版的内容")).to_be_visible(timeout=PATIENCE)


def approve(page: Page) -> None:
    """Have a supervisor read the change, and find it right."""
    open_editor(page, login="supervisor", path="/console/knowledge")
    open_entry(page)
    expect(page.get_by_role("tab", name="历史")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="复核通过").click()
    expect(page.locator(".kb-editor-stage")).to_contain_text("已有人复核", timeout=PATIENCE)


def test_a_change_is_reviewed_published_and_said_by_the_parents_bot(
    open_agent: OpenPage, visitor_page: Page, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = open_agent()
    open_editor(page)
    assert axe_faults(page) == []
    new = f"冷静期改为 {next(DAYS)} 天"
    try:
        publish(page, words=f"请打开“我的”，点“注销账号”，{new}。", open_agent=open_agent, axe_faults=axe_faults)
        page.get_by_role("button", name="发布记录").click()
        expect(page.get_by_role("dialog")).to_contain_text(re.compile("林知夏.*重问"), timeout=PATIENCE)
        assert axe_faults(page) == []
        ask_until_said(enter(visitor_page), words=new)
    finally:
        roll_back_to_first(page)


def publish(page: Page, *, words: str, open_agent: OpenPage, axe_faults: Callable[[Page], list[str]]) -> None:
    """Change the entry, have somebody else read it, and publish it."""
    page.get_by_label("搜问题、答案、编号").fill("注销")
    page.locator(f'.kb-row[data-entry="{ENTRY}"]').click()
    answer(page).fill(words)
    expect(page.locator(".kb-phone-answer")).to_contain_text(words)
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".kb-editor-stage")).to_contain_text("待审核", timeout=PATIENCE)
    expect(page.locator(".kb-editor-stage")).to_contain_text("线上")
    expect(page.get_by_text("正在等另一位同事复核")).to_be_visible()
    expect(page.get_by_role("button", name="发布", exact=True)).to_have_count(0)
    assert axe_faults(page) == []
    approve(open_agent())
    page.reload()
    page.get_by_role("button", name="发布", exact=True).click()
    # First that it is checked: until then the page tells of the publication before, which is published too.
    expect(publication(page)).to_contain_text("正在检查", timeout=PATIENCE)
    expect(publication(page)).to_contain_text("已发布", timeout=CHECKED)
    page.reload()
    expect(publication(page)).to_contain_text("变差 0", timeout=PATIENCE)
    expect(page.locator(".kb-editor-stage")).to_contain_text("已发布")


def ask_until_said(page: Page, *, words: str) -> None:
    """Ask until the bot says it: what is published it learns a moment later, and a busy machine takes longer."""
    deadline = time.monotonic() + LEARNED_SECONDS
    while words not in (said := ask(page, QUESTION, kind="answer").inner_text()):
        assert time.monotonic() < deadline, said


def test_two_editors_at_once_lose_nothing(open_agent: OpenPage) -> None:
    first, second = open_agent(), open_agent()
    open_editor(first)
    open_editor(second, login="supervisor", path="/console/knowledge")
    for page in (first, second):
        open_entry(page, entry_id="account-login")
    first.get_by_label("依据").fill("《登录须知》")
    first.keyboard.press("Control+s")
    expect(first.get_by_text("已保存为草稿")).to_be_visible(timeout=PATIENCE)
    answer(second).fill("班长写的答案。")
    second.keyboard.press("Control+s")
    dialog = second.get_by_role("dialog")
    expect(dialog).to_contain_text("您的修改一处没丢", timeout=PATIENCE)
    dialog.get_by_role("button", name="用合并后的内容继续编辑").click()
    expect(second.get_by_label("依据")).to_have_value("《登录须知》")
    expect(answer(second)).to_have_value("班长写的答案。")
    second.keyboard.press("Control+s")
    expect(second.get_by_text("已保存为草稿")).to_be_visible(timeout=PATIENCE)


def test_the_list_and_the_similar_questions_work_by_keyboard(agent_page: Page) -> None:
    open_editor(agent_page)
    rows = agent_page.get_by_role("listbox", name="词条列表")
    rows.focus()
    agent_page.keyboard.press("ArrowDown")
    agent_page.keyboard.press("Space")
    expect(agent_page.get_by_text("已选 1 条")).to_be_visible()
    agent_page.keyboard.press("Enter")
    expect(answer(agent_page)).to_be_visible(timeout=PATIENCE)
    lines = agent_page.get_by_role("textbox", name=re.compile("相似问第"))
    before = lines.count()
    lines.last.focus()
    agent_page.keyboard.press("Enter")
    agent_page.keyboard.type("一种新的说法")
    expect(lines).to_have_count(before + 1)
    expect(lines.last).to_be_focused()
    agent_page.keyboard.press("Enter")
    agent_page.keyboard.press("Backspace")
    expect(lines).to_have_count(before + 1)
    expect(lines.last).to_have_value("一种新的说法")


def test_a_table_is_looked_at_before_it_becomes_drafts(
    agent_page: Page, tmp_path: Path, axe_faults: Callable[[Page], list[str]]
) -> None:
    good, bad = tmp_path / "kb.csv", tmp_path / "bad.csv"
    heading = "id,category,question,similar,answer\n"
    good.write_text(f"{heading}import-me,测试,导入的问题怎么问？,导入怎么问|怎么导入,导入的答案\n", encoding="utf-8")
    bad.write_text(f"{heading}import-me,测试,,,答\n", encoding="utf-8")
    open_editor(agent_page)
    agent_page.get_by_role("button", name="导入与导出").click()
    dialog = agent_page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(bad)
    expect(dialog).to_contain_text("标准问是空的", timeout=PATIENCE)
    expect(dialog.get_by_role("button", name=re.compile("导入 .* 条为草稿"))).to_be_disabled()
    dialog.locator("input[type=file]").set_input_files(good)
    expect(dialog).to_contain_text("新增 1", timeout=PATIENCE)
    assert axe_faults(agent_page) == []
    dialog.get_by_role("button", name="导入 1 条为草稿").click()
    expect(agent_page.locator('.kb-row[data-entry="import-me"]')).to_contain_text("草稿", timeout=PATIENCE)


@pytest.mark.parametrize(("login", "led_to"), [("agent01", "/console/mine"), ("doctor01", "/doctor")])
def test_who_may_not_edit_is_told_so(agent_page: Page, login: str, led_to: str) -> None:
    agent_page.goto("/console")
    agent_page.get_by_label("账号", exact=True).fill(login)
    agent_page.get_by_label("密码").fill(PASSWORD)
    agent_page.keyboard.press("Enter")
    agent_page.wait_for_url(re.compile(led_to))
    agent_page.goto("/console/knowledge")
    expect(agent_page.get_by_text("编辑知识库需要")).to_be_visible(timeout=PATIENCE)
