"""The doctor's desk on a phone: one's own day, who is there, and the truth about how fresh it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.families import Family, let_pass
from tests.browser.people import PASSWORD, PATIENCE

# 吴安然 has a patient ten minutes after the demo hospital was loaded, 周明远 one after twenty-five.
WU, ZHOU = "doctor03", "doctor02"
SMALLEST = {"width": 360, "height": 780}
THUMB = 44


def enter(page: Page, *, login: str) -> Page:
    page.goto("/doctor")
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    return page


def refresh(page: Page) -> None:
    with page.expect_response("**/api/doctor/today"):
        page.get_by_role("button", name="刷新").click()


@pytest.fixture
def doctor(visitor_page: Page) -> Page:
    """A doctor who is signed in on a phone."""
    enter(visitor_page, login=WU)
    expect(visitor_page.get_by_role("heading", name="吴安然医生")).to_be_visible(timeout=PATIENCE)
    return visitor_page


def test_a_doctor_sees_only_the_own_patients_masked(doctor: Page, open_visitor: OpenPage) -> None:
    patients = doctor.locator(".patient")
    expect(patients).to_have_count(1)
    expect(patients).to_contain_text("刘*")
    expect(patients).to_contain_text("已签到")
    expect(patients).to_contain_text("视频")
    assert "刘子墨" not in doctor.content()
    other = enter(open_visitor(), login=ZHOU)
    expect(other.get_by_role("heading", name="周明远医生")).to_be_visible(timeout=PATIENCE)
    expect(other.locator(".patient")).to_contain_text("张*")
    expect(other.locator("main")).not_to_contain_text("刘*")


def test_a_family_that_opens_the_page_is_shown_online_and_later_when_it_was_seen(
    doctor: Page, desk: DeskProcess
) -> None:
    Family(desk, guardian="G1001", title="王**")
    refresh(doctor)
    expect(doctor.locator(".patient-presence")).to_have_text("在线")
    let_pass(desk, time=timedelta(minutes=5))
    refresh(doctor)
    expect(doctor.locator(".patient-presence")).to_have_text("离线 · 5 分钟前在线")


def test_a_lost_connection_is_said_with_the_time_of_what_is_shown(
    doctor: Page, desk: DeskProcess, page_faults: list[str]
) -> None:
    Family(desk, guardian="G1001", title="王**")
    refresh(doctor)
    bar = doctor.get_by_role("contentinfo")
    expect(bar).to_contain_text(re.compile(r"更新于 \d\d:\d\d:\d\d"))
    doctor.context.set_offline(True)
    expect(bar).to_contain_text(re.compile(r"连接中断，显示的是 \d\d:\d\d:\d\d 的情况，正在重试"))
    # Nobody is online on the word of a connection that is gone.
    expect(doctor.locator(".patient-presence")).to_have_text(re.compile(r"^\d\d:\d\d 时在线$"))
    expect(doctor.locator(".patient")).to_contain_text("刘*")
    doctor.context.set_offline(False)
    expect(bar).to_contain_text("更新于", timeout=PATIENCE)
    expect(doctor.locator(".patient-presence")).to_have_text("在线")
    page_faults.clear()


def test_a_day_without_sessions_says_so(visitor_page: Page) -> None:
    def without_sessions(route: Route) -> None:
        answer = route.fetch()
        day = {**answer.json(), "sessions": [], "others": []}
        route.fulfill(response=answer, body=json.dumps(day))

    visitor_page.route("**/api/doctor/today", without_sessions)
    enter(visitor_page, login=WU)
    expect(visitor_page.get_by_role("heading", name="今天没有您的门诊")).to_be_visible(timeout=PATIENCE)


def test_a_session_that_has_ended_leads_back_to_the_door(doctor: Page) -> None:
    doctor.context.clear_cookies()
    refresh(doctor)
    expect(doctor.get_by_role("alert")).to_have_text("登录已过期，请重新登录。")
    expect(doctor.locator("body")).not_to_contain_text("刘*")


def test_signing_out_leaves_nothing_on_the_phone(doctor: Page) -> None:
    doctor.get_by_role("button", name="账号与语言").click()
    doctor.get_by_role("button", name="退出登录").click()
    expect(doctor.get_by_label("密码")).to_be_visible()
    doctor.reload()
    expect(doctor.get_by_label("密码")).to_be_visible()


def test_somebody_who_is_no_doctor_is_shown_where_they_belong(visitor_page: Page) -> None:
    enter(visitor_page, login="agent10")
    expect(visitor_page.get_by_role("heading", name="这个账号不是医生账号")).to_be_visible(timeout=PATIENCE)
    expect(visitor_page.get_by_role("link", name="去客服工作台")).to_have_attribute("href", "/console")


def test_wrong_passwords_are_told_in_words(visitor_page: Page) -> None:
    visitor_page.goto("/doctor")
    visitor_page.get_by_label("账号").fill("doctor04")
    visitor_page.get_by_label("密码").fill("not-the-password")
    visitor_page.get_by_role("button", name="登录").click()
    expect(visitor_page.get_by_role("alert")).to_have_text("账号或密码不对。")
    expect(visitor_page.get_by_label("密码")).to_be_focused()


def test_everything_fits_a_small_phone_and_a_thumb(doctor: Page) -> None:
    doctor.set_viewport_size({"width": SMALLEST["width"], "height": SMALLEST["height"]})
    assert doctor.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]
    doctor.get_by_role("button", name="账号与语言").click()
    for button in doctor.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= THUMB, button.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    open_visitor: OpenPage, axe_faults: Callable[[Page], list[str]], page_faults: list[str], scheme: str
) -> None:
    page = open_visitor(color_scheme=scheme)
    page.goto("/doctor")
    expect(page.get_by_label("密码")).to_be_visible()
    assert axe_faults(page) == []
    enter(page, login=WU)
    expect(page.locator(".patient").first).to_be_visible(timeout=PATIENCE)
    assert axe_faults(page) == []
    page.context.set_offline(True)
    expect(page.get_by_role("contentinfo")).to_contain_text("连接中断")
    assert axe_faults(page) == []
    page_faults.clear()
