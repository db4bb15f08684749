"""A house of two departments: what belongs to the other one does not exist, on any route, in any list, by any event.

Beyond that there is one way: for a purpose, with a reason, for some time, on the record, and reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caredesk.accounts import access_queries
from caredesk.accounts.access_rules import default_table
from caredesk.accounts.models import Staff
from caredesk.actions import alerts, replies
from caredesk.application import create_app
from caredesk.audit import queries as audit_queries
from caredesk.clinic.models import Department
from caredesk.conversations.models import Conversation, Picture
from caredesk.core.errors import NotFound
from caredesk.core.ids import new_id
from caredesk.edge import watching
from caredesk.edge.payload import Parts, declared_parts
from caredesk.edge.services import Services
from caredesk.edge.watching import Seat
from caredesk.events.catalogue import ConversationChanged
from caredesk.guardrails.models import GuardrailFinding
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import DeskForTests
from tests.fixtures.hostile import valid_payload
from tests.fixtures.hotline_sound import add_recording
from tests.fixtures.records import add_family, name_hospital, sign_in

NOBODYS = "00000000-0000-7000-8000-000000000000"
ACCESS = "/api/console/access"
DESK = ("/api/console/", "/api/desk/")


@dataclass
class Person:
    """Somebody with a browser of their own."""

    id: str
    browser: FlaskClient
    headers: dict[str, str]

    def ask(self, path: str, *, method: str = "GET", json: object = None) -> TestResponse:
        return self.browser.open(path, method=method, json=json, headers=self.headers)


@dataclass
class House:
    """Two departments with a queue each; people of the skin department; and a family of the other one."""

    desk: DeskForTests
    app: Flask
    queues: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)

    def hire(self, login: str, *, roles: tuple[str, ...], queues: tuple[str, ...] = ()) -> Person:
        staff_id = self.desk.add_staff(login, roles=roles)
        with self.desk.write() as work:
            for key in queues:
                queue_queries.set_skill(work.session, staff_id=staff_id, queue_id=self.queues[key], level=1)
        return self.sit_down(login, staff_id=staff_id)

    def sit_down(self, login: str, *, staff_id: str) -> Person:
        """Give somebody a browser that is signed in."""
        browser = self.app.test_client()
        self.people[login] = Person(staff_id, browser, sign_in(self.desk, browser, staff_id=staff_id))
        return self.people[login]

    def talk(self, key: str) -> Conversation:
        """Have a family ask for a person in a queue, and an agent of it take the talk."""
        guardian_id = add_family(self.desk)
        visitor_id = self.desk.visit(external_id=guardian_id).visitor.id
        conversation_id = self.desk.say(visitor_id).conversation.id
        with self.desk.write() as work:
            conversation = work.session.get_one(Conversation, conversation_id)
            conversation.queue_id, conversation.status = self.queues[key], "active"
            conversation.assignee_id, conversation.assigned_at = self.people[f"{key}-agent"].id, work.now
            conversation.arrived_at = conversation.waited_from = work.now
        return self.desk.conversation(conversation_id)

    def limit(self, login: str, *, serves: list[str]) -> None:
        """State whose departments somebody serves, as the security officer does."""
        security = self.people["security"]
        page = security.ask(ACCESS).json
        table = {**page["table"], "serves": [{"staff_id": self.people[login].id, "departments": serves}]}
        wish = {"table": table, "expected": page["version"], "note": ""}
        assert security.ask(ACCESS, method="POST", json=wish).status_code == 200
        self.sit_down(login, staff_id=self.people[login].id)


@pytest.fixture
def house(desk: DeskForTests, services: Services) -> House:
    name_hospital(desk)
    made = House(desk, create_app(services))
    for key in ("skin", "teeth"):
        with desk.write() as work:
            work.session.add(Department(id=key, name=key, name_en=key))
        made.queues[key] = desk.add_queue(key, is_default=key == "skin")
        with desk.write() as work:
            queue_queries.set_departments(work.session, queue_id=made.queues[key], department_ids=[key])
        made.hire(f"{key}-agent", roles=("agent",), queues=(key,))
    made.hire("head", roles=("supervisor",))
    made.hire("skin-boss", roles=("supervisor",))
    made.hire("security", roles=("security",))
    made.hire("auditor", roles=("auditor",))
    made.limit("skin-boss", serves=["skin"])
    made.foreign = _things_of(desk, made.talk("teeth"))
    return made


def _things_of(desk: DeskForTests, talk: Conversation) -> dict[str, str]:
    """Give a talk a recording, a picture and an alert; return the ids by the names of path variables."""
    recording_id, picture_id = add_recording(desk, conversation_id=talk.id), new_id()
    size = {"media_type": "image/png", "size": 4, "width": 1, "height": 1, "sha256": "0" * 64}
    with desk.write() as work:
        owner = f"visitor:{talk.visitor_id}"
        work.session.add(Picture(id=picture_id, owner=owner, created_at=work.now, **size))
        alerts.raise_alert(work, code="red_flag", conversation_id=talk.id, queue_id=talk.queue_id)
        finding = finding_in(talk, at=work.now)
        work.session.add(finding)
    with desk.read() as session:
        alert_id = alerts.open_alerts(session)[0].id
    own = {"conversation_id": talk.id, "guardian_id": talk.guardian_id or "", "number": talk.number}
    return {
        **own,
        "recording_id": recording_id,
        "picture_id": picture_id,
        "alert_id": alert_id,
        "finding_id": finding.id,
    }


def finding_in(talk: Conversation, *, at: datetime) -> GuardrailFinding:
    about = {"kind": "threat", "side": "family", "outcome": "alerted", "conversation_id": talk.id, "entry_id": new_id()}
    return GuardrailFinding(id=new_id(), at=at, staff_id=talk.assignee_id, **about)


def routes_with(app: Flask, names: set[str]) -> Iterator[tuple[str, str, Parts]]:
    """Yield method, rule and what is read of each of the console's routes that takes one of these ids."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(DESK) and names & set(re.findall(r"<(\w+)>", rule.rule)):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule.rule, declared_parts(app.view_functions[rule.endpoint])


def told(response: TestResponse) -> tuple[int, object]:
    """Return an answer without what differs between any two."""
    body = response.json if response.is_json else response.get_data()
    return response.status_code, {**body, "request_id": ""} if isinstance(body, dict) else body


KNOWN = {"body": {"kind": "text", "text": "您好"}, "client_key": "key-00000001", "reason": "other", "field": "phone"}


# ---- what is not one's own -------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["skin-boss", "skin-agent"])
def test_an_id_of_the_other_department_is_answered_as_one_that_nobody_has(house: House, login: str) -> None:
    person, names = house.people[login], set(house.foreign) - {"number"}
    judged = 0
    for method, rule, parts in routes_with(house.app, names):
        json = valid_payload(parts["body"], known=KNOWN) if "body" in parts else None
        asked = valid_payload(parts["query"], known={}) if "query" in parts else {}
        query = f"?before=5&q=x&after=1&purpose={asked.get('purpose', 'service')}" if "query" in parts else ""
        ids = {name: house.foreign.get(name, NOBODYS) for name in re.findall(r"<(\w+)>", rule)}
        foreign, nobodys = (
            told(person.ask(re.sub(r"<(\w+)>", lambda v, k=known: k[v[1]], rule) + query, method=method, json=json))
            for known in (ids, dict.fromkeys(ids, NOBODYS))
        )
        assert foreign == nobodys, f"{method} {rule}"
        assert foreign[0] in (403, 404, 409), f"{method} {rule} {foreign}"
        judged += 1
    assert judged >= 50


def test_no_list_of_the_console_tells_a_supervisor_of_the_other_department(house: House) -> None:
    words = (house.foreign["conversation_id"], house.foreign["number"], house.foreign["alert_id"])
    lists = [rule.rule for rule in house.app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    told_of: dict[str, set[str]] = {"head": set(), "skin-boss": set()}
    for path in (one for one in lists if one.startswith(DESK) and "<" not in one):
        asked = path + ("?q=" if path.endswith("/search") else "")
        for login, found in told_of.items():
            text = house.people[login].ask(asked).get_data().decode(errors="replace")
            found.update({path} if any(word in text for word in words) else ())
    assert told_of["skin-boss"] == set()
    expected = {"/api/console/floor", "/api/console/alerts", "/api/console/search", "/api/console/guardrails"}
    assert expected <= told_of["head"]


def test_a_supervisor_sees_every_talk_of_their_own_department(house: House) -> None:
    own = house.talk("skin")
    boss = house.people["skin-boss"]
    assert boss.ask(f"/api/console/conversations/{own.id}").status_code == 200
    assert boss.ask(f"/api/console/conversations/{own.id}/export.json").status_code == 200
    shown = {one["id"] for one in boss.ask("/api/console/floor").json["conversations"]}
    assert shown == {own.id}


def test_a_supervisor_hears_of_talks_of_their_own_department_only(house: House) -> None:
    rooms = {login: set(seat_of(house, login).rooms) for login in ("skin-boss", "head")}
    own = house.talk("skin").id
    changed = {}
    for conversation_id in (own, house.foreign["conversation_id"]):
        with house.desk.write() as work:
            agent = work.session.get_one(Conversation, conversation_id).assignee_id or ""
            says = replies.Says(text="您好")
            who = house.desk.as_agent(agent)
            known = {"client_key": house.desk.key(), "says": says, "seen_seq": 1000, "confirmed": True, "limit": 200}
            replies.reply(work, conversation_id=conversation_id, who=who, **known)
        event = house.desk.push.of_type(ConversationChanged.model_fields["type"].default)[-1]
        changed[conversation_id] = {audience.room for audience in event.audiences()}
    heard = {login: {id for id, told_to in changed.items() if told_to & joined} for login, joined in rooms.items()}
    assert heard == {"skin-boss": {own}, "head": set(changed)}
    alarmed = house.desk.push.of_type("alert.raised")[-1]
    assert not {audience.room for audience in alarmed.audiences()} & rooms["skin-boss"]


def seat_of(house: House, login: str) -> Seat:
    """Return the seat that somebody's live screen takes."""
    person = house.people[login]
    cookie = person.browser.get_cookie("caredesk_session")
    assert cookie is not None
    claims = {"kind": "staff", "csrf": person.headers["X-CSRF-Token"]}
    environ = {"HTTP_COOKIE": f"caredesk_session={cookie.value}"}
    return watching.take_seat(house.desk.services, environ=environ, auth=claims)


# ---- for a purpose ---------------------------------------------------------------------------------------


def opening(house: House, login: str, **wish: str) -> TestResponse:
    known = {"number": house.foreign["number"], "purpose": "complaint", "reason": "家长投诉等待太久"}
    return house.people[login].ask(f"{ACCESS}/mine", method="POST", json={**known, **wish})


def test_a_talk_is_opened_for_a_purpose_for_an_hour_to_look_and_not_to_act(house: House) -> None:
    boss, ids = house.people["skin-boss"], house.foreign
    path = f"/api/console/conversations/{ids['conversation_id']}"
    assert opening(house, "skin-boss").json["conversation_id"] == ids["conversation_id"]
    looks = [
        (path, "GET", None),
        (f"/api/desk/recordings/{ids['recording_id']}", "GET", None),
        (f"{path}/export.json", "GET", None),
        (f"/api/console/families/{ids['guardian_id']}/reveal", "POST", {"field": "phone", "reason": "回电核实投诉"}),
    ]
    assert [boss.ask(where, method=how, json=json).status_code for where, how, json in looks] == [200] * 4
    judging = f"/api/console/guardrails/{ids['finding_id']}/verdict"
    assert [one["id"] for one in boss.ask("/api/console/guardrails").json["findings"]] == [ids["finding_id"]]
    assert boss.ask(judging, method="POST", json={"verdict": "right"}).json["code"] == "guardrail.finding_not_found"
    deeds = {"/notes": {"client_key": "key-00000009", "text": "看过"}, "/close": {"category": "x", "outcome": "y"}}
    for deed, json in deeds.items():
        assert boss.ask(path + deed, method="POST", json=json).json["code"] == "conversation.not_found"
    house.desk.clock.advance(minutes=61)
    assert [boss.ask(where, method=how, json=json).status_code for where, how, json in looks] == [404] * 4


def test_a_screen_leaves_what_was_opened_when_its_time_is_over(house: House) -> None:
    services, conversation_id = house.desk.services, house.foreign["conversation_id"]
    seat = seat_of(house, "skin-boss")
    with pytest.raises(NotFound):
        watching.room_to_watch(services, seat=seat, conversation_id=conversation_id)
    opening(house, "skin-boss")
    watching.room_to_watch(services, seat=seat, conversation_id=conversation_id)
    seat.watching = conversation_id
    assert seat.open_until == house.desk.clock.now() + timedelta(minutes=60)
    assert watching.may_watch(services, seat=seat)
    house.desk.clock.advance(minutes=61)
    assert not watching.may_watch(services, seat=seat)


def test_who_may_open_nothing_learns_of_no_number_whether_there_is_one(house: House) -> None:
    answers = [
        told(opening(house, "skin-agent", number=number)) for number in (house.foreign["number"], "20000101-0001")
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 403
    assert opening(house, "skin-boss", number="20000101-0001").json["code"] == "access.nothing_to_open"


def test_an_opening_is_on_the_record_counted_and_reviewed_once(house: House) -> None:
    opening(house, "skin-boss")
    auditor, boss = house.people["auditor"], house.people["skin-boss"]
    page = auditor.ask(ACCESS).json
    [one] = page["openings"]
    assert (one["number"], one["purpose"], one["verdict"]) == (house.foreign["number"], "complaint", "")
    assert page["unreviewed"] == 1
    assert [(row["staff_id"], row["count"]) for row in page["opened"]] == [(boss.id, 1)]
    for verdict in ("questioned", "fine"):
        path = f"{ACCESS}/openings/{one['id']}/review"
        assert auditor.ask(path, method="POST", json={"verdict": verdict}).status_code == 204
    assert auditor.ask(ACCESS).json["openings"][0]["verdict"] == "questioned"
    conversation = f"conversation:{house.foreign['conversation_id']}"
    assert deeds_of(house, boss) == [("access.opened", conversation, "complaint", f"access_opening:{one['id']}")]
    assert deeds_of(house, auditor) == [("access.reviewed", "", "questioned", f"access_opening:{one['id']}")]


def test_nobody_reviews_what_they_have_opened_in_an_earlier_role(house: House) -> None:
    opening(house, "skin-boss")
    boss = house.people["skin-boss"]
    with house.desk.write() as work:
        work.session.get_one(Staff, boss.id).roles = ["auditor"]
    [one] = boss.ask(ACCESS).json["openings"]
    answer = boss.ask(f"{ACCESS}/openings/{one['id']}/review", method="POST", json={"verdict": "fine"})
    assert (answer.status_code, answer.json["code"]) == (403, "access.own_opening")
    assert house.people["auditor"].ask(ACCESS).json["openings"][0]["verdict"] == ""


def test_what_one_sees_anyway_is_not_written_down_as_an_opening(house: House) -> None:
    opening(house, "head")
    assert house.people["auditor"].ask(ACCESS).json["openings"] == []


def deeds_of(house: House, person: Person) -> list[tuple[str, str, str, str]]:
    with house.desk.read() as session:
        entries = list(audit_queries.stream_entries(session))
    return [
        (one.deed, one.subject, one.why, one.record)
        for one in entries
        if one.actor_id == person.id and one.deed.startswith("access.")
    ]


# ---- changing the table ----------------------------------------------------------------------------------


def test_what_a_new_table_would_change_is_told_before_it_holds(house: House) -> None:
    security = house.people["security"]
    page = security.ask(ACCESS).json
    rows = [{**row, "recording": "own"} if row["role"] == "agent" else row for row in page["table"]["roles"]]
    table = {**page["table"], "roles": rows, "minutes": 30}
    told_of = security.ask(f"{ACCESS}/check", method="POST", json={"table": table}).json
    agents_ids = {house.people[f"{key}-agent"].id for key in ("skin", "teeth")}
    assert {(one["staff_id"], one["thing"], one["before"], one["after"]) for one in told_of["people"]} == {
        (id, "recording", 1, 0) for id in agents_ids
    }
    assert told_of["settings"] == ["minutes"]
    assert security.ask(ACCESS).json["version"] == page["version"]
    wish = {"table": table, "expected": page["version"], "note": "录音只给本人"}
    assert security.ask(ACCESS, method="POST", json=wish).json["version"] == page["version"] + 1
    statuses = {login: person.ask("/api/auth/me").status_code for login, person in house.people.items()}
    assert {login for login, status in statuses.items() if status == 401} == {"skin-agent", "teeth-agent"}
    assert deeds_of(house, security)[-1] == ("access.changed", "", "", f"access_policy:{page['version'] + 1}")
    assert security.ask(ACCESS, method="POST", json=wish).json["code"] == "access.moved"


@pytest.mark.parametrize(
    "wrong",
    [
        {"serves": [{"staff_id": "nobody", "departments": ["skin"]}]},
        {"serves": [{"staff_id": "$boss", "departments": ["none"]}]},
        {"serves": [{"staff_id": "$boss", "departments": ["skin"]}] * 2},
        {"roles": []},
    ],
)
def test_a_table_that_names_what_there_is_not_changes_nothing(house: House, wrong: dict[str, Any]) -> None:
    security, boss = house.people["security"], house.people["skin-boss"].id
    page = security.ask(ACCESS).json
    meant = {
        key: [{**row, "staff_id": boss} if row["staff_id"] == "$boss" else row for row in rows]
        for key, rows in wrong.items()
    }
    wish = {"table": {**page["table"], **meant}, "expected": page["version"], "note": ""}
    assert security.ask(ACCESS, method="POST", json=wish).json["code"] == "access.invalid"
    assert security.ask(ACCESS).json["version"] == page["version"]


def test_a_desk_whose_table_nobody_has_changed_goes_by_the_built_in_one(desk: DeskForTests) -> None:
    with desk.read() as session:
        assert access_queries.table_now(session) == (0, default_table())
