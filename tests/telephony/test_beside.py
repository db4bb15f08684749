"""A supervisor beside a talk listens, whispers or talks along: who hears whom, told by everybody's own tone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.telephony import sound
from tests.telephony.baresip import Phone
from tests.telephony.line import Hotline, OwnCaller
from tests.telephony.sound import AGENT_HZ, CALLER_HZ, RATE, SECOND_AGENT_HZ
from tests.telephony.tools import wait_for

SUPERVISOR_HZ = SECOND_AGENT_HZ
LONG = 1.0
"""Seconds for which somebody must be heard to count as heard."""


@dataclass(frozen=True)
class Talk:
    """A parent and an agent who talk, with a supervisor's phone on the line that does nothing yet."""

    hotline: Hotline
    caller: OwnCaller
    agent: Phone
    supervisor: Phone

    @classmethod
    def begin(cls, hotline: Hotline) -> Talk:
        """Bridge a parent with an agent, recorded, and have the supervisor's phone answer."""
        agent, supervisor = hotline.add_phone(), hotline.add_phone(hz=SUPERVISOR_HZ)
        caller = hotline.call_by_ourselves()
        hotline.greet(caller)
        hotline.tell(caller, "record", recording_id=f"r{caller.id}", on=True)
        hotline.bridge(caller, agent)
        hotline.ring(caller, supervisor, leg="beside", bridge="no", caller_hears="nothing")
        hotline.desk.wait_fact("leg.answered", call=caller.id, leg="beside")
        return cls(hotline, caller, agent, supervisor)

    def stand_beside(self, mode: str) -> None:
        """Have the supervisor stand there in this way."""
        self.hotline.desk.wait_done(self.hotline.tell(self.caller, "listen", leg="beside", mode=mode))

    def go_on(self, *, seconds: float = 2.5) -> None:
        """Let them talk until the parent has heard so much more, however long that takes."""
        enough = len(self.caller.voice.heard) + int(seconds * RATE)
        wait_for(
            lambda: len(self.caller.voice.heard) >= enough or None,
            what=lambda: f"the parent hears nothing more\n{self.hotline.engine.log_tail()}",
        )

    def caller_heard(self, *, since: int = 0) -> sound.Samples:
        """Return what the parent has heard, from so many samples on."""
        return self.caller.voice.samples_heard()[since:]

    def end(self) -> None:
        """Hang up as the desk does, and wait until every phone is free."""
        self.hotline.tell(self.caller, "hangup", reason="done")
        self.hotline.ended(self.caller)
        for phone in (self.agent, self.supervisor):
            phone.wait_until("CALL_CLOSED")

    def recorded(self) -> tuple[sound.Samples, sound.Samples]:
        """Return both sides of the recording."""
        left, right = sound.read_wav(self.hotline.desk.wait_recording(f"r{self.caller.id}").path)
        return left, right


def test_an_engine_tells_that_supervisors_may_stand_beside(hotline: Hotline) -> None:
    started = hotline.desk.wait_fact("engine.started")
    assert {"listen", "whisper", "join"} <= set(started["capabilities"])


def test_who_listens_hears_both_and_is_heard_by_nobody(hotline: Hotline) -> None:
    talk = Talk.begin(hotline)
    talk.stand_beside("listen")
    talk.go_on()
    talk.end()
    heard = talk.supervisor.heard()
    assert sound.seconds_with(CALLER_HZ, samples=heard) >= LONG
    assert sound.seconds_with(AGENT_HZ, samples=heard) >= LONG
    assert sound.seconds_with(SUPERVISOR_HZ, samples=heard) == 0
    for side in (talk.caller_heard(), talk.agent.heard(), *talk.recorded()):
        assert sound.seconds_with(SUPERVISOR_HZ, samples=side) == 0


def test_who_whispers_is_heard_by_the_agent_and_never_by_the_caller(hotline: Hotline) -> None:
    talk = Talk.begin(hotline)
    talk.stand_beside("whisper")
    talk.go_on()
    talk.end()
    caller, agent, supervisor = talk.caller_heard(), talk.agent.heard(), talk.supervisor.heard()
    assert sound.seconds_with(SUPERVISOR_HZ, samples=caller) == 0
    assert sound.seconds_with(AGENT_HZ, samples=caller) >= LONG
    assert sound.seconds_with(SUPERVISOR_HZ, samples=agent) >= LONG
    assert sound.seconds_with(CALLER_HZ, samples=agent) >= LONG
    assert sound.seconds_with(CALLER_HZ, samples=supervisor) >= LONG
    assert sound.seconds_with(AGENT_HZ, samples=supervisor) >= LONG
    left, right = talk.recorded()
    # What was whispered is between two colleagues: it is in no family's recording.
    assert sound.seconds_with(SUPERVISOR_HZ, samples=left) == sound.seconds_with(SUPERVISOR_HZ, samples=right) == 0
    assert sound.seconds_of(CALLER_HZ, samples=left) >= LONG
    assert sound.seconds_of(AGENT_HZ, samples=right) >= LONG


def test_who_joins_talks_with_both_and_is_in_the_recording(hotline: Hotline) -> None:
    talk = Talk.begin(hotline)
    talk.stand_beside("join")
    talk.go_on()
    talk.end()
    for heard, voices in (
        (talk.caller_heard(), (AGENT_HZ, SUPERVISOR_HZ)),
        (talk.agent.heard(), (CALLER_HZ, SUPERVISOR_HZ)),
        (talk.supervisor.heard(), (CALLER_HZ, AGENT_HZ)),
    ):
        assert [sound.seconds_with(hz, samples=heard) >= LONG for hz in voices] == [True, True]
    left, right = talk.recorded()
    assert sound.seconds_of(CALLER_HZ, samples=left) >= LONG
    assert sound.seconds_with(AGENT_HZ, samples=right) >= LONG
    assert sound.seconds_with(SUPERVISOR_HZ, samples=right) >= LONG
    assert sound.seconds_with(SUPERVISOR_HZ, samples=left) == 0


@pytest.mark.parametrize("mode", ["listen", "whisper", "join"])
def test_when_the_supervisor_hangs_up_the_talk_goes_on_as_before(hotline: Hotline, mode: str) -> None:
    talk = Talk.begin(hotline)
    talk.stand_beside(mode)
    talk.go_on(seconds=1)
    talk.supervisor.tell("hangup")
    hotline.desk.wait_fact("leg.ended", call=talk.caller.id, leg="beside")
    before = len(talk.caller.voice.heard) + RATE // 5
    talk.go_on(seconds=2)
    talk.agent.forget_events()
    talk.end()
    heard = talk.caller_heard(since=before)
    assert sound.seconds_of(AGENT_HZ, samples=heard) >= LONG
    assert sound.seconds_with(SUPERVISOR_HZ, samples=heard) == 0
    assert sound.seconds_of(CALLER_HZ, samples=talk.agent.heard()[-2 * RATE :]) >= LONG


def test_a_supervisor_goes_over_from_listening_to_whispering_to_talking(hotline: Hotline) -> None:
    talk = Talk.begin(hotline)
    marks = []
    for mode in ("listen", "whisper", "join", "listen"):
        talk.stand_beside(mode)
        marks.append(len(talk.caller.voice.heard) + RATE // 5)
        talk.go_on(seconds=2)
    listened, _, joined, last = (
        talk.caller_heard()[begin:end] for begin, end in zip(marks, [*marks[1:], None], strict=True)
    )
    talk.end()
    assert sound.seconds_with(SUPERVISOR_HZ, samples=listened) == 0
    assert sound.seconds_with(SUPERVISOR_HZ, samples=joined) >= LONG
    assert sound.seconds_with(SUPERVISOR_HZ, samples=last) == 0
    assert sound.seconds_with(AGENT_HZ, samples=last) >= LONG


def test_a_caller_who_hangs_up_frees_the_agent_and_the_supervisor(hotline: Hotline) -> None:
    talk = Talk.begin(hotline)
    talk.stand_beside("join")
    talk.go_on(seconds=1)
    talk.caller.voice.hang_up()
    assert hotline.ended(talk.caller)["by"] == "caller"
    talk.agent.wait_until("CALL_CLOSED")
    talk.supervisor.wait_until("CALL_CLOSED")


def test_when_the_agent_hangs_up_the_caller_hears_music_and_no_supervisor(hotline: Hotline) -> None:
    talk = Talk.begin(hotline)
    talk.stand_beside("join")
    talk.go_on(seconds=1)
    talk.agent.tell("hangup")
    hotline.desk.wait_fact("leg.ended", call=talk.caller.id, leg="leg1")
    since = len(talk.caller.voice.heard) + RATE // 5
    talk.go_on(seconds=1.5)
    heard = talk.caller_heard(since=since)
    assert sound.seconds_of(sound.MUSIC_HZ, samples=heard) >= LONG
    assert sound.seconds_with(SUPERVISOR_HZ, samples=heard) == 0
    hotline.tell(talk.caller, "hangup", reason="done")
    hotline.ended(talk.caller)
    talk.supervisor.wait_until("CALL_CLOSED")
