"""The knowledge editor as a browser meets it: bad input, conflicts, files, imports that refuse what is hostile."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from docx import Document
from flask.testing import FlaskClient
from openpyxl import Workbook
from PIL import Image
from werkzeug.test import TestResponse

from caredesk.accounts.rules import sign_in_policy
from caredesk.accounts.schemas import NewStaff
from caredesk.actions.accounts import SignInOpened, add_staff, check_password, sign_in
from caredesk.application import create_app
from tests.actions.test_knowledge import bring, entry, served
from tests.fixtures.desk import DeskForTests
from tests.fixtures.passwords import PASSWORD, PASSWORD_HASH

pytestmark = pytest.mark.usefixtures("quick_hashing")

KB = "/api/console/kb"
HEADING = "id,category,question,similar,answer\n"


class Editor:
    """A signed-in browser at the editor's API."""

    def __init__(self, client: FlaskClient, opened: SignInOpened) -> None:
        self._client = client
        self._headers = {"X-CSRF-Token": opened.signed_in.csrf_token}
        client.set_cookie("caredesk_session", opened.token)

    def get(self, path: str) -> TestResponse:
        return self._client.get(KB + path, headers=self._headers)

    def send(self, path: str, body: dict[str, Any], *, method: str = "POST") -> TestResponse:
        return self._client.open(KB + path, method=method, json=body, headers=self._headers)

    def upload(self, path: str, content: bytes, *, name: str, **fields: str) -> TestResponse:
        data = {"file": (io.BytesIO(content), name), **fields}
        return self._client.post(KB + path, data=data, headers=self._headers)

    def check(self, content: bytes | str, *, name: str = "kb.csv", **fields: str) -> TestResponse:
        raw = content.encode() if isinstance(content, str) else content
        return self.upload("/imports/check", raw, name=name, **fields)


@pytest.fixture
def sign_in_as(desk: DeskForTests) -> Callable[[str], Editor]:
    def make(role: str) -> Editor:
        client = create_app(desk.services).test_client()
        with desk.write() as work:
            add_staff(work, new=NewStaff(login=role, name=role, roles=(role,), password_hash=PASSWORD_HASH))
        with desk.write() as work:
            check = check_password(work.session, login=role, password=PASSWORD)
            policy = sign_in_policy(desk.services.settings)
            opened = sign_in(work, check=check, address="", user_agent="", policy=policy)
        assert isinstance(opened, SignInOpened)
        return Editor(client, opened)

    return make


@pytest.fixture
def editor(sign_in_as: Callable[[str], Editor]) -> Editor:
    return sign_in_as("editor")


def form(**more: object) -> dict[str, Any]:
    return {"category": "预约", "question": "怎么退号？", "similar": ["能退吗"], "answer": "点“退号”。", **more}


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "PNG")
    return buffer.getvalue()


# ---- entries ---------------------------------------------------------------------------------------------


def test_an_entry_is_made_found_saved_and_its_difference_told(editor: Editor) -> None:
    made = editor.send("/entries", {"id": "a/b?c", "content": form()}).json
    assert (made["version"], made["stage"], made["served"]) == (1, "draft", False)
    assert [row["id"] for row in editor.get("/entries?q=退号").json["entries"]] == ["a/b?c"]
    saved = editor.send(
        "/entries/a%2Fb%3Fc", {"base_version": 1, "content": form(answer="点“取消”。")}, method="PUT"
    ).json
    assert saved["version"] == 2
    changed = editor.get("/entries/a%2Fb%3Fc/changes?before=1&after=2").json["changes"]
    assert [change["field"] for change in changed] == ["answer"]


def test_a_conflict_names_the_newer_version(editor: Editor, desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    editor.send("/entries/a", {"base_version": 1, "content": form()}, method="PUT")
    refused = editor.send("/entries/a", {"base_version": 1, "content": form(owner="我")}, method="PUT")
    assert (refused.status_code, refused.json["code"]) == (409, "knowledge.changed")
    assert refused.json["fields"]["version"] == 2


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (form(question=" "), 400, "knowledge.refused"),
        (form(answer="答" * 8001), 400, "knowledge.refused"),
        (form(answer="坏\x07"), 400, "knowledge.refused"),
        (form(live="everything"), 400, "knowledge.refused"),
        (form(valid_from="2026-12-02", valid_until="2026-12-01"), 400, "knowledge.refused"),
        (form(valid_from="2026-02-30"), 422, "input.malformed"),
        (form(audience="everyone"), 422, "input.malformed"),
        (form(state="published"), 422, "input.malformed"),
        (form(similar="not a list"), 422, "input.malformed"),
    ],
)
def test_what_cannot_be_an_entry_is_refused(editor: Editor, content: dict[str, Any], status: int, code: str) -> None:
    refused = editor.send("/entries", {"id": "x", "content": content})
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert editor.get("/tally").json["total"] == 0


def test_an_admin_writes_and_does_not_publish(sign_in_as: Callable[[str], Editor]) -> None:
    admin = sign_in_as("admin")
    assert admin.send("/entries", {"id": "x", "content": form()}).status_code == 200
    refused = admin.send("/publications", {"entries": [{"id": "x", "version": 1}]})
    assert (refused.status_code, refused.json["code"]) == (403, "auth.not_permitted")


def test_a_publication_is_followed_to_its_end_and_stays_on_record(
    editor: Editor, sign_in_as: Callable[[str], Editor], desk: DeskForTests
) -> None:
    supervisor = sign_in_as("supervisor")
    editor.send("/entries", {"id": "x", "content": form()})
    latest = editor.get("/publications/latest").json
    assert latest["publication"] is None
    assert datetime.fromisoformat(latest["now"]) == desk.clock.now()
    begun = supervisor.send("/publications", {"entries": [{"id": "x", "version": 1}]}).json
    assert (begun["state"], begun["asked_by"]) == ("checking", "supervisor")
    desk.run_jobs()
    done = editor.get("/publications/latest").json["publication"]
    assert (done["state"], done["release"], done["report"]["asked"]) == ("published", 1, 2)
    assert done["questions"] == {"x": "怎么退号？"}
    assert served(desk) == {"x": "点“退号”。"}
    [line] = editor.get("/publications").json["publications"]
    assert (line["id"], line["by"], line["asked"], line["undoable"]) == (done["id"], "supervisor", 2, True)
    assert editor.get(f"/publications/{done['id']}").json == done
    undone = editor.send(f"/publications/{done['id']}/undo", {}).json
    assert (undone["undone_by"], undone["undoable"]) == ("editor", False)
    assert served(desk) == {}


def test_nobody_publishes_own_words_alone_but_a_supervisor_who_says_why(
    editor: Editor, sign_in_as: Callable[[str], Editor], desk: DeskForTests
) -> None:
    supervisor = sign_in_as("supervisor")
    editor.send("/entries", {"id": "x", "content": form()})
    chosen = {"entries": [{"id": "x", "version": 1}]}
    assert editor.get("/entries/x").json["needs_second"]
    refused = editor.send("/publications", chosen)
    assert (refused.status_code, refused.json["code"]) == (409, "knowledge.second_person_needed")
    assert editor.send("/publications/alone", {**chosen, "reason": "只有我在"}).status_code == 403
    assert supervisor.send("/approve", chosen).json == {"entries": 1}
    assert editor.send("/publications", chosen).status_code == 200
    desk.run_jobs()
    supervisor.send("/entries", {"id": "y", "content": form(question="在哪里停车？", similar=[])})
    alone = {"entries": [{"id": "y", "version": 1}], "reason": "夜里只有我一人"}
    assert supervisor.send("/publications/alone", alone).json["alone_reason"] == "夜里只有我一人"


def test_advice_and_the_try_it_box_answer_while_nothing_is_published(editor: Editor) -> None:
    advice = editor.send("/advice", {"content": form()}).json
    assert (advice["near"], advice["contradictions"], advice["tried"]) == ([], [], 2)
    assert [one["outcome"] for one in advice["missed"]] == ["none", "none"]
    tried = editor.send("/try", {"text": "怎么退号"}).json
    assert (tried["outcome"], tried["candidates"]) == ("none", [])


# ---- files -----------------------------------------------------------------------------------------------


def test_a_picture_is_kept_and_shown_to_everybody(editor: Editor, client: FlaskClient) -> None:
    kept = editor.upload("/files", png(), name="../<票据>.png").json
    assert (kept["name"], kept["media_type"]) == ("..票据.png", "image/png")
    shown = client.get(kept["address"])
    assert (shown.status_code, shown.mimetype) == (200, "image/png")
    assert "sandbox" in shown.headers["Content-Security-Policy"]


def test_a_pdf_is_saved_and_never_opened_in_the_desk(editor: Editor, client: FlaskClient) -> None:
    kept = editor.upload("/files", b"%PDF-1.7\n...", name="须知.pdf").json
    assert client.get(kept["address"]).headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"MZ\x90", b"", b"<html>"])
def test_other_files_are_refused(editor: Editor, content: bytes) -> None:
    refused = editor.upload("/files", content, name="x.png")
    assert (refused.status_code, refused.json["code"]) == (400, "knowledge.file_refused")


def test_a_file_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get("/api/knowledge/files/none").json["code"] == "knowledge.file_unknown"


# ---- imports ---------------------------------------------------------------------------------------------


def test_the_difference_is_shown_and_exactly_it_is_applied(editor: Editor, desk: DeskForTests) -> None:
    bring(desk, entry("same", owner="甲"), entry("old"), entry("gone"))
    file = HEADING + "same,预约,same？,same吗,答\nold,预约,old？,old吗,新答案\nnew,预约,新问,,新\n"
    plan = editor.check(file, replace="true").json
    assert plan["counts"] == {"added": 1, "changed": 1, "unchanged": 1, "retired": 1, "refused": 0}
    changed = next(row for row in plan["rows"] if row["outcome"] == "changed")
    assert [change["field"] for change in changed["changes"]] == ["answer"]
    done = editor.upload("/imports", file.encode(), name="kb.csv", replace="true", fingerprint=plan["fingerprint"]).json
    assert {row["id"]: row["outcome"] for row in done["rows"]} == {
        "same": "unchanged",
        "old": "changed",
        "new": "added",
        "gone": "retired",
    }
    assert served(desk) == {"same": "答", "old": "答", "gone": "答"}


def test_a_difference_that_is_out_of_date_is_not_applied(editor: Editor, desk: DeskForTests) -> None:
    bring(desk, entry("a"))
    file = HEADING + "a,预约,a？,a吗,新\n"
    plan = editor.check(file).json
    editor.send("/entries/a", {"base_version": 1, "content": form()}, method="PUT")
    refused = editor.upload("/imports", file.encode(), name="kb.csv", fingerprint=plan["fingerprint"])
    assert (refused.status_code, refused.json["code"]) == (409, "knowledge.plan_changed")


def test_json_is_a_table_too(editor: Editor) -> None:
    rows = [
        {"id": "a", "category": "预约", "question": "问", "similar": ["甲", "乙"], "answer": "答", "audience": "agent"}
    ]
    plan = editor.check(json.dumps(rows), name="kb.json").json
    assert plan["counts"]["added"] == 1


def test_a_word_manual_becomes_drafts_by_its_headings(editor: Editor, desk: DeskForTests) -> None:
    document = Document()
    document.add_heading("退费", level=1)
    document.add_heading("怎么申请退费？", level=2)
    document.add_paragraph("在“我的订单”里申请。")
    document.add_paragraph("原路退回", style="List Bullet")
    document.add_heading("没有正文的标题", level=2)
    buffer = io.BytesIO()
    document.save(buffer)
    plan = editor.check(buffer.getvalue(), name="手册.docx").json
    assert plan["is_manual"]
    assert [row["question"] for row in plan["rows"]] == ["怎么申请退费？"]
    editor.upload("/imports", buffer.getvalue(), name="手册.docx", fingerprint=plan["fingerprint"])
    row = editor.get("/entries").json["entries"][0]
    seen = editor.get(f"/entries/{row['id']}").json
    assert (seen["stage"], seen["content"]["category"]) == ("draft", "退费")
    assert seen["content"]["answer"] == "在“我的订单”里申请。\n- 原路退回"
    again = editor.check(buffer.getvalue(), name="手册.docx").json
    assert again["counts"]["unchanged"] == 1


def test_an_html_manual_keeps_links_and_drops_scripts(editor: Editor) -> None:
    page = (
        "<head><title>x</title></head><h1>票据</h1><h2>怎么开票？</h2><script>alert(1)</script>"
        "<p>打开<a href='https://a.example/b'>票据页</a>，或<a href='javascript:alert(1)'>坏链接</a>。</p>"
        "<ul><li>甲</ul>"
    )
    plan = editor.check(page, name="m.html").json
    editor.upload("/imports", page.encode(), name="m.html", fingerprint=plan["fingerprint"])
    row = editor.get("/entries").json["entries"][0]
    answer = editor.get(f"/entries/{row['id']}").json["content"]["answer"]
    assert answer == "打开[票据页](https://a.example/b)，或坏链接。\n- 甲"


def bomb(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"0" * 30_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("kb.xlsx", bomb("xl/worksheets/sheet1.xml"), "knowledge.file_unreadable"),
        ("kb.docx", bomb("word/document.xml"), "knowledge.file_unreadable"),
        ("kb.docx", b"PK\x03\x04 broken", "knowledge.file_unreadable"),
        ("kb.docx", b"plain words", "knowledge.file_unreadable"),
        ("kb.xlsx", b"<html>", "knowledge.file_unreadable"),
        ("kb.exe", b"MZ", "knowledge.file_unreadable"),
        ("", b"x", "knowledge.file_unreadable"),
        ("kb.csv", b"\xff\xfe\x00", "knowledge.file_unreadable"),
        ("kb.csv", b"id,question\n", "knowledge.columns_missing"),
        ("kb.json", b"{", "knowledge.file_unreadable"),
        ("kb.json", b"[" * 100_000, "knowledge.file_unreadable"),
        ("kb.json", b'["a"]', "knowledge.file_unreadable"),
        ("m.html", b"<p>no heading", "knowledge.file_unreadable"),
    ],
)
def test_hostile_and_broken_files_are_refused_and_leave_nothing(
    editor: Editor, name: str, content: bytes, code: str
) -> None:
    refused = editor.check(content, name=name)
    assert refused.status_code in (400, 422)
    assert refused.json["code"] == code
    assert editor.get("/tally").json["total"] == 0


def test_bad_rows_are_named_and_nothing_is_imported(editor: Editor) -> None:
    file = (
        "id,category,question,similar,answer,valid_until,colour\na,,问,,答,2026-13-01,\nb,,问二,,答,,\nb,,问三,,答,,\n"
    )
    plan = editor.check(file).json
    assert plan["counts"]["refused"] == 3
    assert plan["notices"] == ["ignored columns: colour"]
    reasons = {reason for row in plan["rows"] for reason in row["reasons"]}
    assert "valid_until is no date like 2026-12-31: 2026-13-01" in reasons
    assert "id b stands in 2 rows" in reasons
    done = editor.upload("/imports", file.encode(), name="kb.csv", fingerprint=plan["fingerprint"]).json
    assert done["imported"] is False
    assert editor.get("/tally").json["total"] == 0


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_an_export_imports_without_a_difference(editor: Editor, desk: DeskForTests, kind: str) -> None:
    bring(desk, entry("a", answer="=1+1", audience="agent"), entry("b", popular=True))
    taken = editor.get(f"/export?form={kind}")
    assert taken.headers["Content-Disposition"].endswith(f"knowledge.{kind}")
    plan = editor.check(taken.data, name=f"kb.{kind}", replace="true").json
    assert plan["counts"] == {"added": 0, "changed": 0, "unchanged": 2, "retired": 0, "refused": 0}


def test_a_workbook_with_formulas_is_read_as_values(editor: Editor) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "category", "question", "similar", "answer"])
    sheet.append(["a", "预约", "问", "", "答"])
    buffer = io.BytesIO()
    book.save(buffer)
    assert editor.check(buffer.getvalue(), name="kb.xlsx").json["counts"]["added"] == 1
