"""Calls by the hand of a console page: a word with a colleague, standing beside a talk; real page, engine and phones.

The people's phones stand on their tables, so that what they say and hear is known; the page only shows and commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.browser.conftest import AGENT, CHINA, CHROMIUM_FLAGS, find_chromium
from tests.browser.people import sign_in
from tests.telephony import sound
from tests.telephony.baresip import Phone
from tests.telephony.real_desk import Clinic, DeskAgent, Json
from tests.telephony.sound import AGENT_HZ, CALLER_HZ, RATE, SECOND_AGENT_HZ
from tests.telephony.tools import PATIENCE, wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(400),
    pytest.mark.skipif(find_chromium() is None, reason="no Chromium here"),
]
ON_THE_TABLE = "localStorage.setItem('caredesk.phone_device', 'desk')"
SHOWN = PATIENCE * 1000
"""Milliseconds for which something on a page is waited for."""
MODES = {"listen": "旁听", "whisper": "耳语", "join": "三方通话"}

OpenPage = Callable[[str], Page]


@pytest.fixture
def open_page(clinic: Clinic) -> Iterator[OpenPage]:
    """Open the console of somebody by login, whose phone stands on the table."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)

        def open_one(login: str) -> Page:
            context = browser.new_context(**AGENT, **CHINA, base_url=clinic.desk.url)
            context.add_init_script(ON_THE_TABLE)
            page = context.new_page()
            sign_in(page, login=login)
            return page

        yield open_one
        browser.close()


@pytest.fixture
def talk(clinic: Clinic) -> tuple[DeskAgent, Json]:
    """An agent who talks with a parent, and the call."""
    agent = clinic.bring("agent01", hz=AGENT_HZ)
    forget_sounds(agent)
    clinic.call("13811110021")
    return agent, agent.wait_call("talking")


def bar(page: Page, *, state: str) -> Locator:
    found = page.locator(f".call-bar[data-state={state}]")
    expect(found).to_be_visible(timeout=SHOWN)
    return found


def phone_of(agent: DeskAgent) -> Phone:
    assert agent.phone is not None
    return agent.phone


def forget_sounds(agent: DeskAgent) -> None:
    """Forget what somebody's phone has heard in earlier tests; it keeps everything in one folder."""
    for path in phone_of(agent).folder.glob("dump-*"):
        path.unlink()


def wait_heard(clinic: Clinic, *, hz: float, since: int) -> None:
    """Return when the parent has heard a tone for most of a second since so many samples."""
    voice = clinic.voices[-1]
    wait_for(
        lambda: sound.seconds_with(hz, samples=voice.samples_heard()[since:]) >= 0.7 or None,
        what=clinic.engine.log_tail,
    )


def end(clinic: Clinic, agent: DeskAgent, call: Json) -> None:
    """Have the parent hang up and the agent wrap up."""
    clinic.voices[-1].hang_up()
    agent.wait_call("wrap_up")
    agent.close_talk(call["conversation_id"])


def test_an_agent_asks_a_colleague_from_the_page_and_leaves_the_parent_to_them(
    clinic: Clinic, talk: tuple[DeskAgent, Json], open_page: OpenPage
) -> None:
    agent, call = talk
    colleague = clinic.bring("agent02", hz=SECOND_AGENT_HZ)
    name = colleague.get("/api/auth/me")["name"]
    page = open_page("agent01")
    page.goto(f"/console/mine/{call['conversation_id']}")
    bar(page, state="talking").get_by_role("button", name="转接").click()
    pane = page.get_by_role("dialog")
    pane.get_by_role("option").filter(has_text=name).click()
    pane.get_by_role("button", name="先商量再转").click()
    asking = bar(page, state="consulting")
    agent.wait_leg("consult", state="up")
    asking.get_by_role("button", name="转给同事").click()
    taken = colleague.wait_call("talking", mine=True)
    assert taken["conversation_id"] == call["conversation_id"]
    wait_heard(clinic, hz=SECOND_AGENT_HZ, since=len(clinic.voices[-1].heard))
    phone_of(agent).wait_until("CALL_CLOSED")
    end(clinic, colleague, call)


def test_an_agent_who_has_asked_a_colleague_goes_back_to_the_parent(
    clinic: Clinic, talk: tuple[DeskAgent, Json], open_page: OpenPage
) -> None:
    agent, call = talk
    colleague = clinic.bring("agent02", hz=SECOND_AGENT_HZ)
    page = open_page("agent01")
    page.goto(f"/console/mine/{call['conversation_id']}")
    bar(page, state="talking").get_by_role("button", name="转接").click()
    pane = page.get_by_role("dialog")
    pane.get_by_role("option").filter(has_text=colleague.get("/api/auth/me")["name"]).click()
    pane.get_by_role("button", name="先商量再转").click()
    agent.wait_leg("consult", state="up")
    bar(page, state="consulting").get_by_role("button", name="回到来电").click()
    phone_of(colleague).wait_until("CALL_CLOSED")
    bar(page, state="talking")
    wait_heard(clinic, hz=AGENT_HZ, since=len(clinic.voices[-1].heard))
    end(clinic, agent, call)


@pytest.mark.parametrize("mode", list(MODES))
def test_a_supervisor_stands_beside_a_talk_from_the_page(
    clinic: Clinic, talk: tuple[DeskAgent, Json], open_page: OpenPage, mode: str
) -> None:
    agent, call = talk
    supervisor = clinic.bring_supervisor()
    clinic.give_phone(supervisor, hz=SECOND_AGENT_HZ)
    forget_sounds(supervisor)
    page = open_page("supervisor")
    page.goto(f"/console/mine/{call['conversation_id']}")
    bar(page, state="talking").get_by_role("button", name=MODES[mode]).click()
    supervisor.wait_leg("listener", state="up")
    voice = clinic.voices[-1]
    if mode == "join":
        wait_heard(clinic, hz=SECOND_AGENT_HZ, since=len(voice.heard))
    beside = len(voice.heard) + RATE // 5
    wait_heard(clinic, hz=AGENT_HZ, since=beside + 2 * RATE)
    end(clinic, agent, call)
    for one in (agent, supervisor):
        phone_of(one).wait_until("CALL_CLOSED")
    assert sound.seconds_with(CALLER_HZ, samples=phone_of(supervisor).heard()) >= 1
    assert sound.seconds_with(AGENT_HZ, samples=phone_of(supervisor).heard()) >= 1
    by_agent = sound.seconds_with(SECOND_AGENT_HZ, samples=phone_of(agent).heard())
    assert by_agent >= 1 if mode != "listen" else by_agent == 0
    if mode != "join":
        assert sound.seconds_with(SECOND_AGENT_HZ, samples=voice.samples_heard()[beside:]) == 0
