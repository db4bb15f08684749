"""What a doctor can do beside calling: tell all who wait, see where parcels are, and how calling has gone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.doctor_page import DoctorsDoor
from tests.browser.families import Family
from tests.browser.people import PATIENCE


@pytest.fixture
def doctor(visitor_page: Page) -> Page:
    """A doctor with one waiting patient, whose mother is G1003."""
    return DoctorsDoor().enter(visitor_page)


def test_all_who_wait_are_told_on_their_own_page(doctor: Page, desk: DeskProcess, open_visitor: OpenPage) -> None:
    family = Family(desk, guardian="G1003", title="张**")
    parent = family.open_on(open_visitor())
    doctor.get_by_role("button", name="通知候诊患者").click()
    sheet = doctor.get_by_role("dialog", name="通知候诊患者")
    sheet.get_by_label("自己写").check()
    sheet.get_by_label("写给所有候诊的家长").fill("布洛芬每次5毫升")
    sheet.get_by_role("button", name="看看会发给谁").click()
    expect(sheet.get_by_role("alert")).to_contain_text("不能群发", timeout=PATIENCE)
    sheet.get_by_label("要晚一些").check()
    sheet.get_by_text("30 分钟").click()
    sheet.get_by_role("button", name="看看会发给谁").click()
    expect(sheet).to_contain_text("共 1 家", timeout=PATIENCE)
    expect(sheet).to_contain_text("晚约 30 分钟")
    sheet.get_by_role("button", name="发给 1 家").click()
    expect(sheet).to_contain_text("已发出", timeout=PATIENCE)
    expect(sheet).to_contain_text("送达 1 家", timeout=PATIENCE)
    # The page stood open without a talk: it learns with the next beat that the desk has begun one.
    expect(parent.get_by_text("看诊比预约时间晚约 30 分钟")).to_be_visible(timeout=PATIENCE + 15_000)
    sheet.get_by_role("button", name="知道了").click()
    expect(doctor.locator(".told-list")).to_contain_text(re.compile(r"\d\d:\d\d 已通知：晚约 30 分钟"))


def test_a_doctor_sees_where_the_medicine_is_and_how_far_that_can_be_relied_on(doctor: Page) -> None:
    doctor.get_by_role("button", name=re.compile("更多|其他|为 张")).first.click()
    doctor.get_by_role("button", name=re.compile("查药品快递")).click()
    sheet = doctor.get_by_role("dialog", name="药品快递")
    expect(sheet.locator(".parcel").first).to_contain_text("尾号", timeout=PATIENCE)
    expect(sheet).not_to_contain_text("SF-DEMO")
    sheet.get_by_role("button", name="请医助查一查").click()
    expect(doctor.get_by_role("dialog")).to_contain_text("药品与物流查询", timeout=PATIENCE)


def test_own_figures_stand_beside_how_they_are_counted(doctor: Page) -> None:
    doctor.get_by_role("button", name=re.compile("我的呼叫")).click()
    own = doctor.locator(".own")
    expect(own.get_by_text(re.compile("没有呼叫过患者|从呼叫到上线")).first).to_be_visible(timeout=PATIENCE)
