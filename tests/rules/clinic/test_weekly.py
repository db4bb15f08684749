"""Fixed hours as they are stored with a queue, and hours in words."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest

from caredesk.clinic.errors import HoursInvalid
from caredesk.clinic.hours import ALL_DAYS, FixedHours, HoursRule, WeeklyWindow, Window
from caredesk.clinic.rules import evaluate
from caredesk.clinic.weekly import read_fixed_hours
from caredesk.clinic.words import hours_sentence
from caredesk.core.clock import CLINIC_ZONE


def test_stored_hours_are_read() -> None:
    stored = {
        "workdays_only": True,
        "windows": [{"days": [1, 5], "opens": "09:00", "closes": "24:00"}, {"opens": "20:00", "closes": "08:00"}],
    }
    assert read_fixed_hours(stored) == FixedHours(
        (WeeklyWindow(frozenset({1, 5}), time(9), time(0)), WeeklyWindow(ALL_DAYS, time(20), time(8))),
        workdays_only=True,
    )


def test_no_stored_hours_are_no_fixed_hours() -> None:
    assert read_fixed_hours({}) is None
    assert read_fixed_hours(None) is None


@pytest.mark.parametrize(
    "stored",
    [
        {"windows": []},
        {"workdays_only": True},
        {"windows": [{"opens": "09:00"}]},
        {"windows": [{"opens": "9 o'clock", "closes": "17:00"}]},
        {"windows": [{"days": [8], "opens": "09:00", "closes": "17:00"}]},
        {"windows": [{"days": [], "opens": "09:00", "closes": "17:00"}]},
        {"windows": ["09:00-17:00"]},
    ],
)
def test_hours_that_make_no_sense_are_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(HoursInvalid):
        read_fixed_hours(stored)


def clinic(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CLINIC_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        ("2026-03-02 09:00", "开放中（开诊中），今天 12:00 结束",
         "open (a clinic session is running), until today 12:00"),
        ("2026-03-02 07:00", "未开放（当前不在服务时段），今天 08:00 开放",
         "closed (outside opening hours), opens today 08:00"),
        ("2026-03-01 19:00", "未开放（当前不在服务时段），明天 08:00 开放",
         "closed (outside opening hours), opens tomorrow 08:00"),
        ("2026-02-26 19:00", "未开放（当前不在服务时段），3月2日 周一 08:00 开放",
         "closed (outside opening hours), opens Mon 2026-03-02 08:00"),
        ("2026-03-03 09:00", "未开放（暂无排班）", "closed (nothing is scheduled)"),
    ],
)  # fmt: skip
def test_hours_are_said_as_seen_from_now(at: str, zh: str, en: str) -> None:
    window = Window(clinic("2026-03-02 08:00"), clinic("2026-03-02 12:00"))
    state = evaluate(HoursRule(), [window], at=clinic(at))
    assert hours_sentence(state, at=clinic(at), language="zh") == zh
    assert hours_sentence(state, at=clinic(at), language="en") == en


def test_a_queue_that_never_closes_is_said_so() -> None:
    always = HoursRule(fixed=FixedHours((WeeklyWindow(ALL_DAYS, time(0), time(0)),)))
    state = evaluate(always, [], at=clinic("2026-03-02 09:00"))
    assert hours_sentence(state, at=clinic("2026-03-02 09:00"), language="zh") == "开放中（服务时间内），全天服务"
