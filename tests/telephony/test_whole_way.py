"""A parent dials 400: the real desk, the real hotline, a real phone on an agent's table; by sound and by record."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.telephony import sound
from tests.telephony.real_desk import Clinic
from tests.telephony.sound import AGENT_HZ, CALLER_HZ, SECOND_AGENT_HZ
from tests.telephony.tools import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def running_clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """One desk with its hotline for all tests that leave them alive."""
    running = Clinic.open(tmp_path_factory.mktemp("clinic"))
    yield running
    running.close()


@pytest.fixture
def clinic(running_clinic: Clinic) -> Iterator[Clinic]:
    """The running desk and hotline; callers and agents of a test leave with it."""
    yield running_clinic
    running_clinic.send_home()


def test_a_parent_who_dials_400_talks_with_an_agent_and_leaves_a_record(clinic: Clinic) -> None:
    agent = clinic.bring("agent01", hz=AGENT_HZ)
    voice = clinic.call("13811110001")
    talking = agent.wait_call("talking")
    assert talking["agent_id"] == agent.staff_id
    assert talking["caller"] and "13811110001" not in talking["caller"]
    heard_before = len(voice.heard)
    wait_for(
        lambda: sound.seconds_of(AGENT_HZ, samples=voice.samples_heard()[heard_before:]) >= 1 or None,
        seconds=10,
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
        seconds=10,
        what=lambda: str(agent.call_of(ringing["conversation_id"])),
    )
    assert agent.call_of(ringing["conversation_id"])["disposition"] == "abandoned_ring"
    agent.phone.forget_events()
    again = clinic.call("13811110003")
    agent.phone.wait_until("CALL_INCOMING", seconds=20)
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
    talking = second.wait_call("talking", seconds=30)
    assert talking["conversation_id"] == ringing["conversation_id"]
    assert talking["queued_at"] == ringing["queued_at"]
    wait_for(
        lambda: sound.seconds_of(SECOND_AGENT_HZ, samples=voice.samples_heard()) >= 0.7 or None,
        seconds=10,
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
    over = agent.wait_call("wrap_up", seconds=40)
    assert over["conversation_id"] == talking["conversation_id"]
    agent.close_talk(talking["conversation_id"])
    assert agent.call_of(talking["conversation_id"])["state"] == "ended"
