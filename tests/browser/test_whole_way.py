"""From the first word to the rating, and over a closed night: parent and agent in two browsers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk_process import DeskProcess
from tests.browser.parent_page import PATIENCE, ask, close_clinic, enter, mine, write
from tests.browser.people import Parent, become_ready, reply, sign_in


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """A desk of its own: whoever another test left waiting would be offered before these parents."""
    running = DeskProcess.in_folder(tmp_path_factory.mktemp("own_desk"))
    running.start()
    yield running
    running.stop()


def test_a_question_goes_from_the_first_word_to_the_rating(
    visitor_page: Page, agent_page: Page, desk: DeskProcess
) -> None:
    sign_in(agent_page, login="agent01")
    become_ready(agent_page)
    page = enter(visitor_page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    write(page, "转人工")
    parent = Parent.at(page, url=desk.url)
    expect(agent_page.locator(".offer")).to_contain_text(parent.title, timeout=PATIENCE)
    agent_page.get_by_role("button", name="接受").click()
    expect(page.locator(".who")).to_contain_text("李晓雯", timeout=PATIENCE)
    reply(agent_page, "您好，已经帮您查到，退款在路上。")
    expect(page.locator(".theirs").last).to_contain_text("您好，已经帮您查到，退款在路上。", timeout=PATIENCE)
    write(page, "谢谢，没有别的问题了")
    expect(agent_page.get_by_text("谢谢，没有别的问题了").last).to_be_visible(timeout=PATIENCE)
    assert mine(page)[-1] == "谢谢，没有别的问题了"
    parent.end()
    expect(page.locator(".who")).to_have_text("这次咨询已结束", timeout=PATIENCE)
    page.get_by_role("radio", name="5 很满意").check(force=True, timeout=PATIENCE)
    page.get_by_role("button", name="提交评价").tap()
    expect(page.locator(".rating")).to_contain_text("谢谢您的评价", timeout=PATIENCE)


def test_a_message_left_at_night_is_answered_when_the_clinic_opens(
    visitor_page: Page, agent_page: Page, desk: DeskProcess
) -> None:
    opens = close_clinic(desk)
    page = enter(visitor_page)
    page.locator(".tool.person").tap()
    letter = page.locator(".letter")
    expect(letter).to_be_visible(timeout=PATIENCE)
    letter.get_by_label("想说的事").fill("明早请告诉我包裹到哪了")
    letter.get_by_role("button", name="提交留言").tap()
    expect(page.locator(".card.waiting")).to_contain_text("留言已收到", timeout=PATIENCE)
    desk.set_clock(opens + timedelta(minutes=5))
    sign_in(agent_page, login="agent02")
    become_ready(agent_page)
    expect(agent_page.locator(".offer")).to_contain_text("明早请告诉我包裹到哪了", timeout=PATIENCE)
    agent_page.get_by_role("button", name="接受").click()
    reply(agent_page, "早上好，包裹今天下午送到。")
    expect(page.locator(".theirs").last).to_contain_text("早上好，包裹今天下午送到。", timeout=PATIENCE)
