"""Live answers on the parent's phone, and the knowledge graph in the editor's browser."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.parent_page import PATIENCE, ask, enter, write
from tests.browser.people import PASSWORD


def test_a_parent_asks_back_and_forth_about_the_clinic_and_two_things_at_once(visitor_page: Page) -> None:
    page = enter(visitor_page)
    sessions = ask(page, "皮肤科周五出诊吗", kind="answer")
    expect(sessions.locator(".prose").first).to_contain_text(re.compile(r"皮肤科.+周五.*\d\d:\d\d–\d\d:\d\d"))
    expect(sessions.locator(".origin").first).to_contain_text(re.compile(r"截至 今天 \d\d:\d\d · 门诊排班"))
    following = ask(page, "那口腔科呢", kind="answer")
    expect(following.locator(".prose").first).to_contain_text("口腔科")
    both = ask(page, "人工客服几点上班？另外怎么注册互联网医院账号？", kind="answer")
    expect(both.locator("h3")).to_have_text([re.compile("人工客服"), re.compile("注册")])
    write(page, "怎么查某位医生的出诊时间")
    choice = page.locator(".theirs .is-suggestions .choice", has_text="皮肤科").last
    expect(choice).to_be_visible(timeout=PATIENCE)
    known = page.locator(".theirs .is-answer").count()
    choice.tap()
    expect(page.locator(".theirs .is-answer").nth(known)).to_contain_text("皮肤科", timeout=PATIENCE)


def test_an_editor_walks_the_graph_by_keyboard_and_changes_it(
    agent_page: Page, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = agent_page
    page.goto("/console")
    page.get_by_label("账号", exact=True).fill("editor")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/console/knowledge"))
    page.goto("/console/knowledge/graph")
    service = page.get_by_role("button", name="服务 图文问诊")
    expect(service).to_be_visible(timeout=PATIENCE)
    service.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="步骤 选医生")).to_be_visible()
    assert not axe_faults(page)
    page.get_by_role("button", name="步骤 选医生").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="步骤 写明情况")).to_be_focused()
    editor = page.get_by_role("complementary", name="内容")
    detail = editor.get_by_label("说明")
    detail.fill("演示说明")
    editor.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    page.reload()
    expect(detail).to_have_value("演示说明", timeout=PATIENCE)
