"""The parent's page on a phone, against the real desk: asking, answers, pictures, people, what the phone remembers."""

from __future__ import annotations

import json
import re

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.parent_page import PATIENCE, ask, close_clinic, end, enter, mine, photo, stored, write

# ---- asking ------------------------------------------------------------------------------------------------


def test_the_bot_answers_with_its_source(visitor_page: Page) -> None:
    answer = ask(enter(visitor_page), "怎么注册互联网医院账号？", kind="answer")
    expect(answer.locator(".prose")).to_contain_text("手机号")
    expect(answer.locator(".origin")).to_have_text(re.compile("来源：.+负责：.+有效期至"))
    expect(visitor_page.locator(".speaker").last).to_contain_text("智能助手")


def test_a_common_question_is_asked_with_one_tap(visitor_page: Page) -> None:
    enter(visitor_page)
    question = visitor_page.locator(".welcome .choice").first
    words = question.inner_text()
    question.tap()
    expect(visitor_page.locator(".theirs .is-answer")).to_be_visible(timeout=PATIENCE)
    assert mine(visitor_page) == [words]


def test_an_answer_that_did_not_help_is_noted_and_offers_a_person(visitor_page: Page) -> None:
    answer = ask(enter(visitor_page), "怎么注册互联网医院账号？", kind="answer")
    with visitor_page.expect_response(re.compile("/feedback$")) as noted:
        answer.get_by_role("button", name="没帮助").tap()
    assert noted.value.status == 204
    expect(answer.get_by_role("status")).to_contain_text("已记下")
    expect(answer.get_by_role("button", name="找人工")).to_be_visible()
    visitor_page.reload()
    expect(visitor_page.locator(".feedback")).to_contain_text("已记下", timeout=PATIENCE)


def test_an_emergency_cannot_be_missed(visitor_page: Page) -> None:
    page = enter(visitor_page)
    alarm = ask(page, "孩子抽搐了叫不醒", kind="emergency")
    call = alarm.get_by_role("link", name="120")
    expect(call).to_have_attribute("href", "tel:120")
    expect(call).to_be_in_viewport()
    write(page, "还有别的问题")
    expect(page.locator(".strip.emergency a")).to_have_attribute("href", "tel:120")
    expect(page.locator(".strip.emergency")).to_be_in_viewport()


def test_a_medical_question_leads_to_a_doctor_not_to_an_answer(visitor_page: Page) -> None:
    reply = ask(enter(visitor_page), "孩子发烧39度应该吃什么药", kind="medical")
    expect(reply).to_contain_text("医生")
    expect(reply.locator("summary")).to_contain_text("今天")


def test_words_come_back_after_a_reload(visitor_page: Page) -> None:
    page = enter(visitor_page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    page.reload()
    expect(page.locator(".theirs .is-answer")).to_be_visible(timeout=PATIENCE)
    assert mine(page) == ["怎么注册互联网医院账号？"]


# ---- what a phone remembers --------------------------------------------------------------------------------


def test_large_text_is_remembered(visitor_page: Page) -> None:
    page = enter(visitor_page)
    size = "Number.parseFloat(getComputedStyle(document.querySelector('.input')).fontSize)"
    assert page.evaluate(size) == 17
    page.get_by_role("button", name="大字").tap()
    assert page.evaluate(size) == 22
    enter(page)
    assert page.evaluate(size) == 22
    expect(page.get_by_role("button", name="大字")).to_have_attribute("aria-pressed", "true")


def test_the_language_is_switched_and_remembered(visitor_page: Page) -> None:
    page = enter(visitor_page)
    page.get_by_role("button", name="更多").tap()
    page.get_by_role("button", name="English").tap()
    expect(page.get_by_role("heading", name="Hello, how can we help?")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    expect(page.get_by_role("button", name="Talk to us")).to_be_visible(timeout=PATIENCE)


def test_earlier_conversations_can_be_read_again(visitor_page: Page) -> None:
    page = enter(visitor_page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    end(page)
    enter(page)
    page.get_by_role("button", name="更多").tap()
    page.get_by_role("button", name="以前的咨询").tap()
    page.get_by_role("button", name="已结束").first.tap()
    expect(page.get_by_role("dialog").locator(".mine")).to_contain_text("怎么注册互联网医院账号？", timeout=PATIENCE)


def test_an_ended_conversation_is_rated(visitor_page: Page) -> None:
    page = enter(visitor_page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    end(page)
    page.get_by_role("radio", name="5 很满意").check(force=True, timeout=PATIENCE)
    page.locator(".tick input").first.check()
    with page.expect_request(re.compile("/rating$")) as sent:
        page.get_by_role("button", name="提交评价").tap()
    rating = json.loads(sent.value.post_data or "")
    assert (rating["score"], len(rating["reasons"])) == (5, 1)
    expect(page.locator(".rating")).to_contain_text("谢谢您的评价", timeout=PATIENCE)


# ---- pictures ----------------------------------------------------------------------------------------------


def test_a_picture_is_made_small_sent_and_enlarged(visitor_page: Page) -> None:
    page = enter(visitor_page)
    page.locator("input[type=file]").set_input_files(photo(3000, 2000))
    expect(page.get_by_role("dialog")).to_contain_text("要发送这张图片吗", timeout=PATIENCE)
    with page.expect_response(re.compile("/pictures$")) as uploaded:
        page.get_by_role("button", name="发送图片").tap()
    assert (uploaded.value.json()["width"], uploaded.value.json()["height"]) == (1600, 1067)
    expect(page.locator(".mine .receipt:not(:empty)")).to_have_count(0, timeout=PATIENCE)
    # From the desk this time, with the visitor's token.
    page.reload()
    page.get_by_role("button", name="您发的图片 看大图").tap(timeout=PATIENCE)
    large = page.get_by_role("img", name="您发的图片")
    expect(large).to_be_visible()
    assert large.evaluate("image => image.naturalWidth") == 1600
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()


def test_a_file_that_is_no_picture_is_refused_in_words(visitor_page: Page) -> None:
    page = enter(visitor_page)
    file: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"not a picture"}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator(".counter")).to_have_text("这个文件打不开，请换一张图片。")


def test_another_visitor_cannot_see_the_picture(open_visitor: OpenPage) -> None:
    owner, stranger = enter(open_visitor()), enter(open_visitor())
    owner.locator("input[type=file]").set_input_files(photo(40, 30))
    with owner.expect_response(re.compile("/pictures$")) as uploaded:
        owner.get_by_role("button", name="发送图片").tap(timeout=PATIENCE)
    write(stranger, "你好")
    expect(stranger.locator(".theirs").first).to_be_visible(timeout=PATIENCE)
    fetch = """id => fetch(`/api/chat/pictures/${id}`, { headers: { Authorization:
      `Bearer ${JSON.parse(localStorage.getItem('caredesk.token'))}` } }).then((answer) => answer.status)"""
    picture_id = uploaded.value.json()["picture_id"]
    assert [page.evaluate(fetch, picture_id) for page in (owner, stranger)] == [200, 404]


# ---- people ------------------------------------------------------------------------------------------------


def test_a_closed_clinic_takes_a_message_and_promises_a_time(visitor_page: Page, desk: DeskProcess) -> None:
    close_clinic(desk)
    page = enter(visitor_page)
    expect(page.locator(".clinic")).to_contain_text(re.compile(r"人工客服休息中.*\d\d:\d\d 上班"))
    page.locator(".tool.person").tap()
    letter = page.locator(".letter")
    expect(letter).to_contain_text(re.compile(r"人工客服现在不在，.+\d\d:\d\d 上班"), timeout=PATIENCE)
    letter.get_by_label("想说的事").fill("药寄了一周还没到")
    letter.get_by_label("联系电话").fill("电话")
    letter.get_by_role("button", name="提交留言").tap()
    expect(letter.get_by_role("alert")).to_have_text("电话号码好像不对，请检查一下")
    letter.get_by_label("联系电话").fill("138 0000 0000")
    letter.get_by_role("button", name="提交留言").tap()
    expect(page.locator(".card.waiting")).to_contain_text(
        re.compile(r"留言已收到.*\d\d:\d\d 前回复您"), timeout=PATIENCE
    )
    expect(letter).to_have_count(0)
    assert stored(page, desk) == ["药寄了一周还没到"]


def test_a_waiting_parent_sees_place_and_honest_time(visitor_page: Page) -> None:
    page = enter(visitor_page)
    page.locator(".tool.person").tap()
    # In this test nobody is at a desk, and the page does not pretend otherwise.
    expect(page.locator(".card.waiting")).to_contain_text(re.compile("下一位就是您|您前面还有"), timeout=PATIENCE)
    expect(page.locator(".card.waiting .minutes")).to_have_text(re.compile("说不准|预计"))
    expect(page.locator(".tool.person")).to_have_text("排队中")
    end(page)
    expect(page.locator(".who")).to_have_text("这次咨询已结束", timeout=PATIENCE)
