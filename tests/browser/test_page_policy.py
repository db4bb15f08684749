"""The Content-Security-Policy in a real browser: no page of any surface offends it, and nothing injected runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import AGENT, VISITOR
from tests.browser.people import PASSWORD, PATIENCE

NOTE_REPORTS = """
window.offences = [];
addEventListener('securitypolicyviolation',
  (report) => offences.push(`${report.violatedDirective} ${report.blockedURI}`));
"""
INJECT = """async () => {
  const script = document.createElement('script');
  script.textContent = 'window.ran = "inline"';
  document.body.append(script);
  const picture = document.createElement('div');
  picture.innerHTML = '<img src="data:," onerror="window.ran = `handler`">';
  document.body.append(picture);
  const frame = document.createElement('iframe');
  frame.src = 'https://elsewhere.example/';
  document.body.append(frame);
  const link = document.createElement('a');
  link.href = 'javascript:window.ran=`link`';
  document.body.append(link);
  link.click();
}"""
OFFICE = {
    "supervisor": ("/mine", "/floor", "/calendar", "/staffing", "/policy", "/sandbox", "/hotline", "/knowledge"),
    "admin": ("/accounts", "/webhooks", "/request-types"),
}


@pytest.fixture
def open_watched(open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Open pages that note what offends their policy."""

    def opened(**options: object) -> Page:
        context = open_context(**options)
        context.add_init_script(NOTE_REPORTS)
        return context.new_page()

    return opened


def shown(page: Page, path: str) -> None:
    """Go to a page and look that it came, whole and without an offence."""
    page.goto(path)
    expect(page.locator("main:visible, .chat-page:visible, #app > :visible").first).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("offences") == [], path


def nothing_injected_runs(page: Page, *, faults: list[str]) -> None:
    page.evaluate(INJECT)
    page.wait_for_function("offences.length >= 4", timeout=PATIENCE)
    assert page.evaluate("window.ran ?? ''") == ""
    # The browser tells of each refusal, as it should.
    faults.clear()


def test_no_page_for_families_offends_its_policy_and_nothing_injected_runs(
    open_watched: Callable[..., Page], page_faults: list[str]
) -> None:
    page = open_watched(**VISITOR)
    for path in ("/demo", "/chat"):
        shown(page, path)
    nothing_injected_runs(page, faults=page_faults)


@pytest.mark.parametrize("login", list(OFFICE))
def test_no_page_of_the_console_offends_its_policy_and_nothing_injected_runs(
    open_watched: Callable[..., Page], page_faults: list[str], login: str
) -> None:
    page = open_watched(**AGENT)
    page.goto("/console")
    page.get_by_label("账号", exact=True).fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("密码")).to_be_hidden(timeout=PATIENCE)
    for path in OFFICE[login]:
        shown(page, f"/console{path}")
    nothing_injected_runs(page, faults=page_faults)


def test_the_doctors_page_does_not_offend_its_policy_and_nothing_injected_runs(
    open_watched: Callable[..., Page], page_faults: list[str]
) -> None:
    page = open_watched(**VISITOR)
    page.goto("/doctor")
    page.get_by_label("账号").fill("doctor02")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".patient")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("offences") == []
    nothing_injected_runs(page, faults=page_faults)
