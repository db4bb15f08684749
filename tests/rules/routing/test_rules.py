"""The matcher's decisions, as tables and properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.queue.policy import Policy, default_policy, parse_policy
from caredesk.queue.rules import (
    DOCTOR_IN_SESSION,
    URGENT,
    Candidate,
    WorkItem,
    alert_at,
    choose,
    estimate_wait,
    exclusions,
    next_look,
    overflow_at,
    promise_at,
    rank_of_work,
    ring_at,
    starvation_bound,
    weight_of,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ITEM = WorkItem(id="w", channel="webchat", queue="general", arrived_at=NOW)
LIN = Candidate(
    staff_id="lin",
    name="林",
    state="ready",
    connected=True,
    may_reply=True,
    load=0,
    capacity=3,
    idle_since=NOW - timedelta(minutes=1),
    levels={"general": 1},
)
BO = replace(LIN, staff_id="bo", name="薄")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def policy_with(*rules: dict[str, Any]) -> Policy:
    named = {rule["rule"] for rule in rules}
    kept = [rule for rule in default_policy().data()["rules"] if rule["rule"] not in named]
    return parse_policy({"rules": [*kept, *rules]})


def rings(*rows: dict[str, Any]) -> Policy:
    return policy_with({"rule": "skill_rings", "rings": rows})


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, ()),
        ({"connected": False}, ("not_connected",)),
        ({"state": "break"}, ("not_ready",)),
        ({"may_reply": False}, ("not_permitted",)),
        ({"levels": {}}, ("not_skilled",)),
        ({"load": 3}, ("no_capacity",)),
        ({"load": 4, "state": "busy"}, ("not_ready", "no_capacity")),
        ({"exclusive": True}, ("in_call",)),
        ({"asked_at": ago(29)}, ("just_asked",)),
        ({"asked_at": ago(30)}, ()),
    ],
)
def test_each_reason_to_leave_an_agent_out_is_named(change: dict[str, Any], codes: tuple[str, ...]) -> None:
    assert exclusions(ITEM, replace(LIN, **change), policy=default_policy(), now=NOW) == codes


@pytest.mark.parametrize(
    ("lin", "bo", "chosen", "by"),
    [
        ({"load": 1}, {}, "bo", "least_loaded"),
        ({"idle_since": ago(10)}, {"idle_since": ago(99)}, "bo", "longest_idle"),
        ({"levels": {"general": 1}}, {"levels": {"general": 3}}, "bo", "most_skilled"),
        ({"asked_at": ago(60)}, {"load": 2}, "bo", "fresh_first"),
        ({}, {"languages": ("zh", "en"), "load": 2}, "bo", "language_first"),
        ({}, {}, "bo", "name"),
        ({}, {"state": "break"}, "lin", None),
        ({"load": 3}, {"connected": False}, None, None),
    ],
)
def test_the_first_rule_that_tells_two_agents_apart_decides(
    lin: dict[str, Any], bo: dict[str, Any], chosen: str | None, by: str | None
) -> None:
    match = choose(
        replace(ITEM, language="en"), [replace(LIN, **lin), replace(BO, **bo)], policy=default_policy(), now=NOW
    )
    assert (match.chosen and match.chosen.staff_id, match.decided_by) == (chosen, by)


def test_the_agent_of_last_time_is_asked_first_for_a_while_only() -> None:
    agents, policy = [LIN, replace(BO, load=2)], default_policy()
    for waited, chosen in ((0, "bo"), (120, "bo"), (121, "lin")):
        item = replace(ITEM, arrived_at=ago(waited), preferred_agent="bo")
        match = choose(item, agents, policy=policy, now=NOW)
        assert match.chosen is not None
        assert match.chosen.staff_id == chosen


def test_the_order_of_the_policy_is_the_order_of_asking() -> None:
    idle_first = parse_policy({"rules": [{"rule": "longest_idle"}, {"rule": "least_loaded"}]})
    agents = [replace(LIN, load=2, idle_since=ago(99)), BO]
    match = choose(ITEM, agents, policy=idle_first, now=NOW)
    assert match.chosen is not None
    assert match.chosen.staff_id == "lin"
    assert [name for name, _ in match.ranked[0].scores] == ["longest_idle", "least_loaded"]


def test_a_ring_widens_with_waiting_and_says_who_is_still_outside() -> None:
    policy = rings(
        {"after_seconds": 0, "min_level": 3},
        {"after_seconds": 30, "min_level": 1},
        {"after_seconds": 60, "min_level": 1, "also_queues": ["pharmacy"]},
    )
    neighbour = replace(LIN, levels={"pharmacy": 2})
    stranger = replace(LIN, levels={"skin": 2})
    table = [(0, ("outside_ring",), ("outside_ring",)), (30, (), ("outside_ring",)), (60, (), ())]
    for waited, of_lin, of_neighbour in table:
        item = replace(ITEM, arrived_at=ago(waited))
        assert exclusions(item, LIN, policy=policy, now=NOW) == of_lin
        assert exclusions(item, neighbour, policy=policy, now=NOW) == of_neighbour
        assert exclusions(item, stranger, policy=policy, now=NOW) == ("not_skilled",)
    assert [ring_at(replace(ITEM, arrived_at=ago(s)), policy=policy, now=NOW) for s in (0, 29, 30, 60)] == [0, 0, 1, 2]


def test_wanted_skills_besides_the_queue_must_all_be_there() -> None:
    item = replace(ITEM, skills=("phone",))
    assert exclusions(item, LIN, policy=default_policy(), now=NOW) == ("not_skilled",)
    assert exclusions(item, replace(LIN, levels={"general": 1, "phone": 1}), policy=default_policy(), now=NOW) == ()


@pytest.mark.parametrize(
    ("channel", "load", "codes"),
    [
        ("webchat", 2, ()),
        ("assist", 1, ()),
        ("assist", 2, ("no_capacity",)),
        ("call", 2, ()),
        ("call", 3, ("no_capacity",)),
        ("letter", 2, ()),
    ],
)
def test_each_channel_takes_its_share_of_the_one_budget(channel: str, load: int, codes: tuple[str, ...]) -> None:
    item = replace(ITEM, channel=channel)
    assert exclusions(item, replace(LIN, load=load), policy=default_policy(), now=NOW) == codes


def test_b9_a_call_of_the_hotline_is_taken_alone_and_needs_a_phone() -> None:
    call = replace(ITEM, channel="hotline", needs_phone=True)
    without = replace(LIN, has_phone=False)
    assert exclusions(call, LIN, policy=default_policy(), now=NOW) == ()
    assert exclusions(call, replace(LIN, exclusive=True), policy=default_policy(), now=NOW) == ("in_call",)
    assert exclusions(call, without, policy=default_policy(), now=NOW) == ("no_phone",)
    assert exclusions(ITEM, without, policy=default_policy(), now=NOW) == ()
    assert weight_of("hotline", policy=default_policy()) == 0


def test_an_agent_in_a_call_gets_chats_only_when_the_policy_says_so_and_never_a_second_call() -> None:
    in_call = replace(LIN, exclusive=True)
    lenient = policy_with({"rule": "budget", "new_work_during_exclusive": True})
    call = replace(ITEM, channel="call")
    assert exclusions(ITEM, in_call, policy=default_policy(), now=NOW) == ("in_call",)
    assert exclusions(ITEM, in_call, policy=lenient, now=NOW) == ()
    assert exclusions(call, in_call, policy=lenient, now=NOW) == ("in_call",)


def test_a_higher_class_goes_first_until_its_head_start_is_used_up() -> None:
    policy = default_policy()
    line = [
        replace(ITEM, id="hour-old", arrived_at=ago(3601)),
        replace(ITEM, id="urgent", priority=URGENT),
        replace(ITEM, id="doctor", priority=DOCTOR_IN_SESSION),
        replace(ITEM, id="minute-old", arrived_at=ago(60)),
        replace(ITEM, id="new"),
    ]
    ordered = sorted(line, key=lambda item: rank_of_work(item, policy=policy))
    assert [item.id for item in ordered] == ["hour-old", "urgent", "doctor", "minute-old", "new"]


ITEMS = st.builds(
    WorkItem,
    id=st.uuids().map(str),
    channel=st.just("webchat"),
    queue=st.just("general"),
    arrived_at=st.integers(0, 20_000).map(ago),
    priority=st.sampled_from([0, 3, DOCTOR_IN_SESSION, URGENT, 20, -5]),
)


@given(one=ITEMS, other=ITEMS)
def test_nothing_that_arrives_later_than_the_bound_is_offered_before_an_item(one: WorkItem, other: WorkItem) -> None:
    policy = default_policy()
    if other.arrived_at - one.arrived_at > starvation_bound(one.priority, policy=policy):
        assert rank_of_work(one, policy=policy) < rank_of_work(other, policy=policy)


@given(one=ITEMS, other=ITEMS)
def test_within_a_class_the_line_is_the_order_of_arrival(one: WorkItem, other: WorkItem) -> None:
    policy, same = default_policy(), replace(other, priority=one.priority)
    if one.arrived_at < same.arrived_at:
        assert rank_of_work(one, policy=policy) < rank_of_work(same, policy=policy)


def test_the_times_at_which_waiting_changes_something_are_found_one_after_the_other() -> None:
    policy = policy_with(
        {"rule": "skill_rings", "rings": [{"after_seconds": 0, "min_level": 2}, {"after_seconds": 20}]},
        {"rule": "overflow", "queue": "general", "after_seconds": 90, "to": "pharmacy"},
        {"rule": "promise", "after_seconds": 600, "promise_minutes": 30},
    )
    item = replace(ITEM, preferred_agent="lin", deadline=NOW + timedelta(seconds=300))
    found, at = [], NOW
    while (following := next_look(item, policy=policy, now=at, asked_at=[NOW + timedelta(seconds=5)])) is not None:
        found.append(int((following - NOW).total_seconds()))
        at = following
    assert found == [20, 35, 90, 120, 300]
    unpromised = replace(item, deadline=None)
    assert next_look(unpromised, policy=policy, now=at) == NOW + timedelta(seconds=600)


def test_where_and_when_work_goes_that_nobody_takes() -> None:
    policy = policy_with(
        {"rule": "overflow", "queue": "general", "after_seconds": 90, "to": "pharmacy"},
        {"rule": "promise", "queue": "general", "after_seconds": 600, "promise_minutes": 30},
    )
    moves, promised = overflow_at(ITEM, policy=policy), promise_at(ITEM, policy=policy)
    assert moves is not None
    assert promised is not None
    assert (moves.at - NOW, moves.to) == (timedelta(seconds=90), "pharmacy")
    assert (promised.at - NOW, promised.answered_by - promised.at) == (timedelta(minutes=10), timedelta(minutes=30))
    assert promise_at(replace(ITEM, deadline=NOW), policy=policy) is None
    elsewhere = replace(ITEM, queue="pharmacy")
    assert (overflow_at(elsewhere, policy=policy), promise_at(elsewhere, policy=policy)) == (None, None)


def test_waiting_counts_anew_when_a_message_left_at_night_is_taken_up() -> None:
    policy = rings({"after_seconds": 0, "min_level": 2}, {"after_seconds": 30})
    item = replace(ITEM, arrived_at=ago(36_000), waiting_since=NOW)
    assert ring_at(item, policy=policy, now=NOW) == 0


def test_a_doctors_request_alerts_the_supervisor_after_its_limit_and_an_ordinary_one_never() -> None:
    doctor = replace(ITEM, priority=DOCTOR_IN_SESSION)
    assert alert_at(doctor, policy=default_policy()) == NOW + timedelta(seconds=60)
    assert alert_at(ITEM, policy=default_policy()) is None


@pytest.mark.parametrize(
    ("position", "slots", "free", "minutes"),
    [(1, 0, 0, (None, None)), (1, 3, 1, (0, 1)), (2, 3, 1, (0, 7)), (10, 5, 0, (9, 24)), (100, 5, 0, (139, 182))],
)
def test_the_wait_is_a_range_that_grows_with_the_place(
    position: int, slots: int, free: int, minutes: tuple[int | None, int | None]
) -> None:
    wait = estimate_wait(position=position, slots=slots, free_slots=free, handling_seconds=480)
    assert (wait.low_minutes, wait.high_minutes) == minutes
