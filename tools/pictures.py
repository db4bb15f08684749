"""Takes the pictures of the documents: a short scene at the demo hospital, ten o'clock on a working day, in Chromium.

`.venv/bin/python -m tools.pictures` writes all of them to `docs/pictures/`; with `desk`, `knowledge` or
`hotline` behind it only those. The knowledge base's take minutes, because it is evaluated. Everybody in them is
invented.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, sync_playwright

from tests.browser.desk_process import DeskProcess
from tools.camera import CHINA, CHROMIUMS, DESKTOP, FLAGS, PHONE, PICTURES, take
from tools.hotline_pictures import picture_hotline
from tools.knowledge_pictures import picture_knowledge
from tools.people import PATIENCE, Colleague, Parent, identity_of, let_pass, sign_in

BEAT = 16_000

# 陈雨欣 of the demo hospital: a visit with Dr Zhou within the hour, and a parcel under way.
FAMILY, DOCTOR = "G1003", "doctor02"


ALL = ("desk", "knowledge", "hotline")


def main(wanted: Sequence[str] = ALL) -> int:
    """Play the scenes that are wanted and take their pictures."""
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chromium is None:
        sys.stderr.write("The pictures need Chromium: apt-get install chromium fonts-noto-cjk\n")
        return 1
    if unknown := sorted(set(wanted) - set(ALL)):
        sys.stderr.write(f"No such pictures: {', '.join(unknown)}. There are: {', '.join(ALL)}\n")
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        if {"desk", "knowledge"} & set(wanted):
            _picture_desk(chromium, playwright.chromium, folder=Path(folder) / "desk", wanted=wanted)
        if "hotline" in wanted:
            picture_hotline(chromium, playwright.chromium, folder=Path(folder) / "hotline")
    return 0


def _picture_desk(chromium: str, browser_type: BrowserType, *, folder: Path, wanted: Sequence[str]) -> None:
    folder.mkdir()
    desk = DeskProcess.in_folder(folder)
    desk.start()
    try:
        browser = browser_type.launch(executable_path=chromium, args=FLAGS)
        scene = Scene(desk, browser)
        if "desk" in wanted:
            scene.play()
        if "knowledge" in wanted:
            picture_knowledge(desk, scene.context(DESKTOP))
        browser.close()
    finally:
        desk.stop()


@dataclass
class Scene:
    """One morning at the desk, told in order."""

    desk: DeskProcess
    browser: Browser

    def play(self) -> None:
        """Let it be a busy morning, and take a picture of each surface."""
        agent = self.colleague("agent01")
        agent.become("ready")
        earlier = self.serve_earlier_families(agent)
        phone = self.known_family_asks(agent)
        mine = agent.page.url
        self.others_wait(agent, earlier=earlier)
        agent.page.goto(mine)
        agent.page.get_by_text("放到小区驿站").first.wait_for()
        agent.page.locator(".sync[data-phase=in_sync]").wait_for()
        take(agent.page, name="console")
        self.look_behind_a_mask(agent.page)
        take(agent.page, name="console-family")
        take(phone, name="parent")
        self.doctor_looks()
        self.grandparent_reads()
        self.site_has_widget()

    # ---- who is there ------------------------------------------------------------------------------------

    def context(self, options: dict[str, Any]) -> BrowserContext:
        context = self.browser.new_context(base_url=self.desk.url, **CHINA, **options)
        context.set_default_timeout(PATIENCE)
        return context

    def colleague(self, login: str) -> Colleague:
        return Colleague(self.context(DESKTOP), url=self.desk.url, login=login)

    # ---- what happens ------------------------------------------------------------------------------------

    def serve_earlier_families(self, agent: Colleague) -> list[Parent]:
        """Two conversations are over and rated, three are under way."""
        for guardian, question, answer, category, outcome in EARLIER:
            parent = self.served(agent, guardian=guardian, question=question, answer=answer)
            agent.close(parent.conversation_id, category=category, outcome=outcome)
            parent.rate(score=5, reasons=["quick", "solved"], comment="很快就解决了，谢谢")
            let_pass(self.desk, minutes=2)
        under_way = []
        for guardian, question, answer in UNDER_WAY:
            under_way.append(self.served(agent, guardian=guardian, question=question, answer=answer))
            let_pass(self.desk, minutes=3)
        return under_way

    def served(self, agent: Colleague, *, guardian: str, question: str, answer: str) -> Parent:
        parent = Parent(self.desk, guardian=guardian)
        parent.say(question)
        parent.ask_for_person()
        agent.accept(parent.conversation_id)
        agent.reply(parent.conversation_id, answer)
        return parent

    def known_family_asks(self, agent: Colleague) -> Page:
        """A mother asks the bot about a refund and her parcel, then a person; she gets an answer."""
        phone = self.context(PHONE).new_page()
        phone.goto(f"/chat#identity={identity_of(self.desk, guardian=FAMILY)}")
        phone.locator(".welcome .choice").first.wait_for()
        ask(phone, "退款多久到账")
        ask(phone, "药寄到哪里了")
        let_pass(self.desk, minutes=2)
        with phone.expect_response("**/api/chat/person") as posted:
            phone.get_by_role("button", name="找人工").first.tap()
        conversation_id = posted.value.json()["conversation"]["id"]
        agent.accept(conversation_id)
        agent.reply(conversation_id, "陈女士您好，我是客服李晓雯。我看到您的包裹今早正发往演示市营业点，预计明天送到。")
        phone.get_by_text("预计明天送到").wait_for()
        write(phone, "好的，明天家里没人，能放驿站吗？")
        agent.page.goto(f"/console/mine/{conversation_id}")
        agent.page.get_by_text("能放驿站吗").first.wait_for()
        agent.note(conversation_id, "已电话联系快递营业点，可改放小区驿站，等家长确认。")
        agent.reply(conversation_id, "可以的。我已请快递员放到小区驿站，到了会有短信通知您取件。")
        phone.get_by_text("放到小区驿站").wait_for()
        return phone

    def others_wait(self, agent: Colleague, *, earlier: list[Parent]) -> None:
        """Colleagues are at work or on a break; one parent answers, four more arrive, the first of them is taken."""
        agent.become("busy")
        self.colleague("agent02").become("busy")
        self.colleague("agent03").become("break", reason="meal")
        self.colleague("supervisor").become("busy")
        self.colleague("assistant03").become("ready")
        earlier[1].say("9:20 吧")
        for guardian, question in WAITING:
            parent = Parent(self.desk, guardian=guardian)
            parent.say(question)
            parent.ask_for_person()
            let_pass(self.desk, minutes=0.1)
        # The screens' clocks are set right by the desk's next beat.
        agent.page.wait_for_timeout(BEAT)
        agent.become("ready")
        agent.page.locator(".offer").wait_for()
        agent.page.get_by_role("button", name="接受").first.click()
        agent.page.locator(".offer").wait_for(state="detached")

    def look_behind_a_mask(self, page: Page) -> None:
        """Open the form that asks why a masked number is to be read."""
        page.locator(".masked[data-field=phone] button").click()
        page.locator(".reveal-form").wait_for()

    def doctor_looks(self) -> None:
        """The doctor sees the day on a phone; the family above is online."""
        context = self.context(PHONE)
        sign_in(context, url=self.desk.url, login=DOCTOR)
        page = context.new_page()
        page.goto("/doctor")
        page.locator(".patient-presence.is-online").first.wait_for()
        take(page, name="doctor")

    def grandparent_reads(self) -> None:
        """Large text, first screen."""
        page = self.context(PHONE).new_page()
        page.goto(f"/chat#identity={identity_of(self.desk, guardian='G1006')}")
        page.locator(".welcome .choice").first.wait_for()
        page.get_by_role("button", name="大字").first.tap()
        take(page, name="parent-large")

    def site_has_widget(self) -> None:
        """The widget on the invented hospital's website."""
        page = self.context(DESKTOP).new_page()
        page.goto("/demo?family=G1001")
        page.get_by_role("button", name="打开在线客服").click()
        inside = page.frame_locator("iframe")
        inside.locator(".welcome .choice").first.wait_for()
        inside.locator(".input").fill("退款多久到账")
        inside.locator(".input").press("Enter")
        inside.locator(".theirs").last.wait_for()
        page.wait_for_timeout(1500)
        take(page, name="widget")


EARLIER = (
    ("G1008", "发票抬头开错了", "您好，已为您作废重开，新票据半小时内能下载。", "insurance", "insurance.explained"),
    ("G1012", "预约填错了孩子", "您好，已帮您改到姐姐名下，时间不变。", "booking", "booking.booked"),
)
UNDER_WAY = (
    ("G1005", "昨天看诊的处方还没发货", "您好，药房正在配药，今天下午交快递。"),
    ("G1010", "想把周四的号改到周六", "您好，周六上午还有两个号，9:20 和 10:40，您要哪个？"),
    ("", "没有收到登录验证码", "您好，请看一下短信是不是进了拦截箱。"),
)
WAITING = (
    ("G1007", "退费申请被退回了，写着材料不全"),
    ("G1009", "医保结算一直显示处理中"),
    ("", "报告单下载下来是空白的"),
    ("G1011", "复诊想换一位医生"),
)


# ---- a parent's hands ------------------------------------------------------------------------------------


def write(page: Page, text: str) -> None:
    page.locator(".input").fill(text)
    page.keyboard.press("Enter")


def ask(page: Page, text: str) -> None:
    """Ask the bot and wait for its answer."""
    known = page.locator(".theirs").count()
    write(page, text)
    page.locator(".theirs").nth(known).wait_for()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ALL))
