"""The supervisor's pages: each is one click from each other, and a link leads through the door to where it pointed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.people import PASSWORD, PATIENCE, sign_in

PAGES = {"现场": "/floor", "门诊日历": "/calendar", "排班": "/staffing", "派单规则": "/policy", "策略沙盒": "/sandbox"}


@pytest.fixture
def supervisor(open_agent: OpenPage) -> Page:
    page = open_agent()
    sign_in(page, login="supervisor")
    return page


def test_every_page_is_one_click_from_every_other(supervisor: Page, axe_faults: Callable[[Page], list[str]]) -> None:
    supervisor.goto("/console/floor")
    ways = supervisor.get_by_role("banner").get_by_role("navigation")
    for name, path in [*list(PAGES.items())[1:], ("现场", "/floor")]:
        ways.get_by_role("link", name=name, exact=True).click()
        expect(supervisor).to_have_url(f"/console{path}", timeout=PATIENCE)
        expect(ways.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")
        expect(supervisor.get_by_role("heading", name=name, level=1)).to_be_attached(timeout=PATIENCE)
    assert axe_faults(supervisor) == []


def test_the_desk_leads_to_the_office_in_a_window_of_its_own(supervisor: Page) -> None:
    supervisor.get_by_role("button", name="管理").click()
    with supervisor.expect_popup() as opened:
        supervisor.get_by_role("menuitemradio", name="派单规则").click()
    expect(opened.value.get_by_role("heading", name="派单规则", level=1)).to_be_visible(timeout=PATIENCE)


def test_on_a_phone_the_pages_are_behind_one_button(open_agent: OpenPage) -> None:
    page = open_agent()
    sign_in(page, login="supervisor")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/console/policy")
    page.get_by_role("banner").get_by_role("button", name="派单规则").click()
    page.get_by_role("menuitemradio", name="现场").click()
    expect(page.locator(".floor-numbers")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", ["/staffing", "/policy"])
def test_a_link_leads_through_the_door_to_where_it_pointed(open_agent: OpenPage, path: str) -> None:
    page = open_agent()
    page.goto(f"/console{path}")
    page.get_by_label("账号", exact=True).fill("supervisor")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/console{path}", timeout=PATIENCE)


def test_an_agent_is_not_shown_the_office(open_agent: OpenPage) -> None:
    page = open_agent()
    sign_in(page, login="agent05")
    expect(page.get_by_role("button", name="管理")).to_have_count(0)
    page.goto("/console/floor")
    expect(page.locator(".desk-refused")).to_be_visible(timeout=PATIENCE)
