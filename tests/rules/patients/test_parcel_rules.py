"""Parcels: odd numbers, reports that come twice and in any order, and how far what is known can be relied on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.patients.carriers import code_of, find_carrier
from caredesk.patients.parcel_rules import (
    LONGEST_TEXT,
    MOST_STEPS,
    Known,
    Report,
    Source,
    Step,
    is_stuck,
    learned,
    promised,
    standing,
    steps_of,
    tidy_number,
    tidy_text,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NOTHING = Known("packed", ())


def step(hours: float, text: str = "到达", source: Source = "carrier") -> Step:
    return Step(NOW + timedelta(hours=hours), text, source)


# ---- numbers and words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("sf 1020 3040 506", "SF10203040506"),
        ("ＳＦ１０２０３０４０", "SF10203040"),
        ("SF-DEMO-500001", "SF-DEMO-500001"),
        ("\u300075312345678 \n", "75312345678"),
        ("12345", None),
        ("x" * 33, None),
        ("SF12;DROP TABLE", None),
        ("-123456", None),
        ("快递单号一二三四", None),
        ("SF123\u202e4567", None),
        ("", None),
    ],
)
def test_a_number_is_kept_tidy_or_refused(written: str, kept: str | None) -> None:
    assert tidy_number(written) == kept


def test_a_carriers_words_are_kept_on_one_line_without_what_no_screen_shows() -> None:
    assert tidy_text(" 到达\n【北京】\x07 \u202e分拨中心 ") == "到达 【北京】 分拨中心"
    assert len(tidy_text("长" * 1000)) == LONGEST_TEXT


def test_carriers_are_known_by_what_people_call_them() -> None:
    assert [code_of(name) for name in ("顺丰速运（演示）", "京东", "ems", "shunfeng", "邮政快递包裹", "飞鸽")] == [
        "shunfeng", "jd", "ems", "shunfeng", "youzhengguonei", "",
    ]  # fmt: skip
    assert find_carrier("shunfeng") is not None and find_carrier("nobody") is None


# ---- what a report changes -------------------------------------------------------------------------------


def test_a_newer_report_moves_a_parcel_on() -> None:
    known = learned(NOTHING, Report("in_transit", (step(-5),)), now=NOW)
    assert learned(known, Report("delivered", (step(-5), step(-1, "签收"))), now=NOW) == Known(
        "delivered", (step(-5), step(-1, "签收"))
    )


def test_the_same_report_twice_changes_nothing() -> None:
    report = Report("in_transit", (step(-5), step(-3)))
    known = learned(NOTHING, report, now=NOW)
    assert learned(known, report, now=NOW) == known


def test_a_report_that_comes_late_fills_the_way_and_moves_nothing_back() -> None:
    known = learned(NOTHING, Report("delivered", (step(-1, "签收"),)), now=NOW)
    late = learned(known, Report("out_for_delivery", (step(-9), step(-4, "派送"))), now=NOW)
    assert (late.status, [one.text for one in late.steps]) == ("delivered", ["到达", "派送", "签收"])


def test_a_state_without_a_step_counts_only_while_nothing_else_is_known() -> None:
    assert learned(NOTHING, Report("shipped", ()), now=NOW).status == "shipped"
    known = Known("in_transit", (step(-5),))
    assert learned(known, Report("packed", ()), now=NOW) == known


def test_an_unknown_state_leaves_the_state_and_keeps_the_steps() -> None:
    known = learned(Known("in_transit", (step(-5),)), Report(None, (step(-1, "新的"),)), now=NOW)
    assert (known.status, len(known.steps)) == ("in_transit", 2)


def test_days_to_come_and_empty_words_are_not_believed() -> None:
    assert learned(NOTHING, Report("delivered", (step(25), step(-1, ""))), now=NOW).steps == ()


def test_a_way_without_end_is_cut_at_its_beginning() -> None:
    report = Report("in_transit", tuple(step(-n, str(n)) for n in range(1, 3 * MOST_STEPS)))
    steps = learned(NOTHING, report, now=NOW).steps
    assert (len(steps), steps[-1].text) == (MOST_STEPS, "1")


STATES = st.sampled_from(["shipped", "in_transit", "out_for_delivery", "delivered", "trouble"])


@given(
    way=st.lists(STATES, min_size=1, max_size=6),
    order=st.lists(st.integers(0, 5), min_size=1, max_size=20),
)
def test_pushes_in_any_order_and_number_end_where_the_newest_one_says(way: list[str], order: list[int]) -> None:
    """A push tells everything up to its own moment, as the service's do."""
    pushes = [
        Report(status, tuple(step(n - 10, f"第{n}步") for n in range(last + 1))) for last, status in enumerate(way)
    ]
    known = NOTHING
    sent = [n % len(pushes) for n in order]
    for n in sent:
        known = learned(known, pushes[n], now=NOW)
    newest = max(sent)
    assert (known.status, known.steps) == (way[newest], pushes[newest].steps)


# ---- what may be told ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "hours", "heard", "failing", "knowledge"),
    [
        ("in_transit", -5, None, False, "fresh"),
        ("in_transit", -80, None, False, "stale"),
        ("in_transit", -80, -1, False, "stale"),
        ("in_transit", -50, -1, False, "fresh"),
        ("in_transit", -50, -30, True, "stale"),
        ("in_transit", -50, -3, True, "fresh"),
        ("in_transit", -30, None, True, "stale"),
        ("in_transit", -3, None, True, "fresh"),
        ("delivered", -500, -400, True, "fresh"),
        ("returned", -500, None, False, "fresh"),
        ("trouble", -80, None, False, "stale"),
    ],
)
def test_how_far_knowledge_can_be_relied_on(
    status: str, hours: int, heard: int | None, failing: bool, knowledge: str
) -> None:
    heard_at = NOW + timedelta(hours=heard) if heard is not None else None
    told = standing(Known(status, (step(hours),)), heard_at=heard_at, failing=failing, now=NOW)
    assert told.knowledge == knowledge


def test_without_a_step_the_place_is_unknown() -> None:
    told = standing(NOTHING, heard_at=NOW, failing=False, now=NOW)
    assert (told.knowledge, told.last_at, told.last_text) == ("unknown", None, "")


def test_what_is_told_says_since_when_it_is_silent_and_whose_word_it_is() -> None:
    told = standing(Known("in_transit", (step(-80, "客服问过", "staff"),)), heard_at=None, failing=False, now=NOW)
    assert (told.silent_days, told.source) == (3, "staff")


def test_a_kept_way_is_read_in_order_and_old_rows_are_the_hospitals() -> None:
    rows = [{"at": "2026-11-23T01:00:00Z", "text": "b"}, step(-5, "a").as_row()]
    assert [(one.text, one.source) for one in steps_of(rows)] == [("a", "carrier"), ("b", "hospital")]


@pytest.mark.parametrize(
    ("hours", "eta", "status", "told"),
    [
        (-5, 20, "in_transit", True),
        (-5, -1, "in_transit", False),
        (-80, 20, "in_transit", False),
        (-5, 20, "delivered", False),
    ],
)
def test_no_day_is_promised_that_is_over_or_not_certain(hours: int, eta: int, status: str, *, told: bool) -> None:
    expected = NOW + timedelta(hours=eta)
    known = standing(Known(status, (step(hours),)), heard_at=None, failing=False, now=NOW)
    assert promised(expected, standing=known, now=NOW) == (expected if told else None)
    assert promised(None, standing=known, now=NOW) is None


def test_only_what_should_move_can_be_stuck() -> None:
    days = timedelta(days=3)
    assert is_stuck(status="in_transit", moved_at=NOW - days, after=days, now=NOW)
    assert not is_stuck(status="in_transit", moved_at=NOW - days + timedelta(minutes=1), after=days, now=NOW)
    assert not is_stuck(status="delivered", moved_at=NOW - 9 * days, after=days, now=NOW)
