"""The parent's page for every eye and thumb: screen readers, small phones, large text, dark rooms, keyboards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.parent_page import PATIENCE, ask, close_clinic, enter

SMALL: ViewportSize = {"width": 320, "height": 640}
SMALLEST_TARGET = 44
# Links inside a sentence are as tall as the sentence (WCAG 2.5.8).
TARGETS = "button, summary, input:not([type=file]):not(.sr-only), textarea, a[href]:not(.prose a):not(.words a)"
TOO_SMALL = """(found, least) => found
  .map((one) => [one, (one.closest('.tick') ?? one).getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < least || box.width < least))
  .map(([one, box]) => `${one.outerHTML.slice(0, 80)} ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    open_visitor: OpenPage, axe_faults: Callable[[Page], list[str]], scheme: str
) -> None:
    page = open_visitor(color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    enter(page).locator(".welcome summary").tap()
    assert axe_faults(page) == []
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    ask(page, "孩子发烧39度应该吃什么药", kind="medical")
    ask(page, "孩子抽搐了叫不醒", kind="emergency")
    assert axe_faults(page) == []
    page.get_by_role("button", name="更多").tap()
    assert axe_faults(page) == []
    page.get_by_role("button", name="结束这次咨询").tap()
    page.get_by_role("button", name="结束", exact=True).tap()
    page.get_by_role("radio", name="2 不满意").check(force=True, timeout=PATIENCE)
    assert axe_faults(page) == []


def test_axe_finds_no_serious_fault_in_closed_hours(
    open_visitor: OpenPage, desk: DeskProcess, axe_faults: Callable[[Page], list[str]]
) -> None:
    close_clinic(desk)
    page = enter(open_visitor(bypass_csp=True))
    page.locator(".tool.person").tap()
    expect(page.locator(".letter")).to_be_visible(timeout=PATIENCE)
    assert axe_faults(page) == []


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_fits_a_small_phone(open_visitor: OpenPage, language: str, *, large: bool) -> None:
    page = open_visitor()
    page.set_viewport_size(SMALL)
    page.goto(f"/chat?language={language}")
    if large:
        page.locator(".bar-button[aria-pressed]").tap(timeout=PATIENCE)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    page.locator(".welcome summary").click()
    inner = "[...document.querySelectorAll('.page, .page *:not(.sr-only, .icon *)')]"
    beyond = f"{inner}.filter(one => one.getBoundingClientRect().right > 320.5).map(one => one.outerHTML.slice(0, 90))"
    assert page.evaluate(beyond) == []
    assert page.evaluate("document.querySelector('.log').scrollWidth <= document.querySelector('.log').clientWidth")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_hospitals_name_is_whole_in_large_text_on_a_small_phone(open_visitor: OpenPage, language: str) -> None:
    page = open_visitor()
    page.set_viewport_size(SMALL)
    page.goto(f"/chat?language={language}")
    page.locator(".bar-button[aria-pressed]").tap(timeout=PATIENCE)
    expect(page.locator(".welcome .choice").first).to_be_visible(timeout=PATIENCE)
    name = page.locator(".bar h1")
    assert len(name.inner_text()) > 6
    assert name.evaluate(
        "one => one.scrollWidth <= one.clientWidth && getComputedStyle(one).textOverflow !== 'ellipsis'"
    )
    assert name.evaluate(
        "one => one.getBoundingClientRect().bottom <= one.closest('.bar').getBoundingClientRect().bottom"
    )


def test_every_target_is_large_enough_for_a_thumb(visitor_page: Page, desk: DeskProcess) -> None:
    close_clinic(desk)
    page = enter(visitor_page)
    ask(page, "怎么注册互联网医院账号？", kind="answer")
    page.locator(".tool.person").tap()
    expect(page.locator(".letter")).to_be_visible(timeout=PATIENCE)
    assert page.locator(TARGETS).evaluate_all(TOO_SMALL, SMALLEST_TARGET) == []


def test_a_question_can_be_asked_and_judged_without_a_pointer(open_agent: OpenPage) -> None:
    page = enter(open_agent())
    page.locator(".input").focus()
    page.keyboard.insert_text("怎么注册互联网医院账号？")
    page.keyboard.press("Enter")
    helpful = page.get_by_role("button", name="有帮助", exact=True)
    expect(helpful).to_be_visible(timeout=PATIENCE)
    for _ in range(40):
        if helpful.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".feedback")).to_have_text("谢谢，已记下。", timeout=PATIENCE)
