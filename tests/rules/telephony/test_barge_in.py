"""A key cuts short what is said before the menu and counts as its choice; the notice of recording is not cut (B54)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from caredesk.telephony.call_menu import begin
from caredesk.telephony.call_state import EnterQueue, Send
from tests.rules.telephony.calls import AT, Course, a_fact, a_menu, prompts

CANCELLED = ("cancelled_today", "skin")


def last_play(course: Course) -> Mapping[str, Any]:
    """Return how what is heard now was played."""
    return next(one.args for one in reversed(course.effects) if isinstance(one, Send) and one.verb == "play")


def test_b54_the_notice_is_heard_whole_and_what_follows_may_be_cut() -> None:
    course = Course(a_menu(today=CANCELLED))
    assert last_play(course)["interruptible"] is False
    course.played()
    heard = last_play(course)
    assert (heard["prompts"], heard["interruptible"]) == ([*CANCELLED, "press", "n_1"], True)


def test_a_key_that_cuts_the_greeting_short_counts_as_the_choice() -> None:
    course = Course(a_menu(today=CANCELLED))
    course.played()
    cut = course.state.playing
    assert EnterQueue("q-1") in course.press("1")
    assert course.tell("call.played", play_id=cut, interrupted=True) == []
    assert course.state.phase == "waiting"


def test_a_key_pressed_during_the_notice_skips_what_follows_it() -> None:
    course = Course(a_menu(today=CANCELLED))
    assert course.press("1") == []
    assert EnterQueue("q-1") in course.played()
    assert not set(CANCELLED) & set(prompts(course.effects))


def test_without_a_notice_a_key_cuts_the_first_words_short() -> None:
    course = Course(a_menu(record=False, today=CANCELLED))
    greeting = last_play(course)
    assert (greeting["prompts"], greeting["interruptible"]) == (["greeting"], True)
    assert EnterQueue("q-1") in course.press("1")


def test_a_wrong_key_in_the_greeting_is_said_and_the_menu_follows() -> None:
    course = Course(a_menu(record=False))
    assert list(prompts(course.press("9"))) == ["wrong_choice", "press", "n_1"]


def test_whoever_is_owed_a_call_back_hears_the_greeting_whole() -> None:
    menu = a_menu(record=False)
    course = Course(menu, state=begin(a_fact("call.arrived"), now=AT, menu=menu, owes=True).state)
    assert course.press("1") == []
    assert list(prompts(course.played())) == ["call_back_owed"]


def test_what_is_told_of_the_day_is_heard_also_when_the_line_is_closed_or_has_no_menu() -> None:
    closed = Course(a_menu(is_open=False, today=CANCELLED))
    assert tuple(prompts(closed.played()))[:3] == (*CANCELLED, "closed_holiday")
    bare = Course(replace(a_menu(today=CANCELLED), menu=()))
    assert tuple(prompts(bare.played())) == (*CANCELLED, "please_wait")
