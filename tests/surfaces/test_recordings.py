"""Recordings over HTTP (B54): sealed when they arrive, heard with permission and purpose, each listening on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from caredesk.actions import recordings
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.edge import recording_files
from caredesk.edge.recording_files import Coming
from caredesk.edge.services import HookSecrets, Services
from caredesk.telephony.mp3 import AnyMeter
from caredesk.telephony.recording_models import Recording, RecordingPlay
from tests.fixtures.desk import DeskForTests
from tests.fixtures.hotline_sound import a_talk, add_call, make_a_call, sine, wav_of
from tests.fixtures.records import sign_in
from tests.fixtures.vendor_sounds import MP3

Listen = Callable[..., TestResponse]
SECRET = "a-secret-that-only-the-engine-knows"
ENGINE = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, hooks=HookSecrets(hotline=SECRET))


class Talk:
    """A served call and whoever may be asked to listen to it."""

    def __init__(self, desk: DeskForTests) -> None:
        self.desk = desk
        _, self.agent, self.conversation_id = desk.served_conversation()
        make_a_call(desk, conversation_id=self.conversation_id)
        self.call_id = add_call(desk, conversation_id=self.conversation_id, agent_id=self.agent)
        self.recording_id = f"{self.call_id}-r"
        self.supervisor = desk.add_staff("super", roles=["supervisor"])
        self.stranger = desk.add_staff("stranger")
        self.sound = a_talk()

    def hand_over(self, client: FlaskClient, *, content: bytes | None = None, **headers: str) -> TestResponse:
        """Hand the recording over as the engine does."""
        sent = {**ENGINE, "X-Call-Id": self.call_id, "X-Kind": "call", **headers}
        body = self.sound if content is None else content
        return client.put(f"/hooks/hotline/recordings/{self.recording_id}", data=body, headers=sent)

    @property
    def address(self) -> str:
        return f"/api/desk/recordings/{self.recording_id}"

    def plays(self) -> list[RecordingPlay]:
        with self.desk.read() as session:
            return list(session.scalars(select(RecordingPlay).order_by(RecordingPlay.at, RecordingPlay.id)))

    def rows(self) -> list[Recording]:
        with self.desk.read() as session:
            return list(session.scalars(select(Recording)))


@pytest.fixture
def talk(desk: DeskForTests) -> Talk:
    return Talk(desk)


@pytest.fixture
def listen(desk: DeskForTests, client: FlaskClient) -> Listen:
    """Return a way to ask for an address as somebody."""

    def ask(staff_id: str, address: str, **headers: str) -> TestResponse:
        browser = client.application.test_client()
        sign_in(desk, browser, staff_id=staff_id)
        return browser.get(address, headers=headers)

    return ask


def sealed_files(services: Services) -> list[Path]:
    return [path for path in (services.settings.data_dir / "recordings").rglob("*") if path.is_file()]


# ---- arriving --------------------------------------------------------------------------------------------


def test_a_recording_is_measured_and_lies_sealed(client: FlaskClient, services: Services, talk: Talk) -> None:
    assert talk.hand_over(client).status_code == 204
    (row,) = talk.rows()
    assert (row.seconds, row.channels, row.kind, row.size) == (2.0, 2, "call", len(talk.sound))
    left, right = row.peaks
    assert len(left) == len(right) == 20
    assert min(left) >= 48 and 18 <= min(right) <= max(right) <= 21
    (file,) = sealed_files(services)
    assert b"RIFF" not in file.read_bytes() and row.key_id == services.recordings.key_id


def test_the_same_recording_again_is_thanked_for_and_not_taken(client: FlaskClient, talk: Talk) -> None:
    talk.hand_over(client)
    assert talk.hand_over(client, content=wav_of(sine(600, seconds=1))).status_code == 204
    assert [row.seconds for row in talk.rows()] == [2.0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "type"), (b"no wave at all" * 100, "type"), (a_talk()[:44], "empty"), (a_talk()[:30], "broken")],
)
def test_what_is_no_recording_is_refused_and_leaves_nothing(
    client: FlaskClient, services: Services, talk: Talk, content: bytes, reason: str
) -> None:
    response = talk.hand_over(client, content=content)
    assert (response.status_code, response.json["code"], response.json["fields"]["reason"]) == (
        400,
        "recording.refused",
        reason,
    )
    assert talk.rows() == [] and sealed_files(services) == []


def test_a_recording_without_an_end_is_cut_off(
    client: FlaskClient, services: Services, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_files, "MOST_BYTES", 10_000)
    assert talk.hand_over(client).status_code in (400, 413)
    assert talk.rows() == [] and sealed_files(services) == []


@pytest.mark.parametrize("headers", [{"X-Kind": "song"}, {"X-Call-Id": "../x"}, {"X-Call-Id": ""}])
def test_headers_that_say_nothing_are_malformed(client: FlaskClient, talk: Talk, headers: dict[str, str]) -> None:
    assert talk.hand_over(client, **headers).status_code == 422
    assert talk.rows() == []


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic xyz"])
def test_nobody_but_the_engine_hands_recordings_over(client: FlaskClient, talk: Talk, given: str) -> None:
    response = talk.hand_over(client, Authorization=given)
    assert response.status_code == 401 and talk.rows() == []


def test_a_recording_larger_than_the_desks_limit_for_pictures_is_taken(client: FlaskClient, talk: Talk) -> None:
    long = a_talk(seconds=260)
    assert len(long) > 8_000_000
    assert talk.hand_over(client, content=long).status_code == 204
    (row,) = talk.rows()
    assert row.seconds == 260.0 and len(row.peaks[0]) == 400


# ---- listening -------------------------------------------------------------------------------------------


def test_whoever_served_the_call_hears_it_and_that_is_on_record(
    client: FlaskClient, talk: Talk, listen: Listen
) -> None:
    talk.hand_over(client)
    response = listen(talk.agent, f"{talk.address}/audio?purpose=service")
    assert (response.status_code, response.mimetype) == (200, "audio/wav")
    assert response.data == talk.sound
    assert response.headers["Cache-Control"] == "private, no-store"
    assert [(one.staff_id, one.purpose) for one in talk.plays()] == [(talk.agent, "service")]


def test_meta_shows_waveform_watermark_and_until_when(client: FlaskClient, talk: Talk, listen: Listen) -> None:
    talk.hand_over(client)
    view = listen(talk.agent, talk.address).json
    assert view["watermark"]["name"] == "客服lin" and view["playable"] is True
    assert view["purposes"] == ["service"] and view["plays"] == []
    assert len(view["peaks"]) == 2 and view["conversation_id"] == talk.conversation_id
    assert view["kept_until"].startswith(f"{clinic_time(talk.desk.clock.now()).year + 3}-")


def test_a_supervisor_sees_who_has_listened(client: FlaskClient, talk: Talk, listen: Listen) -> None:
    talk.hand_over(client)
    listen(talk.agent, f"{talk.address}/audio?purpose=service")
    listed = listen(talk.supervisor, f"/api/desk/recordings?conversation_id={talk.conversation_id}")
    (view,) = listed.json["recordings"]
    assert [one["staff_name"] for one in view["plays"]] == ["客服lin"]
    assert view["purposes"] == ["service", "quality", "complaint", "training"]


def test_somebody_who_may_not_see_the_conversation_hears_nothing(
    client: FlaskClient, talk: Talk, listen: Listen
) -> None:
    talk.hand_over(client)
    for address in (talk.address, f"{talk.address}/audio?purpose=service"):
        response = listen(talk.stranger, address)
        assert (response.status_code, response.json["code"]) == (404, "recording.not_found")
    assert talk.plays() == []


@pytest.mark.parametrize("purpose", ["quality", "complaint", "training"])
def test_agents_listen_for_their_work_only(client: FlaskClient, talk: Talk, listen: Listen, purpose: str) -> None:
    talk.hand_over(client)
    response = listen(talk.agent, f"{talk.address}/audio?purpose={purpose}")
    assert (response.status_code, response.json["code"]) == (403, "recording.purpose_refused")
    assert listen(talk.supervisor, f"{talk.address}/audio?purpose={purpose}").status_code == 200
    assert [one.purpose for one in talk.plays()] == [purpose]


@pytest.mark.parametrize("query", ["", "?purpose=", "?purpose=curiosity"])
def test_without_a_purpose_nothing_is_heard(client: FlaskClient, talk: Talk, listen: Listen, query: str) -> None:
    talk.hand_over(client)
    assert listen(talk.agent, f"{talk.address}/audio{query}").status_code == 422
    assert talk.plays() == []


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=32000-", 32000, None), ("bytes=-50", -50, None), ("bytes=100-100", 100, 101)],
)
def test_a_player_may_ask_for_a_part(
    client: FlaskClient, talk: Talk, listen: Listen, asked: str, start: int, stop: int | None
) -> None:
    talk.hand_over(client)
    response = listen(talk.agent, f"{talk.address}/audio?purpose=service", Range=asked)
    assert response.status_code == 206
    assert response.data == talk.sound[start:stop]
    assert response.headers["Content-Range"].endswith(f"/{len(talk.sound)}")


def test_moving_within_a_recording_is_one_listening_and_a_new_start_another(
    client: FlaskClient, talk: Talk, listen: Listen
) -> None:
    talk.hand_over(client)
    address = f"{talk.address}/audio?purpose=service"
    for asked in ("bytes=0-", "bytes=32000-", "bytes=100-200"):
        listen(talk.agent, address, Range=asked)
    assert len(talk.plays()) == 1
    listen(talk.agent, address, Range="bytes=0-")
    talk.desk.clock.advance(hours=2)
    listen(talk.agent, address, Range="bytes=32000-")
    assert len(talk.plays()) == 3


def test_a_part_beyond_the_end_is_refused(client: FlaskClient, talk: Talk, listen: Listen) -> None:
    talk.hand_over(client)
    response = listen(talk.agent, f"{talk.address}/audio?purpose=service", Range="bytes=99999999-")
    assert response.status_code == 416


def test_a_damaged_file_is_told_and_not_played(
    client: FlaskClient, services: Services, talk: Talk, listen: Listen
) -> None:
    talk.hand_over(client)
    (file,) = sealed_files(services)
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(bytes(content))
    response = listen(talk.agent, f"{talk.address}/audio?purpose=service")
    assert (response.status_code, response.json["code"]) == (409, "recording.unreadable")


def test_a_recording_that_comes_before_its_call_is_known_waits_for_it(
    client: FlaskClient, talk: Talk, listen: Listen
) -> None:
    early, address = new_id(), f"/api/desk/recordings/{new_id()}"
    client.put(
        address.replace("/api/desk", "/hooks/hotline"),
        data=talk.sound,
        headers={**ENGINE, "X-Call-Id": early, "X-Kind": "call"},
    )
    assert listen(talk.supervisor, address).status_code == 404
    add_call(talk.desk, conversation_id=talk.conversation_id, id=early)
    assert listen(talk.supervisor, address).status_code == 200


# ---- when their time is over -----------------------------------------------------------------------------


def test_after_their_time_recordings_are_deleted_and_their_rows_say_so(
    client: FlaskClient, services: Services, talk: Talk, listen: Listen
) -> None:
    talk.hand_over(client)
    talk.desk.clock.advance(days=services.settings.recording_days)
    gone = listen(talk.agent, f"{talk.address}/audio?purpose=service")
    assert (gone.status_code, gone.json["code"]) == (404, "recording.gone")
    with talk.desk.write() as work:
        work.enqueue("delete_recordings", {}, key="delete_recordings")
    talk.desk.clock.advance(seconds=1)
    talk.desk.run_jobs()
    (row,) = talk.rows()
    assert row.deleted_at is not None and row.peaks == [] and sealed_files(services) == []
    view = listen(talk.agent, talk.address).json
    assert view["playable"] is False


# ---- what a call centre has kept ---------------------------------------------------------------------------


def test_a_recording_that_was_fetched_as_mp3_is_heard_as_such_also_in_parts(
    services: Services, desk: DeskForTests, talk: Talk, listen: Listen
) -> None:
    coming = Coming(talk.recording_id, talk.call_id, "call")
    handed = recording_files.seal_recording(services, coming, pieces=[MP3[:700], MP3[700:]], meter=AnyMeter())
    with desk.write() as work:
        recordings.keep(work, handed)
    seen = listen(talk.supervisor, talk.address).get_json()
    assert (seen["seconds"], seen["channels"], seen["peaks"]) == (9.0, 1, [])
    heard = listen(talk.supervisor, f"{talk.address}/audio?purpose=quality", Range="bytes=100-199")
    assert (heard.status_code, heard.mimetype, heard.data) == (206, "audio/mpeg", MP3[100:200])
    assert heard.headers["X-Content-Type-Options"] == "nosniff"
