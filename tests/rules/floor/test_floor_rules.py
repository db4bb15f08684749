"""What the floor decides without a database: hours by hand through time, escalation, danger, figures, addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.actions.webhooks import LONGEST_PAUSE, pause_after
from caredesk.clinic.hours import Closure, HoursRule, Opening
from caredesk.clinic.rules import evaluate
from caredesk.floor import figures
from caredesk.floor.errors import EndNotPossible, ReasonNeeded
from caredesk.floor.figures import Contact
from caredesk.floor.rules import (
    LONGEST_BY_HAND,
    NEXT_STAGE,
    HandHours,
    PlannedVisit,
    QueueNow,
    clean_reason,
    end_of_hand,
    first_stage,
    level_in_danger,
    overrun_minutes,
    queue_alerts,
)
from caredesk.infra.outside import may_reach, url_fault
from caredesk.infra.webhook import signature

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# ---- hours by hand ---------------------------------------------------------------------------------------


def test_an_opening_by_hand_opens_a_queue_without_schedule_and_ends_by_itself() -> None:
    rule = HoursRule(openings=(Opening(NOON, NOON + 30 * MINUTE, "flu"),))
    state = evaluate(rule, [], at=NOON)
    assert (state.open, state.reason, state.next_change) == (True, "opened_by_hand", NOON + 30 * MINUTE)
    assert not evaluate(rule, [], at=NOON + 30 * MINUTE).open


def test_a_closure_wins_over_an_opening_at_the_same_time() -> None:
    opening, closure = Opening(NOON, NOON + 60 * MINUTE), Closure(NOON, NOON + 30 * MINUTE)
    state = evaluate(HoursRule(openings=(opening,), closures=(closure,)), [], at=NOON)
    assert (state.open, state.reason, state.next_open) == (False, "closed_by_hand", NOON + 30 * MINUTE)


HAND = HandHours("closed", NOON, NOON + 60 * MINUTE, made_at=NOON, ended_at=NOON + 20 * MINUTE)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (None, NOON + 20 * MINUTE),
        (NOON - MINUTE, None),
        (NOON + 10 * MINUTE, NOON + 60 * MINUTE),
        (NOON + 20 * MINUTE, NOON + 20 * MINUTE),
    ],
)
def test_hours_by_hand_are_remembered_as_they_were_known(moment: datetime | None, until: datetime | None) -> None:
    known = HAND.as_known(moment)
    assert (known.ends_at if known else None) == until


@pytest.mark.parametrize("ahead", [timedelta(0), -MINUTE, timedelta(seconds=30), LONGEST_BY_HAND + MINUTE])
def test_an_end_that_has_passed_or_will_be_forgotten_is_refused(ahead: timedelta) -> None:
    with pytest.raises(EndNotPossible):
        end_of_hand(NOON + ahead, now=NOON)


@pytest.mark.parametrize("reason", ["", " ", "x", "\n\t", "长" * 201])
def test_a_reason_says_something_and_is_short(reason: str) -> None:
    with pytest.raises(ReasonNeeded):
        clean_reason(reason)


# ---- alerts ----------------------------------------------------------------------------------------------


def test_an_alert_calls_its_agent_then_supervisors_then_the_webhook() -> None:
    assert first_stage(staff_id="a", code="reply_overdue") == "agent"
    assert first_stage(staff_id=None, code="reply_overdue") == "supervisor"
    assert first_stage(staff_id="a", code="red_flag") == "supervisor"
    assert NEXT_STAGE == {"agent": "supervisor", "supervisor": "webhook"}


CALM = QueueNow(open=True, waiting=2, ready=1, longest_wait=MINUTE, answered=18, in_time=18, late_already=0)


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, set()),
        ({"ready": 0}, {"nobody_ready"}),
        ({"ready": 0, "longest_wait": timedelta(seconds=5)}, set()),
        ({"ready": 0, "waiting": 0}, set()),
        ({"longest_wait": timedelta(minutes=10)}, {"wait_too_long"}),
        ({"in_time": 12, "late_already": 2}, {"level_in_danger"}),
        ({"open": False, "ready": 0, "in_time": 0, "longest_wait": timedelta(hours=1)}, set()),
        ({"answered": 1, "in_time": 0, "waiting": 1}, set()),
    ],
)
def test_a_queue_has_the_alerts_that_its_state_asks_for(changes: dict[str, object], standing: set[str]) -> None:
    assert queue_alerts(replace(CALM, **changes), raised=()) == standing  # type: ignore[arg-type]


def test_danger_once_seen_stays_until_the_level_is_safe_again() -> None:
    trembling = replace(CALM, answered=18, in_time=14)
    assert not level_in_danger(trembling, was=False)
    assert level_in_danger(trembling, was=True)
    assert not level_in_danger(CALM, was=True)


# ---- figures ---------------------------------------------------------------------------------------------

seconds = st.integers(0, 2000).map(lambda s: timedelta(seconds=s))


@st.composite
def contacts(draw: st.DrawFn) -> Contact:
    arrived = NOON + draw(seconds)
    how = draw(st.sampled_from(["taken", "gone", "waiting"]))
    later = arrived + draw(seconds)
    return Contact(
        queue_id="q",
        arrived_at=arrived,
        taken_at=later if how == "taken" else None,
        gone_at=later if how == "gone" else None,
        limit=timedelta(seconds=60),
        waiting=how == "waiting",
    )


@given(st.lists(contacts(), max_size=30))
def test_every_figure_is_what_a_slow_count_says(today: list[Contact]) -> None:
    taken = gone = in_time = total = 0
    longest: float | None = None
    for one in today:
        if one.taken_at is not None:
            taken += 1
            total += int((one.taken_at - one.arrived_at).total_seconds())
            in_time += one.taken_at <= one.arrived_at + one.limit
        elif one.gone_at is not None:
            gone += 1
        else:
            waited = (NOON + timedelta(hours=2) - one.arrived_at).total_seconds()
            longest = waited if longest is None or waited > longest else longest
    assert figures.service_level(today) == figures.Share(in_time, taken)
    assert figures.answer_rate(today) == figures.Share(taken, taken + gone)
    assert figures.abandonment(today) == figures.Share(gone, taken + gone)
    assert figures.average_wait(today) == pytest.approx(total / taken if taken else None)
    assert figures.longest_wait(today, now=NOON + timedelta(hours=2)) == longest
    for share in (figures.service_level(today), figures.answer_rate(today), figures.abandonment(today)):
        assert share.value is None or 0 <= share.value <= 1


CALL = Contact("q", NOON, NOON + timedelta(seconds=15), None, MINUTE, channel="call")


def test_calls_are_judged_by_fifteen_and_twenty_seconds_and_chats_are_not() -> None:
    later = replace(CALL, taken_at=NOON + timedelta(seconds=16))
    gone = replace(CALL, taken_at=None, gone_at=NOON + timedelta(seconds=5))
    today = [CALL, later, gone, replace(CALL, channel="webchat"), replace(CALL, taken_at=None, waiting=True)]
    assert figures.calls_within(today, seconds=15) == figures.Share(1, 3)
    assert figures.calls_within(today, seconds=20) == figures.Share(2, 3)
    assert figures.calls_within([replace(CALL, channel="webchat")], seconds=15).value is None


def test_nothing_to_judge_is_no_hundred_percent() -> None:
    assert figures.service_level([]).value is None
    assert figures.occupancy([]).value is None
    assert figures.occupancy([(6, 5), (0, 5)]).value == 0.5


# ---- the clinic's pulse ----------------------------------------------------------------------------------


def overrun(*visits: tuple[int, bool], at: int, slots: int | None = 12) -> int | None:
    """Return the overrun of a session of three hours from noon on; visits are minutes after noon, and whether over."""
    planned = [PlannedVisit(NOON + minutes * MINUTE, done) for minutes, done in visits]
    return overrun_minutes(planned, starts_at=NOON, ends_at=NOON + 180 * MINUTE, slots=slots, now=NOON + at * MINUTE)


def test_a_gap_in_the_bookings_is_no_delay() -> None:
    assert overrun((0, True), (165, False), at=100) == 0


def test_a_session_that_is_behind_runs_over_at_its_own_pace() -> None:
    every_quarter = [(15 * n, n < 3) for n in range(12)]
    assert overrun(*every_quarter, at=90) == 90 + 9 * 30 - 180
    in_time = [(15 * n, n < 6) for n in range(12)]
    assert overrun(*in_time, at=90) == 0


def test_one_slow_visit_does_not_foretell_a_night() -> None:
    assert overrun((0, True), *[(15 * n, False) for n in range(1, 5)], at=170) == 170 + 4 * 45 - 180


@pytest.mark.parametrize(("visits", "at"), [((), 60), (((0, True),), 60), (((30, False),), -10)])
def test_before_the_start_and_with_nobody_left_there_is_nothing_to_tell(
    visits: tuple[tuple[int, bool], ...], at: int
) -> None:
    assert overrun(*visits, at=at) is None


# ---- the webhook -----------------------------------------------------------------------------------------


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    # As `openssl dgst -sha256 -hmac secret -binary | base64` makes it of "id.timestamp.body".
    made = signature("secret", delivery_id="msg_1", timestamp="1700000000", body=b'{"a":1}')
    assert made == "v1,Q5nZ7DiOGwijBBqvBVAK6c0zDr2JLkXI7TaV4f+Q2vY="


@pytest.mark.parametrize(
    ("url", "reach", "fault"),
    [
        ("https://desk.example/hook", "public", ""),
        ("http://desk.example/hook", "public", "scheme_refused"),
        ("http://127.0.0.1:9/hook", "public", "scheme_refused"),
        ("http://127.0.0.1:9/hook", "loopback", ""),
        ("http://10.0.0.1/hook", "loopback", "scheme_refused"),
        ("https://user:pass@desk.example/", "public", "address_refused"),
        ("file:///etc/passwd", "loopback", "address_refused"),
        ("gopher://desk.example/", "public", "scheme_refused"),
    ],
)
def test_only_https_is_sent_to_and_plain_http_to_this_machine_if_allowed(url: str, reach: str, fault: str) -> None:
    assert url_fault(url, reach=reach) == fault  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "public", "private", "loopback"),
    [
        ("93.184.216.34", True, True, True),
        ("10.1.2.3", False, True, True),
        ("192.168.0.9", False, True, True),
        ("fd00::1", False, True, True),
        ("127.0.0.1", False, False, True),
        ("::1", False, False, True),
        ("::ffff:127.0.0.1", False, False, True),
        ("169.254.169.254", False, False, False),
        ("fe80::1", False, False, False),
        ("0.0.0.0", False, False, False),
        ("224.0.0.1", False, False, False),
    ],
)
def test_post_goes_no_nearer_than_the_setting_allows(
    address: str,
    public: bool,
    private: bool,
    loopback: bool,
) -> None:
    judged = ip_address(address)
    assert may_reach(judged, reach="public") == public
    assert may_reach(judged, reach="private") == private
    assert may_reach(judged, reach="loopback") == loopback


def test_pauses_double_and_have_an_end() -> None:
    assert [pause_after(n).total_seconds() for n in (1, 2, 3)] == [5, 10, 20]
    assert pause_after(30) == LONGEST_PAUSE
