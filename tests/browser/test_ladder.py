"""The ladder climbs while a doctor looks on: page, WeChat and SMS with their receipts, the telephone, the arrival."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk_process import DeskProcess
from tests.browser.doctor_page import DoctorsDoor
from tests.browser.families import Family, let_pass
from tests.browser.people import PATIENCE, become_ready, sign_in
from tests.browser.test_call_up import ASSISTANT, MOTHER, WITHDRAW_ALL, accept, call, open_sheet


@pytest.fixture
def doctor(visitor_page: Page) -> Iterator[Page]:
    """A doctor who is signed in on a phone, and leaves no request behind for other tests."""
    yield DoctorsDoor().enter(visitor_page)
    visitor_page.evaluate(WITHDRAW_ALL)


@pytest.fixture
def assistant(agent_page: Page) -> Page:
    """An assistant who is ready."""
    sign_in(agent_page, login=ASSISTANT)
    become_ready(agent_page)
    return agent_page


def test_the_doctor_sees_each_rung_until_the_family_comes(doctor: Page, assistant: Page, desk: DeskProcess) -> None:
    Family(desk, guardian=MOTHER, title="陈**")
    let_pass(desk, time=timedelta(minutes=5))
    call(doctor)
    steps = steps_of(doctor)
    expect(steps).to_contain_text("站内提醒已发给妈妈")
    expect(steps).to_contain_text("没有给爷爷发站内提醒")
    accept(assistant)
    let_pass(desk, time=timedelta(seconds=31))
    for channel in ("微信提醒", "短信"):
        # The demo's provider reports by itself a moment later.
        expect(steps).to_contain_text(f"{channel}已送达妈妈", timeout=PATIENCE)
        expect(steps).to_contain_text(f"{channel}已送达爷爷", timeout=PATIENCE)
        let_pass(desk, time=timedelta(seconds=61))
    expect(steps).to_contain_text("等待医助打电话给妈妈", timeout=PATIENCE)
    assistant.get_by_role("button", name=re.compile("马上上线")).click()
    expect(steps).to_contain_text("妈妈在电话里说：马上上线")
    Family(desk, guardian=MOTHER, title="陈**")
    expect(steps).to_contain_text("患者已上线")
    expect(steps).not_to_contain_text("打电话给爷爷")


def steps_of(doctor: Page) -> Locator:
    return open_sheet(doctor).get_by_role("list", name="进展")
