"""How the engine speaks with its media plane: order of commands, names of its own, a plane that does not answer."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from caredesk.infra.hotline.embedded import media
from caredesk.infra.hotline.embedded.media import MediaPlane, MediaSession, Then
from caredesk.infra.hotline.embedded.player import Player
from caredesk.infra.hotline.embedded.prompts import Playable
from caredesk.infra.hotline.embedded.recorder import Name, Recording
from caredesk.infra.hotline.embedded.sdp import Media
from tests.telephony.tools import wait_for

PHONE = Media("192.0.2.9", 4000, (8,), 96, "sendrecv", secure=False)


@dataclass
class FakePlane:
    """Keeps what it is told and answers at once, with a port of its own for each session's side."""

    said: list[str] = field(default_factory=list)
    notify: str = "fd:6"
    address: str = "127.0.0.1"
    nowhere: int = 9

    def send(self, command: str, *, then: Then | None = None) -> None:
        self.said.append(command)
        if then is not None:
            then(f"{20_000 + 2 * len(self.said)} 127.0.0.1")

    def verbs(self) -> list[str]:
        return [command.split(" ")[0] for command in self.said]


@pytest.fixture
def plane() -> FakePlane:
    return FakePlane()


def opened(plane: FakePlane) -> MediaSession:
    session = MediaSession(plane, 8)  # type: ignore[arg-type]
    session.open(secure=False, then=lambda: None)
    session.join(PHONE)
    return session


def test_a_session_knows_its_ports_and_looks_for_the_phone_s_own_kind_of_keys(plane: FakePlane) -> None:
    session = opened(plane)
    assert (session.outer_port, session.inner_port) == (20_002, 20_004)
    assert plane.said[1].endswith(f" && M3:1 {session.id} 96")
    assert "192.0.2.9 4000" in plane.said[1]


def test_playing_is_stopped_before_a_session_is_deleted(plane: FakePlane) -> None:
    """rtp.io 1.1.1 may lock itself up for good when it deletes a session that plays."""
    session = opened(plane)
    Player(session).repeat(Playable("own_hold", 1.0))
    session.close()
    session.close()
    assert plane.verbs()[2:] == ["P-1", "S", "S", "D"]
    session.play("own_hold")
    assert plane.verbs()[-1] == "D"


def test_a_session_that_was_never_opened_is_not_deleted(plane: FakePlane) -> None:
    MediaSession(plane, 8).close()  # type: ignore[arg-type]
    assert plane.said == []


def test_two_sessions_are_chained_by_their_inner_sides_and_parted_into_nowhere(plane: FakePlane) -> None:
    caller, agent = opened(plane), opened(plane)
    caller.chain(agent)
    agent.chain(caller)
    caller.chain(None)
    ports = [int(command.split(" ")[3]) for command in plane.said[-3:]]
    assert ports == [agent.inner_port, caller.inner_port, plane.nowhere]


def test_names_in_commands_are_made_here(plane: FakePlane) -> None:
    session = opened(plane)
    session.record(Name("r1", "c1", "call").stem(1), both=True)
    session.play("own_hold")
    session.close()
    words = {word for command in plane.said for word in command.split(" ")}
    assert re.fullmatch(r"[0-9a-f]{24}", session.id)
    assert {word for word in words if word.startswith(session.id)} == {session.id, f"{session.id}o", f"{session.id}i"}


def test_a_recording_that_pauses_goes_on_in_another_capture(plane: FakePlane) -> None:
    session, recording = opened(plane), Recording(Name("r1", "c1", "call"))
    recording.start(session)
    recording.start(session)
    recording.pause(session)
    recording.allowed = False
    recording.start(session)
    recording.allowed = True
    recording.start(session)
    names = [command.split(" ")[2] for command in plane.said if command.startswith("C")]
    assert names == ["r1~c1~call~001.a", "r1~c1~call~001.o", "r1~c1~call~002.a", "r1~c1~call~002.o"]
    assert plane.verbs().count("N") == 2


def test_a_message_is_captured_from_the_caller_only(plane: FakePlane) -> None:
    Recording(Name("v1", "c1", "voicemail")).start(opened(plane))
    assert [command.split(" ")[2] for command in plane.said if command.startswith("C")] == ["v1~c1~voicemail~001.a"]


class DeafProxy:
    """Stands in for rtp.io: takes commands and never answers."""

    rtpp_nsock_spec = "fd:6"

    def __init__(self, **_: object) -> None:
        self.rtpp_sock, self.other = socket.socketpair()
        self.rtpp_nsock, self.notifier = socket.socketpair()


def test_a_media_plane_that_does_not_answer_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(media, "rtpproxy", DeafProxy)
    deaf = MediaPlane(
        address="127.0.0.1", ports=(20_000, 20_100), recordings=tmp_path, advertised="", on_digit=lambda _a, _b: None
    )
    assert deaf.unanswered_seconds() == 0
    deaf.send("V")
    wait_for(lambda: deaf.unanswered_seconds() > 0.05, seconds=5, what=lambda: "it seems to answer")
