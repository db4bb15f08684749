"""The hotline's set-up, prompts, messages, call-backs and figures over HTTP, as supervisors and agents use them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from caredesk.actions import call_backs, call_engines, hotline_setup, voicemails
from caredesk.actions.call_menus import menu_now
from caredesk.conversations.models import Conversation
from caredesk.edge.services import HookSecrets, Services
from caredesk.floor.models import FloorAction
from caredesk.queue.models import Queue
from caredesk.telephony.menu_models import HotlineVersion
from caredesk.telephony.sound import read_wav
from tests.fixtures.desk import OFFICE, DeskForTests
from tests.fixtures.hotline_sound import add_call, make_a_call, sine, wav_of
from tests.fixtures.records import name_hospital, sign_in

ENGINE = {"Authorization": "Bearer a-secret-of-the-engine"}
SETUP = "/api/desk/hotline/setup"
PROMPTS = "/api/desk/hotline/prompts"


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, hooks=HookSecrets(hotline="a-secret-of-the-engine"))


@dataclass
class Person:
    """Somebody signed in at the console."""

    staff_id: str
    browser: FlaskClient
    headers: dict[str, str]

    def get(self, address: str) -> TestResponse:
        return self.browser.get(address)

    def put(self, address: str, json: Any) -> TestResponse:
        return self.browser.put(address, json=json, headers=self.headers)

    def delete(self, address: str) -> TestResponse:
        return self.browser.delete(address, headers=self.headers)

    def upload(self, address: str, content: bytes) -> TestResponse:
        form = {"recording": (io.BytesIO(content), "prompt.wav")}
        return self.browser.post(address, data=form, headers=self.headers, content_type="multipart/form-data")


SignedIn = Callable[[str], Person]


@pytest.fixture
def as_staff(desk: DeskForTests, client: FlaskClient) -> SignedIn:
    """Return a way to sign somebody in."""

    def signed_in(staff_id: str) -> Person:
        browser = client.application.test_client()
        return Person(staff_id, browser, sign_in(desk, browser, staff_id=staff_id))

    return signed_in


@pytest.fixture
def supervisor(desk: DeskForTests, as_staff: SignedIn) -> Person:
    """A supervisor of a hospital with two queues, one always open and one in office hours."""
    name_hospital(desk)
    desk.add_queue("general")
    desk.add_queue("drugs", is_default=False, hours=OFFICE)
    return as_staff(desk.add_staff("super", roles=["supervisor"]))


def changed(supervisor: Person, **changes: Any) -> dict[str, Any]:
    """Return what a supervisor would send to change the set-up that holds."""
    view = supervisor.get(SETUP).json
    return {"version": view["version"], "setup": {**view["setup"], **changes}, "note": "换一个菜单"}


# ---- set-up ----------------------------------------------------------------------------------------------


def test_before_anybody_has_changed_it_the_queues_suggest_the_menu(supervisor: Person) -> None:
    view = supervisor.get(SETUP).json
    assert view["version"] == 0 and view["speech"] == "tones"
    assert {one["key"]: one["open"] for one in view["queues"]} == {"general": True, "drugs": True}
    assert view["setup"]["default_queue"] == "general"


def test_a_changed_setup_holds_from_the_next_call_on(supervisor: Person, desk: DeskForTests) -> None:
    options = [{"digit": "5", "kind": "queue", "queue_key": "drugs"}]
    answer = supervisor.put(SETUP, changed(supervisor, options=options, rounds=3))
    assert answer.status_code == 200 and answer.json["version"] == 1
    with desk.read() as session:
        menu = menu_now(session, now=desk.clock.now(), called="4001234567")
        trail = [row.what for row in session.scalars(select(FloorAction))]
    assert (menu.version, menu.setup.rounds) == (1, 3)
    assert [choice.digit for choice in menu.choices] == ["5"]
    assert trail == ["hotline_set_up"]
    (kept,) = supervisor.get(f"{SETUP}/versions").json["versions"]
    assert (kept["version"], kept["note"], kept["made_by"]) == (1, "换一个菜单", "客服super")


def test_whoever_is_slower_is_told_and_nothing_is_overwritten(supervisor: Person, desk: DeskForTests) -> None:
    first, second = changed(supervisor, rounds=3), changed(supervisor, rounds=4)
    assert supervisor.put(SETUP, first).status_code == 200
    late = supervisor.put(SETUP, second)
    assert (late.status_code, late.json["code"], late.json["fields"]["version"]) == (409, "hotline.setup_moved", 1)
    assert supervisor.get(SETUP).json["setup"]["rounds"] == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"default_queue": "no-such"}, "default_queue"),
        ({"options": [{"digit": "1", "kind": "queue", "queue_key": "no-such"}]}, "queue_key"),
        ({"options": [{"digit": "1", "kind": "information", "prompt": "no_such"}]}, "prompt"),
        ({"options": [{"digit": "1", "kind": "information", "prompt": "n_1"}]}, "prompt"),
    ],
)
def test_names_that_mean_nothing_are_refused(
    supervisor: Person, desk: DeskForTests, changes: dict[str, Any], field: str
) -> None:
    refused = supervisor.put(SETUP, changed(supervisor, **changes))
    assert (refused.status_code, refused.json["code"]) == (400, "hotline.setup_unknown_name")
    assert refused.json["fields"]["field"] == field
    with desk.read() as session:
        assert session.scalars(select(HotlineVersion)).all() == []


def test_a_menu_with_the_same_digit_twice_cannot_be_read(supervisor: Person) -> None:
    twice = [{"digit": "1", "kind": "message"}, {"digit": "1", "kind": "call_back"}]
    assert supervisor.put(SETUP, changed(supervisor, options=twice)).status_code == 422


def test_the_menu_follows_the_clinics_hours(supervisor: Person, desk: DeskForTests) -> None:
    desk.clock.advance(hours=10)
    with desk.read() as session:
        menu = menu_now(session, now=desk.clock.now(), called="")
    assert {choice.digit: choice.open for choice in menu.choices if choice.kind == "queue"} == {"1": False, "2": True}
    assert menu.open


# ---- prompts ---------------------------------------------------------------------------------------------


def test_every_prompt_is_listed_with_its_words_and_can_be_heard(supervisor: Person) -> None:
    listed = {one["name"]: one for one in supervisor.get(PROMPTS).json["prompts"]}
    assert listed["recording_notice"]["zh"] == "为保证服务质量，本次通话将被录音。"
    assert listed["recording_notice"]["origin"] == "tones" and listed["hold"]["origin"] == "made"
    assert any(one["zh"] == "队列drugs" for one in listed.values())
    heard = supervisor.get(f"{PROMPTS}/hold/audio")
    assert (heard.status_code, heard.mimetype) == (200, "audio/wav")
    assert (
        supervisor.browser.get(f"{PROMPTS}/hold/audio", headers={"If-None-Match": heard.headers["ETag"]}).status_code
        == 304
    )


def test_a_recording_takes_the_place_of_a_prompt_until_it_is_reset(supervisor: Person, client: FlaskClient) -> None:
    address = f"{PROMPTS}/please_wait/recording"
    answer = supervisor.upload(address, wav_of(sine(700, seconds=1.5, rate=44100), rate=44100))
    assert answer.status_code == 200
    assert (answer.json["origin"], answer.json["uploaded_by"]) == ("uploaded", "客服super")
    fetched = client.get("/hooks/hotline/prompts/please_wait.wav", headers=ENGINE)
    samples, rate = read_wav(fetched.data)
    assert rate == 8000 and len(samples) / rate == pytest.approx(1.5, abs=0.01)
    listed = {one["name"]: one for one in client.get("/hooks/hotline/prompts", headers=ENGINE).json["prompts"]}
    assert listed["please_wait"]["sha256"] == answer.json["sha256"] == fetched.headers["ETag"].strip('"')
    assert supervisor.delete(address).json["origin"] == "tones"


def test_engines_are_told_that_a_prompt_has_changed(supervisor: Person, desk: DeskForTests) -> None:
    with desk.write() as work:
        call_engines.hear(work, name="embedded")
    supervisor.upload(f"{PROMPTS}/please_wait/recording", wav_of(sine(700, seconds=1)))
    supervisor.delete(f"{PROMPTS}/please_wait/recording")
    supervisor.put(SETUP, changed(supervisor, rounds=4))
    with desk.read() as session:
        found = call_engines.commands_for(session, engine="embedded").commands
    assert {command.verb for command in found} == {"prompts_changed"}


@pytest.mark.parametrize("content", [b"", b"MZ not sound", wav_of(sine(700, seconds=0.001)), b"RIFF1234WAVEjunk"])
def test_what_is_no_recording_changes_no_prompt(supervisor: Person, content: bytes) -> None:
    refused = supervisor.upload(f"{PROMPTS}/please_wait/recording", content)
    assert (refused.status_code, refused.json["code"]) == (400, "hotline.sound_refused")
    listed = {one["name"]: one["origin"] for one in supervisor.get(PROMPTS).json["prompts"]}
    assert listed["please_wait"] == "tones"


def test_a_name_that_no_call_needs_is_unknown(supervisor: Person, client: FlaskClient) -> None:
    assert supervisor.get(f"{PROMPTS}/no_such/audio").json["code"] == "hotline.prompt_unknown"
    assert supervisor.upload(f"{PROMPTS}/no_such/recording", wav_of(sine(700, seconds=1))).status_code == 404
    assert client.get("/hooks/hotline/prompts/no_such.wav", headers=ENGINE).status_code == 404


def test_prompts_are_for_the_engine_alone(client: FlaskClient) -> None:
    assert client.get("/hooks/hotline/prompts").status_code == 401
    assert client.get("/hooks/hotline/prompts/hold.wav", headers={"Authorization": "Bearer no"}).status_code == 401


# ---- messages and call-backs -----------------------------------------------------------------------------


def caller_waits(desk: DeskForTests) -> str:
    """Have somebody wait by telephone; return the conversation."""
    _, conversation_id = desk.waiting_visitor()
    make_a_call(desk, conversation_id=conversation_id)
    return conversation_id


def test_a_message_left_at_night_is_work_at_opening_with_its_recording(
    supervisor: Person, desk: DeskForTests, as_staff: SignedIn
) -> None:
    desk.clock.advance(hours=10)
    supervisor = as_staff(supervisor.staff_id)
    _, conversation_id = desk.waiting_visitor()
    make_a_call(desk, conversation_id=conversation_id)
    call_id = add_call(desk, conversation_id=conversation_id, disposition="voicemail")
    with desk.write() as work:
        conversation = work.session.get_one(Conversation, conversation_id)
        queue = work.session.scalars(select(Queue).where(Queue.key == "drugs")).one()
        voicemails.keep(work, conversation, queue=queue, recording_id=f"{call_id}-m", seconds=14.2)
    (left,) = supervisor.get("/api/desk/voicemails").json["voicemails"]
    assert (left["status"], left["caller"], left["recording_id"]) == ("message", "138****1111", None)
    assert left["promised_at"] == "2026-11-24T00:30:00Z"
    client = supervisor.browser
    headers = {**ENGINE, "X-Call-Id": call_id, "X-Kind": "voicemail"}
    client.put(f"/hooks/hotline/recordings/{call_id}-m", data=wav_of(sine(500, seconds=3)), headers=headers)
    (left,) = supervisor.get("/api/desk/voicemails").json["voicemails"]
    assert (left["recording_id"], left["seconds"]) == (f"{call_id}-m", 3.0)
    with desk.write() as work:
        work.enqueue("follow_clinic", {"queue_id": queue.id}, key="follow")
    desk.clock.advance(hours=12)
    desk.run_jobs()
    assert desk.conversation(conversation_id).status == "waiting"


def test_a_message_left_in_open_hours_comes_back_before_its_promise(supervisor: Person, desk: DeskForTests) -> None:
    conversation_id = caller_waits(desk)
    with desk.write() as work:
        conversation = work.session.get_one(Conversation, conversation_id)
        queue = work.session.scalars(select(Queue).where(Queue.key == "general")).one()
        voicemails.keep(work, conversation, queue=queue, recording_id="x", seconds=5)
    promised = desk.conversation(conversation_id).promised_at
    assert promised == desk.clock.now() + timedelta(minutes=30)
    desk.clock.advance(minutes=20)
    desk.run_jobs()
    assert desk.conversation(conversation_id).status == "waiting"


def wish(desk: DeskForTests, conversation_id: str, *, caller: str = "13800001111") -> bool:
    """Have a waiting caller ask to be called back."""
    with desk.write() as work:
        _, setup = hotline_setup.setup_now(work.session)
        conversation = work.session.get_one(Conversation, conversation_id)
        return call_backs.note(work, conversation, caller=caller, setup=setup)


def came_to(desk: DeskForTests, conversation_id: str, disposition: str) -> None:
    """Have a call that was made for a call-back end."""
    with desk.write() as work:
        conversation = work.session.get_one(Conversation, conversation_id)
        call_backs.settle(work, conversation, disposition=disposition, reason="timeout", pause=timedelta(minutes=10))


def test_a_call_back_keeps_its_place_and_is_listed(supervisor: Person, desk: DeskForTests) -> None:
    first, second = caller_waits(desk), caller_waits(desk)
    before = desk.conversation(first).arrived_at
    assert wish(desk, first) and wish(desk, second)
    owed = supervisor.get("/api/desk/call-backs").json["call_backs"]
    assert [(one["conversation_id"], one["position"]) for one in owed] == [(first, 1), (second, 2)]
    assert owed[0]["caller"] == "+86 138****1111" or owed[0]["caller"].endswith("1111")
    assert "13800001111" not in str(owed)
    assert desk.conversation(first).arrived_at == before


@pytest.mark.parametrize("caller", ["", "anonymous", "110", "sip:hidden@x"])
def test_without_a_number_nobody_can_be_called_back(supervisor: Person, desk: DeskForTests, caller: str) -> None:
    assert wish(desk, caller_waits(desk), caller=caller) is False
    assert supervisor.get("/api/desk/call-backs").json["call_backs"] == []


def test_attempts_pause_come_back_to_the_same_place_and_end_after_the_configured_number(
    supervisor: Person, desk: DeskForTests
) -> None:
    """B55: the place is kept, and no attempt is made beyond the configured number."""
    conversation_id = caller_waits(desk)
    arrived = desk.conversation(conversation_id).arrived_at
    wish(desk, conversation_id)
    for attempt in (1, 2):
        came_to(desk, conversation_id, "patient_unreachable")
        assert desk.conversation(conversation_id).status == "message"
        (owed,) = supervisor.get("/api/desk/call-backs").json["call_backs"]
        assert (owed["attempts"], owed["attempts_limit"], owed["last_outcome"]) == (attempt, 3, "timeout")
        desk.clock.advance(minutes=9)
        desk.run_jobs()
        assert desk.conversation(conversation_id).status == "message"
        desk.clock.advance(minutes=1)
        desk.run_jobs()
        found = desk.conversation(conversation_id)
        assert (found.status, found.arrived_at) == ("waiting", arrived)
    came_to(desk, conversation_id, "patient_unreachable")
    found = desk.conversation(conversation_id)
    assert (found.status, found.close_outcome) == ("closed", "patient_unreachable")
    assert supervisor.get("/api/desk/call-backs").json["call_backs"] == []


def test_a_pause_that_ends_after_closing_waits_for_the_next_opening(supervisor: Person, desk: DeskForTests) -> None:
    """B55: attempts are made inside hours only."""
    desk.clock.advance(hours=7, minutes=55)
    conversation_id = caller_waits(desk)
    with desk.write() as work:
        queue = work.session.scalars(select(Queue).where(Queue.key == "drugs")).one()
        work.session.get_one(Conversation, conversation_id).queue_id = queue.id
    wish(desk, conversation_id)
    came_to(desk, conversation_id, "patient_unreachable")
    desk.clock.advance(minutes=20)
    desk.run_jobs()
    assert desk.conversation(conversation_id).status == "message"
    desk.clock.advance(hours=14)
    with desk.write() as work:
        work.enqueue("follow_clinic", {"queue_id": queue.id}, key="follow")
    desk.run_jobs()
    assert desk.conversation(conversation_id).status == "waiting"


def test_who_was_reached_is_owed_nothing_and_a_call_that_reached_nobodys_phone_is_no_attempt(
    supervisor: Person, desk: DeskForTests
) -> None:
    conversation_id = caller_waits(desk)
    wish(desk, conversation_id)
    came_to(desk, conversation_id, "failed")
    (owed,) = supervisor.get("/api/desk/call-backs").json["call_backs"]
    assert owed["attempts"] == 0 and desk.conversation(conversation_id).status == "waiting"
    came_to(desk, conversation_id, "answered")
    assert supervisor.get("/api/desk/call-backs").json["call_backs"] == []


def test_agents_see_messages_and_call_backs_of_their_own_queues_only(
    supervisor: Person, desk: DeskForTests, as_staff: SignedIn
) -> None:
    conversation_id = caller_waits(desk)
    wish(desk, conversation_id)
    stranger = as_staff(desk.add_staff("stranger"))
    assert stranger.get("/api/desk/call-backs").json["call_backs"] == []
    own = desk.conversation(conversation_id).queue_id
    mine = as_staff(desk.add_agent("lin", queues=[own], ready=False))
    assert len(mine.get("/api/desk/call-backs").json["call_backs"]) == 1


# ---- figures ---------------------------------------------------------------------------------------------


def test_the_days_figures_tell_what_they_are_made_of(supervisor: Person, desk: DeskForTests) -> None:
    general = caller_waits(desk)
    agent = desk.add_agent("lin", queues=[desk.conversation(general).queue_id])
    desk.clock.advance(minutes=10)
    now = desk.clock.now()
    talk = {
        "started_at": now - timedelta(minutes=8),
        "queued_at": now - timedelta(minutes=8),
        "bridged_at": now - timedelta(minutes=8) + timedelta(seconds=12),
        "talk_seconds": 120.0,
        "wrapped_at": now - timedelta(minutes=4),
        "agent_id": agent,
    }
    add_call(desk, conversation_id=general, **talk)
    add_call(
        desk,
        conversation_id=general,
        started_at=now - timedelta(minutes=6),
        queued_at=now - timedelta(minutes=6),
        disposition="abandoned_queue",
    )
    view = supervisor.get("/api/desk/hotline/figures").json
    figures = {one["name"]: one for one in view["figures"]}
    assert (figures["answer_rate"]["part"], figures["answer_rate"]["whole"]) == (1, 2)
    assert figures["within_15"]["value"] == 0.5 and figures["abandonment"]["value"] == 0.5
    assert figures["average_handling"]["value"] == 180 and figures["average_wrap_up"]["value"] == 60
    assert figures["occupancy"]["part"] == 180 and figures["occupancy"]["whole"] == 600
    assert view["incoming"] == 2
    assert supervisor.get("/api/desk/hotline/figures?day=2026-11-22").json["figures"][0]["value"] is None


def test_a_break_is_no_time_at_work(supervisor: Person, desk: DeskForTests) -> None:
    desk.add_option("break_reason", "lunch")
    general = caller_waits(desk)
    agent = desk.add_agent("lin", queues=[desk.conversation(general).queue_id])
    desk.clock.advance(minutes=5)
    desk.set_state(agent, "break", reason="lunch")
    desk.clock.advance(minutes=30)
    desk.set_state(agent, "ready")
    desk.clock.advance(minutes=5)
    add_call(desk, conversation_id=general, agent_id=agent, started_at=desk.clock.now() - timedelta(minutes=3))
    view = supervisor.get("/api/desk/hotline/figures").json
    figures = {one["name"]: one for one in view["figures"]}
    assert figures["occupancy"]["whole"] == 600
