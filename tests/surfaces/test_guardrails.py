"""Guardrails as the console and the parent's page meet them: a held reply, both ways in, the weekly review."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from caredesk.actions.metrics import list_figures
from caredesk.application import create_app
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import sign_in
from tests.fixtures.server import LiveDesk, play
from tests.fixtures.stage import on_stage

pytestmark = pytest.mark.usefixtures("quick_hashing")

CONSOLE = "/api/console"
ADVICE = "阿莫西林一天三次，一次一包就可以"
IDENTITY, KEPT = "119999201903070110", "**************0110"


class Browser:
    """A signed-in browser of a member of staff."""

    def __init__(self, desk: DeskForTests, staff_id: str) -> None:
        self.client: FlaskClient = create_app(desk.services).test_client()
        self.headers = sign_in(desk, self.client, staff_id=staff_id)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(f"{CONSOLE}/{path}", json=body, headers=self.headers)

    def reply(self, desk: DeskForTests, conversation_id: str, words: str, **more: Any) -> Any:
        body = {"kind": "text", "text": words}
        path = f"conversations/{conversation_id}/replies"
        return self.post(path, client_key=desk.key(), body=body, seen_seq=99, **more)


@pytest.fixture
def scene(desk: DeskForTests) -> tuple[Browser, Browser, str]:
    """Return an agent's and a supervisor's browser and a conversation that the agent serves."""
    _, agent, conversation_id = desk.served_conversation()
    return Browser(desk, agent), Browser(desk, desk.add_staff("boss", roles=("supervisor",))), conversation_id


def test_a_held_reply_says_what_was_found_and_never_what_was_sent(
    desk: DeskForTests, scene: tuple[Browser, Browser, str]
) -> None:
    agent, _, conversation_id = scene
    held = agent.reply(desk, conversation_id, ADVICE)
    assert (held.status_code, held.json["code"]) == (409, "guardrail.held")
    assert held.json["fields"] == {"kinds": "medical_advice", "places": "4-8"}
    assert agent.reply(desk, conversation_id, ADVICE, in_spite="because").status_code == 422
    assert agent.reply(desk, conversation_id, ADVICE, in_spite="doctor_said").status_code == 200


def test_the_week_is_reviewed_judged_and_taken_out_without_words(
    desk: DeskForTests, scene: tuple[Browser, Browser, str]
) -> None:
    agent, boss, conversation_id = scene
    agent.reply(desk, conversation_id, ADVICE, in_spite="doctor_said")
    week = boss.client.get(f"{CONSOLE}/guardrails").json
    [found] = week["findings"]
    assert (week["week"], week["previous"], week["next"]) == ("2026-W48", "2026-W47", None)
    assert (week["first_day"], week["last_day"]) == ("2026-11-23", "2026-11-29")
    assert (found["words"], found["reason"], found["staff_name"]) == (ADVICE, "doctor_said", "客服lin")
    assert boss.post(f"guardrails/{found['id']}/verdict", verdict="false").status_code == 204
    assert boss.post("guardrails/unknown/verdict", verdict="false").status_code == 404
    again = boss.client.get(f"{CONSOLE}/guardrails", query_string={"week": "2026-W48"}).json
    advice = again["kinds"][0]
    assert (advice["kind"], advice["overridden"], advice["false"], advice["precision"]) == ("medical_advice", 1, 1, 0.0)
    assert again["people"][0]["false"] == 1
    with desk.read() as session:
        figures = {one.name: one.values for one in list_figures(session, now=desk.clock.now())}
    assert figures["caredesk_guardrail_findings"] == [(("medical_advice", "overridden"), 1.0)]
    table = boss.client.get(f"{CONSOLE}/guardrails/table.csv").data.decode("utf-8-sig")
    assert "medical_advice,agent,overridden,doctor_said" in table and "阿莫西林" not in table
    refused = boss.client.get(f"{CONSOLE}/guardrails", query_string={"week": "2026-W99"})
    assert (refused.status_code, refused.json["code"]) == (400, "guardrail.week_not_readable")
    with desk.read() as session:
        deeds = set(session.scalars(text("select deed from audit_entry")))
    assert {"guardrails.reviewed", "guardrail.judged", "guardrails.exported", "record.shown"} <= deeds


def test_by_socket_and_by_request_the_same_is_kept(live: LiveDesk) -> None:
    async def day() -> None:
        async with on_stage(live) as stage:
            visitor, *_ = await stage.served()
            by_socket = await visitor.say(f"身份证{IDENTITY}")
            by_request = await visitor.send(f"身份证{IDENTITY}")
            kept = {"kind": "text", "text": f"身份证{KEPT}"}
            assert [by_socket["message"]["body"], by_request["message"]["body"]] == [kept, kept]

    play(day())
