"""The agent's console in real browsers: what one writes the other sees, nothing is lost, and no hand needs a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, WebSocket, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.people import (
    PASSWORD,
    PATIENCE,
    Parent,
    become_ready,
    reply,
    send,
    sign_in,
    take,
    take_from_page,
    timeline,
)

REPLIES = re.compile(r"/api/console/conversations/[^/]+/replies$")


@pytest.fixture
def parent(desk: DeskProcess) -> Iterator[Parent]:
    """A parent who leaves nothing behind for other tests."""
    someone = Parent(desk.url)
    yield someone
    if someone.conversation_id:
        someone.end()


@pytest.fixture
def agent(agent_page: Page) -> Page:
    """An agent who is ready."""
    sign_in(agent_page, login="agent01")
    become_ready(agent_page)
    return agent_page


# ---- accept and reply ------------------------------------------------------------------------------------


def test_an_accepted_conversation_and_its_reply_are_seen_by_both_sides(
    agent: Page, visitor_page: Page, desk: DeskProcess
) -> None:
    visitor_page.goto("/chat")
    visitor_page.get_by_label("请输入您的问题").fill("药房周末能退药吗，我想找人问问")
    visitor_page.get_by_role("button", name="发送").click()
    expect(visitor_page.get_by_text("药房周末能退药吗").first).to_be_visible(timeout=PATIENCE)
    parent = take_from_page(agent, chat=visitor_page, url=desk.url)
    expect(timeline(agent)).to_contain_text("药房周末能退药吗")
    reply(agent, "您好，药品发出后只有质量问题才能退。")
    expect(timeline(agent)).to_contain_text("只有质量问题才能退")
    expect(visitor_page.get_by_text("只有质量问题才能退")).to_be_visible(timeout=PATIENCE)
    parent.end()


def test_an_offer_calls_by_the_title_and_goes_away_when_the_parent_leaves(agent: Page, parent: Parent) -> None:
    parent.ask_for_person()
    expect(agent.locator(".offer")).to_contain_text(parent.title, timeout=PATIENCE)
    expect(agent).to_have_title(re.compile(f"新邀请 · {parent.title}"))
    parent.end()
    expect(agent.locator(".offer")).to_have_count(0, timeout=PATIENCE)
    expect(agent).to_have_title("客服工作台")


def test_two_agents_see_the_same_truth(agent: Page, open_agent: OpenPage, parent: Parent) -> None:
    parent.say("我想改预约")
    take(agent, parent=parent)
    colleague = open_agent()
    sign_in(colleague, login="agent02")
    colleague.goto(f"/console/mine/{parent.conversation_id}")
    expect(colleague.get_by_role("heading", name=parent.title)).to_be_visible(timeout=PATIENCE)
    expect(agent.get_by_role("group", name="同时在看的同事").get_by_label("王思远")).to_be_visible()
    reply(agent, "我来帮您改。")
    expect(agent.locator(".entry.by-agent")).to_contain_text("我来帮您改。")
    parent.say("改到周五下午")
    for page in (agent, colleague):
        expect(timeline(page)).to_contain_text("我来帮您改。")
        expect(timeline(page)).to_contain_text("改到周五下午")
    numbers = "rows => rows.map(row => row.dataset.seq)"
    assert timeline(agent).locator("[data-seq]").evaluate_all(numbers) == timeline(colleague).locator(
        "[data-seq]"
    ).evaluate_all(numbers)
    expect(colleague.get_by_role("button", name="发送")).to_have_count(0)


# ---- nothing is sent by mistake --------------------------------------------------------------------------


def test_a_reply_written_before_unseen_words_is_held_and_shows_them(agent: Page, parent: Parent) -> None:
    parent.say("\n".join(f"第 {line} 行" for line in range(60)))
    take(agent, parent=parent)
    # Whoever reads further up has not seen what arrives below.
    expect(timeline(agent)).to_contain_text("第 59 行")
    timeline(agent).evaluate("box => { box.scrollTop = 0 }")
    expect(agent.get_by_role("button", name="回到最新")).to_be_visible()
    parent.say("等等，我刚才说错了")
    expect(agent.get_by_role("button", name="1 条新消息")).to_be_visible()
    send(agent, "好的，就按您说的办。")
    held = agent.get_by_role("alertdialog", name=re.compile("先别急着发"))
    expect(held).to_contain_text("等等，我刚才说错了")
    assert "好的，就按您说的办。" not in parent.texts()
    held.get_by_role("button", name="修改").click()
    field = agent.get_by_role("textbox", name="回复家长")
    expect(field).to_have_value("好的，就按您说的办。")
    expect(field).to_be_focused()


def test_a_held_reply_goes_out_once_when_it_is_confirmed(agent: Page, parent: Parent) -> None:
    parent.say("\n".join(f"第 {line} 行" for line in range(60)))
    take(agent, parent=parent)
    expect(timeline(agent)).to_contain_text("第 59 行")
    timeline(agent).evaluate("box => { box.scrollTop = 0 }")
    expect(agent.get_by_role("button", name="回到最新")).to_be_visible()
    parent.say("顺便问一下停车")
    expect(agent.get_by_role("button", name="1 条新消息")).to_be_visible()
    send(agent, "已经为您登记。")
    agent.get_by_role("button", name="仍要发送").click()
    expect(agent.locator(".entry.by-agent")).to_contain_text("已经为您登记。")
    expect(agent.locator(".pending")).to_have_count(0)
    assert parent.texts().count("已经为您登记。") == 1


def test_a_note_never_reaches_the_parents_page(agent: Page, visitor_page: Page, desk: DeskProcess) -> None:
    received = record_everything(visitor_page)
    visitor_page.goto("/chat")
    parent = take_from_page(agent, chat=visitor_page, url=desk.url)
    agent.keyboard.press("n")
    agent.keyboard.type("SECRET-内部-备注")
    agent.keyboard.press("Enter")
    expect(agent.locator(".note")).to_contain_text("SECRET-内部-备注")
    expect(agent.locator(".note")).to_contain_text("仅内部可见")
    agent.keyboard.press("Escape")
    agent.keyboard.press("r")
    agent.keyboard.type("您好，我在。")
    agent.keyboard.press("Enter")
    expect(visitor_page.get_by_text("您好，我在。")).to_be_visible(timeout=PATIENCE)
    assert any("您好，我在。" in text for text in received)
    assert not any("SECRET" in text for text in received)
    parent.end()


def record_everything(page: Page) -> list[str]:
    """Keep every word that the server sends to a page, over HTTP and over the socket."""
    received: list[str] = []

    def keep_frames(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append(frame if isinstance(frame, str) else ""))

    def keep_answer(route: Route) -> None:
        answer = route.fetch()
        received.append(answer.text())
        route.fulfill(response=answer)

    page.on("websocket", keep_frames)
    page.route("**/api/chat/**", keep_answer)
    return received


# ---- nothing is lost -------------------------------------------------------------------------------------


def test_a_draft_survives_a_reload(agent: Page, parent: Parent) -> None:
    take(agent, parent=parent)
    agent.get_by_role("textbox", name="回复家长").fill("我查到您的包裹在")
    agent.reload()
    expect(agent.get_by_role("textbox", name="回复家长")).to_have_value("我查到您的包裹在", timeout=PATIENCE)
    assert "我查到您的包裹在" not in parent.texts()


def test_a_draft_follows_the_agent_to_another_browser(agent: Page, open_agent: OpenPage, parent: Parent) -> None:
    take(agent, parent=parent)
    with agent.expect_response(lambda answer: answer.url.endswith("/draft") and answer.ok):
        agent.get_by_role("textbox", name="回复家长").fill("草稿在服务器上")
    elsewhere = open_agent()
    sign_in(elsewhere, login="agent01")
    elsewhere.goto(f"/console/mine/{parent.conversation_id}")
    expect(elsewhere.get_by_role("textbox", name="回复家长")).to_have_value("草稿在服务器上", timeout=PATIENCE)


def test_a_reply_whose_answer_was_lost_arrives_once(agent: Page, parent: Parent) -> None:
    take(agent, parent=parent)
    lose_the_answer_once(agent)
    with agent.expect_response(REPLIES) as second:
        reply(agent, "这句话只会出现一次。")
    assert second.value.ok
    expect(agent.locator(".pending")).to_have_count(0)
    expect(agent.locator(".entry.by-agent")).to_have_count(1)
    assert parent.texts().count("这句话只会出现一次。") == 1


def lose_the_answer_once(page: Page) -> None:
    """Let the server take the reply, and the browser never hear of it."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(REPLIES, lose, times=1)


def test_an_unsent_reply_survives_a_reload_and_goes_out_then(agent: Page, parent: Parent) -> None:
    take(agent, parent=parent)
    agent.route(REPLIES, lambda route: route.abort())
    reply(agent, "重启以后才发出去的话")
    expect(agent.locator(".pending")).to_have_attribute("data-pending", "lost")
    assert "重启以后才发出去的话" not in parent.texts()
    agent.reload()
    expect(agent.locator(".pending")).to_be_visible(timeout=PATIENCE)
    agent.unroute(REPLIES)
    expect(agent.locator(".entry.by-agent")).to_contain_text("重启以后才发出去的话", timeout=PATIENCE)
    assert parent.texts().count("重启以后才发出去的话") == 1


def test_without_a_line_the_console_says_so_and_keeps_the_words(
    agent: Page, parent: Parent, page_faults: list[str]
) -> None:
    take(agent, parent=parent)
    agent.context.set_offline(True)
    expect(agent.locator(".sync")).to_have_attribute("data-phase", re.compile("down|silent"), timeout=PATIENCE)
    expect(agent.get_by_role("alert")).to_contain_text("没有连接")
    send(agent, "断线时写的话")
    expect(agent.get_by_role("alert")).to_contain_text("没有发送")
    expect(agent.get_by_role("textbox", name="回复家长")).to_have_value("断线时写的话")
    expect(agent.locator(".pending")).to_have_count(0)
    parent.say("您还在吗")
    agent.context.set_offline(False)
    expect(agent.locator(".sync")).to_have_attribute("data-phase", "in_sync", timeout=PATIENCE)
    expect(timeline(agent)).to_contain_text("您还在吗")
    expect(agent.get_by_role("textbox", name="回复家长")).to_have_value("断线时写的话")
    # A browser without a network says so on its console.
    page_faults.clear()


def test_a_session_that_ends_takes_no_words_with_it(agent: Page, parent: Parent) -> None:
    take(agent, parent=parent)
    agent.context.clear_cookies()
    agent.get_by_role("textbox", name="回复家长").fill("写到一半的话")
    door = agent.get_by_role("dialog", name="请重新登录")
    expect(door.get_by_label("密码")).to_be_focused(timeout=PATIENCE)
    agent.keyboard.type(PASSWORD)
    agent.keyboard.press("Enter")
    expect(door).to_have_count(0, timeout=PATIENCE)
    expect(agent.locator(".sync")).to_have_attribute("data-phase", "in_sync", timeout=PATIENCE)
    reply(agent, "写完了的话")
    expect(agent.locator(".entry.by-agent")).to_contain_text("写完了的话")
    assert parent.texts().count("写完了的话") == 1


# ---- by keyboard alone -----------------------------------------------------------------------------------


def test_the_keyboard_alone_leads_from_the_door_to_the_wrap_up(agent_page: Page, parent: Parent) -> None:
    page, keys = agent_page, agent_page.keyboard
    come_in_by_keyboard(page)
    parent.say("孩子的电子票据在哪里开")
    parent.ask_for_person()
    expect(page.locator(".offer")).to_contain_text(parent.title, timeout=PATIENCE)
    keys.press("a")
    expect(page.get_by_role("heading", name=parent.title)).to_be_visible()
    expect(timeline(page)).to_have_attribute("data-behind", "0")
    keys.press("/")
    keys.type("fp")
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="回复家长")).to_have_value(re.compile("电子票据"))
    keys.press("Enter")
    expect(page.locator(".entry.by-agent")).to_contain_text("电子票据")
    keys.press("Escape")
    wrap_up_by_keyboard(page)
    for key in ("g", "c"):
        keys.press(key)
    expect(page.get_by_role("option", name=re.compile(parent.title))).to_be_visible()
    for key in ("j", "Enter"):
        keys.press(key)
    expect(page.get_by_text("会话已结束，仍可写备注")).to_be_visible()
    keys.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_contain_text("接受邀请")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def come_in_by_keyboard(page: Page) -> None:
    page.goto("/console")
    expect(page.get_by_label("账号", exact=True)).to_be_focused()
    page.keyboard.type("agent02")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".sync")).to_have_attribute("data-phase", "in_sync", timeout=PATIENCE)
    page.keyboard.press("s")
    expect(page.get_by_role("menuitemradio", name="接待中")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".presence")).to_have_attribute("data-state", "ready")


def wrap_up_by_keyboard(page: Page) -> None:
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name=re.compile("结束会话")).locator(".closing")).to_be_focused()
    for key in ("5", "1"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog").get_by_role("button", name="结束会话")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=PATIENCE)


def test_tab_walks_through_the_desk_and_is_never_trapped(agent: Page, parent: Parent) -> None:
    take(agent, parent=parent)
    agent.get_by_role("textbox", name="回复家长").focus()
    agent.keyboard.press("Tab")
    expect(agent.get_by_role("textbox", name="回复家长")).not_to_be_focused()
    seen = {focused(agent)}
    for _ in range(60):
        agent.keyboard.press("Tab")
        seen.add(focused(agent))
    assert len(seen) > 15
    assert any("回复家长" in place for place in seen)


def focused(page: Page) -> str:
    where = "() => { const e = document.activeElement; return e.tagName + (e.ariaLabel ?? e.textContent ?? '') }"
    return str(page.evaluate(where))


# ---- for everyone ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    open_agent: OpenPage, parent: Parent, axe_faults: Callable[[Page], list[str]], scheme: str
) -> None:
    page = open_agent(color_scheme=scheme)
    page.goto("/console")
    expect(page.get_by_role("button", name="登录")).to_be_visible()
    assert axe_faults(page) == []
    sign_in(page, login="agent04")
    assert axe_faults(page) == []
    become_ready(page)
    parent.say("药什么时候到")
    take(page, parent=parent)
    page.keyboard.press("n")
    page.keyboard.type("家长很着急")
    page.keyboard.press("Enter")
    expect(page.locator(".note")).to_be_visible()
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    assert axe_faults(page) == []
