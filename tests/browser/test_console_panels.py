"""The panels and dialogs around a conversation, in real browsers: what is shown, what is recorded, what keys do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.families import Family, let_pass
from tests.browser.people import PATIENCE, Parent, become_ready, reply, sign_in, take, take_from_page, timeline

DRAFT = re.compile(r"/draft$")
# Of families.csv: 王丽娟, whose children are patients of the skin department today, with a delivered parcel.
GUARDIAN, TITLE, PHONE, MASKED = "G1001", "王**", "13800001001", "138****1001"


@pytest.fixture
def family(desk: DeskProcess) -> Iterator[Family]:
    """A known family that leaves nothing behind for other tests."""
    someone = Family(desk, guardian=GUARDIAN, title=TITLE)
    yield someone
    if someone.conversation_id:
        someone.end()


@pytest.fixture
def agent(agent_page: Page) -> Page:
    """An agent with every skill who is ready."""
    sign_in(agent_page, login="agent08")
    become_ready(agent_page)
    return agent_page


def open_panel(page: Page, name: str) -> Locator:
    page.get_by_role("tab", name=name).click()
    return page.get_by_role("tabpanel")


def ask(chat: Page, text: str) -> None:
    chat.goto("/chat")
    chat.get_by_label("请输入您的问题").fill(text)
    chat.get_by_role("button", name="发送").click()
    expect(chat.get_by_text(text).first).to_be_visible(timeout=PATIENCE)


def leave_fields(page: Page) -> None:
    """Take the focus out of every field, so that single keys are commands."""
    page.get_by_role("textbox", name="回复家长").focus()
    page.keyboard.press("Escape")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog").filter(visible=True)


# ---- family ----------------------------------------------------------------------------------------------


def test_a_revealed_number_is_recorded_and_hides_again(agent: Page, family: Family, desk: DeskProcess) -> None:
    family.say("请问我的快递到哪了")
    take(agent, parent=family)
    card = open_panel(agent, "家庭")
    expect(card).to_contain_text(MASKED)
    assert PHONE not in agent.content()
    card.get_by_role("button", name="查看手机号").click()
    show = dialog(agent).get_by_role("button", name="查看", exact=True)
    expect(show).to_be_disabled()
    dialog(agent).get_by_text("其他", exact=True).click()
    expect(show).to_be_disabled()
    dialog(agent).get_by_text("联系家长", exact=True).click()
    show.click()
    expect(card).to_contain_text(PHONE)
    expect(card).to_contain_text(re.compile(r"[45]:\d\d 后隐藏"))
    expect(timeline(agent)).to_contain_text("黄诗涵 查看了手机号（联系家长）")
    assert not any("查看了" in text for text in family.texts())
    let_pass(desk, time=timedelta(minutes=6))
    expect(card).not_to_contain_text(PHONE, timeout=PATIENCE)
    expect(card).to_contain_text(MASKED)


def test_the_familys_visits_and_parcels_stand_around_now(agent: Page, family: Family) -> None:
    take(agent, parent=family)
    card = open_panel(agent, "家庭")
    expect(card.get_by_role("region", name="孩子")).to_contain_text("访客是妈妈")
    visits = card.get_by_role("region", name="预约与就诊")
    expect(visits.locator(".visit-now")).to_have_count(1)
    expect(visits).to_contain_text("皮肤科 · 吴安然")
    parcel = card.get_by_role("article", name="包裹 SF-DEMO-500001")
    expect(parcel).to_contain_text("已签收")
    expect(parcel.locator(".parcel-trace li")).to_have_count(1)
    parcel.get_by_role("button", name="全部 4 条物流").click()
    expect(parcel.locator(".parcel-trace li")).to_have_count(4)
    expect(parcel.locator(".parcel-trace li").first).to_contain_text("家人已签收")


def test_an_unknown_visitor_is_explained_instead_of_an_empty_card(agent: Page, desk: DeskProcess) -> None:
    stranger = Parent(desk.url)
    take(agent, parent=stranger)
    card = open_panel(agent, "家庭")
    expect(card).to_contain_text("这位访客没有带身份")
    card.get_by_role("button", name="搜索会话").click()
    expect(dialog(agent)).to_contain_text("手机后四位")
    stranger.end()


# ---- knowledge -------------------------------------------------------------------------------------------


def test_a_knowledge_answer_reaches_the_parent_with_its_source(
    agent: Page, visitor_page: Page, desk: DeskProcess
) -> None:
    ask(visitor_page, "你好，在吗")
    parent = take_from_page(agent, chat=visitor_page, url=desk.url)
    parent.say("我的药寄到哪儿了")
    expect(timeline(agent)).to_contain_text("我的药寄到哪儿了", timeout=PATIENCE)
    # A reply to words that nobody has had time to read would be held.
    expect(visitor_page.get_by_text("已读")).to_have_count(2, timeout=PATIENCE)
    panel = open_panel(agent, "知识")
    search = panel.get_by_role("combobox", name="搜索知识库")
    expect(search).to_have_value("我的药寄到哪儿了")
    search.fill("怎么查药寄到哪儿了")
    first = panel.get_by_role("option").first
    expect(first).to_contain_text("怎么查药寄到哪儿了？")
    expect(panel).to_contain_text("药学部")
    search.press("Control+Enter")
    expect(timeline(agent)).to_contain_text("parcel-where-is-it")
    expect(visitor_page.get_by_text("《药品配送管理办法》").last).to_be_visible(timeout=PATIENCE)
    parent.end()


def test_a_knowledge_answer_is_inserted_with_enter_and_chosen_with_arrows(agent: Page, family: Family) -> None:
    family.say("退费几天到账")
    take(agent, parent=family)
    panel = open_panel(agent, "知识")
    options = panel.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    search = panel.get_by_role("combobox", name="搜索知识库")
    search.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    search.press("ArrowUp")
    question = panel.get_by_role("article").get_by_role("heading")
    # The key that inserts it stands before the question.
    expect(question).to_have_text(options.first.locator(".knowledge-question").inner_text().split("\n")[-1])
    search.press("Enter")
    expect(agent.get_by_role("textbox", name="回复家长")).not_to_have_value("")


# ---- history and decisions -------------------------------------------------------------------------------


def test_an_earlier_conversation_is_read_in_place(agent: Page, family: Family) -> None:
    family.say("想问一下发票怎么开，单位要用")
    take(agent, parent=family)
    first = family.number
    close_with_keys(agent, "51")
    family.say("还有一个问题")
    take(agent, parent=family)
    panel = open_panel(agent, "历史")
    row = panel.get_by_role("button").filter(has_text="医保与票据 · 已解答").first
    row.click()
    expect(panel.get_by_role("heading", name=first)).to_be_focused()
    expect(panel).to_contain_text("想问一下发票怎么开，单位要用")
    panel.get_by_role("button", name="回到列表").click()
    expect(row).to_be_visible()


def test_why_this_agent_is_told_in_a_sentence(agent: Page, visitor_page: Page, desk: DeskProcess) -> None:
    ask(visitor_page, "退费多久能到账")
    expect(visitor_page.get_by_text("原路退回").first).to_be_visible(timeout=PATIENCE)
    parent = take_from_page(agent, chat=visitor_page, url=desk.url)
    panel = open_panel(agent, "派单")
    expect(panel).to_contain_text(re.compile(r"\d\d:\d\d 派给 黄诗涵：.*负载 \d/6；.*未连接"))
    panel.get_by_text(re.compile(r"全部 \d+ 位候选")).first.click()
    expect(panel.get_by_role("row", name=re.compile("黄诗涵"))).to_contain_text("派给")
    bot = panel.get_by_role("region", name="智能助手的判断")
    expect(bot).to_contain_text("退费多久能到账")
    expect(bot.get_by_role("listitem").filter(has_text="%").first).to_be_visible()
    parent.end()


# ---- transfer and close ----------------------------------------------------------------------------------


def test_a_transfer_hands_over_the_note_and_the_draft(agent: Page, open_agent: OpenPage, family: Family) -> None:
    family.say("药坏了怎么办")
    take(agent, parent=family)
    colleague = open_agent()
    sign_in(colleague, login="agent03")
    become_ready(colleague)
    with agent.expect_response(DRAFT):
        agent.get_by_role("textbox", name="回复家长").fill("您好，我请药品组的同事")
    leave_fields(agent)
    agent.keyboard.press("t")
    pane = dialog(agent)
    expect(pane.get_by_role("combobox")).to_be_focused()
    away = pane.get_by_role("option", name="李晓雯")
    expect(away).to_have_attribute("aria-disabled", "true")
    expect(away).to_contain_text("未连接")
    expect(pane.get_by_role("option", name="张雅琪")).to_contain_text("可接")
    agent.keyboard.type("雅琪")
    agent.keyboard.press("Enter")
    agent.keyboard.press("1")
    agent.keyboard.press("Tab")
    agent.keyboard.type("药盒破损，已请家长拍照")
    agent.keyboard.press("Control+Enter")
    expect(pane).to_be_hidden()
    colleague.locator(".desk-list").get_by_text(TITLE).first.click()
    expect(timeline(colleague)).to_contain_text("黄诗涵 转给 张雅琪 · 属于其他业务组")
    expect(timeline(colleague)).to_contain_text("药盒破损，已请家长拍照")
    expect(colleague.get_by_role("textbox", name="回复家长")).to_have_value("您好，我请药品组的同事")
    assert not any("药盒破损" in text for text in family.texts())


def test_a_conversation_is_closed_with_two_numbers_and_enter(agent: Page, family: Family) -> None:
    family.say("包裹几天能到")
    take(agent, parent=family)
    reply(agent, "预计明天送达。")
    expect(timeline(agent)).to_contain_text("预计明天送达。")
    close_with_keys(agent, "71")
    # Other tests move the clock and set it back, so the newest need not be near the top of the list.
    agent.goto(f"/console/closed/{family.conversation_id}")
    expect(timeline(agent)).to_contain_text("结束小结：物流配送 · 已查到位置", timeout=PATIENCE)
    assert not any("结束小结" in text for text in family.texts())


def close_with_keys(page: Page, numbers: str) -> None:
    leave_fields(page)
    page.keyboard.press("c")
    pane = dialog(page)
    expect(pane).to_contain_text("结束会话")
    expect(pane.locator(".closing")).to_be_focused()
    for number in numbers:
        page.keyboard.press(number)
    expect(pane.get_by_role("button", name="结束会话")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(pane).to_be_hidden()


def test_a_dialog_gives_the_focus_back_and_keeps_what_was_typed_beside_it(agent: Page, family: Family) -> None:
    take(agent, parent=family)
    opener = agent.locator(".conversation-header").get_by_role("button", name="转接")
    opener.focus()
    agent.keyboard.press("Enter")
    expect(dialog(agent).get_by_role("combobox")).to_be_focused()
    for _ in range(20):
        agent.keyboard.press("Tab")
    assert agent.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    agent.keyboard.press("Escape")
    expect(opener).to_be_focused()


# ---- search, export, password ----------------------------------------------------------------------------


def test_a_conversation_is_found_by_its_words_and_by_four_digits(agent: Page, desk: DeskProcess) -> None:
    family = Family(desk, guardian="G1005", title="赵**")
    family.say("蓝色小药盒的盖子打不开")
    take(agent, parent=family)
    close_with_keys(agent, "61")
    agent.keyboard.press("Control+k")
    field = dialog(agent).get_by_role("combobox", name="会话里说过的话")
    expect(field).to_be_focused()
    agent.keyboard.type("小药盒")
    found = dialog(agent).get_by_role("option")
    expect(found).to_have_count(1)
    expect(found.locator("mark")).to_have_text("小药盒")
    field.fill("1005")
    expect(dialog(agent)).to_contain_text("按手机号后四位找“1005”")
    expect(dialog(agent)).to_contain_text("没有找到")
    agent.keyboard.press("Enter")
    expect(dialog(agent).get_by_label("家长或孩子")).to_have_value("1005")
    expect(found).to_have_count(1)
    expect(found).to_contain_text(family.number)
    agent.keyboard.press("Enter")
    expect(dialog(agent)).to_have_count(0)
    expect(timeline(agent)).to_contain_text("蓝色小药盒的盖子打不开")
    expect(agent.get_by_role("textbox", name="回复家长")).to_have_count(0)


def test_a_supervisor_takes_a_conversation_out_and_an_agent_cannot(
    agent: Page, open_agent: OpenPage, family: Family
) -> None:
    family.say("请帮我查一下退费")
    take(agent, parent=family)
    expect(open_panel(agent, "历史").get_by_role("link", name="JSON 文件")).to_have_count(0)
    supervisor = open_agent()
    sign_in(supervisor, login="supervisor")
    supervisor.goto(f"/console/waiting/{family.conversation_id}")
    link = open_panel(supervisor, "历史").get_by_role("link", name="JSON 文件")
    with supervisor.expect_download() as download:
        link.click()
    record = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert record["conversation"]["number"] == family.number
    assert PHONE not in json.dumps(record)
    expect(timeline(agent)).to_contain_text("何雅宁 导出了这个会话")


def test_what_is_wrong_with_a_new_password_is_said_beside_it(agent: Page) -> None:
    agent.get_by_role("button", name="黄诗涵 的账号").click()
    agent.get_by_role("menuitem", name="修改密码").click()
    pane = dialog(agent)
    expect(pane.get_by_label("当前密码")).to_be_focused()
    pane.get_by_label("当前密码").fill("caredesk-demo")
    pane.get_by_label("新密码", exact=True).fill("aaaa")
    pane.get_by_label("再输一次新密码").fill("aaab")
    agent.keyboard.press("Enter")
    expect(pane).to_contain_text("两次输入的不一样")
    pane.get_by_label("再输一次新密码").fill("aaaa")
    agent.keyboard.press("Enter")
    expect(pane).to_contain_text("太短，至少 10 个字符；重复的字符太多")
    expect(pane.get_by_label("新密码", exact=True)).to_be_focused()


# ---- accessibility ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_around_a_conversation(
    agent: Page, family: Family, axe_faults: Callable[[Page], list[str]], scheme: str
) -> None:
    agent.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    family.say("退费多久能到账")
    take(agent, parent=family)
    for name, sign in [("家庭", ".visit"), ("知识", ".preview"), ("历史", ".history"), ("派单", ".decision")]:
        open_panel(agent, name)
        expect(agent.locator(sign).first).to_be_visible()
        assert axe_faults(agent) == [], name
    for key, sign in [("t", ".targets-list"), ("c", ".closing-lists"), ("Control+k", ".search-results")]:
        leave_fields(agent)
        agent.keyboard.press(key)
        expect(dialog(agent).locator(sign)).to_be_visible()
        assert axe_faults(agent) == [], key
        agent.keyboard.press("Escape")
        expect(dialog(agent)).to_have_count(0)
