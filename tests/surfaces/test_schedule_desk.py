"""The supervisor's calendar over HTTP: a cancelled session reaches who waits within a minute; bad files do nothing."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caredesk.accounts.rules import sign_in_policy
from caredesk.accounts.schemas import NewStaff
from caredesk.actions import floor_hours, routing
from caredesk.actions.accounts import SignInOpened, add_staff, check_password, sign_in
from caredesk.actions.schedule import import_sessions
from caredesk.application import create_app
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic import schedule_queries
from caredesk.clinic.models import Department, Doctor
from caredesk.clinic.schedule_rows import COLUMNS
from caredesk.clinic.sheet import SheetRow
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import DeskForTests
from tests.fixtures.passwords import PASSWORD, PASSWORD_HASH
from tests.surfaces.test_doctor_requests import Ward

pytestmark = pytest.mark.usefixtures("quick_hashing")

SCHEDULE = "/api/console/schedule"
HEADING = ",".join(COLUMNS) + "\n"


class Supervisor:
    """A signed-in browser at the calendar's API."""

    def __init__(self, client: FlaskClient, opened: SignInOpened) -> None:
        self._client = client
        self._headers = {"X-CSRF-Token": opened.signed_in.csrf_token}
        client.set_cookie("caredesk_session", opened.token)

    def get(self, path: str = "") -> Any:
        return self._client.get(SCHEDULE + path, headers=self._headers).get_json()

    def send(self, path: str, body: dict[str, Any]) -> TestResponse:
        return self._client.post(SCHEDULE + path, json=body, headers=self._headers)

    def upload(self, path: str, content: str, **fields: str) -> TestResponse:
        data = {"file": (io.BytesIO(content.encode()), "week.csv"), **fields}
        return self._client.post(SCHEDULE + path, data=data, headers=self._headers)

    def cancel(self, session_id: str) -> Any:
        """Look at the difference and apply it, as the dialog does."""
        edits = [{"session_id": session_id, "cancelled": True}]
        shown = self.send("/edits/check", {"edits": edits}).get_json()
        done = self.send("/edits", {"edits": edits, "fingerprint": shown["fingerprint"]})
        assert done.status_code == 200, done.get_json()
        return shown


@pytest.fixture
def supervisor(desk: DeskForTests) -> Supervisor:
    with desk.write() as work:
        add_staff(work, new=NewStaff(login="chief", name="主管", roles=("supervisor",), password_hash=PASSWORD_HASH))
    with desk.write() as work:
        check = check_password(work.session, login="chief", password=PASSWORD)
        opened = sign_in(work, check=check, address="", user_agent="", policy=sign_in_policy(desk.services.settings))
    assert isinstance(opened, SignInOpened)
    return Supervisor(create_app(desk.services).test_client(), opened)


@pytest.fixture
def hospital(desk: DeskForTests) -> DeskForTests:
    """A skin doctor who is in session this Monday and the next day; it is ten o'clock."""
    with desk.write() as work:
        work.session.add(Department(id="skin", name="皮肤科"))
        work.session.flush()
        work.session.add_all([Doctor(id="zhang-wei", name="张伟", department_id="skin")])
    with desk.write() as work:
        lines = [f"皮肤科,张伟,2026-11-{day},08:00,12:00,上午,开诊" for day in (23, 24)]
        rows = [SheetRow(n, dict(zip(COLUMNS, line.split(","), strict=True))) for n, line in enumerate(lines, 2)]
        assert import_sessions(work, rows).applied
    return desk


def skin_queue(desk: DeskForTests) -> str:
    queue_id = desk.add_queue("skin", hours={})
    with desk.write() as work:
        queue_queries.set_departments(work.session, queue_id=queue_id, department_ids=["skin"])
    return queue_id


def todays_session(desk: DeskForTests) -> str:
    with desk.read() as session:
        now = desk.clock.now()
        (line,) = clinic_queries.list_sessions(session, since=now, until=now + timedelta(hours=1))
        return line.session.id


def told(desk: DeskForTests, conversation_id: str) -> list[str]:
    """Return the notices that the parent of a conversation was given, in order."""
    return [
        event.message.body.code
        for event in desk.push.of_type("message.created")
        if event.conversation_id == conversation_id and event.message.body.kind == "notice"
    ]


def version(desk: DeskForTests) -> int:
    with desk.read() as session:
        return schedule_queries.schedule_version(session)


# ---- within a minute (B19) -------------------------------------------------------------------------------


def test_a_session_cancelled_on_the_calendar_reaches_who_waits_within_its_minute(
    hospital: DeskForTests, supervisor: Supervisor, client: FlaskClient
) -> None:
    skin_queue(hospital)
    _, first = hospital.waiting_visitor()
    _, second = hospital.waiting_visitor()
    assert client.get("/api/chat/welcome").get_json()["open"] is True
    shown = supervisor.cancel(todays_session(hospital))
    assert (shown["affected"]["waiting"], shown["affected"]["closing_queues"]) == (2, ["队列skin"])
    hospital.clock.advance(seconds=30)
    hospital.run_jobs()
    for conversation_id in (first, second):
        left = hospital.conversation(conversation_id)
        assert (left.status, left.promised_at) == ("message", datetime(2026, 11, 24, 0, 30, tzinfo=UTC))
        assert "queue.cancelled" in told(hospital, conversation_id)
    page = client.get("/api/chat/welcome").get_json()
    assert (page["open"], page["reason"]) == (False, "cancelled")
    assert [event.kind for event in hospital.push.of_type("schedule.changed")][-1] == "hand"
    # The promise is kept by the next session: who was put off is waiting work again, in the order of arrival.
    hospital.clock.set(datetime(2026, 11, 24, 0, 0, 1, tzinfo=UTC))
    hospital.run_jobs()
    back = [hospital.conversation(id) for id in (first, second)]
    assert [one.status for one in back] == ["waiting", "waiting"]
    assert back[0].arrived_at is not None and back[1].arrived_at is not None
    assert back[0].arrived_at <= back[1].arrived_at


def test_with_another_queue_open_who_waits_is_moved_there_and_told(
    hospital: DeskForTests, supervisor: Supervisor
) -> None:
    skin = skin_queue(hospital)
    _, conversation_id = hospital.waiting_visitor()
    with hospital.write() as work:
        queue_queries.get_queue(work.session, queue_id=skin).is_default = False
    general = hospital.add_queue("general")
    agent = hospital.add_agent("lin", queues=[general])
    supervisor.cancel(todays_session(hospital))
    hospital.run_jobs()
    assert hospital.conversation(conversation_id).queue_id == general
    assert "queue.moved" in told(hospital, conversation_id)
    assert [event.offer.conversation_id for event in hospital.push.of_type("offer.made")] == [conversation_id]
    hospital.accept(agent)
    assert hospital.conversation(conversation_id).assignee_id == agent


def test_who_is_being_offered_at_that_moment_is_served_or_promised_but_never_left(
    hospital: DeskForTests, supervisor: Supervisor
) -> None:
    agent = hospital.add_agent("lin", queues=[skin_queue(hospital)], capacity=1)
    _, first = hospital.waiting_visitor()
    hospital.run_jobs()
    supervisor.cancel(todays_session(hospital))
    assert hospital.conversation(first).status == "waiting"
    with hospital.write() as work:
        offer = queue_queries.list_pending_offers(work.session, staff_id=agent)[0]
        routing.decline_offer(work, offer_id=offer.id, staff_id=agent, reason="")
    hospital.clock.advance(seconds=30)
    hospital.run_jobs()
    left = hospital.conversation(first)
    assert (left.status, left.promised_at is not None) == ("message", True)


def test_a_queue_that_is_held_open_by_hand_is_not_said_to_close(hospital: DeskForTests, supervisor: Supervisor) -> None:
    queue_id = skin_queue(hospital)
    _, conversation_id = hospital.waiting_visitor()
    until = hospital.clock.now() + timedelta(hours=2)
    with hospital.write() as work:
        floor_hours.set_hours_by_hand(work, queue_id=queue_id, kind="open", ends_at=until, reason="义诊")
    shown = supervisor.cancel(todays_session(hospital))
    hospital.run_jobs()
    assert (shown["affected"]["waiting"], shown["affected"]["closing_queues"]) == (0, [])
    assert hospital.conversation(conversation_id).status == "waiting"


def test_who_talks_to_an_agent_already_goes_on(hospital: DeskForTests, supervisor: Supervisor) -> None:
    agent = hospital.add_agent("lin", queues=[skin_queue(hospital)])
    _, conversation_id = hospital.waiting_visitor()
    hospital.run_jobs()
    hospital.accept(agent)
    supervisor.cancel(todays_session(hospital))
    hospital.run_jobs()
    assert hospital.conversation(conversation_id).status == "active"


def test_a_doctors_open_request_is_closed_with_its_reason_and_the_family_is_told(
    desk: DeskForTests, client: FlaskClient, supervisor: Supervisor
) -> None:
    ward = Ward(desk, client)
    request = ward.call()
    family = desk.visit(external_id=ward.family).visitor.id
    talk = desk.say(family).conversation.id
    supervisor.cancel(ward.session_id)
    desk.clock.advance(seconds=30)
    desk.run_jobs()
    closed = ward.now(request)
    assert (closed["state"], closed["outcome"]) == ("closed", "session_cancelled")
    assert "session.cancelled" in told(desk, talk)


# ---- bad files -------------------------------------------------------------------------------------------


def test_three_wrong_rows_of_ten_thousand_are_named_and_nothing_is_changed(
    hospital: DeskForTests, supervisor: Supervisor
) -> None:
    start = datetime(2027, 1, 4, tzinfo=UTC).date()
    lines = [
        f"皮肤科,,{start + timedelta(days=n // 20)},{n % 20:02}:00,{n % 20:02}:50,上午,开诊" for n in range(10_000)
    ]
    lines[99] = lines[99].replace("皮肤科", "月球科")
    lines[5000] = lines[5000].replace(":50,", ":00,")
    lines[9998] = lines[9998].replace("2028", "2028-13")
    before = version(hospital)
    content = HEADING + "\n".join(lines) + "\n"
    shown = supervisor.upload("/imports/check", content).get_json()
    faults = {row["line"]: [fault["code"] for fault in row["faults"]] for row in shown["refused"]}
    assert faults == {101: ["department_unknown"], 5002: ["end_before_start"], 10_000: ["date_invalid"]}
    assert all(fault["zh"] and fault["en"] for row in shown["refused"] for fault in row["faults"])
    refused = supervisor.upload("/imports", content, fingerprint=shown["fingerprint"]).get_json()
    assert (refused["change_id"], len(refused["refused"])) == (None, 3)
    assert version(hospital) == before
    assert supervisor.get("?first=2027-01-04")["sessions"] == []


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("皮肤科,张伟,2026-12-01,12:00,08:00,上午,开诊", ["end_before_start"]),
        ("皮肤科,张伟,2026-12-01,08:00,08:00,上午,开诊", ["end_before_start"]),
        ("牙科,,2026-12-01,08:00,12:00,上午,开诊", ["department_unknown"]),
        ("皮肤科,李四,2026-12-01,08:00,12:00,上午,开诊", ["doctor_unknown"]),
        ("皮肤科,张伟,2026-02-30,08:00,12:00,上午,开诊", ["date_invalid"]),
        ("皮肤科,张伟,明天,08:00,12:00,上午,开诊", ["date_invalid"]),
        ("皮肤科,张伟,2026-12-01,8点,25:00,上午,开诊", ["start_invalid", "end_invalid"]),
        ("皮肤科,张伟,2026-11-23,11:00,13:00,下午,开诊", ["overlap"]),
        ("月球科,李四,2026-13-01,12:00,11:00,上午,也许", ["department_unknown", "date_invalid", "status_unknown"]),
    ],
)
def test_each_bad_row_is_told_with_all_that_is_wrong_with_it(
    hospital: DeskForTests, supervisor: Supervisor, line: str, codes: list[str]
) -> None:
    good = "皮肤科,张伟,2026-12-02,08:00,12:00,上午,开诊\n"
    shown = supervisor.upload("/imports/check", HEADING + good + line + "\n").get_json()
    assert [row["line"] for row in shown["refused"]] == [3]
    found = [fault["code"] for fault in shown["refused"][0]["faults"]]
    assert set(codes) <= set(found), found
    before = version(hospital)
    applied = supervisor.upload("/imports", HEADING + good + line + "\n", fingerprint=shown["fingerprint"]).get_json()
    assert (applied["change_id"], version(hospital)) == (None, before)
