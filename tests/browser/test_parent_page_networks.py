"""The parent's page in bad networks: nothing is lost, nothing arrives twice, and the page says how it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.parent_page import PATIENCE, ask, enter, mine, stored, write

WITHOUT_SOCKETS = "window.WebSocket = class { constructor() { setTimeout(() => this.onclose({}), 0) } close() {} }"
# With the assistant, what the desk has carries no mark; what it does not have yet does.
UNSETTLED = ".mine .receipt:not(:empty)"


@pytest.fixture(autouse=True)
def lost_connections(page_faults: list[str]) -> Iterator[None]:
    """Chromium logs every socket that it could not open; here that is no fault."""
    yield
    page_faults[:] = [fault for fault in page_faults if "WebSocket connection" not in fault]


def test_a_message_written_offline_goes_out_exactly_once(visitor_page: Page, desk: DeskProcess) -> None:
    page = enter(visitor_page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    page.context.set_offline(True)
    expect(page.locator(".strip.connection")).to_contain_text("没有连上网", timeout=PATIENCE)
    write(page, "药到哪里了")
    write(page, "订单号 A1234")
    expect(page.locator(".mine .receipt", has_text="待发送")).to_have_count(2)
    page.context.set_offline(False)
    expect(page.locator(".strip.connection")).to_be_hidden(timeout=PATIENCE)
    expect(page.locator(UNSETTLED)).to_have_count(0, timeout=PATIENCE)
    assert mine(page) == ["怎么注册互联网医院账号？", "药到哪里了", "订单号 A1234"]
    assert stored(page, desk) == mine(page)


def test_a_message_whose_answer_was_lost_is_stored_once(visitor_page: Page, desk: DeskProcess) -> None:
    page = enter(visitor_page)
    lost: list[int] = []

    def carry_out_and_lose_the_answer(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    page.route(re.compile("/api/chat/messages$"), carry_out_and_lose_the_answer, times=2)
    write(page, "药到哪里了")
    expect(page.locator(UNSETTLED)).to_have_count(0, timeout=PATIENCE)
    expect(page.locator(".theirs").first).to_be_visible(timeout=PATIENCE)
    assert lost[:1] == [200]
    assert stored(page, desk) == mine(page) == ["药到哪里了"]


def test_a_message_outlives_the_page_that_could_not_send_it(open_visitor: OpenPage, desk: DeskProcess) -> None:
    page = open_visitor()
    # A message goes over the socket where there is one; here it cannot go out at all.
    page.add_init_script(WITHOUT_SOCKETS)
    enter(page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    page.route(re.compile("/api/chat/messages$"), lambda route: route.abort("connectionrefused"))
    write(page, "没发出去的话")
    expect(page.locator(".mine .receipt").last).to_have_text("待发送")
    page.unroute_all()
    page.reload()
    expect(page.locator(".mine")).to_have_count(2, timeout=PATIENCE)
    expect(page.locator(UNSETTLED)).to_have_count(0, timeout=PATIENCE)
    assert stored(page, desk)[-1:] == ["没发出去的话"]


def test_news_arrive_without_sockets(open_visitor: OpenPage) -> None:
    page = open_visitor()
    page.add_init_script(WITHOUT_SOCKETS)
    enter(page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    expect(page.locator(".strip.connection")).to_contain_text("可能晚几秒", timeout=PATIENCE)


def test_the_page_says_that_the_desk_is_gone_and_comes_back_by_itself(visitor_page: Page, desk: DeskProcess) -> None:
    page = enter(visitor_page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    desk.kill()
    expect(page.locator(".strip.connection")).to_contain_text("连不上", timeout=PATIENCE)
    write(page, "还在吗")
    expect(page.locator(".mine .receipt").last).to_have_text("待发送")
    desk.start()
    expect(page.locator(".strip.connection")).to_be_hidden(timeout=2 * PATIENCE)
    expect(page.locator(UNSETTLED)).to_have_count(0, timeout=PATIENCE)
    assert stored(page, desk) == mine(page)
