"""The ladder's decisions: who is told, by what, when, and that it always ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caredesk.assistance.call_up_errors import LadderInvalid, LadderUnknown
from caredesk.assistance.call_up_rules import (
    UNDER_WAY,
    Channel,
    Contact,
    Exhausted,
    Leg,
    PastLeg,
    RunOfCalls,
    Wait,
    channel_figures,
    counts_as_arrival,
    held_until,
    is_promise,
    median_to_online,
    next_leg,
    pause_after,
    quiet_end,
    read_number,
    told_first,
)
from caredesk.assistance.call_up_schemas import Ladder, QuietHours, Step, package_ladder, parse_ladder

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Ten in the morning at the clinic."""
MOTHER = Contact("mother", read_number("13800001001"), has_chat=True, wechat_id="o-mother")
FATHER = Contact("father", read_number("13800001002"), has_chat=True, wechat_id="o-father")
EVERYTHING = {(who, channel): True for who in ("mother", "father") for channel in ("wechat", "sms")}


def ladder(*channels: Channel, **over: object) -> Ladder:
    return Ladder(key="test", steps=tuple(Step(channel=one, text="call_up", **over) for one in channels))  # type: ignore[arg-type]


def past(leg: Leg, *, state: str = "sent", at: datetime = NOW, outcome: str = "") -> PastLeg:
    shown = "skipped" if leg.skip else state
    return PastLeg(leg.step, leg.channel, leg.guardian_id, leg.attempt, shown, leg.number, at, outcome)  # type: ignore[arg-type]


def play(
    chosen: Ladder, contacts: list[Contact], consent: dict[tuple[str, Channel], bool], **over: object
) -> list[Leg]:
    """Return every attempt when everything is sent and nobody comes."""
    legs: list[PastLeg] = []
    made: list[Leg] = []
    now = NOW
    while True:
        following = next_leg(chosen, legs=legs, contacts=contacts, consent=consent, now=now, **over)  # type: ignore[arg-type]
        if isinstance(following, Exhausted):
            return made
        if isinstance(following, Wait):
            assert following.until is not None and following.until > now
            now = following.until
            continue
        made.append(following)
        legs.append(past(following, at=now))


# ---- numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("13800001001", "+8613800001001"),
        ("１３８ ００００ １００１", "+8613800001001"),
        ("0086-138-0000-1001", "+8613800001001"),
        ("(+86) 138 0000 1001", "+8613800001001"),
        ("010-8888 8888", "+861088888888"),
        ("+1 202 555 0123", "+12025550123"),
        ("", ""),
        ("   ", ""),
        ("12345", ""),
        ("110", ""),
        ("138-0000-1001 转 3", ""),
        ("妈妈的手机", ""),
        ("13800001001; DROP TABLE", ""),
        ("+86" * 40, ""),
    ],
)
def test_numbers_of_every_odd_shape_are_read_alike_or_refused(written: str, read: str) -> None:
    assert read_number(written).e164 == read
    assert bool(read_number(written).fault) is not bool(read)


def test_a_landline_is_dialled_and_gets_no_sms() -> None:
    home = Contact("mother", read_number("010-8888 8888"))
    made = play(ladder("sms", "telephone"), [home], {("mother", "sms"): True})
    assert [(leg.channel, leg.skip) for leg in made] == [("sms", "not_mobile"), ("telephone", "")]


# ---- whom ------------------------------------------------------------------------------------------------


def test_the_mother_is_told_first_and_both_are_told() -> None:
    order = told_first({"a": "father", "b": "mother", "c": "paternal_grandfather", "d": "neighbour"})
    assert order == ["b", "a", "c", "d"]
    made = play(ladder("sms"), [MOTHER, FATHER], EVERYTHING)
    assert [(leg.guardian_id, leg.skip) for leg in made] == [("mother", ""), ("father", "")]


def test_everybody_is_told_on_a_rung_before_the_next_is_climbed() -> None:
    made = play(package_ladder("call_up"), [MOTHER, FATHER], EVERYTHING)
    assert [(leg.channel, leg.guardian_id, leg.attempt) for leg in made] == [
        ("in_app", "mother", 1),
        ("in_app", "father", 1),
        ("wechat", "mother", 1),
        ("wechat", "father", 1),
        ("sms", "mother", 1),
        ("sms", "father", 1),
        ("telephone", "mother", 1),
        ("telephone", "father", 1),
        ("telephone", "mother", 2),
        ("telephone", "father", 2),
    ]


def test_one_number_of_two_guardians_is_used_once_in_a_round_and_again_in_the_next() -> None:
    same = replace(FATHER, number=MOTHER.number)
    made = play(ladder("telephone", attempts=2), [MOTHER, same], EVERYTHING)
    assert [(leg.guardian_id, leg.skip) for leg in made] == [
        ("mother", ""),
        ("father", "same_number"),
        ("mother", ""),
        ("father", "same_number"),
    ]


def test_a_number_marked_wrong_is_never_used() -> None:
    made = play(ladder("sms", "telephone"), [replace(MOTHER, is_wrong=True)], EVERYTHING)
    assert [leg.skip for leg in made] == ["wrong_number", "wrong_number"]


def test_without_consent_a_leg_is_skipped_with_its_reason_and_page_and_telephone_need_none() -> None:
    made = play(ladder("in_app", "wechat", "sms", "telephone"), [MOTHER], {})
    assert [(leg.channel, leg.skip) for leg in made] == [
        ("in_app", ""),
        ("wechat", "no_consent"),
        ("sms", "no_consent"),
        ("telephone", ""),
    ]
    refused = play(ladder("telephone"), [MOTHER], {("mother", "telephone"): False})
    assert [leg.skip for leg in refused] == ["no_consent"]


def test_who_never_came_and_has_no_wechat_is_told_by_what_is_left() -> None:
    bare = Contact("mother", read_number("13800001001"))
    made = play(ladder("in_app", "wechat", "sms"), [bare], EVERYTHING)
    assert [leg.skip for leg in made] == ["no_page", "no_wechat", ""]


def test_a_family_without_guardians_is_exhausted_at_once() -> None:
    assert isinstance(next_leg(package_ladder("call_up"), legs=[], contacts=[], consent={}, now=NOW), Exhausted)


# ---- when ------------------------------------------------------------------------------------------------


def test_the_next_rung_waits_for_what_went_out_and_not_for_what_failed() -> None:
    chosen = ladder("in_app", "telephone", wait=45)
    first = Leg(0, "in_app", "call_up", "mother", 1)
    sent = next_leg(chosen, legs=[past(first)], contacts=[MOTHER], consent={}, now=NOW)
    assert sent == Wait(NOW + timedelta(seconds=45))
    failed = next_leg(chosen, legs=[past(first, state="failed")], contacts=[MOTHER], consent={}, now=NOW)
    assert isinstance(failed, Leg) and failed.channel == "telephone"


def test_nobody_answering_is_a_pause_before_the_second_call() -> None:
    chosen = ladder("telephone", attempts=2, wait=120)
    first = past(Leg(0, "telephone", "call_up", "mother", 1), state="failed", outcome="no_answer")
    assert next_leg(chosen, legs=[first], contacts=[MOTHER], consent={}, now=NOW) == Wait(NOW + timedelta(minutes=2))


def test_while_an_attempt_is_under_way_nothing_is_begun() -> None:
    for state in UNDER_WAY:
        leg = past(Leg(0, "sms", "call_up", "mother", 1), state=state)
        assert next_leg(ladder("sms", "telephone"), legs=[leg], contacts=[MOTHER, FATHER], consent={}, now=NOW) == Wait(
            None
        )


NIGHT = QuietHours(begins=time(22), ends=time(7))


@pytest.mark.parametrize(
    ("hour", "until_hour"), [(21, None), (22, 31), (23, 31), (0, 7), (6, 7), (7, None), (12, None)]
)
def test_quiet_hours_cross_midnight(hour: int, until_hour: int | None) -> None:
    midnight = datetime(2026, 11, 22, 16, tzinfo=UTC)
    ends = quiet_end(NIGHT, now=midnight + timedelta(hours=hour))
    assert ends == (None if until_hour is None else midnight + timedelta(hours=until_hour))


def test_quiet_hours_skip_or_wait_and_do_not_bind_the_running_session() -> None:
    late = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    skipping = ladder("sms", quiet=NIGHT)
    waiting = ladder("sms", quiet=NIGHT.model_copy(update={"then": "wait"}))
    asked = {"contacts": [MOTHER], "consent": EVERYTHING, "now": late}
    skipped = next_leg(skipping, legs=[], **asked)  # type: ignore[arg-type]
    assert isinstance(skipped, Leg) and skipped.skip == "quiet_hours"
    assert next_leg(waiting, legs=[], **asked) == Wait(datetime(2026, 11, 23, 23, 0, tzinfo=UTC))  # type: ignore[arg-type]
    for chosen in (skipping, waiting):
        allowed = next_leg(chosen, legs=[], in_session=True, **asked)  # type: ignore[arg-type]
        assert isinstance(allowed, Leg) and not allowed.skip


# ---- that it always ends ---------------------------------------------------------------------------------

CONTACTS = st.lists(
    st.builds(
        Contact,
        guardian_id=st.sampled_from(["a", "b", "c"]),
        number=st.sampled_from([read_number(one) for one in ("", "13800001001", "13800001002", "01088888888", "7")]),
        is_wrong=st.booleans(),
        has_chat=st.booleans(),
        wechat_id=st.sampled_from(["", "o-1"]),
    ),
    max_size=3,
    unique_by=lambda one: one.guardian_id,
)
CHANNELS = st.sampled_from(["in_app", "wechat", "sms", "telephone"])
QUIET = st.none() | st.builds(
    QuietHours,
    begins=st.just(time(22)),
    ends=st.sampled_from([time(7), time(21)]),
    then=st.sampled_from(["skip", "wait"]),
)
STEPS = st.builds(
    Step,
    channel=CHANNELS,
    text=st.just("call_up"),
    wait=st.integers(0, 600),
    attempts=st.integers(1, 3),
    quiet=QUIET,
)
LADDERS = st.builds(Ladder, key=st.just("any"), steps=st.lists(STEPS, min_size=1, max_size=5).map(tuple))
CONSENTS = st.dictionaries(st.tuples(st.sampled_from(["a", "b", "c"]), CHANNELS), st.booleans())
ENDS = ["sent", "delivered", "answered", "failed", "no_answer"]


@settings(max_examples=300, deadline=None)
@given(LADDERS, CONTACTS, CONSENTS, st.integers(0, 2**32), st.booleans())
def test_any_ladder_for_any_family_does_one_thing_at_a_time_and_ends(
    chosen: Ladder, contacts: list[Contact], consent: dict[tuple[str, Channel], bool], seed: int, in_session: bool
) -> None:
    chance = Random(seed)
    legs: list[PastLeg] = []
    now = NOW + timedelta(hours=chance.randrange(48))
    for _ in range(400):
        assert sum(leg.state in UNDER_WAY for leg in legs) <= 1
        following = next_leg(chosen, legs=legs, contacts=contacts, consent=consent, now=now, in_session=in_session)
        if isinstance(following, Exhausted):
            break
        if isinstance(following, Wait):
            if following.until is None:
                # What is under way ends in one of the ways it can.
                end = chance.choice(ENDS)
                state = "failed" if end == "no_answer" else end
                now += timedelta(seconds=chance.randrange(60))
                legs[-1] = replace(legs[-1], state=state, outcome="no_answer" if end == "no_answer" else "", at=now)  # type: ignore[arg-type]
            else:
                assert following.until > now
                now = following.until
            continue
        legs.append(past(following, state="planned", at=now))
    else:
        pytest.fail("it never ended")
    assert not [leg for leg in legs if leg.state in UNDER_WAY]
    made = [(leg.step, leg.guardian_id, leg.attempt) for leg in legs]
    assert len(made) == len(set(made)) == sum(one.attempts for one in chosen.steps) * len(contacts)
    used = [leg for leg in legs if leg.state != "skipped"]
    dialled = [(leg.step, leg.attempt, leg.number) for leg in used if leg.channel in ("sms", "telephone")]
    assert len(dialled) == len(set(dialled))
    by_id = {one.guardian_id: one for one in contacts}
    for leg in used:
        assert consent.get((leg.guardian_id, leg.channel), leg.channel in ("in_app", "telephone"))
        assert leg.channel not in ("sms", "telephone") or not by_id[leg.guardian_id].is_wrong


# ---- what follows from an answer -------------------------------------------------------------------------


def test_who_is_on_the_way_is_left_in_peace_for_a_while() -> None:
    assert held_until("coming", promised_at=None, now=NOW) == NOW + timedelta(minutes=5)
    promised = NOW + timedelta(minutes=20)
    assert held_until("promised", promised_at=promised, now=NOW) == promised + timedelta(minutes=2)
    assert held_until("no_answer", promised_at=None, now=NOW) is None


def test_a_promise_lies_ahead_and_within_a_day() -> None:
    assert is_promise(NOW + timedelta(minutes=5), now=NOW)
    assert not is_promise(None, now=NOW)
    assert not is_promise(NOW - timedelta(minutes=5), now=NOW)
    assert not is_promise(NOW + timedelta(days=2), now=NOW)


def test_a_page_that_stood_open_shows_nothing_until_somebody_uses_it() -> None:
    assert counts_as_arrival(was_online=False, acted=False)
    assert not counts_as_arrival(was_online=True, acted=False)
    assert counts_as_arrival(was_online=True, acted=True)


def test_pauses_double_up_to_two_minutes() -> None:
    assert [pause_after(tries).total_seconds() for tries in (1, 2, 3, 4, 20)] == [2, 4, 8, 16, 120]


# ---- ladders as data -------------------------------------------------------------------------------------


def test_the_package_has_a_ladder_for_doctors_and_a_gentle_one_without_telephone() -> None:
    channels = [rung.channel for rung in package_ladder("call_up").steps]
    assert channels == ["in_app", "wechat", "sms", "telephone"]
    assert "telephone" not in [rung.channel for rung in package_ladder("reminder").steps]
    with pytest.raises(LadderUnknown):
        package_ladder("other")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"steps": []}, "steps: too_short"),
        ({"steps": [{"channel": "pigeon", "text": "call_up"}]}, "steps.0.channel: literal_error"),
        ({"steps": [{"channel": "sms", "text": "call_up", "attempts": 99}]}, "steps.0.attempts: less_than_equal"),
        ({"steps": [{"channel": "sms", "text": "../x"}]}, "steps.0.text: literal_error"),
        ({"secret": 1}, "*: extra_forbidden"),
        (
            {"steps": [{"channel": "sms", "text": "call_up", "quiet": {"begins": "22:00", "ends": "22:00"}}]},
            "steps.0.quiet: quiet_hours_empty",
        ),
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused_by_its_place(change: dict[str, object], problem: str) -> None:
    with pytest.raises(LadderInvalid) as refused:
        parse_ladder({"key": "x", "steps": [{"channel": "sms", "text": "call_up"}], **change})
    assert problem in refused.value.fields["problems"]


# ---- figures ---------------------------------------------------------------------------------------------


def test_success_is_the_last_channels_that_reached_somebody_and_no_rate_exceeds_all() -> None:
    minute = timedelta(minutes=1)
    runs = [
        RunOfCalls(("in_app", "sms"), "sms", 3 * minute),
        RunOfCalls(("in_app",), "in_app", minute),
        RunOfCalls(("in_app", "sms", "telephone"), "telephone", None),
        RunOfCalls((), None, None),
    ]
    figures = channel_figures(runs)
    assert (figures["in_app"].tried, figures["in_app"].succeeded) == (3, 1)
    assert (figures["sms"].tried, figures["sms"].succeeded) == (2, 1)
    assert (figures["telephone"].tried, figures["telephone"].succeeded) == (1, 0)
    assert all(one.succeeded <= one.tried for one in figures.values())
    assert median_to_online(runs) == 2 * minute
    assert median_to_online([]) is None
