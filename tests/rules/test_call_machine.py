"""The machine of a call under whatever comes in whatever order: it ends, and nothing happens to it afterwards."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from caredesk.telephony.call_rules import Outgoing, call_out
from caredesk.telephony.call_state import (
    CallBackKept,
    CallState,
    CancelConsult,
    Complete,
    Consult,
    Finish,
    GiveBack,
    HangUp,
    Hold,
    Listen,
    OfferMade,
    OfferOver,
    PlaceKnown,
    Send,
    SendDigits,
    TimeOut,
    WaitOver,
)
from caredesk.telephony.errors import CallMoved
from tests.rules.telephony.calls import AT, CALL, Course, a_fact, a_menu

LEGS = [f"{CALL}-{number}" for number in range(1, 5)]
STAFF = ["s-1", "s-2"]

legs = st.sampled_from(LEGS)
staff = st.sampled_from(STAFF)
reasons = st.sampled_from(["timeout", "busy", "declined", "not_registered", "unreachable", "cancelled", "error"])


def told(kind: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(values).map(lambda given: a_fact(kind, **given))


FACTS = st.one_of(
    told("call.digit", digit=st.sampled_from("123459*")),
    told("call.played", play_id=st.sampled_from([f"p{n}" for n in range(1, 8)]), interrupted=st.booleans()),
    told("call.held"),
    told("call.resumed"),
    told("call.bridged", leg=st.one_of(st.just(""), legs)),
    told("leg.ringing", leg=legs),
    told("leg.answered", leg=legs),
    told("leg.failed", leg=legs, reason=reasons),
    told("leg.ended", leg=legs),
    told("leg.lost", leg=legs),
    told("voicemail.ended", recording_id=st.just(f"{CALL}-m"), seconds=st.sampled_from([0.2, 8.0])),
    st.builds(OfferMade, st.sampled_from(["o-1", "o-2"]), staff, st.just(("w1001",)), st.just(20)),
    st.builds(OfferOver, st.sampled_from(["o-1", "o-2"])),
    st.builds(PlaceKnown, st.integers(0, 4), st.just(("you_are_next",))),
    st.builds(WaitOver, st.just(("overflow",)), st.just("queue_timeout")),
    st.builds(CallBackKept, st.booleans()),
    st.builds(TimeOut, st.integers(0, 4)),
    st.builds(Hold, st.booleans()),
    st.builds(GiveBack),
    st.builds(Consult, staff, st.just(("1002",)), st.just(20)),
    st.builds(Complete),
    st.builds(CancelConsult),
    st.builds(SendDigits, st.just("12#")),
    st.builds(Listen, st.just("s-9"), st.just(("1009",)), st.just("listen"), st.just(20)),
    st.builds(HangUp),
)
ENDED = told("call.ended", by=st.sampled_from(["caller", "agent", "system", "trunk"]))


def a_course(way: str, *, is_open: bool) -> Course:
    menu = a_menu(is_open=is_open)
    if way == "in":
        return Course(menu)
    offer = "o-1" if way == "call_back" else None
    outgoing = Outgoing("+8613800001111", "", "s-1", ("w1001",), 20, offer_id=offer)
    return Course(menu, state=call_out(CALL, outgoing, now=AT, direction=way).state)  # type: ignore[arg-type]


def taken(course: Course, fact: Any) -> list[Any]:
    try:
        return course.take(fact)
    except CallMoved:
        return []


def held_by(state: CallState) -> list[str]:
    return [one.staff_id for one in state.legs if one.lives and one.role in ("agent", "consult") and one.staff_id]


@given(st.sampled_from(["in", "out", "call_back"]), st.booleans(), st.lists(FACTS, max_size=25), ENDED, st.lists(FACTS))
@settings(max_examples=300, deadline=None)
def test_every_call_ends_once_and_nothing_is_sent_to_it_afterwards(
    way: str, is_open: bool, before: list[Any], ended: Any, after: list[Any]
) -> None:
    course = a_course(way, is_open=is_open)
    for fact in before:
        taken(course, fact)
        held = held_by(course.state)
        assert len(held) == len(set(held)), "nobody is held twice by one call"
        assert sum(1 for one in course.state.legs if one.lives and one.role == "agent") <= 1
    assert not any(isinstance(one, Finish) for one in course.effects)
    final = taken(course, ended)
    assert course.state.ended
    assert course.state.disposition
    assert [one for one in final if isinstance(one, Send)] == []
    assert sum(isinstance(one, Finish) for one in final) == 1
    assert held_by(course.state) == []
    assert abs(course.accounted - (course.now - AT).total_seconds()) < 1e-6, "no second is lost"
    later = [effect for fact in [*after, ended] for effect in taken(course, fact)]
    assert not any(isinstance(one, Send | Finish) for one in later)


@given(st.lists(FACTS, max_size=25))
@settings(max_examples=100, deadline=None)
def test_a_state_survives_being_kept(before: list[Any]) -> None:
    course = a_course("in", is_open=True)
    for fact in before:
        taken(course, fact)
    kept = course.state.model_dump(mode="json")
    assert CallState.model_validate(kept) == course.state


@given(st.lists(FACTS, max_size=25))
@settings(max_examples=200, deadline=None)
def test_what_was_told_once_changes_nothing_when_the_caller_is_told_of_again(before: list[Any]) -> None:
    """A repeat never reaches the machine; a late fact does, and must not bring an ended leg back."""
    course = a_course("in", is_open=True)
    for fact in before:
        over = {one.id for one in course.state.legs if not one.lives}
        taken(course, fact)
        assert over <= {one.id for one in course.state.legs if not one.lives}
