"""The course of a call: what each fact changes and asks for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caredesk.telephony.call_rules import Outgoing, advance, call_out
from caredesk.telephony.call_state import (
    AcceptOffer,
    BeginMessage,
    CallBackKept,
    CancelConsult,
    Complete,
    Consult,
    EndOffer,
    EnterQueue,
    FreeConsulted,
    GiveBack,
    HandOver,
    HangUp,
    Hold,
    KeepMessage,
    Listen,
    NoteCallBack,
    NotReached,
    OfferOver,
    PhoneGone,
    PlaceKnown,
    Send,
    TimeOut,
    WaitAgain,
    WaitOver,
)
from caredesk.telephony.errors import CallMoved
from tests.rules.telephony.calls import AT, CALL, Course, a_fact, a_menu, finished, prompts, sent


def test_a_call_is_answered_recorded_and_greeted_with_the_notice_that_nobody_can_skip() -> None:
    course = Course()
    assert sent(course.effects) == ["answer", "record", "play"]
    greeting = course.effects[-1]
    assert isinstance(greeting, Send)
    assert greeting.args["prompts"] == ["greeting", "recording_notice"]
    assert greeting.args["interruptible"] is False


def test_a_key_pressed_during_the_greeting_counts_after_it() -> None:
    course = Course()
    assert course.press("1") == []
    effects = course.played()
    assert EnterQueue("q-1") in effects
    assert course.state.phase == "waiting"


def test_a_key_leads_to_its_queue() -> None:
    course = Course().to_queue()
    assert EnterQueue("q-1") in course.effects
    assert "please_wait" in prompts(course.effects)
    assert sent(course.played()) == ["music"]


def test_nobody_who_chooses_nothing_is_left_alone() -> None:
    course = Course()
    course.played()
    for _ in range(2):
        course.played()
        course.take(TimeOut(course.state.timer))
    assert EnterQueue("q-0") in course.effects
    assert "to_default" in prompts(course.effects)


def test_a_late_timer_changes_nothing() -> None:
    course = Course()
    course.played()
    course.played()
    late = course.state.timer
    course.press("2")
    assert course.take(TimeOut(late)) == []


def test_information_is_heard_and_the_menu_comes_again() -> None:
    course = Course()
    course.played()
    assert list(prompts(course.press("2"))) == ["info_booking"]
    assert list(prompts(course.played())) == ["press", "n_1"]


def test_a_wrong_key_is_said_and_asked_again_and_then_leads_to_people() -> None:
    course = Course()
    course.played()
    assert next(iter(prompts(course.press("9")))) == "wrong_choice"
    assert EnterQueue("q-0") in course.press("9")


def test_a_closed_choice_takes_a_message() -> None:
    course = Course()
    course.played()
    effects = course.press("5")
    assert BeginMessage("q-2") in effects
    assert list(prompts(effects)) == ["choice_closed", "voicemail_invite"]


def test_after_hours_the_reason_is_told_and_a_message_taken() -> None:
    course = Course(a_menu(is_open=False))
    effects = course.played()
    assert list(prompts(effects))[:2] == ["closed_holiday", "emergency"]
    assert sent(course.played()) == ["voicemail"]
    message = course.state.message_id
    effects = course.tell("voicemail.ended", recording_id=message, seconds=12.5)
    assert KeepMessage(message, 12.5) in effects
    assert sent(course.played()) == ["hangup"]
    assert course.end("system").disposition == "voicemail"


def test_after_hours_without_a_message_is_counted_as_such() -> None:
    course = Course(a_menu(is_open=False))
    course.played()
    assert course.end().disposition == "after_hours"


def test_without_voicemail_the_closed_line_says_goodbye() -> None:
    course = Course(a_menu(is_open=False, voicemail=False))
    course.played()
    assert list(prompts(course.played())) == ["goodbye"]
    assert sent(course.played()) == ["hangup"]


def test_a_message_told_of_after_the_end_is_kept_all_the_same() -> None:
    course = Course(a_menu(is_open=False))
    course.played()
    course.played()
    message = course.state.message_id
    course.end()
    assert course.tell("voicemail.ended", recording_id=message, seconds=5) == [KeepMessage(message, 5)]
    assert course.state.disposition == "voicemail"
    assert course.tell("voicemail.ended", recording_id=message, seconds=5) == []


def test_a_waiting_caller_hears_the_place_and_then_music_again() -> None:
    course = Course().to_queue()
    course.played()
    assert list(prompts(course.take(PlaceKnown(course.state.timer, ("you_are_next",))))) == ["you_are_next"]
    assert sent(course.played()) == ["music"]


def test_a_waiting_caller_is_called_back_and_keeps_the_place() -> None:
    course = Course().to_queue()
    assert course.press("1") == [NoteCallBack(None)]
    assert list(prompts(course.take(CallBackKept(kept=True)))) == ["call_back_kept", "goodbye"]
    course.played()
    assert course.end("system").disposition == "callback_requested"


def test_a_call_back_that_cannot_be_noted_leaves_the_caller_waiting() -> None:
    course = Course().to_queue()
    course.press("1")
    course.take(CallBackKept(kept=False))
    assert course.state.phase == "waiting"


def test_a_wait_that_nobody_will_end_takes_a_message() -> None:
    course = Course().to_queue()
    effects = course.take(WaitOver(("overflow",), "queue_timeout"))
    assert next(iter(prompts(effects))) == "overflow"
    assert course.end().disposition == "queue_timeout"


# ---- a phone rings ---------------------------------------------------------------------------------------


def test_an_offer_rings_both_phones_and_is_accepted_when_they_hear_each_other() -> None:
    course = Course().to_queue()
    leg = course.ring()
    dial = course.effects[-1]
    assert isinstance(dial, Send)
    assert dial.args["to"] == {"kind": "agent", "users": ["w1001", "1001"]}
    course.tell("leg.ringing", leg=leg)
    assert course.tell("leg.answered", leg=leg, user="w1001") == []
    assert course.tell("call.bridged", leg=leg) == [AcceptOffer("o-1", "s-1")]
    assert course.state.phase == "talking"


def test_a_bridge_counts_also_when_the_answer_was_not_told() -> None:
    course = Course().to_queue()
    leg = course.ring()
    assert course.tell("call.bridged", leg=leg) == [AcceptOffer("o-1", "s-1")]
    assert course.tell("leg.answered", leg=leg) == []


@pytest.mark.parametrize(
    ("reason", "how"),
    [("timeout", "time_out"), ("busy", "decline"), ("declined", "decline"), ("unreachable", "decline")],
)
def test_who_does_not_answer_gives_the_caller_back_to_the_queue(reason: str, how: str) -> None:
    course = Course().to_queue()
    leg = course.ring()
    effects = course.tell("leg.failed", leg=leg, reason=reason)
    assert effects[0] == EndOffer("o-1", how, reason)  # type: ignore[arg-type]
    assert course.state.phase == "waiting"


def test_a_phone_that_is_not_there_is_no_miss() -> None:
    course = Course().to_queue()
    leg = course.ring()
    effects = course.tell("leg.failed", leg=leg, reason="not_registered")
    assert effects[:2] == [PhoneGone("s-1", "", "not_registered"), EndOffer("o-1", "withdraw", "not_registered")]


def test_a_declined_offer_stops_the_ringing() -> None:
    course = Course().to_queue()
    leg = course.ring()
    effects = course.take(OfferOver("o-1"))
    assert effects[0] == Send("cancel", {"leg": leg})
    assert course.tell("leg.failed", leg=leg, reason="cancelled") == []
    assert sent(course.tell("call.bridged", leg=leg)) == []


def test_who_answers_too_late_is_released() -> None:
    course = Course().to_queue()
    leg = course.ring()
    course.take(OfferOver("o-1"))
    other = course.ring(offer="o-2", staff="s-2")
    assert course.tell("call.bridged", leg=leg) == [Send("release", {"leg": leg})]
    assert course.tell("call.bridged", leg=other) == [AcceptOffer("o-2", "s-2")]


def test_b53_a_caller_who_hangs_up_during_the_ring_leaves_no_ghost() -> None:
    course = Course().to_queue()
    leg = course.ring()
    course.tell("leg.answered", leg=leg)
    effects = course.tell("call.ended", by="caller")
    assert effects[0] == EndOffer("o-1", "withdraw", "caller_left")
    assert finished(effects) == ["abandoned_ring"]
    assert course.tell("call.bridged", leg=leg) == []
    assert course.tell("leg.answered", leg=leg) == []


# ---- they talk -------------------------------------------------------------------------------------------


def test_hold_counts_when_the_engine_says_so() -> None:
    course = Course()
    course.talk()
    assert sent(course.take(Hold(on=True))) == ["hold"]
    assert course.state.phase == "talking"
    course.tell("call.held")
    assert course.state.phase == "held"
    assert sent(course.take(Hold(on=False))) == ["resume"]
    course.tell("call.resumed")
    assert course.state.phase == "talking"


def test_when_the_agent_hangs_up_the_call_is_over() -> None:
    course = Course()
    leg = course.talk()
    assert sent(course.tell("leg.ended", leg=leg, by="agent")) == ["hangup"]
    state = course.end("system")
    assert (state.disposition, state.hung_up_by) == ("answered", "agent")


def test_b52_a_lost_phone_puts_the_caller_back_at_the_same_place() -> None:
    course = Course()
    leg = course.talk()
    effects = course.tell("leg.lost", leg=leg, reason="tab_closed")
    assert PhoneGone("s-1", "w1001", "tab_closed") in effects
    assert WaitAgain("s-1", lost=True) in effects
    assert list(prompts(effects)) == ["reconnecting"]
    second = course.ring(offer="o-2", staff="s-2")
    assert course.tell("call.bridged", leg=second) == [AcceptOffer("o-2", "s-2")]


def test_a_blind_transfer_releases_the_agent_and_lets_the_caller_wait() -> None:
    course = Course()
    leg = course.talk()
    assert course.take(GiveBack())[0] == Send("release", {"leg": leg})
    assert course.state.phase == "waiting"
    assert course.tell("leg.ended", leg=leg) == []


def test_a_warm_transfer_asks_connects_and_hands_over() -> None:
    course = Course()
    leg = course.talk()
    assert sent(course.take(Consult("s-2", ("1002",), 20))) == ["hold", "dial"]
    second = course.state.legs[-1].id
    with pytest.raises(CallMoved):
        course.take(Complete())
    assert course.tell("leg.answered", leg=second) == [Send("connect", {"legs": [leg, second]})]
    assert course.take(Complete()) == [Send("bridge", {"leg": second})]
    assert course.tell("call.bridged", leg=second) == [Send("release", {"leg": leg}), HandOver("s-1", "s-2")]
    assert course.state.phase == "talking"
    assert course.end().disposition == "answered"


def test_who_hangs_up_with_a_colleague_there_leaves_the_caller_to_them() -> None:
    course = Course()
    leg = course.talk()
    course.take(Consult("s-2", ("1002",), 20))
    second = course.state.legs[-1].id
    course.tell("leg.answered", leg=second)
    assert course.tell("leg.ended", leg=leg) == [Send("bridge", {"leg": second})]
    assert course.tell("call.bridged", leg=second) == [HandOver("s-1", "s-2")]


def test_a_colleague_who_does_not_answer_brings_the_agent_back_to_the_caller() -> None:
    course = Course()
    leg = course.talk()
    course.take(Consult("s-2", ("1002",), 20))
    second = course.state.legs[-1].id
    effects = course.tell("leg.failed", leg=second, reason="timeout")
    assert effects == [FreeConsulted("s-2"), Send("bridge", {"leg": leg})]
    course.tell("call.bridged", leg=leg)
    assert course.state.phase == "talking"


def test_asking_can_be_broken_off() -> None:
    course = Course()
    leg = course.talk()
    course.take(Consult("s-2", ("1002",), 20))
    effects = course.take(CancelConsult())
    assert sent(effects) == ["cancel", "bridge"]
    assert FreeConsulted("s-2") in effects
    course.tell("call.bridged", leg=leg)
    assert course.state.phase == "talking"


def test_a_supervisor_listens_once_the_own_phone_is_answered() -> None:
    course = Course()
    course.talk()
    course.take(Listen("s-9", ("1009",), "whisper", 20))
    leg = course.state.legs[-1].id
    assert course.tell("leg.answered", leg=leg) == [Send("listen", {"leg": leg, "mode": "whisper"})]
    course.tell("leg.ended", leg=leg)
    assert course.state.phase == "talking"


def test_what_is_wished_at_the_wrong_moment_is_refused() -> None:
    course = Course()
    for wish in (Hold(on=True), GiveBack(), Consult("s-2", ("1002",), 20), HangUp()):
        with pytest.raises(CallMoved):
            course.take(wish)
    course.end()
    with pytest.raises(CallMoved):
        course.take(HangUp())


# ---- calls of our own ------------------------------------------------------------------------------------


def calling(direction: str = "out", offer: str | None = None) -> Course:
    outgoing = Outgoing("+8613800001111", "4001234567", "s-1", ("w1001",), 20, offer_id=offer)
    began = call_out(CALL, outgoing, now=AT, direction=direction)  # type: ignore[arg-type]
    course = Course(state=began.state)
    course.effects = list(began.effects)
    return course


def test_a_call_of_our_own_rings_the_agent_first() -> None:
    course = calling()
    assert sent(course.effects) == ["originate", "record"]
    course.tell("leg.answered", leg=f"{CALL}-1", user="w1001")
    course.tell("leg.ringing", leg=f"{CALL}-2")
    course.tell("leg.answered", leg=f"{CALL}-2")
    assert course.tell("call.bridged") == []
    assert course.state.phase == "talking"
    assert sent(course.tell("leg.ended", leg=f"{CALL}-2", by="caller")) == ["hangup"]
    assert course.end("system").hung_up_by == "caller"


def test_a_patient_who_does_not_answer_is_not_reached() -> None:
    course = calling()
    course.tell("leg.answered", leg=f"{CALL}-1")
    effects = course.tell("leg.failed", leg=f"{CALL}-2", reason="busy")
    assert effects == [NotReached("busy"), Send("hangup", {"reason": "busy"})]
    assert course.end("system").disposition == "patient_unreachable"


def test_a_call_back_is_accepted_when_its_agent_answers() -> None:
    course = calling("call_back", "o-1")
    assert course.tell("leg.answered", leg=f"{CALL}-1") == [AcceptOffer("o-1", "s-1")]
    assert course.tell("call.bridged") == []
    assert course.end().disposition == "answered"


def test_a_call_back_that_its_agent_misses_gives_the_offer_back() -> None:
    course = calling("call_back", "o-1")
    assert EndOffer("o-1", "time_out", "timeout") in course.tell("leg.failed", leg=f"{CALL}-1", reason="timeout")
    assert course.end("system").disposition == "failed"


def test_whom_we_called_waits_like_any_caller_after_a_blind_transfer() -> None:
    course = calling()
    course.tell("leg.answered", leg=f"{CALL}-1")
    course.tell("call.bridged")
    assert course.take(GiveBack())[0] == Send("release", {"leg": f"{CALL}-1"})
    leg = course.ring(offer="o-2", staff="s-2")
    assert EndOffer("o-2", "time_out", "timeout") in course.tell("leg.failed", leg=leg, reason="timeout")
    assert course.state.phase == "waiting"
    again = course.ring(offer="o-3", staff="s-3")
    assert course.tell("call.bridged", leg=again) == [AcceptOffer("o-3", "s-3")]


def test_who_hangs_up_during_the_second_ring_leaves_no_ghost_either() -> None:
    course = Course()
    leg = course.talk()
    course.tell("leg.lost", leg=leg, reason="tab_closed")
    course.ring(offer="o-2", staff="s-2")
    assert EndOffer("o-2", "withdraw", "caller_left") in course.tell("call.ended", by="caller")
    assert course.state.disposition == "answered"


def test_time_never_runs_backwards_and_no_second_is_lost() -> None:
    course = Course()
    course.talk()
    early = advance(course.state, a_fact("call.ended", by="caller"), now=AT - timedelta(hours=1), menu=course.menu)
    state = early.state
    assert state.since >= course.state.since
    assert sum(state.spent.values()) == (state.since - state.started_at).total_seconds()
