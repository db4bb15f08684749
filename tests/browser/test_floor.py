"""The supervisor's floor with three people in three browsers: who sees what, how soon, and who never does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.desk_process import DeskProcess
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
