"""Calling a patient online, with a doctor on a phone, an assistant at the console and a parent: each step seen live."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.doctor_page import DoctorsDoor
from tests.browser.families import Family, let_pass
from tests.browser.people import PATIENCE, become_ready, sign_in, timeline

MOTHER = "G1003"
ASSISTANT, ASSISTANT_NAME = "assistant01", "徐若楠"
SMALLEST = {"width": 360, "height": 780}
THUMB = 44
REQUESTS = "**/api/doctor/requests"
WITHDRAW_ALL = """async () => {
    const me = await (await fetch('/api/auth/me')).json()
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf_token }
    const { requests } = await (await fetch('/api/doctor/requests')).json()
    for (const one of requests.filter(({ ended_at }) => ended_at === null))
        await fetch(`/api/doctor/requests/${one.id}/withdraw`, { method: 'POST', headers, body: '{}' })
}"""


Enter = Callable[[Page], Page]


@pytest.fixture(scope="module")
def enter() -> Enter:
    """Bring a page to the doctor's day."""
    return DoctorsDoor().enter


@pytest.fixture
def doctor(visitor_page: Page, enter: Enter) -> Iterator[Page]:
    """A doctor who is signed in on a phone, and leaves no request behind for other tests."""
    yield enter(visitor_page)
    visitor_page.context.set_offline(False)
    visitor_page.evaluate(WITHDRAW_ALL)


@pytest.fixture
def assistant(agent_page: Page) -> Page:
    """An assistant who is ready."""
    sign_in(agent_page, login=ASSISTANT)
    become_ready(agent_page)
    return agent_page


def call(page: Page) -> Locator:
    """Tap the big button and return the line that tells what has become of it."""
    page.get_by_role("button", name=re.compile("呼叫患者上线|再次呼叫")).click()
    strip = page.locator(".patient .call-row .strip")
    expect(strip).to_be_visible(timeout=PATIENCE)
    return strip


def accept(console: Page) -> None:
    expect(console.locator(".offer")).to_be_visible(timeout=PATIENCE)
    console.get_by_role("button", name="接受").click()
    expect(console.locator(".offer")).to_have_count(0, timeout=PATIENCE)


def open_sheet(page: Page) -> Locator:
    page.locator(".patient .call-row .strip").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    return sheet


# ---- from the tap to the patient -------------------------------------------------------------------------


def test_a_call_is_followed_live_from_the_tap_until_the_patient_is_online(
    doctor: Page, assistant: Page, desk_process: DeskProcess
) -> None:
    call(doctor)
    sheet = open_sheet(doctor)
    expect(sheet.get_by_role("list", name="进展")).to_contain_text("已提交")
    accept(assistant)
    expect(sheet.get_by_role("list", name="进展")).to_contain_text(f"{ASSISTANT_NAME}已接单")
    Family(desk_process, guardian=MOTHER, title="陈**")
    expect(sheet.get_by_role("list", name="进展")).to_contain_text("患者已上线")
    sheet.get_by_role("button", name="关闭").click()
    expect(doctor.locator(".patient .strip")).to_contain_text(re.compile(r"患者已上线 · \d\d:\d\d"))
    expect(doctor.locator(".patient-presence")).to_have_text("在线")
    expect(doctor.get_by_role("button", name="再次呼叫")).to_be_visible()


def test_two_taps_in_a_hurry_and_a_lost_answer_are_one_request(doctor: Page) -> None:
    posted: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        posted.append(json.loads(route.request.post_data or "{}")["client_key"])
        route.fetch()
        if len(posted) == 1:
            route.abort()
        else:
            route.continue_()

    doctor.route(REQUESTS, lose_the_first_answer)
    doctor.get_by_role("button", name=re.compile("呼叫患者上线|再次呼叫")).dblclick()
    expect(doctor.locator(".patient .call-row .strip")).to_be_visible(timeout=PATIENCE)
    doctor.unroute(REQUESTS)
    assert len(set(posted)) == 1
    open_ones = doctor.evaluate(
        "async () => (await (await fetch('/api/doctor/requests')).json()).requests.filter((r) => !r.ended_at).length"
    )
    assert open_ones == 1


def test_withdrawing_asks_once_and_tells_the_assistant(doctor: Page, assistant: Page) -> None:
    call(doctor)
    accept(assistant)
    sheet = open_sheet(doctor)
    sheet.get_by_role("button", name="撤回").click()
    sheet.get_by_role("button", name="先不撤回").click()
    sheet.get_by_role("button", name="撤回").click()
    sheet.get_by_role("button", name="确定撤回").click()
    expect(sheet.get_by_role("list", name="进展")).to_contain_text("已撤回")
    expect(timeline(assistant)).to_contain_text("结束", timeout=PATIENCE)
    sheet.get_by_role("button", name="关闭").click()
    expect(doctor.locator(".patient .strip")).to_contain_text("已撤回")
    expect(doctor.get_by_role("button", name="再次呼叫")).to_be_visible()


def test_nobody_taking_it_in_time_is_told_with_who_knows_of_it(doctor: Page, desk: DeskProcess) -> None:
    strip = call(doctor)
    let_pass(desk, time=timedelta(seconds=40))
    doctor.get_by_role("button", name="刷新").click()
    expect(strip).to_contain_text("已提醒班长", timeout=PATIENCE)
    expect(open_sheet(doctor).get_by_role("list", name="进展")).to_contain_text("超过约定时间")


def test_a_call_that_is_open_when_the_session_is_over_is_closed_before_the_doctors_eyes(
    doctor: Page, desk: DeskProcess
) -> None:
    call(doctor)
    sheet = open_sheet(doctor)
    # The session ends at half past eleven; a doctor may still see somebody for ten minutes.
    let_pass(desk, time=timedelta(minutes=101))
    expect(sheet.get_by_role("list", name="进展")).to_contain_text("门诊已结束，呼叫关闭", timeout=PATIENCE)
    expect(sheet.get_by_role("textbox", name="写给医助")).to_have_count(0)


# ---- without a network -----------------------------------------------------------------------------------


def test_a_phone_that_was_offline_catches_up_with_what_happened(
    doctor: Page, assistant: Page, page_faults: list[str]
) -> None:
    strip = call(doctor)
    doctor.context.set_offline(True)
    expect(doctor.get_by_role("contentinfo")).to_contain_text("连接中断")
    accept(assistant)
    doctor.context.set_offline(False)
    expect(strip).to_contain_text(ASSISTANT_NAME, timeout=PATIENCE)
    expect(doctor.get_by_role("contentinfo")).to_contain_text("实时", timeout=PATIENCE)
    page_faults.clear()


def test_what_is_tapped_without_a_network_is_told_as_not_sent_and_sent_once_it_is_back(
    doctor: Page, page_faults: list[str]
) -> None:
    doctor.context.set_offline(True)
    doctor.get_by_role("button", name=re.compile("呼叫患者上线|再次呼叫")).click()
    unsent = doctor.locator(".patient .unsent")
    expect(unsent).to_contain_text("还没有发出，联网后自动发送")
    doctor.context.set_offline(False)
    expect(unsent).to_have_count(0, timeout=PATIENCE)
    expect(doctor.locator(".patient .call-row .strip")).to_be_visible()
    page_faults.clear()


def test_what_is_no_longer_wanted_is_not_sent(doctor: Page, page_faults: list[str]) -> None:
    doctor.context.set_offline(True)
    doctor.get_by_role("button", name=re.compile("呼叫患者上线|再次呼叫")).click()
    doctor.get_by_role("button", name="不发了").click()
    doctor.context.set_offline(False)
    expect(doctor.get_by_role("contentinfo")).to_contain_text("实时", timeout=PATIENCE)
    expect(doctor.get_by_role("button", name=re.compile("呼叫患者上线|再次呼叫"))).to_be_visible()
    page_faults.clear()


# ---- talk, haste, other wishes ---------------------------------------------------------------------------


def test_doctor_and_assistant_talk_and_what_is_new_is_marked_until_it_is_read(doctor: Page, assistant: Page) -> None:
    strip = call(doctor)
    accept(assistant)
    sheet = open_sheet(doctor)
    sheet.get_by_role("textbox", name="写给医助").fill("家长在地铁上，请先打妈妈电话")
    doctor.keyboard.press("Enter")
    expect(timeline(assistant)).to_contain_text("请先打妈妈电话", timeout=PATIENCE)
    sheet.get_by_role("button", name="关闭").click()
    expect(timeline(assistant)).to_have_attribute("data-behind", "0")
    assistant.get_by_role("textbox", name="回复医生").fill("好的，马上打")
    assistant.keyboard.press("Enter")
    expect(timeline(assistant)).to_contain_text("好的，马上打")
    expect(strip).to_contain_text("1 条新消息", timeout=PATIENCE)
    sheet = open_sheet(doctor)
    expect(sheet.get_by_role("log")).to_contain_text("好的，马上打")
    sheet.get_by_role("button", name="关闭").click()
    expect(strip).not_to_contain_text("条新消息", timeout=PATIENCE)


def test_haste_is_asked_for_once(doctor: Page) -> None:
    call(doctor)
    sheet = open_sheet(doctor)
    sheet.get_by_role("button", name="加急").click()
    expect(sheet.get_by_role("button", name="已加急")).to_be_disabled()
    expect(sheet.get_by_role("log")).to_contain_text("您已加急")


def test_another_wish_is_asked_by_its_form_and_stands_among_the_own_requests(doctor: Page) -> None:
    doctor.get_by_role("button", name="找医助", exact=True).click()
    sheet = doctor.get_by_role("dialog")
    sheet.get_by_role("button", name="系统故障").click()
    sheet.get_by_role("button", name="提交").click()
    expect(sheet.get_by_role("alert")).to_have_text("请填写这一项。")
    sheet.get_by_text("音视频异常", exact=True).click()
    sheet.get_by_label("补充说明").fill("第三诊室没有声音")
    sheet.get_by_role("button", name="提交").click()
    expect(sheet).to_have_count(0)
    doctor.get_by_role("button", name="我的请求").click()
    mine = doctor.get_by_role("region", name="我的请求").get_by_role("button", name="系统故障")
    expect(mine).to_contain_text("已提交，等待医助接单", timeout=PATIENCE)
    mine.click()
    expect(doctor.get_by_role("dialog").get_by_role("log")).to_contain_text("第三诊室没有声音")


def test_what_an_assistant_has_settled_is_told_and_rated(doctor: Page, assistant: Page) -> None:
    doctor.get_by_role("button", name="找医助", exact=True).click()
    doctor.get_by_role("dialog").get_by_role("button", name="其他事项").click()
    doctor.get_by_label("请写下需要的帮助").fill("请帮忙打印下午的排班")
    doctor.get_by_role("button", name="提交").click()
    accept(assistant)
    expect(timeline(assistant)).to_contain_text("打印下午的排班", timeout=PATIENCE)
    assistant.keyboard.press("c")
    closing = assistant.get_by_role("dialog")
    expect(closing.get_by_role("radio", name="医生请求")).to_be_checked()
    expect(closing.locator(".closing")).to_be_focused()
    assistant.keyboard.press("2")
    assistant.keyboard.press("Enter")
    expect(closing).to_be_hidden(timeout=PATIENCE)
    doctor.get_by_role("button", name="我的请求").click()
    mine = doctor.get_by_role("region", name="我的请求").get_by_role("button", name="其他事项")
    expect(mine).to_contain_text("医助已协助办好")
    mine.click()
    sheet = doctor.get_by_role("dialog")
    sheet.locator(".rate-star").nth(3).click()
    expect(sheet.get_by_role("radio", name="4 分")).to_be_checked()
    sheet.get_by_label("补一句").fill("很快")
    sheet.get_by_role("button", name="提交评价").click()
    expect(sheet).to_contain_text("您给了 4 分")


def test_the_phones_way_back_closes_a_sheet_and_not_the_page(doctor: Page) -> None:
    doctor.get_by_role("button", name="为 张* 找医助做别的").click()
    expect(doctor.get_by_role("heading", name="为 张* 找医助")).to_be_visible()
    doctor.go_back()
    expect(doctor.get_by_role("dialog")).to_have_count(0)
    expect(doctor.locator(".patient")).to_be_visible()


# ---- for every hand and eye ------------------------------------------------------------------------------


def test_every_button_of_a_call_fits_a_small_phone_and_a_thumb(doctor: Page) -> None:
    doctor.set_viewport_size({"width": SMALLEST["width"], "height": SMALLEST["height"]})
    call(doctor)
    open_sheet(doctor)
    assert doctor.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]
    for button in doctor.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= THUMB, button.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_a_call(
    open_visitor: OpenPage, enter: Enter, axe_faults: Callable[[Page], list[str]], scheme: str
) -> None:
    page = enter(open_visitor(color_scheme=scheme))
    call(page)
    assert axe_faults(page) == []
    sheet = open_sheet(page)
    sheet.get_by_role("button", name="撤回").click()
    expect(sheet.get_by_role("log")).to_contain_text("呼叫患者上线")
    assert axe_faults(page) == []
    sheet.get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="找医助", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="药品与物流查询").click()
    page.get_by_role("button", name="提交").click()
    assert axe_faults(page) == []
    page.get_by_role("dialog").get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="我的请求").click()
    assert axe_faults(page) == []
    page.evaluate(WITHDRAW_ALL)
