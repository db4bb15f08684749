"""The supervisor's floor with three people in three browsers: who sees what, how soon, and who never does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
from tests.browser.families import let_pass
from tests.browser.parent_page import enter
from tests.browser.people import PATIENCE, Parent, become_ready, sign_in, take, timeline

WHY = "浏览器试验"


@pytest.fixture
def parent(desk: DeskProcess) -> Iterator[Parent]:
    """A parent who leaves nothing behind for other tests."""
    someone = Parent(desk.url)
    yield someone
    if someone.conversation_id:
        someone.end()


@pytest.fixture
def agent(agent_page: Page) -> Page:
    """An agent who is ready."""
    sign_in(agent_page, login="agent01")
    become_ready(agent_page)
    return agent_page


@pytest.fixture
def floor(open_agent: OpenPage) -> Page:
    """The wallboard of a supervisor."""
    page = open_agent()
    sign_in(page, login="supervisor")
    page.goto("/console/floor")
    expect(page.locator(".floor-numbers")).to_be_visible(timeout=PATIENCE)
    return page


def work_of(floor: Page, parent: Parent) -> Locator:
    return floor.locator(f'[data-conversation="{parent.conversation_id}"]')


def act(floor: Page, row: Locator, *, name: str) -> None:
    row.get_by_role("button", name="操作").click()
    floor.get_by_role("menuitem", name=name, exact=True).click()


def test_the_wall_shows_a_parent_within_a_second_of_arriving(floor: Page, parent: Parent) -> None:
    waiting = floor.locator('[data-queue="general"] td').first
    before = int(waiting.inner_text())
    parent.ask_for_person()
    expect(waiting).to_have_text(str(before + 1), timeout=1000)
    expect(work_of(floor, parent)).to_contain_text(parent.title)


def test_a_whisper_is_read_by_the_agent_and_never_by_the_parent(floor: Page, agent: Page, parent: Parent) -> None:
    take(agent, parent=parent)
    act(floor, work_of(floor, parent), name="悄悄话")
    floor.get_by_label("内容").fill("先问一下孩子几岁")
    floor.get_by_role("button", name="发送").click()
    expect(timeline(agent).locator(".note.is-whisper")).to_contain_text("先问一下孩子几岁", timeout=PATIENCE)
    assert "先问一下孩子几岁" not in "".join(parent.texts())


def test_taking_over_moves_the_conversation_and_tells_the_agent_why(floor: Page, agent: Page, parent: Parent) -> None:
    take(agent, parent=parent)
    act(floor, work_of(floor, parent), name="接手")
    floor.get_by_label("原因").fill(WHY)
    floor.get_by_role("button", name="确认").click()
    expect(work_of(floor, parent)).to_contain_text("何雅宁", timeout=PATIENCE)
    expect(agent.get_by_text(f"接手了您的会话：{WHY}").first).to_be_visible(timeout=PATIENCE)


def set_hours(floor: Page, *, name: str) -> None:
    """Open, close or give back the general queue by hand, with a reason."""
    act(floor, floor.locator('[data-queue="general"]'), name=name)
    dialog = floor.get_by_role("dialog")
    dialog.get_by_label("原因").fill(WHY)
    dialog.get_by_role("button", name="确认").click()
    expect(dialog).to_have_count(0, timeout=PATIENCE)


@pytest.fixture
def visitor(visitor_page: Page, desk: DeskProcess) -> Iterator[Page]:
    """A parent before the chat page, who leaves nothing behind either."""
    yield enter(visitor_page)
    Parent.at(visitor_page, url=desk.url).end()


@pytest.fixture
def closed_by_hand(floor: Page) -> Iterator[Locator]:
    """The general queue, closed by hand for half an hour."""
    set_hours(floor, name="临时关闭")
    yield floor.locator('[data-queue="general"]')
    set_hours(floor, name="恢复按排班")


def test_a_queue_closed_by_hand_says_so_to_parents_and_until_when(
    closed_by_hand: Locator, visitor: Page, axe_faults: Callable[[Page], list[str]]
) -> None:
    expect(closed_by_hand).to_contain_text(re.compile(rf"何雅宁：{WHY}（到 10:\d\d）"), timeout=PATIENCE)
    expect(visitor.locator(".clinic")).to_contain_text(re.compile(r"人工客服休息中.*10:\d\d 上班"))
    visitor.locator(".tool.person").tap()
    expect(visitor.locator(".letter")).to_contain_text(
        re.compile(r"人工客服现在不在，.*10:\d\d 上班"), timeout=PATIENCE
    )
    assert axe_faults(closed_by_hand.page) == []


def test_who_waits_when_a_queue_is_closed_by_hand_is_promised_a_time(floor: Page, visitor: Page) -> None:
    visitor.locator(".tool.person").tap()
    expect(visitor.locator(".card.waiting .minutes")).to_be_visible(timeout=PATIENCE)
    set_hours(floor, name="临时关闭")
    expect(visitor.locator(".card.waiting")).to_contain_text(re.compile(r"\d\d:\d\d 前回复您"), timeout=PATIENCE)
    set_hours(floor, name="恢复按排班")
    expect(floor.locator('[data-queue="general"]')).not_to_contain_text(WHY, timeout=PATIENCE)


def test_an_alert_is_red_until_somebody_looks_after_it_and_says_who(
    floor: Page, parent: Parent, desk: DeskProcess
) -> None:
    parent.ask_for_person()
    expect(work_of(floor, parent)).to_be_visible(timeout=PATIENCE)
    let_pass(desk, time=timedelta(minutes=11))
    alert = floor.locator('[data-alert="wait_too_long"]').filter(has_text="在线客服")
    expect(alert).to_have_class(re.compile("is-open"), timeout=PATIENCE)
    alert.get_by_role("button", name="我来处理").click()
    expect(alert).to_contain_text("何雅宁 在处理", timeout=PATIENCE)
    expect(alert).not_to_have_class(re.compile("is-open"))
    parent.end()
    expect(alert).to_have_count(0, timeout=PATIENCE)


@pytest.mark.parametrize("width", [1920, 1280, 1000])
def test_the_hours_stand_over_the_stretch_that_the_bars_fill(floor: Page, width: int) -> None:
    floor.set_viewport_size({"width": width, "height": 900})
    hours, track = floor.locator(".floor-hours"), floor.locator(".floor-track").first
    expect(track).to_be_visible(timeout=PATIENCE)

    above, below = hours.bounding_box(), track.bounding_box()

    assert above is not None
    assert below is not None
    assert above["x"] == pytest.approx(below["x"], abs=1)
    assert above["width"] == pytest.approx(below["width"], abs=1)
