"""Search, export, reveal and canned replies as the console asks for them."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient

from caredesk.actions import replies
from caredesk.actions.exports import ExportDocument
from caredesk.actions.families import list_reveals
from caredesk.application import create_app
from caredesk.chatbot.bot import Candidate
from caredesk.console import record_page
from caredesk.conversations.models import BotTurn, CannedReply
from caredesk.core.ids import new_id
from caredesk.infra.limits import open_limits
from tests.conventions.test_error_words import notices
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import PHONE, add_family, conversation_of_family, name_hospital, put_into_queue, sign_in

HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture
def queue_id(desk: DeskForTests) -> str:
    name_hospital(desk)
    return desk.add_queue()


@pytest.fixture
def guardian_id(desk: DeskForTests) -> str:
    return add_family(desk)


@pytest.fixture
def conversation_id(desk: DeskForTests, queue_id: str, guardian_id: str) -> str:
    _, conversation_id = conversation_of_family(desk, guardian_id=guardian_id, text=f"退款 {HOSTILE}")
    put_into_queue(desk, conversation_id, queue_id=queue_id)
    return conversation_id


@pytest.fixture
def agent(desk: DeskForTests, client: FlaskClient, queue_id: str) -> tuple[FlaskClient, dict[str, str]]:
    return client, sign_in(desk, client, staff_id=desk.add_agent("lin", queues=[queue_id], ready=False))


@pytest.fixture
def boss(desk: DeskForTests) -> FlaskClient:
    browser = create_app(desk.services).test_client()
    sign_in(desk, browser, staff_id=desk.add_staff("boss", roles=("supervisor",)))
    return browser


# ---- search ----------------------------------------------------------------------------------------------


def test_an_agent_searches_and_gets_summary_and_snippet(
    agent: tuple[FlaskClient, dict[str, str]], conversation_id: str
) -> None:
    browser, _ = agent

    found = browser.get("/api/console/search", query_string={"text": "退款", "since": "2026-11-23", "person": "5678"})

    [hit] = found.json["hits"]
    assert (found.status_code, found.json["cursor"]) == (200, None)
    assert hit["conversation"]["id"] == conversation_id and hit["conversation"]["title"] == "王**"
    assert hit["snippet"] == f"退款 {HOSTILE}"


def test_a_search_that_cannot_be_read_is_refused(agent: tuple[FlaskClient, dict[str, str]]) -> None:
    browser, _ = agent
    expected = {
        "text=" + "长" * 101: (422, "input.malformed"),
        "since=yesterday": (422, "input.malformed"),
        "text=%00": (422, "input.malformed"),
        "cursor=garbage": (400, "list.cursor_unreadable"),
        # A real time, and a NUL character where the row's id belongs: PostgreSQL would choke on it.
        "cursor=MjAyNi0xMS0yM1QwMjowMDowMCswMDowMHwA": (400, "list.cursor_unreadable"),
        "since=2026-11-24&until=2026-11-23": (400, "input.invalid"),
        "until=9999-12-31": (400, "input.invalid"),
    }

    answers = {query: browser.get(f"/api/console/search?{query}") for query in expected}

    assert {query: (a.status_code, a.json["code"]) for query, a in answers.items()} == expected


def test_only_staff_with_the_permission_search(desk: DeskForTests, client: FlaskClient) -> None:
    assert client.get("/api/console/search").status_code == 401

    sign_in(desk, client, staff_id=desk.add_staff("editor", roles=("editor", "admin", "doctor")))

    assert client.get("/api/console/search").status_code == 403


# ---- export ----------------------------------------------------------------------------------------------


def test_a_supervisor_takes_a_conversation_out_as_json(boss: FlaskClient, conversation_id: str) -> None:
    taken = boss.get(f"/api/console/conversations/{conversation_id}/export.json")

    record = ExportDocument.model_validate_json(taken.data)
    assert taken.headers["Content-Disposition"] == 'attachment; filename="caredesk-20261123-0001.json"'
    assert taken.headers["Cache-Control"] == "no-store"
    assert (record.conversation.id, record.exported_by) == (conversation_id, "客服boss")
    assert record.family is not None and PHONE not in taken.text


def test_the_printed_page_says_everything_and_runs_nothing(
    desk: DeskForTests, boss: FlaskClient, agent: tuple[FlaskClient, dict[str, str]], conversation_id: str
) -> None:
    with desk.write() as work:
        replies.add_note(
            work,
            conversation_id=conversation_id,
            who=desk.as_supervisor("boss"),
            client_key=desk.key(),
            text="</style><script>alert(2)</script>",
            limit=500,
        )

    taken = boss.get(f"/api/console/conversations/{conversation_id}/export.html")

    page = taken.text
    assert taken.headers["Content-Disposition"] == 'attachment; filename="caredesk-20261123-0001.html"'
    assert "退款 &lt;img src=x onerror=alert(1)&gt;{{7*7}}" in page and "内部，家长不可见" in page
    assert not re.search(r"<(script|img|link|iframe)|\son\w+=|javascript:|https?://", re.sub("&lt;[^&]*&gt;", "", page))
    assert "王**" in page and PHONE not in page
    assert "客服boss 导出了本会话（html）" in page


def test_the_printed_page_shows_what_the_bot_weighed(desk: DeskForTests, boss: FlaskClient) -> None:
    written = desk.say(desk.visit().visitor.id)
    candidate = Candidate(id="refund-1", question="退号后多久退款", score=0.87654, features={})
    with desk.write() as work:
        work.session.add(
            BotTurn(
                id=new_id(),
                conversation_id=written.conversation.id,
                question_id=written.entry.id,
                outcome="suggest",
                confidence=0.5,
                candidates=[asdict(candidate)],
                index_version="v7",
                helpful=False,
                at=work.now,
            )
        )

    page = boss.get(f"/api/console/conversations/{written.conversation.id}/export.html").text

    for words in ("给出建议问题", "refund-1 退号后多久退款", "0.877", "v7", "没帮助"):
        assert words in page


def test_the_printed_pages_policy_allows_its_own_style_and_nothing_else(
    boss: FlaskClient, conversation_id: str
) -> None:
    url = f"/api/console/conversations/{conversation_id}/export.html"

    shown = boss.get(url, query_string={"inline": "true"})

    [style] = re.findall("<style>(.*?)</style>", shown.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = shown.headers["Content-Security-Policy"]
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert policy.startswith("sandbox") and f"default-src 'none'; style-src 'sha256-{digest}'" in policy
    # Saved to a disk the page has no headers, so it carries the policy itself.
    assert f"style-src &#39;sha256-{digest.replace('+', '&#43;')}&#39;" in shown.text or digest in shown.text


def test_the_page_can_be_printed_in_english(boss: FlaskClient, conversation_id: str) -> None:
    page = boss.get(f"/api/console/conversations/{conversation_id}/export.html?language=en").text

    assert '<html lang="en">' in page and "Record of a conversation" in page and "Tongkang Hospital" in page
    assert "客服boss exported this conversation (html)" in page
    assert "会话记录" not in page


def test_every_notice_can_be_printed_in_both_languages() -> None:
    words = yaml.safe_load(Path(record_page.__file__).with_name("record_words.yaml").read_text("utf-8"))
    printed = words["notices"]

    # A computed code such as `offer.declined` is known to the code's readers by its beginning only.
    assert {code for code in notices(for_visitors=False) if not any(p.startswith(code) for p in printed)} == set()
    assert [(group, key) for group in words for key, word in words[group].items() if set(word) != {"zh", "en"}] == []


def test_agents_do_not_export(agent: tuple[FlaskClient, dict[str, str]], conversation_id: str) -> None:
    browser, _ = agent

    for form in ("json", "html"):
        refused = browser.get(f"/api/console/conversations/{conversation_id}/export.{form}")
        assert (refused.status_code, refused.json["fields"]) == (403, {"permission": "export_records"})


def test_a_conversation_that_is_not_there_cannot_be_exported(boss: FlaskClient) -> None:
    assert boss.get(f"/api/console/conversations/{new_id()}/export.json").status_code == 404


# ---- families --------------------------------------------------------------------------------------------


def test_an_agent_looks_behind_a_mask_for_a_reason(
    agent: tuple[FlaskClient, dict[str, str]], guardian_id: str, conversation_id: str
) -> None:
    browser, headers = agent
    url, asked = f"/api/console/families/{guardian_id}/reveal", {"field": "phone", "reason": "核对收件电话"}

    shown = browser.post(url, json=asked, headers=headers)
    without_token = browser.post(url, json=asked)
    without_reason = browser.post(url, json={"field": "phone", "reason": ""}, headers=headers)
    other_field = browser.post(url, json={**asked, "field": "external_id"}, headers=headers)

    assert shown.json == {"value": PHONE, "until": "2026-11-23T02:05:00Z"}
    assert shown.headers["Cache-Control"] == "no-store"
    assert without_token.status_code == 403
    assert without_reason.status_code == other_field.status_code == 422


def test_nobody_looks_behind_masks_by_the_hundred(
    desk: DeskForTests, guardian_id: str, conversation_id: str, queue_id: str
) -> None:
    few = desk.services.settings.model_copy(update={"reveals_per_hour": 2})
    app = create_app(replace(desk.services, limits=open_limits(few)))
    asked = {"field": "phone", "reason": "核对收件电话"}

    def look(login: str, *, times: int) -> list[tuple[int, object]]:
        browser = app.test_client()
        headers = sign_in(desk, browser, staff_id=desk.add_agent(login, queues=[queue_id], ready=False))
        url = f"/api/console/families/{guardian_id}/reveal"
        given = [browser.post(url, json=asked, headers=headers) for _ in range(times)]
        return [(answer.status_code, answer.json.get("fields", {}).get("rule")) for answer in given]

    assert look("lin", times=3) == [(200, None), (200, None), (429, "reveal")]
    assert look("mei", times=1) == [(200, None)]
    with desk.read() as session:
        assert len(list_reveals(session, guardian_id=guardian_id)) == 3


def test_a_family_out_of_sight_is_not_there(
    agent: tuple[FlaskClient, dict[str, str]], desk: DeskForTests, guardian_id: str
) -> None:
    browser, headers = agent
    asked = {"field": "phone", "reason": "核对收件电话"}

    for unseen in (guardian_id, new_id()):
        answer = browser.post(f"/api/console/families/{unseen}/reveal", json=asked, headers=headers)
        assert (answer.status_code, answer.json["code"], answer.json["fields"]) == (404, "guardian.not_found", {})


def test_canned_replies_come_filled(
    desk: DeskForTests, agent: tuple[FlaskClient, dict[str, str]], conversation_id: str
) -> None:
    browser, _ = agent
    with desk.write() as work:
        work.session.add(CannedReply(id=new_id(), code="nh", title="问候", text="{parent}您好，我是{hospital}{agent}"))

    given = browser.get(f"/api/console/conversations/{conversation_id}/canned-replies").json
    elsewhere = browser.get(f"/api/console/conversations/{new_id()}/canned-replies")

    assert given == {"replies": [{"code": "nh", "title": "问候", "text": "王家长您好，我是童康儿童医院客服lin"}]}
    assert elsewhere.status_code == 404
