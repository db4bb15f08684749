"""The pictures of the knowledge base: an editor at work, what the bot missed, how it does, how things hang together."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.desk_process import DeskProcess
from tools.camera import take
from tools.people import PATIENCE, sign_in

ENTRY = "refund-arrival"
# Another answer says ten working days for a closed card: the editor is told.
ANSWER = """退费都是**原路退回**，用什么付的就退到哪里，一般**14个工作日**到账：

- 微信零钱、支付宝余额：多数当天到；
- 银行卡：取决于银行，稍慢一些。

[查看退费记录](https://www.hospital.example/refunds)

超过14个工作日没有收到，请把退款单号告诉客服，我们向支付机构核查。"""
NEW_WORDING = "钱退到哪张卡上"
# Building the indexes of five folds and asking 1,400 questions takes minutes on a machine with other work.
EVALUATED = 900_000


def picture_knowledge(desk: DeskProcess, context: BrowserContext) -> None:
    """Take the pictures of the knowledge base's pages."""
    sign_in(context, url=desk.url, login="editor")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    _an_editor_writes(page)
    _what_was_missed(page)
    _how_things_hang_together(page)
    _how_well_it_does(page)


def _an_editor_writes(page: Page) -> None:
    page.goto(f"/console/knowledge/{ENTRY}")
    page.get_by_label("答案", exact=True).fill(ANSWER)
    page.get_by_role("textbox", name="相似问第 6 条").press("Enter")
    page.keyboard.type(NEW_WORDING)
    page.get_by_role("tab", name="建议").click()
    page.get_by_text("说法矛盾").wait_for()
    page.wait_for_timeout(1500)
    page.locator(".kb-editor-body").evaluate("box => box.scrollTo(0, 0)")
    take(page, name="knowledge")
    page.once("dialog", lambda asked: asked.accept())


def _what_was_missed(page: Page) -> None:
    page.goto("/console/knowledge/review")
    page.get_by_text("哪里可以给宝宝喂奶").first.click()
    page.get_by_role("button", name="采用并提交审核").wait_for()
    take(page, name="review")


def _how_things_hang_together(page: Page) -> None:
    page.goto("/console/knowledge/graph")
    page.locator(".graph-box", has_text="退费").first.click()
    page.wait_for_timeout(800)
    take(page, name="graph")


def _how_well_it_does(page: Page) -> None:
    page.goto("/console/knowledge/report")
    page.get_by_role("tab", name="评测").click()
    for name in ("评测判定过的", "用知识库自己的相似问", "评测公开对照集"):
        expect(page.get_by_role("button", name=name)).to_be_enabled(timeout=EVALUATED)
        page.get_by_role("button", name=name).click()
        page.locator(".report-running").wait_for()
    expect(page.get_by_role("button", name="评测公开对照集")).to_be_enabled(timeout=EVALUATED)
    page.get_by_role("button", name="三组对照").click()
    page.get_by_role("heading", name="三组对照").wait_for()
    take(page, name="evaluation")
