"""What is read from a message: departments, doctors, days, parts of a day."""

from __future__ import annotations

from datetime import date

import pytest

from caredesk.chatbot.slots import Slots, read_slots
from tests.rules.chatbot.talk import MONDAY, NAMES


def read(text: str, *, today: date = MONDAY) -> Slots:
    return read_slots(text, names=NAMES, today=today)


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("皮肤科周六出诊吗", "dermatology"),
        ("皮肤", "dermatology"),
        ("神经内科还有号吗", "neurology"),
        ("内分泌门诊时间", "endocrinology"),
        ("变态反应科几点开", "allergy"),
        ("牙科周日上班吗", "dentistry"),
        ("is dermatology open", "dermatology"),
        ("外科几点", None),
    ],
)
def test_a_department_is_known_by_all_its_names(text: str, department: str | None) -> None:
    assert read(text).department == department


def test_a_family_name_may_mean_several_doctors_until_the_department_tells() -> None:
    assert read("吴医生在吗").doctors == ("wu-anran", "wu-jing")
    assert read("神经内科吴主任在吗").doctors == ("wu-jing",)
    assert read("吴安然医生在吗").doctors == ("wu-anran",)


def test_a_doctor_whom_nobody_knows_is_said_to_be_one() -> None:
    assert read("王医生今天停诊吗").stranger == "王医生"


@pytest.mark.parametrize("text", ["线上医生几点在", "专业医生看吗", "别的医生", "高级医生", "医生几点上班"])
def test_a_word_before_doctor_is_not_always_a_name(text: str) -> None:
    found = read(text)
    assert (found.doctors, found.stranger) == ((), None)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("今天", date(2026, 11, 23), date(2026, 11, 23)),
        ("大后天", date(2026, 11, 26), date(2026, 11, 26)),
        ("周一", date(2026, 11, 23), date(2026, 11, 23)),
        ("周六", date(2026, 11, 28), date(2026, 11, 28)),
        ("下周三", date(2026, 12, 2), date(2026, 12, 2)),
        ("礼拜天", date(2026, 11, 29), date(2026, 11, 29)),
        ("这个周末", date(2026, 11, 28), date(2026, 11, 29)),
        ("下周末", date(2026, 12, 5), date(2026, 12, 6)),
        ("这周", date(2026, 11, 23), date(2026, 11, 29)),
        ("下周", date(2026, 11, 30), date(2026, 12, 6)),
        ("12月3日", date(2026, 12, 3), date(2026, 12, 3)),
        ("1月5号", date(2027, 1, 5), date(2027, 1, 5)),
        ("3号", date(2026, 12, 3), date(2026, 12, 3)),
        ("2026年11月1日", date(2026, 11, 1), date(2026, 11, 1)),
        ("saturday", date(2026, 11, 28), date(2026, 11, 28)),
    ],
)
def test_days_are_counted_from_today(text: str, first: date, last: date) -> None:
    found = read(f"皮肤科{text}出诊吗")
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize("text", ["2月30日", "13月1日", "99号", "坐3号线", "3号楼在哪", "几天内", "2026年2月29日"])
def test_what_is_no_day_is_read_as_none(text: str) -> None:
    assert read(text).first is None


def test_on_a_sunday_the_weekend_is_the_one_that_ends() -> None:
    assert read("周末", today=date(2026, 11, 29)).first == date(2026, 11, 28)


def test_an_evening_without_a_date_is_todays() -> None:
    found = read("皮肤科晚上有医生吗")
    assert (found.part, found.first) == ("evening", MONDAY)


def test_newer_words_win_and_who_is_named_anew_drops_whom_was_named_before() -> None:
    before = read("皮肤科吴安然周六")
    assert read("那周日").over(before).doctors == ("wu-anran",)
    asked = read("口腔科").over(before)
    assert (asked.department, asked.doctors, asked.first) == ("dentistry", (), date(2026, 11, 28))


def test_slots_survive_being_stored() -> None:
    slots = read("神经内科吴主任下周末上午")
    assert Slots.from_plain(slots.to_plain()).over(Slots()) == Slots.from_plain(slots.to_plain())
    assert Slots.from_plain(slots.to_plain()).first == slots.first


@pytest.mark.parametrize("text", ["", "周", "😀" * 500, "皮肤科" * 5000, "99999999月99999日", "周周周周", "号" * 1000])
def test_hostile_text_is_read_calmly(text: str) -> None:
    assert read(text) == read(text)
