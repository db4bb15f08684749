"""A call in an agent's browser: the real desk, the real hotline, a microphone that hears a tone, a parent who calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, expect

from tests.browser.conftest import AGENT, CHINA, CHROMIUM_FLAGS, find_chromium, note_error
from tests.browser.desk_process import DeskProcess
from tests.browser.people import PATIENCE, become_ready, sign_in
from tests.telephony.engine_process import EngineProcess
from tests.telephony.tools import wait_for

pytest.importorskip("sippy")
pytest.importorskip("rtp")

from caredesk.infra.hotline.test_caller import LoopbackCaller
from tests.telephony.sound import CALLER_HZ, tone

SECRET = "the-secret-of-the-browser-phone"
PARENT = "13800138000"
SHARED = "13800138777"
MISSED, WAITS = "13800138222", "13800138333"
TWICE_ALT_X = """(field) => { for (const _ of [1, 2]) {
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'x', altKey: true, bubbles: true, cancelable: true }))
} }"""
BELOW_THE_BARS = """() => {
    const bars = document.querySelector('.conversation-bars').getBoundingClientRect()
    return Math.abs(document.querySelector('.desk-calls').getBoundingClientRect().top - bars.bottom) < 2
}"""
TWO_FAMILIES = f"""guardian_id,guardian,relation,child_id,child,phone
S9001,赵小兰,mother,S9101,赵安安,{SHARED}
S9002,孙大山,father,S9102,孙乐乐,{SHARED}
"""
"""Two invented families with one number."""
HEARS_FROM = 150.0
"""Loudness of 16-bit samples above which a line is not silent."""
FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # The engine's way to a browser leaves out addresses that begin with 192.0., which a machine may have.
    "--allow-loopback-in-peer-connection",
    "--ignore-certificate-errors",
    "--autoplay-policy=no-user-gesture-required",
)


@dataclass
class Hotline:
    """A desk, its hotline, and whoever calls."""

    desk: DeskProcess
    engine: EngineProcess
    callers: list[LoopbackCaller]

    def call(self, *, press: str = "1", number: str = PARENT) -> LoopbackCaller:
        """Have a parent call and choose from the menu once it speaks."""
        caller = LoopbackCaller(("127.0.0.1", self.engine.sip_port), caller=number, called="4000123456")
        self.callers.append(caller)
        caller.say(tone(CALLER_HZ, seconds=2))
        assert caller.call(seconds=20) == 200, self.engine.log_tail()
        wait_for(lambda: caller.first_heard_at or None, seconds=15, what=self.engine.log_tail)
        caller.press(press)
        return caller

    def end(self) -> None:
        for caller in self.callers:
            caller.close()
        self.callers.clear()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    folder = tmp_path_factory.mktemp("phone_desk")
    desk = DeskProcess.in_folder(folder)
    clock = {"CAREDESK_CLOCK_FILE": str(folder / "clock.json")}
    engine = EngineProcess(folder / "engine", desk.url, SECRET, settings=clock)
    desk.settings = {"CAREDESK_HOTLINE_SECRET": SECRET, "CAREDESK_HOTLINE_WSS_PORT": str(engine.wss_port)}
    desk.start()
    engine.start()
    wait_for(lambda: "hotline is open" in engine.log_tail() or None, seconds=60, what=engine.log_tail)
    yield Hotline(desk, engine, [])
    engine.stop()
    desk.stop()


@pytest.fixture
def hotline(running: Hotline) -> Iterator[Hotline]:
    yield running
    running.end()


@pytest.fixture(scope="module")
def browser_with_ears(browser_type: BrowserType) -> Iterator[Browser]:
    """A browser of its own: it hears a tone in the place of a microphone, and trusts the hotline's own certificate."""
    made = browser_type.launch(executable_path=find_chromium(), args=[*CHROMIUM_FLAGS, *FLAGS])
    yield made
    made.close()


@pytest.fixture
def profile(browser_with_ears: Browser, hotline: Hotline, page_faults: list[str]) -> Iterator[BrowserContext]:
    """An agent's browser profile, watched for errors."""
    options: dict[str, Any] = {**AGENT, **CHINA, "permissions": ["notifications", "microphone"]}
    made = browser_with_ears.new_context(**options, base_url=hotline.desk.url)
    made.on("console", lambda message: note_error(page_faults, message=message))
    made.on("weberror", lambda error: page_faults.append(f"uncaught: {error.error}"))
    yield made
    made.close()


@pytest.fixture
def page(profile: BrowserContext) -> Page:
    """The page of an agent whose telephone is ready and who takes calls."""
    made = profile.new_page()
    sign_in(made, login="agent01")
    expect(phone_of(made)).to_contain_text("电话就绪", timeout=2 * PATIENCE)
    become_ready(made)
    return made


def phone_of(page: Page) -> Locator:
    return page.locator(".phone-button")


def bar(page: Page, *, state: str) -> Locator:
    return page.locator(f".call-bar[data-state={state}]")


def answer(page: Page, *, match: str = "unknown") -> None:
    offer = page.locator(".offer")
    expect(offer).to_contain_text("400 热线", timeout=2 * PATIENCE)
    expect(offer.locator(".caller-pop")).to_have_attribute("data-match", match)
    offer.get_by_role("button", name="接听").click()
    expect(bar(page, state="talking")).to_be_visible(timeout=PATIENCE)


def wrap_up(page: Page) -> None:
    """Close the talk of a call with the first category and the first outcome."""
    bar(page, state="wrap_up").get_by_role("button", name="写小结").click()
    pane = page.get_by_role("dialog")
    expect(pane.locator(".closing")).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(pane).to_be_hidden()


def hears(caller: LoopbackCaller, *, loud: bool) -> bool | None:
    return (caller.loudness() > HEARS_FROM) == loud or None


def test_an_agent_answers_in_the_page_holds_the_caller_and_wraps_up(
    page: Page, hotline: Hotline, axe_faults: Callable[[Page], list[str]], tmp_path: Path
) -> None:
    caller = hotline.call()
    answer(page)
    expect(page.get_by_role("tab", name="来电")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".composer")).to_contain_text("电话里直接说")
    wait_for(lambda: hears(caller, loud=True), seconds=15, what=hotline.engine.log_tail)

    talking = bar(page, state="talking")
    talking.get_by_role("button", name="静音", exact=True).click()
    expect(talking).to_contain_text("已静音")
    wait_for(lambda: hears(caller, loud=False), seconds=15, what=hotline.engine.log_tail)
    talking.get_by_role("button", name="取消静音").click()
    talking.get_by_role("button", name="保持").click()
    expect(bar(page, state="held")).to_contain_text("对方在听音乐", timeout=PATIENCE)
    bar(page, state="held").get_by_role("button", name="恢复通话").click()
    expect(talking).to_be_visible(timeout=PATIENCE)
    assert not axe_faults(page)

    caller.hang_up()
    expect(bar(page, state="wrap_up")).to_contain_text("对方挂断", timeout=PATIENCE)
    player = page.locator(".player")
    expect(player).to_be_visible(timeout=PATIENCE)
    player.get_by_role("button", name="播放").click()
    expect(player.get_by_role("button", name="暂停")).to_be_visible()
    page.screenshot(path=tmp_path / "wrap_up.png")
    assert not axe_faults(page)
    wrap_up(page)
    expect(page.get_by_role("tab", name="我的")).to_contain_text("0", timeout=PATIENCE)


def test_an_agent_asks_which_family_of_a_shared_number_calls_and_can_take_it_back(
    page: Page, hotline: Hotline, axe_faults: Callable[[Page], list[str]], tmp_path: Path
) -> None:
    table = tmp_path / "families.csv"
    table.write_text(TWO_FAMILIES, encoding="utf-8")
    hotline.desk.run_command("families", "import", str(table))
    caller = hotline.call(number=SHARED)
    answer(page, match="maybe")
    panel = page.locator(".side-panel")
    choices = panel.get_by_role("list", name="可能的家庭")
    expect(choices.get_by_role("listitem")).to_have_count(2, timeout=PATIENCE)
    page.screenshot(path=tmp_path / "maybe.png")
    assert not axe_faults(page)
    choices.get_by_role("button", name="就是这家：赵**").click()
    expect(panel.locator("[data-match=known]")).to_contain_text("坐席已核对身份", timeout=PATIENCE)
    panel.get_by_role("tab", name="家庭").click()
    expect(panel.locator(".family")).to_contain_text("赵**", timeout=PATIENCE)
    panel.get_by_role("tab", name="来电").click()
    panel.get_by_role("button", name="撤销").click()
    expect(choices.get_by_role("listitem")).to_have_count(2, timeout=PATIENCE)
    panel.get_by_role("button", name="都不是").click()
    expect(panel).to_contain_text("不是这个号码对应的家庭", timeout=PATIENCE)
    page.screenshot(path=tmp_path / "nobody.png")
    caller.hang_up()
    wrap_up(page)


def test_a_caller_who_hangs_up_while_it_rings_leaves_no_ghost(page: Page, hotline: Hotline) -> None:
    caller = hotline.call()
    expect(page.locator(".offer")).to_contain_text("400 热线", timeout=2 * PATIENCE)
    caller.hang_up()
    expect(page.locator(".offer")).to_be_hidden(timeout=PATIENCE)
    expect(page.locator(".ring-card")).to_be_hidden()
    expect(page.get_by_role("tab", name="我的")).to_contain_text("0")


def test_a_number_that_nobody_answers_is_dialled_from_the_page(page: Page, hotline: Hotline) -> None:
    phone_of(page).click()
    page.get_by_label("拨打电话").fill("13900139000")
    page.get_by_role("button", name="拨打", exact=True).click()
    # The page picks its own call up; then the number is tried.
    expect(page.locator(".call-bar")).to_contain_text("呼出", timeout=PATIENCE)
    expect(page.locator(".call-bar")).to_contain_text("没有打通", timeout=4 * PATIENCE)
    assert "process ended" not in hotline.engine.log_tail(400)
    wrap_up(page)


def test_a_caller_nobody_answered_is_called_back_by_one_press(page: Page, hotline: Hotline) -> None:
    caller = hotline.call(number=MISSED)
    expect(page.locator(".offer")).to_contain_text("400 热线", timeout=2 * PATIENCE)
    caller.hang_up()
    expect(page.locator(".offer")).to_be_hidden(timeout=PATIENCE)
    phone_of(page).click()
    missed = page.get_by_role("region", name="没接到的来电").get_by_role("listitem").filter(has_text="138****8222")
    expect(missed).to_contain_text("响铃时挂断", timeout=3 * PATIENCE)
    missed.get_by_role("button", name="拨打").click()
    expect(page.locator(".call-bar")).to_contain_text("呼出", timeout=PATIENCE)
    expect(page.locator(".call-bar")).to_contain_text("没有打通", timeout=4 * PATIENCE)
    phone_of(page).click()
    # A call about a talk that is over leaves nothing to wrap up.
    expect(missed).to_contain_text("回拨过 1 次", timeout=3 * PATIENCE)


def test_a_call_is_led_by_keys_while_a_note_is_written_and_the_note_outlives_a_reload(
    page: Page, hotline: Hotline, axe_faults: Callable[[Page], list[str]], tmp_path: Path
) -> None:
    hotline.call()
    answer(page)
    expect(page.get_by_role("region", name="通话经过")).to_contain_text("按 1，转到", timeout=PATIENCE)
    note = page.get_by_role("textbox", name="内部备注")
    note.fill("家长问退款")
    note.press("Alt+m")
    expect(bar(page, state="talking")).to_contain_text("已静音", timeout=PATIENCE)
    note.press("Alt+h")
    expect(bar(page, state="held")).to_be_visible(timeout=PATIENCE)
    note.press("Alt+h")
    expect(bar(page, state="talking")).to_be_visible(timeout=PATIENCE)

    page.set_viewport_size({"width": 390, "height": 844})
    for button in bar(page, state="talking").get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None and box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= 390, box
    assert not axe_faults(page)
    page.screenshot(path=tmp_path / "narrow.png")
    page.set_viewport_size({"width": 1440, "height": 900})

    note.focus()
    # Pressed together, as a hand does it: two separate round trips may be further apart than a hand's.
    note.evaluate(TWICE_ALT_X)
    expect(bar(page, state="wrap_up")).to_be_visible(timeout=PATIENCE)
    expect(note).to_have_value("家长问退款")
    page.reload()
    expect(note).to_have_value("家长问退款", timeout=2 * PATIENCE)
    # A page that is closed while its telephone still connects says so, as if something were wrong.
    expect(phone_of(page)).to_contain_text("电话就绪", timeout=2 * PATIENCE)
    wrap_up(page)


def test_what_rings_lies_below_every_bar_of_a_conversation(page: Page, hotline: Hotline) -> None:
    caller = hotline.call()
    answer(page)
    expect(page.locator(".conversation-bars .call-bar")).to_be_visible()
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(BELOW_THE_BARS)
    page.set_viewport_size({"width": 1440, "height": 900})
    caller.hang_up()
    wrap_up(page)


def test_a_supervisor_sees_who_waits_with_place_and_time_and_who_was_missed(
    profile: BrowserContext, hotline: Hotline, axe_faults: Callable[[Page], list[str]], tmp_path: Path
) -> None:
    office = profile.new_page()
    sign_in(office, login="supervisor")
    office.goto("/console/hotline")
    caller = hotline.call(number=WAITS)
    line = office.locator(".live-line[data-call=waiting]").filter(has_text="138****8333")
    expect(line).to_contain_text("排第 1", timeout=2 * PATIENCE)
    assert not axe_faults(office)
    office.screenshot(path=tmp_path / "live.png")
    caller.hang_up()
    expect(line).to_be_hidden(timeout=PATIENCE)
    expect(office.get_by_role("region", name="没接到的来电")).to_contain_text("138****8333", timeout=3 * PATIENCE)
    office.get_by_text("今天最近的电话").click()
    row = office.locator(".recent-line").filter(has_text="138****8333")
    expect(row).to_contain_text("排队时挂断")
    row.click()
    expect(office.get_by_role("link", name="打开会话")).to_be_visible()
    assert not axe_faults(office)


def test_of_two_tabs_one_is_the_telephone_and_the_other_may_take_it(page: Page, profile: BrowserContext) -> None:
    other = profile.new_page()
    other.goto("/console")
    expect(phone_of(other)).to_contain_text("电话在别处", timeout=PATIENCE)
    phone_of(other).click()
    other.get_by_role("button", name="在这里接听").click()
    expect(phone_of(other)).to_contain_text("电话就绪", timeout=2 * PATIENCE)
    expect(phone_of(page)).to_contain_text("电话在别处", timeout=PATIENCE)


def test_the_microphone_is_tried_before_the_first_call(page: Page) -> None:
    phone_of(page).click()
    page.get_by_role("button", name="试一下麦克风").click()
    expect(page.get_by_text("听到了，麦克风正常。")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="结束测试").click()
    expect(page.get_by_role("meter")).to_be_hidden()


def test_a_supervisor_adds_a_key_to_the_menu_and_every_caller_hears_it(
    profile: BrowserContext, axe_faults: Callable[[Page], list[str]]
) -> None:
    office = profile.new_page()
    sign_in(office, login="supervisor")
    office.goto("/console/hotline")
    lines = office.locator(".menu-line")
    expect(lines.first).to_be_visible(timeout=PATIENCE)
    before = lines.count()
    office.get_by_role("button", name="添加按键").click()
    expect(lines).to_have_count(before + 1)
    expect(office.get_by_text("有未保存的修改")).to_be_visible()
    assert not axe_faults(office)
    office.get_by_role("button", name="保存，立即生效").click()
    expect(office.get_by_text("有未保存的修改")).to_be_hidden(timeout=PATIENCE)
    office.reload()
    expect(lines).to_have_count(before + 1, timeout=PATIENCE)
