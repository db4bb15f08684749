"""A doctor asks, assistants help: one request however often it is tapped, its state live, its end never forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from caredesk.accounts import presence_queries
from caredesk.actions import closing
from caredesk.application import create_app
from caredesk.core.ids import new_id
from caredesk.patients.models import Guardian, Guardianship
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import sign_in
from tests.fixtures.ward import REQUESTS, Ward


@pytest.fixture
def ward(desk: DeskForTests, client: FlaskClient) -> Ward:
    return Ward(desk, client)


def test_one_tap_is_one_request_with_its_clocks_however_often_it_is_sent(desk: DeskForTests, ward: Ward) -> None:
    first = ward.ask(appointment_id=ward.visit, key="tap-00000001").json
    again = ward.ask(appointment_id=ward.visit, key="tap-00000001").json
    from_another_phone = ward.ask(appointment_id=ward.visit, key="tap-00000002").json
    assert first["id"] == again["id"] == from_another_phone["id"]
    assert (first["state"], first["type"], first["child"]) == ("waiting", "呼叫患者上线", "王*")
    raised = desk.clock.now()
    assert first["accept_due_at"] == (raised + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    [shown] = ward.client.get(REQUESTS).json["requests"]
    assert shown["id"] == first["id"]


def test_a_doctor_in_session_stands_ahead_of_ordinary_work(desk: DeskForTests, ward: Ward) -> None:
    conversation = desk.conversation(ward.call()["conversation_id"])
    assert (conversation.channel, conversation.priority, conversation.status) == ("assist", 5, "waiting")
    enquiry = ward.ask("free_text", form={"text": "请帮忙打印排班"}).json
    assert desk.conversation(enquiry["conversation_id"]).priority == 0


def test_the_doctor_sees_who_takes_it_and_both_write(desk: DeskForTests, ward: Ward) -> None:
    assistant = desk.add_agent("xu", queues=[ward.queue])
    request = ward.call()
    desk.run_jobs()
    desk.accept(assistant)
    assert (ward.now(request)["state"], ward.now(request)["assignee_name"]) == ("accepted", "客服xu")
    said = ward.do(request, "messages", client_key="word-00000001", text="家长说在地铁上")
    again = ward.do(request, "messages", client_key="word-00000001", text="家长说在地铁上")
    assert said.json["id"] == again.json["id"]
    told = desk.push.of_type("assist.changed")[-1]
    assert next(room.room for room in told.audiences()) == f"doctor:{ward.doctor}"
    versions = [event.request.version for event in desk.push.of_type("assist.changed")]
    assert versions == sorted(set(versions))


def test_a_request_takes_two_chats_of_the_assistant_and_gives_both_back(desk: DeskForTests, ward: Ward) -> None:
    assistant = desk.add_agent("xu", queues=[ward.queue], capacity=3)
    request = ward.call()
    desk.run_jobs()
    desk.accept(assistant)
    assert load_of(desk, assistant) == 2
    ward.do(request, "withdraw")
    assert load_of(desk, assistant) == 0


def load_of(desk: DeskForTests, staff_id: str) -> int:
    with desk.read() as session:
        return presence_queries.get_agent_now(session, staff_id=staff_id).presence.load


def test_withdrawing_ends_it_for_everybody_and_twice_changes_nothing(desk: DeskForTests, ward: Ward) -> None:
    request = ward.call()
    assert ward.do(request, "withdraw").json["state"] == "withdrawn"
    assert ward.do(request, "withdraw").json["state"] == "withdrawn"
    assert desk.conversation(request["conversation_id"]).status == "closed"
    assert ward.do(request, "urge").json["code"] == "assist.over"
    assert ward.call()["id"] != request["id"]


def test_urging_brings_ordinary_work_forward_and_tells_supervisors_once(desk: DeskForTests, ward: Ward) -> None:
    request = ward.ask("free_text", form={"text": "打不开"}).json
    assert ward.do(request, "urge").json["urged"] is True
    ward.do(request, "urge")
    assert desk.conversation(request["conversation_id"]).priority == 5
    assert [alert.code for alert in desk.push.of_type("alert.raised")] == ["assist_urged"]


def test_nobody_taking_it_in_time_is_told_to_supervisors(desk: DeskForTests, ward: Ward) -> None:
    ward.call()
    desk.clock.advance(seconds=29)
    desk.run_jobs()
    assert "assist_late" not in [alert.code for alert in desk.push.of_type("alert.raised")]
    desk.clock.advance(seconds=2)
    desk.run_jobs()
    [late] = [alert for alert in desk.push.of_type("alert.raised") if alert.code == "assist_late"]
    assert late.stage == "supervisor"


def test_a_call_still_open_after_the_session_is_closed_with_its_reason(desk: DeskForTests, ward: Ward) -> None:
    request = ward.call()
    kept = ward.ask("free_text", form={"text": "明天再说也行"}).json
    desk.clock.advance(hours=2, minutes=11)
    desk.run_jobs()
    sign_in(desk, ward.client, staff_id=ward.doctor)
    assert (ward.now(request)["state"], ward.now(request)["outcome"]) == ("closed", "session_over")
    assert ward.now(kept)["ended_at"] is None


def test_what_the_assistant_closes_ends_for_the_doctor_who_may_rate_it(desk: DeskForTests, ward: Ward) -> None:
    desk.add_option("close_category", "assist")
    desk.add_option("close_outcome", "solved", parent="assist")
    assistant = desk.add_agent("xu", queues=[ward.queue])
    request = ward.ask("free_text", form={"text": "请帮忙打印排班"}).json
    assert ward.do(request, "rating", score=5).json["code"] == "assist.not_ratable"
    desk.run_jobs()
    conversation = desk.accept(assistant)
    with desk.write() as work:
        closing.close_conversation(
            work,
            conversation_id=conversation,
            who=desk.as_agent(assistant),
            category="assist",
            outcome="solved",
            note="",
        )
    assert (ward.now(request)["state"], ward.now(request)["outcome"]) == ("closed", "solved")
    assert ward.do(request, "rating", score=4, comment="很快").json["score"] == 4


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"type_key": "magic"}, "assist.type_unknown"),
        ({"type_key": "parcel_stuck"}, "assist.type_unknown"),
        ({"type_key": "call_patient"}, "assist.patient_missing"),
        ({"type_key": "call_patient", "appointment_id": "nobody"}, "assist.patient_not_yours"),
        ({"type_key": "free_text"}, "assist.form_invalid"),
        ({"type_key": "free_text", "form": {"text": "字" * 501}}, "assist.form_invalid"),
        ({"type_key": "free_text", "form": {"text": "好", "more": "x"}}, "assist.form_invalid"),
        ({"type_key": "system_trouble", "form": {"what": "everything"}}, "assist.form_invalid"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_changes_nothing(ward: Ward, values: dict[str, Any], code: str) -> None:
    assert ward.ask(**values).json["code"] == code
    assert ward.client.get(REQUESTS).json["requests"] == []


def test_another_doctors_patient_does_not_exist(ward: Ward) -> None:
    answer = ward.ask(appointment_id=ward.book("zhou"))
    assert (answer.status_code, answer.json["code"]) == (404, "assist.patient_not_yours")


def test_another_doctors_request_does_not_exist(desk: DeskForTests, ward: Ward) -> None:
    request = ward.call()
    other = desk.add_staff("zhou", roles=("doctor",), doctor_id="zhou")
    headers = sign_in(desk, ward.client, staff_id=other)
    assert ward.client.get(f"{REQUESTS}/{request['id']}").status_code == 404
    withdrawn = ward.client.post(f"{REQUESTS}/{request['id']}/withdraw", headers=headers)
    assert withdrawn.json["code"] == "assist.not_found"


def test_a_request_outside_the_assistants_hours_says_when_it_is_answered(desk: DeskForTests, ward: Ward) -> None:
    with desk.write() as work:
        queue = queue_queries.get_queue(work.session, queue_id=ward.queue)
        queue.fixed_hours = {"windows": [{"opens": "13:00", "closes": "18:00"}]}
    request = ward.call()
    assert (request["state"], request["answer_by"]) == ("left", "2026-11-23T05:30:00Z")


def test_the_family_never_sees_what_was_asked_about_it(desk: DeskForTests, ward: Ward) -> None:
    ward.call()
    opened = desk.visit(external_id=ward.family)
    token = {"Authorization": f"Bearer {opened.token}"}
    assert ward.client.get("/api/chat/conversations", headers=token).json["conversations"] == []


# ---- the assistant's side --------------------------------------------------------------------------------


def test_the_assistant_has_everything_at_hand_and_nothing_in_the_clear(desk: DeskForTests, ward: Ward) -> None:
    assistant, request = served(desk, ward)
    browser = create_app(desk.services).test_client()
    sign_in(desk, browser, staff_id=assistant)
    answer = browser.get(f"/api/console/assist/{request['conversation_id']}")
    card = answer.json
    assert (card["kind"]["key"], card["visit"]["child"], card["may_report"]) == ("call_patient", "王*", True)
    [guardian] = card["guardians"]
    assert (guardian["relation"], guardian["trouble"]) == ("mother", "")
    assert "陈静" in card["script"] and "王*" in card["script"]
    assert not any(secret in answer.text for secret in ("王乐乐", "王小明", "13800005678"))


def test_what_came_of_a_call_is_seen_by_the_doctor_at_once(desk: DeskForTests, ward: Ward) -> None:
    assistant, request = served(desk, ward)
    browser = create_app(desk.services).test_client()
    headers = sign_in(desk, browser, staff_id=assistant)
    at_noon = desk.clock.now() + timedelta(minutes=20)
    said = {"outcome": "promised", "promised_at": at_noon.isoformat()}
    path = f"/api/console/assist/{request['conversation_id']}/outcome"
    assert browser.post(path, json=said, headers=headers).json["state"] == "promised"
    told = desk.push.of_type("assist.changed")[-1].request
    assert (told.state, told.promised_at, told.legs[-1].outcome) == ("promised", at_noon, "promised")
    assert browser.post(path, json={"outcome": "arrived"}, headers=headers).status_code == 200
    desk.run_jobs()
    assert (ward.now(request)["state"], ward.now(request)["arrived_by"]) == ("arrived", "assistant")
    assert browser.post(path, json={"outcome": "coming"}, headers=headers).json["code"] == "assist.over"


def test_only_who_serves_it_may_report(desk: DeskForTests, ward: Ward) -> None:
    _, request = served(desk, ward)
    colleague = desk.add_agent("sun", queues=[ward.queue])
    browser = create_app(desk.services).test_client()
    headers = sign_in(desk, browser, staff_id=colleague)
    path = f"/api/console/assist/{request['conversation_id']}/outcome"
    answer = browser.post(path, json={"outcome": "refused"}, headers=headers)
    assert answer.status_code in (404, 409)
    assert ward.now(request)["state"] == "accepted"


def served(desk: DeskForTests, ward: Ward) -> tuple[str, dict[str, Any]]:
    """Return an assistant and the doctor's request that they have just taken."""
    assistant = desk.add_agent("xu", queues=[ward.queue])
    request = ward.call()
    desk.run_jobs()
    desk.accept(assistant)
    return assistant, request


# ---- types -----------------------------------------------------------------------------------------------


def test_an_administrator_changes_what_can_be_asked(desk: DeskForTests, ward: Ward) -> None:
    browser = create_app(desk.services).test_client()
    headers = sign_in(desk, browser, staff_id=desk.add_staff("admin", roles=("admin",)))
    types = browser.get("/api/console/assist/types").json["types"]
    free = next(one for one in types if one["type"]["key"] == "free_text")
    changed = {**free["type"], "zh": "请医助帮忙", "active": True}
    path = "/api/console/assist/types/free_text"
    assert browser.put(path, json={"expected": 0, "type": changed}, headers=headers).status_code == 200
    assert (
        browser.put(path, json={"expected": 0, "type": changed}, headers=headers).json["code"] == "assist.type_changed"
    )
    known = {one["key"]: one["zh"] for one in ward.client.get("/api/doctor/request-types").json["types"]}
    assert known["free_text"] == "请医助帮忙" and "parcel_stuck" not in known


def test_a_type_that_contradicts_itself_is_refused_by_its_place(desk: DeskForTests, ward: Ward) -> None:
    browser = create_app(desk.services).test_client()
    headers = sign_in(desk, browser, staff_id=desk.add_staff("admin", roles=("admin",)))
    bad = {
        "key": "free_text",
        "zh": "",
        "en": "x",
        "clocks": {"accept": 0},
        "form": [{"key": "a", "zh": "a", "en": "a", "kind": "choice"}],
    }
    answer = browser.put("/api/console/assist/types/free_text", json={"expected": 0, "type": bad}, headers=headers)
    assert answer.json["code"] == "assist.type_invalid"
    assert set(answer.json["fields"]["problems"]) == {
        "zh: string_too_short",
        "clocks.accept: greater_than_equal",
        "form.0: choices_and_kind_differ",
    }


def test_whoever_calls_the_family_sees_the_other_parents_number_and_nothing_else(
    desk: DeskForTests, ward: Ward, client: FlaskClient
) -> None:
    assistant = desk.add_agent("xu", queues=[ward.queue])
    father = add_guardian_of_same_child(desk, guardian_id=ward.family)
    request = ward.call()
    headers = sign_in(desk, client, staff_id=assistant)

    def look(field: str) -> Any:
        asked = {"field": field, "reason": "呼叫患者上线"}
        return client.post(f"/api/console/families/{father}/reveal", json=asked, headers=headers)

    assert look("phone").status_code == 404
    desk.run_jobs()
    desk.accept(assistant)
    assert (look("phone").json["value"], look("id_number").status_code) == ("13900000002", 404)
    ward.headers = sign_in(desk, client, staff_id=ward.doctor)
    ward.do(request, "withdraw")
    headers = sign_in(desk, client, staff_id=assistant)
    assert look("phone").status_code == 404


def test_a_supervisor_sees_every_open_request_oldest_first(desk: DeskForTests, ward: Ward, client: FlaskClient) -> None:
    call = ward.call()
    desk.clock.advance(seconds=5)
    enquiry = ward.ask("free_text", form={"text": "打不开"}).json
    headers = sign_in(desk, client, staff_id=desk.add_staff("he", roles=("supervisor",)))
    shown = client.get("/api/console/assist/open", headers=headers).json["requests"]
    assert [one["id"] for one in shown] == [call["id"], enquiry["id"]]
    ward.headers = sign_in(desk, client, staff_id=ward.doctor)
    ward.do(call, "withdraw")
    sign_in(desk, client, staff_id=desk.add_staff("ma", roles=("supervisor",)))
    assert [one["id"] for one in client.get("/api/console/assist/open").json["requests"]] == [enquiry["id"]]


def add_guardian_of_same_child(desk: DeskForTests, *, guardian_id: str) -> str:
    with desk.write() as work:
        child = work.session.query(Guardianship).filter_by(guardian_id=guardian_id).one().patient_id
        other = Guardian(id=new_id(), external_id="G-father", name="王大山", phone="13900000002", phone_tail="0002")
        work.session.add(other)
        work.session.flush()
        work.session.add(Guardianship(guardian_id=other.id, patient_id=child, relation="father"))
    return other.id
