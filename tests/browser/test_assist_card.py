"""A doctor asks, an assistant helps: the card beside the talk, one key for what came of a call; and the types."""

from __future__ import annotations

import json
import re
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.people import PASSWORD, PATIENCE, become_ready, sign_in, timeline

# 吴安然 sees patients on Monday mornings, one of them ten minutes after the demo hospital was loaded.
WU = "doctor03"


class Doctor:
    """A doctor who asks through the doctor's API."""

    def __init__(self, desk: DeskProcess, *, login: str) -> None:
        self._url = desk.url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._token = ""
        self._token = self._ask("POST", "/api/auth/sign-in", {"login": login, "password": PASSWORD})["csrf_token"]

    def call_patient(self) -> dict[str, Any]:
        """Ask for the first patient of today to be brought online."""
        sessions = self._ask("GET", "/api/doctor/today")["sessions"]
        visit = next(patient for session in sessions for patient in session["patients"])
        return self.ask("call_patient", appointment_id=visit["appointment_id"])

    def ask(self, type_key: str, **values: Any) -> dict[str, Any]:
        body = {"client_key": uuid.uuid4().hex, "type_key": type_key, **values}
        return dict(self._ask("POST", "/api/doctor/requests", body))

    def now(self, request: dict[str, Any]) -> dict[str, Any]:
        return dict(self._ask("GET", f"/api/doctor/requests/{request['id']}")["request"])

    def withdraw(self, request: dict[str, Any]) -> None:
        self._ask("POST", f"/api/doctor/requests/{request['id']}/withdraw", {})

    def words(self, request: dict[str, Any]) -> list[str]:
        """Return what was written in a request's talk."""
        messages = self._ask("GET", f"/api/doctor/requests/{request['id']}")["messages"]
        return [message["body"]["text"] for message in messages if "text" in message["body"]]

    def open_ones(self) -> list[dict[str, Any]]:
        found = self._ask("GET", "/api/doctor/requests")["requests"]
        return [one for one in found if one["ended_at"] is None]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self._url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-CSRF-Token": self._token},
        )
        with self._opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture
def doctor(desk: DeskProcess) -> Iterator[Doctor]:
    """A doctor in session, who leaves nothing open behind."""
    someone = Doctor(desk, login=WU)
    yield someone
    for request in someone.open_ones():
        someone.withdraw(request)


@pytest.fixture
def assistant(open_agent: OpenPage) -> Iterator[Page]:
    """An assistant at a console, ready; away again afterwards."""
    page = open_agent()
    sign_in(page, login="assistant01")
    become_ready(page)
    yield page
    page.keyboard.press("Escape")
    page.locator(".presence").click()
    page.get_by_role("menuitemradio", name="离线").click()


def take(page: Page) -> None:
    """Accept the doctor's request that is offered."""
    offer = page.locator(".offer")
    expect(offer).to_contain_text("吴安然", timeout=PATIENCE)
    expect(offer).to_contain_text("医生请求")
    page.keyboard.press("Alt+a")
    expect(page.locator(".assist-bar")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("log").focus()


def state_of(doctor: Doctor, request: dict[str, Any], page: Page, *, state: str) -> None:
    """Wait until the card shows a state, and see that the doctor is told the same."""
    expect(page.locator(".assist-bar")).to_have_attribute("data-state", state, timeout=PATIENCE)
    assert doctor.now(request)["state"] == state


def test_the_card_shows_whom_to_call_and_one_key_tells_the_doctor_what_came_of_it(
    doctor: Doctor, assistant: Page, axe_faults: Callable[[Page], list[str]]
) -> None:
    request = doctor.call_patient()
    take(assistant)
    bar, panel = assistant.locator(".assist-bar"), assistant.locator(".assist-panel")
    expect(bar).to_contain_text("呼叫患者上线")
    expect(bar).to_contain_text("刘*")
    expect(bar.locator("[data-clock=accept]")).to_contain_text(re.compile(r"接单 \d+:\d\d"))
    expect(panel.get_by_role("region", name="按此顺序联系")).to_contain_text("妈妈")
    expect(panel.get_by_role("region", name="怎么说")).to_contain_text("吴安然正在线上等 刘* 看诊")
    expect(panel).not_to_contain_text("刘子墨")
    by_sms = panel.locator(".consent[data-channel=sms]")
    before = by_sms.get_attribute("aria-pressed", timeout=PATIENCE)
    by_sms.click()
    expect(by_sms).not_to_have_attribute("aria-pressed", str(before))
    by_sms.click()
    expect(by_sms).to_have_attribute("aria-pressed", str(before))
    # Nobody takes the doctor for a parent.
    row = assistant.locator(f"[data-conversation='{request['conversation_id']}']")
    expect(row).to_contain_text("接诊优先")
    expect(assistant.get_by_role("textbox", name="回复医生")).to_be_visible()
    assert axe_faults(assistant) == []

    assistant.keyboard.press("3")
    expect(panel.locator(".leg[data-channel=telephone]").first).to_contain_text("无人接听", timeout=PATIENCE)
    assert "no_answer" in [leg["outcome"] for leg in doctor.now(request)["legs"]]
    assistant.keyboard.press("2")
    expect(assistant.get_by_role("form", name="约几点上线？")).to_be_visible()
    assert axe_faults(assistant) == []
    assistant.keyboard.press("1")
    state_of(doctor, request, assistant, state="promised")
    expect(bar).to_contain_text("约定 今天")
    assistant.get_by_role("log").focus()
    assistant.keyboard.press("8")
    state_of(doctor, request, assistant, state="arrived")
    expect(assistant.locator(".outcomes")).to_have_count(0)


def test_keys_are_letters_while_one_writes_and_the_family_stays_one_tab_away(doctor: Doctor, assistant: Page) -> None:
    request = doctor.call_patient()
    take(assistant)
    expect(timeline(assistant)).to_have_attribute("data-behind", "0")
    field = assistant.get_by_role("textbox", name="回复医生")
    field.press_sequentially("4 楼网络不好")
    field.press("Enter")
    expect(assistant.locator(".entry.is-ours")).to_contain_text("4 楼网络不好", timeout=PATIENCE)
    assert doctor.now(request)["state"] != "closed"
    assert "4 楼网络不好" in doctor.words(request)
    assistant.get_by_role("tab", name="家庭").click()
    expect(assistant.locator(".family")).to_contain_text("刘*")
    doctor.withdraw(request)
    expect(assistant.locator(".assist-bar")).to_have_attribute("data-state", "withdrawn", timeout=PATIENCE)
    expect(assistant.locator(".outcomes")).to_have_count(0)


def test_a_request_without_calls_is_closed_with_the_assistants_own_category(doctor: Doctor, assistant: Page) -> None:
    request = doctor.ask("system_trouble", form={"what": "video", "text": "听不到声音"})
    take(assistant)
    expect(assistant.locator(".assist-panel")).to_contain_text("音视频异常")
    expect(assistant.locator(".assist-bar")).to_contain_text("这类请求不用打电话")
    assistant.keyboard.press("c")
    dialog = assistant.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="医生请求")).to_be_checked()
    expect(dialog.locator(".closing")).to_be_focused()
    assistant.keyboard.press("2")
    assistant.keyboard.press("Enter")
    expect(dialog).to_be_hidden(timeout=PATIENCE)
    assert (doctor.now(request)["state"], doctor.now(request)["outcome"]) == ("closed", "assist.solved")


def test_a_supervisor_sees_on_the_floor_what_doctors_wait_for(
    doctor: Doctor, open_agent: OpenPage, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = open_agent()
    sign_in(page, login="supervisor")
    page.goto("/console/floor")
    expect(page.get_by_role("heading", name="现场")).to_be_visible(timeout=PATIENCE)
    request = doctor.call_patient()
    row = page.locator(f"[data-request='{request['id']}']")
    expect(row).to_contain_text("等待接单", timeout=PATIENCE)
    expect(row.locator("[data-clock=accept]")).to_contain_text("剩")
    assert axe_faults(page) == []
    doctor.withdraw(request)
    expect(row).to_have_count(0, timeout=PATIENCE)


def test_an_administrator_changes_a_type_and_is_told_what_does_not_fit(
    open_agent: OpenPage, doctor: Doctor, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = open_agent()
    page.goto("/console/request-types")
    page.get_by_label("账号", exact=True).fill("admin")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("[data-type=free_text]").click(timeout=PATIENCE)
    accept = page.get_by_label("接单")
    expect(accept).to_have_value("60")
    assert axe_faults(page) == []
    accept.fill("0")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("接单：太小")
    accept.fill("90")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("[data-type=free_text]")).to_contain_text("本院第 1 版")
    request = doctor.ask("free_text", form={"text": "请帮忙打印排班"})
    assert request["accept_due_at"] > request["raised_at"]
    expect(page.get_by_role("button", name="保存")).to_be_disabled()


def test_two_administrators_do_not_overwrite_each_other(open_agent: OpenPage) -> None:
    pages = [open_agent(), open_agent()]
    for page in pages:
        page.goto("/console/request-types")
        page.get_by_label("账号", exact=True).fill("admin")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator("[data-type=rebook]").click(timeout=PATIENCE)
    for page, hint in zip(pages, ("先到的说明", "后到的说明"), strict=True):
        page.get_by_label("中文说明").fill(hint)
        page.get_by_role("button", name="保存").click()
    expect(pages[0].locator("[data-type=rebook]")).to_contain_text("本院第 1 版")
    expect(pages[1].get_by_role("alert")).to_contain_text("别人刚改过")
    pages[1].get_by_role("button", name="读取最新的").click()
    expect(pages[1].get_by_label("中文说明")).to_have_value("先到的说明")
