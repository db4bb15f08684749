"""A parent dials 400: the real desk, the real hotline, a real phone on an agent's table; by sound and by record."""

from __future__ import annotations

import pytest

from tests.telephony import sound
from tests.telephony.real_desk import Clinic
from tests.telephony.sound import AGENT_HZ, CALLER_HZ, SECOND_AGENT_HZ
from tests.telephony.tools import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


def test_a_parent_who_dials_400_talks_with_an_agent_and_leaves_a_record(clinic: Clinic) -> None:
    agent = clinic.bring("agent01", hz=AGENT_HZ)
    voice = clinic.call("13811110001")
    talking = agent.wait_call("talking")
    assert talking["agent_id"] == agent.staff_id
    assert talking["caller"] and "13811110001" not in talking["caller"]
    heard_before = len(voice.heard)
    wait_for(
        lambda: sound.seconds_of(AGENT_HZ, samples=voice.samples_heard()[heard_before:]) >= 1 or None,
        what=clinic.engine.log_tail,
    )
    voice.hang_up()
    done = agent.wait_call("wrap_up")
    assert done["hung_up_by"] == "caller"
    agent.close_talk(talking["conversation_id"])
    ended = agent.call_of(talking["conversation_id"])
    assert (ended["state"], ended["disposition"]) == ("ended", "answered")
    assert agent.phone is not None
    agent.phone.wait_until("CALL_CLOSED")
    assert sound.seconds_of(CALLER_HZ, samples=agent.phone.heard()) >= 0.7


def test_a_parent_who_gives_up_in_the_queue_leaves_no_ghost(clinic: Clinic) -> None:
    agent = clinic.bring("agent01", hz=AGENT_HZ, answers="manual")
    voice = clinic.call("13811110002")
    ringing = agent.wait_call("ringing")
    assert agent.phone is not None
    agent.phone.wait_until("CALL_INCOMING")
    voice.hang_up()
    agent.phone.wait_until("CALL_CLOSED")
    wait_for(
        lambda: agent.call_of(ringing["conversation_id"])["state"] == "ended" or None,
        what=lambda: str(agent.call_of(ringing["conversation_id"])),
    )
    assert agent.call_of(ringing["conversation_id"])["disposition"] == "abandoned_ring"
    agent.phone.forget_events()
    again = clinic.call("13811110003")
    agent.phone.wait_until("CALL_INCOMING")
    agent.phone.tell("accept")
    talking = agent.wait_call("talking")
    assert talking["conversation_id"] != ringing["conversation_id"]
    again.hang_up()
    agent.wait_call("wrap_up")
    agent.close_talk(talking["conversation_id"])


def test_an_agent_who_declines_passes_the_caller_to_the_next_at_the_same_place(clinic: Clinic) -> None:
    first = clinic.bring("agent01", hz=AGENT_HZ, answers="manual")
    voice = clinic.call("13811110004")
    ringing = first.wait_call("ringing")
    second = clinic.bring("agent02", hz=SECOND_AGENT_HZ)
    assert first.phone is not None
    first.phone.wait_until("CALL_INCOMING")
    first.phone.tell("hangup")
    talking = second.wait_call("talking")
    assert talking["conversation_id"] == ringing["conversation_id"]
    assert talking["queued_at"] == ringing["queued_at"]
    wait_for(
        lambda: sound.seconds_of(SECOND_AGENT_HZ, samples=voice.samples_heard()) >= 0.7 or None,
        what=clinic.engine.log_tail,
    )
    voice.hang_up()
    second.wait_call("wrap_up")
    second.close_talk(talking["conversation_id"])


def test_an_engine_that_dies_in_a_talk_leaves_neither_a_ghost_nor_a_lost_record(clinic: Clinic) -> None:
    agent = clinic.bring("agent01", hz=AGENT_HZ)
    clinic.call("13811110005")
    talking = agent.wait_call("talking")
    clinic.engine.kill()
    clinic.engine.start()
    over = agent.wait_call("wrap_up")
    assert over["conversation_id"] == talking["conversation_id"]
    agent.close_talk(talking["conversation_id"])
    assert agent.call_of(talking["conversation_id"])["state"] == "ended"


def test_who_wants_to_be_called_back_keeps_the_place_and_is_called_when_the_turn_comes(clinic: Clinic) -> None:
    voice = clinic.call("13811110006")
    waiting = clinic.wait_waiting()
    voice.press("1")
    assert voice.wait_ended(seconds=60), "the hotline did not say goodbye"
    carrier = clinic.answer_as_carrier(seconds=3)
    agent = clinic.bring("agent01", hz=AGENT_HZ)
    talking = agent.wait_call("talking")
    assert (talking["direction"], talking["is_call_back"]) == ("out", True)
    assert talking["conversation_id"] == waiting["id"]
    agent.wait_call("wrap_up")
    carrier.finish()
    agent.close_talk(talking["conversation_id"])
    assert agent.phone is not None
    agent.phone.wait_until("CALL_CLOSED")
    assert sound.seconds_of(CALLER_HZ, samples=agent.phone.heard()) >= 1


def test_a_caller_is_handed_to_a_colleague_after_a_word_with_them(clinic: Clinic) -> None:
    agent = clinic.bring("agent01", hz=AGENT_HZ)
    voice = clinic.call("13811110007")
    talking = agent.wait_call("talking")
    colleague = clinic.bring("agent02", hz=SECOND_AGENT_HZ)
    agent.post(f"/api/desk/calls/{talking['conversation_id']}/consult", {"staff_id": colleague.staff_id})
    agent.wait_call("consulting")
    agent.wait_leg("consult", state="up")
    agent.post(f"/api/desk/calls/{talking['conversation_id']}/complete")
    taken = colleague.wait_call("talking", mine=True)
    assert taken["conversation_id"] == talking["conversation_id"]
    before = len(voice.heard)
    wait_for(
        lambda: sound.seconds_of(SECOND_AGENT_HZ, samples=voice.samples_heard()[before:]) >= 0.7 or None,
        what=clinic.engine.log_tail,
    )
    voice.hang_up()
    colleague.wait_call("wrap_up")
    colleague.close_talk(talking["conversation_id"])


def test_a_supervisor_whispers_to_an_agent_and_the_parent_hears_nothing_of_it(clinic: Clinic) -> None:
    agent = clinic.bring("agent01", hz=AGENT_HZ)
    voice = clinic.call("13811110010")
    talking = agent.wait_call("talking")
    supervisor = clinic.bring_supervisor()
    clinic.give_phone(supervisor, hz=SECOND_AGENT_HZ)
    assert {"listen", "whisper", "join"} <= set(supervisor.get("/api/desk/phone")["capabilities"])
    supervisor.post(f"/api/desk/calls/{talking['conversation_id']}/listen", {"mode": "whisper"})
    supervisor.wait_leg("listener", state="up")
    # The line's own music, which may hold any tone, has long ended by now.
    beside = len(voice.heard)
    wait_for(lambda: len(voice.heard) >= beside + 3 * sound.RATE or None, what=clinic.engine.log_tail)
    voice.hang_up()
    agent.wait_call("wrap_up")
    agent.close_talk(talking["conversation_id"])
    assert agent.phone is not None and supervisor.phone is not None
    for phone in (agent.phone, supervisor.phone):
        phone.wait_until("CALL_CLOSED")
    assert sound.seconds_of(AGENT_HZ, samples=voice.samples_heard()[beside:]) >= 1
    assert sound.seconds_with(SECOND_AGENT_HZ, samples=agent.phone.heard()) >= 1
    assert sound.seconds_with(CALLER_HZ, samples=supervisor.phone.heard()) >= 1
    assert sound.seconds_with(SECOND_AGENT_HZ, samples=voice.samples_heard()[beside:]) == 0


def test_a_desk_that_is_away_during_a_talk_hears_afterwards_how_it_ended(clinic: Clinic) -> None:
    agent = clinic.bring("agent01", hz=AGENT_HZ)
    voice = clinic.call("13811110008")
    talking = agent.wait_call("talking")
    clinic.desk.kill()
    before = len(voice.heard)
    wait_for(
        lambda: sound.seconds_of(AGENT_HZ, samples=voice.samples_heard()[before:]) >= 2 or None,
        what=clinic.engine.log_tail,
    )
    voice.hang_up()
    clinic.desk.start()
    wait_for(
        lambda: agent.call_of(talking["conversation_id"])["hung_up_by"] == "caller" or None,
        what=lambda: str(agent.call_of(talking["conversation_id"])),
    )
    agent.close_talk(talking["conversation_id"])


def test_a_message_left_at_night_becomes_work_with_its_recording(clinic: Clinic) -> None:
    with clinic.at_night():
        voice = clinic.call("13811110009", press="")
        supervisor = clinic.bring_supervisor()
        # A key cuts each of the two announcements short.
        left = clinic.speak_message(voice)
        voice.hang_up()
        message = supervisor.wait_voicemail()
        said = supervisor.recording(message["recording_id"])
    assert message["seconds"] >= left - 2 and message["promised_at"]
    assert "13811110009" not in message["caller"]
    assert sound.seconds_of(CALLER_HZ, samples=said) >= 1
