"""Calls that cloud call centres tell of: whatever comes twice, late, out of order or never, the record is the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.telephony import cloud_seven_moor, cloud_tccc
from caredesk.telephony.cloud_events import LOST_AFTER, CloudEvent, CloudRecord, record_of
from caredesk.telephony.cloud_text import CloudUnreadable, name_of, number_of, word_of
from caredesk.telephony.cloud_times import read_time
from tests.fixtures.vendor import (
    BEGAN,
    CALLER,
    CLASSIC,
    HOTLINE,
    QUEUED,
    TRANSFER,
    V7,
    at,
    cdr,
    classic,
    unanswered,
    unix,
    v7,
    written,
)

NOW = at(86_400)


def tccc(body: dict[str, Any], *, action: str = "cdr", push_id: str = "push-1") -> CloudEvent:
    return cloud_tccc.read_event(body, action=action, push_id=push_id)


def record(*events: CloudEvent, now: datetime = NOW) -> CloudRecord:
    made = record_of(events, now=now)
    assert made is not None
    return made


# ---- the whole record --------------------------------------------------------------------------------------


def assert_it_is_the_answered_call(made: CloudRecord) -> None:
    assert (made.direction, made.agent, made.called) == ("in", "lin", HOTLINE)
    assert made.caller.endswith(CALLER)
    assert (made.started_at, made.ringing_at) == (at(0), at(30))
    assert (made.bridged_at, made.ended_at, made.talk_seconds) == (at(35), at(95), 60.0)
    assert made.disposition == "answered"


def test_live_events_of_the_older_shape_make_the_whole_record() -> None:
    made = record(*map(cloud_seven_moor.read_event, CLASSIC))
    assert_it_is_the_answered_call(made)
    assert (made.queued_at, made.queue, made.hung_up_by, made.recording) == (at(20), "客服", "caller", "a.mp3")


def test_live_events_of_the_newer_shape_make_the_whole_record() -> None:
    assert_it_is_the_answered_call(record(*map(cloud_seven_moor.read_event, V7)))


def test_a_lone_record_makes_a_complete_call() -> None:
    made = record(tccc(cdr()))
    assert_it_is_the_answered_call(made)
    assert (made.queued_at, made.queue, made.hung_up_by) == (at(20), "客服", "caller")


def test_the_end_of_the_older_shape_is_a_whole_record_by_itself() -> None:
    everything = record(*map(cloud_seven_moor.read_event, CLASSIC))
    assert record(cloud_seven_moor.read_event(CLASSIC[-1])) == everything


def test_a_call_that_is_still_on_has_no_end_and_no_verdict() -> None:
    made = record(*map(cloud_seven_moor.read_event, CLASSIC[:3]), now=at(60))
    assert (made.bridged_at, made.ended_at, made.disposition, made.hung_up_by) == (at(35), None, "", "")


def test_a_call_whose_end_never_came_is_over_after_a_while() -> None:
    events = [cloud_seven_moor.read_event(one) for one in CLASSIC[:3]]
    made = record(*events, now=at(35) + LOST_AFTER + timedelta(seconds=1))
    assert (made.ended_at, made.disposition, made.hung_up_by) == (at(35), "answered", "system")


# ---- repeats, order, gaps ----------------------------------------------------------------------------------

DIALOGUES = (
    [cloud_seven_moor.read_event(one) for one in (*CLASSIC, TRANSFER)],
    [cloud_seven_moor.read_event(one) for one in V7],
    [
        tccc(cdr()),
        tccc({"SessionId": cdr()["SessionId"], "Timestamp": unix(100), "RecordId": "9"}, action="record", push_id="p2"),
        tccc({"SessionId": cdr()["SessionId"], "Timestamp": unix(101)}, action="voicemail", push_id="p3"),
    ],
)


@given(st.sampled_from(DIALOGUES).flatmap(lambda told: st.tuples(st.just(told), st.permutations(told * 2))))
def test_any_order_and_any_repeats_give_the_same_record(case: tuple[list[CloudEvent], list[CloudEvent]]) -> None:
    told, came = case
    assert record(*came) == record(*told)


@given(st.sets(st.sampled_from(range(4)), max_size=3))
def test_what_is_missing_before_the_end_changes_nothing(lost: set[int]) -> None:
    kept = [cloud_seven_moor.read_event(one) for index, one in enumerate(CLASSIC) if index not in lost or index == 3]
    assert_it_is_the_answered_call(record(*kept))


def test_a_call_that_was_passed_on_is_one_record_of_both_parts() -> None:
    made = record(*DIALOGUES[0])
    assert (made.agent, made.ended_at, made.hung_up_by) == ("wu", at(200), "agent")
    assert made.talk_seconds == 60.0 + 104.0


def test_recordings_alone_are_no_call_yet() -> None:
    assert record_of(DIALOGUES[2][1:], now=NOW) is None


# ---- how a call ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "disposition"),
    [
        ("ivrGiveUp", "abandoned_ivr"),
        ("waitingGiveUp", "abandoned_queue"),
        ("ringingGiveUp", "abandoned_ring"),
        ("noSeatOnline", "overflow"),
        ("notWorkTime", "after_hours"),
        ("blackList", "failed"),
        ("something new", "failed"),
    ],
)
def test_the_vendors_word_for_an_unanswered_call_becomes_ours(status: str, disposition: str) -> None:
    assert record(tccc(unanswered(status))).disposition == disposition


@pytest.mark.parametrize(
    ("state", "disposition"),
    [
        ("notDeal", "abandoned_ring"),
        ("leak", "abandoned_ivr"),
        ("queueLeak", "abandoned_queue"),
        ("new", "abandoned_queue"),
    ],
)
def test_a_state_of_the_older_shape_becomes_our_disposition(state: str, disposition: str) -> None:
    event = cloud_seven_moor.read_event(classic("Hangup", **QUEUED, End=written(40), State=state))
    assert record(event).disposition == disposition


def test_a_message_left_makes_it_voicemail_whenever_that_is_heard() -> None:
    left = tccc({"SessionId": cdr()["SessionId"], "Timestamp": unix(100)}, action="voicemail", push_id="p3")
    assert record(tccc(unanswered("notWorkTime")), left).disposition == "voicemail"


def test_who_was_called_and_did_not_answer_is_unreachable() -> None:
    out = unanswered("notAnswer", Direction=1, CallType=1, Caller=HOTLINE, Callee=CALLER)
    made = record(tccc(out))
    assert (made.direction, made.caller, made.disposition) == ("out", CALLER, "patient_unreachable")
    dialled = [cloud_seven_moor.read_event(v7(event, 5, kind="dialout")) for event in ("ring", "hangup")]
    assert record(*dialled).disposition == "patient_unreachable"


# ---- what comes from outside -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [unix(0), str(unix(0)), unix(0) * 1000, f"{unix(0)}000", written(0), f"{written(0)}.000", f"{written(0)} +08:00"],
)
def test_seconds_milliseconds_and_written_times_are_the_same_instant(value: object) -> None:
    assert read_time(value) == BEGAN


@pytest.mark.parametrize("value", [None, "", 0, "0", True, "soon", "2026-13-40 99:00:00", 10**15, -5, {}, "9" * 400])
def test_what_is_no_time_is_none(value: object) -> None:
    assert read_time(value) is None


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())))
def test_whatever_stands_in_a_field_never_breaks_reading_it(value: object) -> None:
    read_time(value)
    assert len(word_of(value)) <= 80 and len(number_of(value)) <= 32 and len(name_of(value)) <= 80


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"CallSheetID": "sheet-1"},
        {"CallSheetID": "sheet-1", "CallState": "Sleep"},
        {"CallSheetID": "a b", "CallState": "Ring"},
        {"callUniqueId": "1", "callEvent": "ring"},
        {"callUniqueId": "1", "callEvent": "dance", "statusTime": str(unix(0))},
    ],
)
def test_a_push_that_names_no_call_or_nothing_that_happened_is_not_read(body: dict[str, Any]) -> None:
    with pytest.raises(CloudUnreadable):
        cloud_seven_moor.read_event(body)


@pytest.mark.parametrize(
    ("body", "action"),
    [({}, "cdr"), ({"SessionId": "s-1"}, "cdr"), ({"SessionId": "s-1"}, "imcdr"), ({"SessionId": 5.5}, "record")],
)
def test_a_record_without_call_or_times_is_not_read(body: dict[str, Any], action: str) -> None:
    with pytest.raises(CloudUnreadable):
        tccc(body, action=action)


def test_numbers_lose_what_cannot_be_dialled() -> None:
    event = cloud_seven_moor.read_event(classic("Ring", CallNo="+86 (139) 0000-0001<script>"))
    assert event.caller == "+8613900000001"
