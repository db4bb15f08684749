"""What the hotline says of numbers, places, waits and times, word by word."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from caredesk.telephony import prompt_rules
from caredesk.telephony.prompt_catalogue import catalogue, named

MONDAY_TEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Ten in the morning at the clinic."""


def said(names: tuple[str, ...]) -> str:
    """Return the sentence that a caller hears."""
    return "".join(catalogue()[name].zh for name in names)


def at(text: str) -> datetime:
    """Return an instant from the clinic's wall clock."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "零"), (2, "二"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五"), (99, "九十九")],
)
def test_numbers_are_said_as_people_say_them(value: int, words: str) -> None:
    assert said(prompt_rules.number(value)) == words


@pytest.mark.parametrize("value", [-1, 100])
def test_no_other_number_is_said(value: int) -> None:
    with pytest.raises(ValueError, match="0 to 99"):
        prompt_rules.number(value)


@pytest.mark.parametrize(
    ("position", "words"),
    [
        (1, "您是下一位。"),
        (2, "您现在排在第二位。"),
        (3, "您现在排在第三位。"),
        (20, "您现在排在第二十位。"),
        (100, "前面还有一百多位来电。"),
    ],
)
def test_a_place_in_the_line(position: int, words: str) -> None:
    assert said(prompt_rules.place(position)) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, None, ""),
        (0, 45, "预计一分钟内为您接通。"),
        (0, 120, "预计还需等待约两分钟。"),
        (110, 118, "预计还需等待约两分钟。"),
        (120, 300, "预计还需等待约两到五分钟。"),
        (660, 700, "预计还需等待约十五分钟。"),
        (700, 1400, "预计还需等待约十五到二十五分钟。"),
        (1800, 9000, "预计还需等待约三十到六十分钟。"),
        (4000, 9000, "预计还需等待一小时以上。"),
    ],
)
def test_a_wait_is_said_as_roughly_as_it_is_known(low: float | None, high: float | None, words: str) -> None:
    assert said(prompt_rules.wait(low, high)) == words


def test_place_three_about_twelve_minutes() -> None:
    names = prompt_rules.place_and_wait(3, low_seconds=420, high_seconds=480, can_call_back=True)
    assert said(names) == "您现在排在第三位。预计还需等待约七到八分钟。如果希望我们给您回电并保留您的位次，请按一。"
    assert "call_back_offer" not in prompt_rules.place_and_wait(
        3, low_seconds=None, high_seconds=None, can_call_back=False
    )


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        ("00:00", "凌晨零点"),
        ("02:00", "凌晨两点"),
        ("08:30", "上午八点半"),
        ("12:00", "中午十二点"),
        ("13:05", "下午一点零五分"),
        ("14:00", "下午两点"),
        ("18:45", "晚上六点四十五分"),
        ("22:20", "晚上十点二十分"),
    ],
)
def test_times_of_day(clock: str, words: str) -> None:
    assert said(prompt_rules.clock_time(at(f"2026-11-23T{clock}"))) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-23T14:00", "今天下午两点"),
        ("2026-11-24T08:30", "明天上午八点半"),
        ("2026-11-25T08:00", "后天上午八点"),
        ("2026-12-30T08:00", "十二月三十日星期三上午八点"),
    ],
)
def test_instants_are_said_as_seen_from_now(moment: str, words: str) -> None:
    assert said(prompt_rules.moment(at(moment), now=MONDAY_TEN)) == words


@pytest.mark.parametrize("reason", ["between_sessions", "holiday", "cancelled", "closed_by_hand", "no_schedule"])
def test_a_closed_line_says_why_when_it_opens_and_whom_to_call_in_danger(reason: str) -> None:
    words = said(prompt_rules.closed(reason, next_open=at("2026-11-24T08:30"), now=MONDAY_TEN))
    assert "下次服务时间是明天上午八点半" in words
    assert words.endswith("前往最近的医院急诊。") and "一二零" in words
    assert words.startswith(catalogue()[f"closed_{reason.removeprefix('closed_')}"].zh)


def test_an_unknown_opening_is_not_promised() -> None:
    assert "opens_at" not in prompt_rules.closed("no_schedule", next_open=None, now=MONDAY_TEN)


@pytest.mark.parametrize(("seconds", "words"), [(60, "一分钟"), (120, "两分钟"), (600, "十分钟"), (20, "一分钟")])
def test_a_message_is_announced_with_its_limit(seconds: int, words: str) -> None:
    assert f"留言最长{words}" in said(prompt_rules.voicemail_notice(seconds))


@pytest.mark.parametrize(("digit", "words"), [("1", "一"), ("0", "零"), ("*", "星号键"), ("#", "井号键")])
def test_keys_are_named(digit: str, words: str) -> None:
    assert said(prompt_rules.key_pressed(digit)) == words


def test_a_hospitals_own_word_is_one_prompt_wherever_it_is_said() -> None:
    assert named("queue", name="在线客服") == named("queue", name="在线客服")
    assert named("queue", name="在线客服").name != named("queue", name="药品咨询").name
    assert named("greeting", name="示例儿童医院").zh == "您好，欢迎致电示例儿童医院服务热线。"
