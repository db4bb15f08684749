"""What a caller hears while prompts are still on their way: ringing, and then the words, never nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from tests.telephony import sound
from tests.telephony.line import Hotline, OwnCaller
from tests.telephony.sound import GREETING_HZ
from tests.telephony.tools import wait_for

OpenHotline = Callable[..., Hotline]
RINGING_HZ, DEPARTMENT_HZ = 450, 880


def wait_heard(hotline: Hotline, caller: OwnCaller, hz: float, *, seconds: float) -> None:
    """Return when the caller has heard a tone for so long."""
    wait_for(
        lambda: sound.seconds_of(hz, samples=caller.voice.samples_heard()) >= seconds or None,
        what=lambda: f"{hz} Hz was not heard:\n{hotline.engine.log_tail()}",
    )


def play(hotline: Hotline, caller: OwnCaller, name: str, *, play_id: str = "p1") -> None:
    hotline.tell(caller, "play", play_id=play_id, prompts=[name], loop=False, interruptible=True)


def test_a_young_engine_keeps_its_first_caller_until_the_greeting_is_there(open_hotline: OpenHotline) -> None:
    hotline = open_hotline()
    hotline.engine.kill()
    shutil.rmtree(hotline.engine.folder / "data" / "hotline" / "prompts")
    hotline.desk.withholds_prompts = True
    hotline.start_engine()
    caller = hotline.call_by_ourselves()
    hotline.tell(caller, "answer")
    play(hotline, caller, "greeting")
    wait_heard(hotline, caller, RINGING_HZ, seconds=0.3)
    hotline.desk.withholds_prompts = False
    wait_heard(hotline, caller, GREETING_HZ, seconds=0.7)
    assert hotline.desk.wait_fact("call.played", call=caller.id, play_id="p1")["interrupted"] is False


def test_a_prompt_that_is_younger_than_the_engine_is_fetched_when_it_is_needed(hotline: Hotline) -> None:
    hotline.desk.add_prompt("department_new", hz=DEPARTMENT_HZ, seconds=1.0)
    caller = hotline.call_by_ourselves()
    hotline.tell(caller, "answer")
    # A prompt that is missing is not asked for each time, but at most every few seconds.
    for number in range(30):
        play(hotline, caller, "department_new", play_id=f"p{number}")
        hotline.desk.wait_fact("call.played", call=caller.id, play_id=f"p{number}")
        if sound.seconds_of(DEPARTMENT_HZ, samples=caller.voice.samples_heard()) >= 0.7:
            break
        hotline.let_talk(1)
    wait_heard(hotline, caller, DEPARTMENT_HZ, seconds=0.7)
    hotline.tell(caller, "hangup", reason="done")
    hotline.ended(caller)


def test_who_presses_a_key_while_the_words_are_on_their_way_has_cut_them_short(hotline: Hotline) -> None:
    hotline.desk.wait_done(hotline.desk.command("", "prompts_changed"))
    hotline.desk.withholds_prompts = True
    caller = hotline.call_by_ourselves()
    try:
        hotline.tell(caller, "answer")
        hotline.desk.command("", "prompts_changed")
        play(hotline, caller, "department_never")
        wait_heard(hotline, caller, RINGING_HZ, seconds=0.3)
        caller.voice.press("1")
        assert hotline.desk.wait_fact("call.played", call=caller.id, play_id="p1")["interrupted"] is True
    finally:
        hotline.desk.withholds_prompts = False
    hotline.tell(caller, "hangup", reason="done")
    hotline.ended(caller)
