"""How old a child is, and how it is said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caredesk.patients.rules import Age, age_on
from caredesk.patients.words import age_words

TODAY = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("born", "zh", "en"),
    [
        (date(2026, 3, 15), "0天", "0 d"),
        (date(2026, 3, 1), "14天", "14 d"),
        (date(2026, 2, 15), "1个月", "1 mo"),
        (date(2025, 12, 31), "2个月15天", "2 mo 15 d"),
        (date(2025, 6, 20), "8个月", "8 mo"),
        (date(2025, 3, 15), "1岁", "1 y"),
        (date(2023, 1, 14), "3岁2个月", "3 y 2 mo"),
        (date(2023, 1, 16), "3岁1个月", "3 y 1 mo"),
        (date(2016, 7, 1), "9岁", "9 y"),
        (date(2026, 3, 16), "", ""),
        (None, "", ""),
    ],
)
def test_the_younger_the_child_the_finer_the_age(born: date | None, zh: str, en: str) -> None:
    age = age_on(born, day=TODAY)
    assert (age_words(age, language="zh"), age_words(age, language="en")) == (zh, en)


def test_a_leap_day_child_has_its_birthday_on_the_last_of_february() -> None:
    assert age_on(date(2024, 2, 29), day=date(2025, 2, 27)) == Age(0, 11, 29)
    assert age_on(date(2024, 2, 29), day=date(2025, 2, 28)) == Age(1, 0, 0)
    assert age_on(date(2024, 2, 29), day=date(2028, 2, 29)) == Age(4, 0, 0)


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.integers(0, 9000))
def test_an_age_never_shrinks_from_one_day_to_the_next(born: date, days: int) -> None:
    day = born + timedelta(days=days)
    before, after = age_on(born, day=day), age_on(born, day=day + timedelta(days=1))
    assert before is not None and after is not None
    assert (before.years, before.months, before.days) < (after.years, after.months, after.days)
    assert 0 <= before.months < 12 and 0 <= before.days < 31
