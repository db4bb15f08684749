"""Recordings of a cloud call centre's calls: fetched, sealed here, tried again, and told when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from caredesk.actions import cloud_calls
from caredesk.actions.cloud_recordings import NONE_AFTER, PAUSES
from caredesk.conversations.models import Entry
from caredesk.core.outbox import JobRow
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.infra.runner import Runner
from caredesk.telephony.models import Call
from caredesk.telephony.recording_models import Recording
from tests.fixtures.desk import DeskForTests
from tests.fixtures.vendor import CLASSIC, at, cdr, unanswered, unix
from tests.fixtures.vendor_sounds import MP3, SoundShelf, a_wave


@pytest.fixture
def shelf(desk: DeskForTests) -> Iterator[SoundShelf]:
    """Where the vendor keeps recordings; the desk fetches from there, and an agent takes the calls."""
    shelf = SoundShelf()
    shelf.start()
    desk.add_agent("lin", queues=[desk.add_queue()])
    desk.clock.set(at(200))
    desk.services = replace(desk.services, vendor_recordings=shelf.client)
    desk.runner = Runner(desk.services, kinds=JOB_KINDS)
    yield shelf
    shelf.stop()


def push(desk: DeskForTests, body: dict[str, Any], *, action: str = "cdr", provider: str = "tccc") -> None:
    """Let the vendor tell something, and everything be done that is due."""
    with desk.write() as work:
        pushed_as = f"{action}-{body.get('EndpointUser', '')}" if action else ""
        cloud_calls.take_push(work, provider=provider, body=body, action=action, pushed_as=pushed_as)
    desk.run_jobs()


def recorded(address: str, *, whose: str = "lin@hospital.example") -> dict[str, Any]:
    """Return what the vendor tells of a recording."""
    session = cdr()["SessionId"]
    told = {"SessionId": session, "RecordId": f"r-{whose}", "RecordURL": address, "EndpointUser": whose}
    return {**told, "Timestamp": unix(100)}


def kept(desk: DeskForTests) -> list[Recording]:
    with desk.read() as session:
        return list(session.scalars(select(Recording).order_by(Recording.seconds)))


def notices(desk: DeskForTests) -> list[str]:
    with desk.read() as session:
        bodies = session.scalars(select(Entry.body).where(Entry.kind == "notice"))
        return [body["code"] for body in bodies if body["code"].startswith("recording.")]


def later(desk: DeskForTests, pause: timedelta) -> None:
    desk.clock.advance(seconds=pause.total_seconds())
    desk.run_jobs()


def test_both_sides_of_a_call_are_fetched_and_sealed(desk: DeskForTests, shelf: SoundShelf) -> None:
    push(desk, cdr())
    push(desk, recorded(shelf.put("/a.mp3", MP3)), action="record")
    push(desk, recorded(shelf.put("/b.wav", a_wave(2)), whose="0086"), action="record")
    with desk.read() as session:
        call = session.scalars(select(Call)).one()
    wave, mp3 = kept(desk)
    assert {(one.call_id, one.kind) for one in (wave, mp3)} == {(call.id, "call")}
    assert (wave.seconds, mp3.seconds, mp3.peaks) == (2.0, 9.0, [])
    sealed = desk.services.recordings
    assert b"".join(sealed.read(mp3.id, start=0, stop=mp3.size)) == MP3
    assert notices(desk) == []


def test_a_recording_is_fetched_once_however_often_it_is_told_of(desk: DeskForTests, shelf: SoundShelf) -> None:
    told = recorded(shelf.put("/a.mp3", MP3))
    push(desk, told, action="record")
    assert shelf.asked == [], "there is no call yet that it could belong to"
    push(desk, cdr())
    push(desk, told, action="record")
    push(desk, cdr(Remark="told again"))
    later(desk, NONE_AFTER)
    assert (shelf.asked, len(kept(desk)), notices(desk)) == (["/a.mp3"], 1, [])


def test_what_is_not_there_yet_is_tried_again(desk: DeskForTests, shelf: SoundShelf) -> None:
    push(desk, cdr())
    shelf.status = 503
    push(desk, recorded(shelf.put("/a.mp3", MP3)), action="record")
    later(desk, PAUSES[0])
    assert kept(desk) == []
    shelf.status = 200
    later(desk, PAUSES[1])
    assert (len(kept(desk)), len(shelf.asked), notices(desk)) == (1, 3, [])


def test_a_recording_that_never_comes_is_said_once(desk: DeskForTests, shelf: SoundShelf) -> None:
    push(desk, cdr())
    shelf.status = 404
    push(desk, recorded(shelf.put("/a.mp3", MP3)), action="record")
    for pause in PAUSES:
        assert "recording.missing" not in notices(desk)
        later(desk, pause)
    push(desk, cdr(Remark="told again"))
    later(desk, timedelta(days=1))
    assert (notices(desk), kept(desk), len(shelf.asked)) == (["recording.missing"], [], len(PAUSES) + 1)


@pytest.mark.parametrize("content", [b"<html>not found</html>" * 100, a_wave(0)])
def test_what_is_no_sound_is_not_asked_for_again(desk: DeskForTests, shelf: SoundShelf, content: bytes) -> None:
    push(desk, cdr())
    push(desk, recorded(shelf.put("/a.mp3", content)), action="record")
    later(desk, PAUSES[0])
    assert (notices(desk), kept(desk), len(shelf.asked)) == (["recording.missing"], [], 1)


def test_half_a_recording_is_none(desk: DeskForTests, shelf: SoundShelf) -> None:
    push(desk, cdr())
    shelf.cuts_short = True
    push(desk, recorded(shelf.put("/a.mp3", MP3)), action="record")
    assert kept(desk) == []
    shelf.cuts_short = False
    later(desk, PAUSES[0])
    assert [one.size for one in kept(desk)] == [len(MP3)]


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1:1/a.mp3", "http://user:password@127.0.0.1/a.mp3", "http://127.0.0.1:x/a.mp3"]
)
def test_an_address_that_may_not_be_reached_is_not_asked(desk: DeskForTests, shelf: SoundShelf, address: str) -> None:
    desk.services = replace(desk.services, vendor_recordings=replace(shelf.client, reach="public"))
    desk.runner = Runner(desk.services, kinds=JOB_KINDS)
    push(desk, cdr())
    push(desk, recorded(address), action="record")
    assert (notices(desk), shelf.asked) == (["recording.missing"], [])


def test_nobody_is_followed_elsewhere(desk: DeskForTests, shelf: SoundShelf) -> None:
    push(desk, cdr())
    shelf.status, shelf.moves_to = 302, shelf.put("/elsewhere.mp3", MP3)
    push(desk, recorded(shelf.put("/a.mp3", MP3)), action="record")
    assert (notices(desk), shelf.asked) == (["recording.missing"], ["/a.mp3"])


def test_an_answered_call_without_a_recording_says_so(desk: DeskForTests, shelf: SoundShelf) -> None:
    push(desk, cdr())
    assert notices(desk) == []
    later(desk, NONE_AFTER)
    push(desk, cdr(Remark="told again"))
    later(desk, NONE_AFTER)
    assert notices(desk) == ["recording.none"]


def test_a_call_that_nobody_answered_has_none_to_miss(desk: DeskForTests, shelf: SoundShelf) -> None:
    push(desk, unanswered("ringGiveUp"))
    later(desk, NONE_AFTER)
    assert notices(desk) == []


def test_seven_moors_recordings_are_fetched_when_it_names_their_whole_address(
    desk: DeskForTests, shelf: SoundShelf
) -> None:
    address = shelf.put("/monitor/a.mp3", MP3)
    push(desk, {**CLASSIC[-1], "RecordFile": address}, action="", provider="seven_moor")
    assert [one.seconds for one in kept(desk)] == [9.0]


def test_a_desk_that_leaves_recordings_at_the_vendors_asks_for_none_and_misses_none(
    desk: DeskForTests, shelf: SoundShelf
) -> None:
    desk.services = replace(desk.services, vendor_recordings=None)
    desk.runner = Runner(desk.services, kinds=JOB_KINDS)
    push(desk, cdr())
    push(desk, recorded(shelf.put("/a.mp3", MP3)), action="record")
    later(desk, NONE_AFTER)
    assert (shelf.asked, notices(desk)) == ([], [])
    with desk.read() as session:
        assert "fetch_cloud_recording" not in set(session.scalars(select(JobRow.name)))
