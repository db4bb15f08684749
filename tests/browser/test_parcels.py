"""A family's parcel on an agent's screen: asked about, noted by hand, and told to the parent in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk_process import DeskProcess
from tests.browser.families import Family
from tests.browser.people import PATIENCE, answer_of, become_ready, sign_in, take, timeline
from tests.fixtures.cluster import wait_for

# Of families.csv: 陈雨欣, whose child's medicine is on its way; the demo's own carrier goes on telling of it.
GUARDIAN, TITLE, NUMBER = "G1003", "陈**", "SF-DEMO-500002"
NOTED = "快递员说明天上午送到"


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """A desk of its own: the carrier has told more when other tests have moved the clock."""
    running = DeskProcess.in_folder(tmp_path_factory.mktemp("parcels_desk"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def family(desk: DeskProcess) -> Iterator[Family]:
    someone = Family(desk, guardian=GUARDIAN, title=TITLE)
    yield someone
    if someone.conversation_id:
        someone.end()


def test_an_agent_asks_the_carrier_and_notes_what_it_says_and_the_parent_is_told_the_same(
    agent_page: Page, family: Family, axe_faults: Callable[[Page], list[str]]
) -> None:
    page = agent_page
    sign_in(page, login="agent08")
    become_ready(page)
    # A desk that has just started loads its bot first.
    answer_of(page, "async () => (await fetch('/readyz')).ok", patience=6 * PATIENCE)
    family.say("我的药还没到")
    # Whoever asks for a person first is not answered by the bot any more.
    wait_for(lambda: len(family.texts()) > 1)
    take(page, parent=family)
    expect(timeline(page)).to_contain_text("顺丰速运（演示） 尾号 0002：运输中")
    page.get_by_role("tab", name="家庭").click()
    parcel = page.get_by_role("article", name=f"包裹 {NUMBER}")
    expect(parcel.locator(".parcel-trust")).to_contain_text(re.compile(r"前查到"), timeout=PATIENCE)
    expect(parcel.locator(".parcel-trace li").first).to_contain_text("快递轨迹")
    parcel.get_by_role("button", name="查询最新").click()
    expect(page.get_by_text(re.compile("正在向快递公司查询|刚查过")).first).to_be_visible()

    parcel.get_by_role("button", name="登记进展").click()
    save = parcel.get_by_role("button", name="保存")
    expect(save).to_be_disabled()
    parcel.get_by_label("快递公司怎么说").fill(NOTED)
    assert not axe_faults(page)
    page.keyboard.press("Enter")
    expect(parcel.locator(".parcel-trace li").first).to_contain_text(re.compile(f"客服核实.*{NOTED}"))
    expect(timeline(page)).to_contain_text("登记了尾号 0002 的快递：运输中")
    assert not any("登记了" in text for text in family.texts())
    [told] = family.parcels()
    assert (told["last_text"], told["source"], told["knowledge"]) == (NOTED, "staff", "fresh")
