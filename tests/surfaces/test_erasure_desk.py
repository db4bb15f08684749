"""Erasures as browsers do them: two people on the page, and afterwards every page still opens and shows nobody."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from caredesk.actions import chat
from caredesk.conversations.models import Conversation
from caredesk.patients.models import Parcel
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import PHONE, add_family, conversation_of_family, name_hospital, sign_in

RETENTION = "/api/console/retention"
NAME, CHILD = "欧阳静文", "欧阳乐乐"
SAID = f"我是{NAME}，孩子是{CHILD}，电话{PHONE}"


def family_whose_talk_is_over(desk: DeskForTests) -> tuple[str, str]:
    """Add a family whose parcel has come and whose one talk is closed; return guardian and conversation."""
    guardian_id = add_family(desk, name=NAME, child=CHILD)
    visitor_id, conversation_id = conversation_of_family(desk, guardian_id=guardian_id, text=SAID)
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)
        for parcel in work.session.scalars(select(Parcel)):
            parcel.status = "delivered"
    return guardian_id, conversation_id


def addresses_about(app: Flask, *, guardian_id: str, conversation_id: str) -> Iterator[str]:
    """Yield every address of the console and the doctors' desk that only looks, about this family where it can be."""
    ids = {"conversation_id": conversation_id, "guardian_id": guardian_id}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and rule.rule.startswith(("/api/console", "/api/doctor")):
            steps = rule.rule.split("/")
            yield "/".join(ids.get(one.strip("<>").split(":")[-1], "none") if "<" in one else one for one in steps)


def test_two_people_erase_a_family_and_every_page_still_opens(desk: DeskForTests, client: FlaskClient) -> None:
    name_hospital(desk)
    guardian_id, conversation_id = family_whose_talk_is_over(desk)
    boss = client
    asking = sign_in(desk, boss, staff_id=desk.add_staff("boss", roles=("supervisor",)))
    officer = client.application.test_client()
    allowing = sign_in(desk, officer, staff_id=desk.add_staff("officer", roles=("security",)))
    before = boss.get(f"/api/console/conversations/{conversation_id}").get_data(as_text=True)
    assert SAID in before

    [shown] = boss.post(f"{RETENTION}/previews", json={"phone": PHONE}, headers=asking).get_json()["families"]
    assert (shown["guardian_id"], shown["name"], shown["barriers"]) == (guardian_id, "欧**", [])
    wish = {"guardian_id": guardian_id, "ground": "request"}
    assert boss.post(f"{RETENTION}/erasures", json=wish, headers=asking).status_code == 204
    [asked] = officer.get(RETENTION).get_json()["erasures"]
    assert asked["state"] == "asked" and NAME not in str(asked)
    own = boss.post(f"{RETENTION}/erasures/{asked['id']}/allow", headers=asking)
    assert (own.status_code, own.get_json()["code"]) == (403, "erasure.own")
    assert officer.post(f"{RETENTION}/erasures/{asked['id']}/allow", headers=allowing).status_code == 204
    desk.run_jobs()

    [done] = officer.get(RETENTION).get_json()["erasures"]
    assert done["state"] == "done" and len(done["certificate"]) == 64
    about = {"guardian_id": guardian_id, "conversation_id": conversation_id}
    answers = {address: boss.get(address) for address in addresses_about(client.application, **about)}
    assert [address for address, answer in answers.items() if answer.status_code >= 500] == []
    told = {address: answer.get_data().decode("utf-8", "replace") for address, answer in answers.items()}
    assert [address for address, text in told.items() if any(one in text for one in (NAME, CHILD, PHONE))] == []
    assert answers[f"/api/console/conversations/{conversation_id}"].status_code == 200
    assert boss.post(f"{RETENTION}/previews", json={"phone": PHONE}, headers=asking).get_json()["families"] == []


def test_a_conversation_is_held_by_its_number_and_lifted_by_somebody_else(
    desk: DeskForTests, client: FlaskClient
) -> None:
    _, conversation_id = family_whose_talk_is_over(desk)
    with desk.read() as session:
        found = session.get(Conversation, conversation_id)
    assert found is not None
    placing = sign_in(desk, client, staff_id=desk.add_staff("boss", roles=("supervisor",)))
    held = {"conversation_number": found.number, "guardian_id": "", "reason": "法院来函"}
    assert client.post(f"{RETENTION}/holds", json=held, headers=placing).status_code == 204
    assert client.post(f"{RETENTION}/holds", json=held, headers=placing).status_code == 409
    [hold] = client.get(RETENTION).get_json()["holds"]
    assert (hold["number"], hold["mine"]) == (found.number, True)
    assert client.post(f"{RETENTION}/holds/{hold['id']}/lift", headers=placing).status_code == 403
    officer = client.application.test_client()
    lifting = sign_in(desk, officer, staff_id=desk.add_staff("officer", roles=("security",)))
    assert officer.post(f"{RETENTION}/holds/{hold['id']}/lift", headers=lifting).status_code == 204
    assert client.get(RETENTION).get_json()["holds"][0]["lifted_at"] is not None


def test_a_hold_is_shown_where_the_conversation_is_and_its_reason_to_who_may_know(
    desk: DeskForTests, client: FlaskClient
) -> None:
    name_hospital(desk)
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    visitor_id, conversation_id = conversation_of_family(desk, guardian_id=add_family(desk), text=SAID)
    desk.ask_for_person(visitor_id)
    desk.run_jobs()
    desk.accept(agent)
    path = f"/api/console/conversations/{conversation_id}"
    placing = sign_in(desk, client, staff_id=desk.add_staff("boss", roles=("supervisor",)))
    assert client.get(path).json["holds"] == []
    held = {"conversation_number": desk.conversation(conversation_id).number, "reason": "卫健委来函"}
    assert client.post(f"{RETENTION}/holds", json=held, headers=placing).status_code == 204
    [known] = client.get(path).json["holds"]
    assert (known["subject_kind"], known["reason"], known["placed_by"]) == ("conversation", "卫健委来函", "客服boss")
    assert "卫健委来函" in client.get(f"{path}/export.html").get_data(as_text=True)
    [preview] = client.post(f"{RETENTION}/previews", json={"phone": PHONE}, headers=placing).json["families"]
    assert preview["holds"] == [known]
    browser = client.application.test_client()
    sign_in(desk, browser, staff_id=agent)
    [masked] = browser.get(path).json["holds"]
    assert masked == {**known, "reason": "", "placed_by": "", "placed_at": None}
