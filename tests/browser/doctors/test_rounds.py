"""Calling several families of a session at once: chosen at the console, followed on the doctor's phone.

This file comes first of its folder: the family may not have been online a moment ago.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.doctor_page import DoctorsDoor
from tests.browser.people import PATIENCE, sign_in
from tests.browser.test_call_up import WITHDRAW_ALL


@pytest.fixture
def doctor(visitor_page: Page) -> Page:
    """A doctor with one patient who is not online."""
    return DoctorsDoor().enter(visitor_page)


def test_an_assistant_calls_for_a_doctor_who_sees_it_happen(doctor: Page, agent_page: Page) -> None:
    sign_in(agent_page, login="assistant01")
    agent_page.get_by_role("button", name="批量呼叫候诊患者").click()
    dialog = agent_page.get_by_role("dialog", name="批量呼叫候诊患者")
    dialog.get_by_role("button", name="周明远").click()
    expect(dialog.get_by_label("张*")).to_be_checked(timeout=PATIENCE)
    dialog.get_by_role("button", name="呼叫 1 家").click()
    expect(agent_page.get_by_text("已开始呼叫 1 家")).to_be_visible(timeout=PATIENCE)
    expect(dialog.get_by_label("张*")).to_be_disabled(timeout=PATIENCE)
    expect(doctor.locator(".patient .call-row .strip")).to_be_visible(timeout=PATIENCE)
    doctor.evaluate(WITHDRAW_ALL)


def test_an_agent_who_assists_nobody_has_no_such_way(agent_page: Page) -> None:
    sign_in(agent_page, login="agent01")
    expect(agent_page.get_by_role("tab", name="我的")).to_be_visible(timeout=PATIENCE)
    expect(agent_page.get_by_role("button", name="批量呼叫候诊患者")).to_have_count(0)
