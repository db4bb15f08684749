"""What crosses on the way: an answer and a farewell, a command and its repetition. Nobody is left in a call alone."""

from __future__ import annotations

import pytest

from tests.telephony import sipp
from tests.telephony.line import SPEAK, Hotline
from tests.telephony.tools import wait_for


@pytest.mark.parametrize("milliseconds", [0, 3, 8])
def test_a_caller_who_hangs_up_just_as_the_agent_answers_leaves_no_ghost(hotline: Hotline, milliseconds: int) -> None:
    """The agent's 200 and the caller's BYE cross: however they meet, both sides are free afterwards."""
    phone = hotline.add_phone(answers="manual")
    caller = hotline.call_by_ourselves()
    hotline.greet(caller)
    hotline.ring(caller, phone)
    phone.wait_until("CALL_INCOMING")
    phone.tell("accept")
    hotline.let_talk(milliseconds / 1_000)
    caller.voice.hang_up()
    assert hotline.ended(caller)["by"] == "caller"
    phone.wait_until("CALL_CLOSED")
    caller.voice.close()
    phone.forget_events()
    again = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    hotline.greet(again)
    hotline.ring(again, phone)
    phone.wait_until("CALL_INCOMING")
    phone.tell("accept")
    hotline.desk.wait_fact("call.bridged", call=again.id)
    hotline.tell(again, "hangup", reason="done")
    again.trunk.finish()


def test_a_command_given_twice_is_carried_out_once(hotline: Hotline) -> None:
    call = hotline.call(sipp.answered(), SPEAK, sipp.hung_up_by_other())
    command_id = hotline.tell(call, "answer")
    hotline.desk.wait_done(command_id)
    again = {"id": command_id, "n": 1, "call_id": call.id, "verb": "answer", "args": {}}
    hotline.desk.repeat(again)
    wait_for(lambda: command_id not in hotline.desk.waiting or None, what=hotline.desk.story)
    hotline.tell(call, "hangup", reason="done")
    call.trunk.finish()
    assert len(hotline.desk.of(call.id, "call.ended")) == 1
