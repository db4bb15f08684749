"""Reads from a message what an answer depends on: department, doctor, day, part of the day, one of several orders.

Pure: the hospital's names and today's date come in as values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from caredesk.chatbot.content import read_yaml

SHORTEST_ALIAS = 2
_BRACKETED = re.compile(r"[（(]([^（）()]+)[）)]")
_DATE = re.compile(r"(?:(\d{4})[年/.-])?(\d{1,2})[月/.-](\d{1,2})[日号]?")
_DAY_OF_MONTH = re.compile(r"(?<![\d月])(\d{1,2})[号日](?!线|楼|窗|门|院|床|机)")


@dataclass(frozen=True, slots=True)
class NamedDepartment:
    """A department as people may call it."""

    id: str
    name: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class NamedDoctor:
    """A doctor with the department in which he or she works."""

    id: str
    name: str
    department_id: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Whom and what the hospital has."""

    departments: tuple[NamedDepartment, ...] = ()
    doctors: tuple[NamedDoctor, ...] = ()


@dataclass(frozen=True, slots=True)
class Slots:
    """What was said of each slot; None where nothing was said.

    `doctors` holds several ids while a family name fits several people; `stranger` is a doctor's name that nobody
    here has. `first` and `last` are the days meant, both included.
    """

    department: str | None = None
    doctors: tuple[str, ...] = ()
    stranger: str | None = None
    first: date | None = None
    last: date | None = None
    part: str | None = None
    order: int | None = None
    words: tuple[str, ...] = ()

    @property
    def names_someone(self) -> bool:
        """Tell whether a department or a doctor was named."""
        return bool(self.department or self.doctors or self.stranger)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing at all was said."""
        return not (self.names_someone or self.first or self.part or self.order)

    def over(self, older: Slots) -> Slots:
        """Return these slots, filled up from older ones; who is named anew drops whom was named before."""
        filled = replace(self, order=self.order or older.order)
        if not self.names_someone:
            filled = replace(filled, department=older.department, doctors=older.doctors, stranger=older.stranger)
        if self.first is None:
            filled = replace(filled, first=older.first, last=older.last, part=self.part or older.part)
        return filled

    def to_plain(self) -> dict[str, Any]:
        """Return what is worth keeping until the next turn, as plain values."""
        return {
            "department": self.department,
            "doctors": list(self.doctors),
            "stranger": self.stranger,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "part": self.part,
            "order": self.order,
        }

    @classmethod
    def from_plain(cls, kept: Mapping[str, Any]) -> Slots:
        """Read back what `to_plain` wrote."""
        return cls(
            department=kept["department"],
            doctors=tuple(kept["doctors"]),
            stranger=kept["stranger"],
            first=date.fromisoformat(kept["first"]) if kept["first"] else None,
            last=date.fromisoformat(kept["last"]) if kept["last"] else None,
            part=kept["part"],
            order=kept["order"],
        )


def read_slots(text: str, *, names: Names, today: date) -> Slots:
    """Read all slots of a plain, lower-case text."""
    department, department_words = _department(text, names)
    doctors, stranger, doctor_words = _doctors(text, names, department=department)
    first, last, day_words = _days(text, today=today)
    part, part_words = _named(text, _lists()["parts"])
    order, order_words = _named(text, _lists()["orders"])
    said = (*department_words, *doctor_words, *day_words, *part_words, *order_words)
    if part and first is None:
        # An evening without a date is today's.
        first = last = today
    return Slots(department, doctors, stranger, first, last, part, order, words=said)


def without(text: str, words: Sequence[str]) -> str:
    """Return a text without these words."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text


# ---- departments and doctors -----------------------------------------------------------------------------


def _department(text: str, names: Names) -> tuple[str | None, tuple[str, ...]]:
    found = [(alias, id) for alias, id in _aliases(names) if alias in text]
    if not found:
        return None, ()
    # 神经内科 is no 内科: the longest name that stands there is meant.
    alias, department_id = max(found, key=lambda pair: len(pair[0]))
    return department_id, (alias,)


@lru_cache(maxsize=4)
def _aliases(names: Names) -> tuple[tuple[str, str], ...]:
    """Return what each department may be called; a word that would mean two of them means none."""
    owners: dict[str, set[str]] = {}
    for department in names.departments:
        for alias in _aliases_of(department):
            owners.setdefault(alias, set()).add(department.id)
    return tuple((alias, ids.pop()) for alias, ids in owners.items() if len(ids) == 1)


def _aliases_of(department: NamedDepartment) -> set[str]:
    name = department.name.lower()
    bare = _BRACKETED.sub("", name)
    inner = _BRACKETED.findall(name)
    aliases = {name, bare, bare.removesuffix("科"), bare.removesuffix("门诊"), department.name_en.lower(), *inner}
    for part, others in _lists()["departments"].items():
        if part in name:
            aliases.update(others)
    return {alias for alias in aliases if len(alias) >= SHORTEST_ALIAS}


def _doctors(text: str, names: Names, *, department: str | None) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    for doctor in names.doctors:
        for name in filter(None, (doctor.name, doctor.name_en.lower())):
            if name in text:
                return (doctor.id,), None, (name,)
    called = _called(text)
    if called is None:
        return (), None, ()
    surname, words = called
    namesakes = [doctor for doctor in names.doctors if doctor.name.startswith(surname)]
    nearer = [doctor for doctor in namesakes if doctor.department_id == department]
    ids = tuple(doctor.id for doctor in (nearer or namesakes))
    return ids, None if ids else words, (words,)


def _called(text: str) -> tuple[str, str] | None:
    """Return the family name and the words of 王医生, if a doctor is called so."""
    found = _title_pattern().search(text)
    return (found["surname"], found.group()) if found else None


@lru_cache(maxsize=1)
def _title_pattern() -> re.Pattern[str]:
    titles = "|".join(sorted(_lists()["titles"], key=len, reverse=True))
    doubles = "|".join(_lists()["two_character_surnames"])
    singles = _lists()["surnames"]
    return re.compile(rf"(?P<surname>{doubles}|[{singles}])(?:{titles})")


# ---- days ------------------------------------------------------------------------------------------------


def _days(text: str, *, today: date) -> tuple[date | None, date | None, tuple[str, ...]]:
    for read in (_weekend, _weekday, _whole_week, _date, _offset):
        found = read(text, today)
        if found is not None:
            return found
    return None, None, ()


_Days = tuple[date, date, tuple[str, ...]]


def _weekend(text: str, today: date) -> _Days | None:
    word = next((word for word in _lists()["weekend"] if word in text), None)
    if word is None:
        return None
    later = 7 if _says_next(text, before=word) else 0
    # On a Sunday "the weekend" is the one that is ending.
    saturday = today + timedelta(days=6 - today.isoweekday() + later)
    return saturday, saturday + timedelta(days=1), (word,)


def _weekday(text: str, today: date) -> _Days | None:
    found = _weekday_pattern().search(text)
    if found is None:
        return None
    lists = _lists()
    weekday = lists["weekdays"].get(found["day"] or "") or lists["english_weekdays"][found["english"]]
    if _says_next(text, before=found.group()):
        day = today + timedelta(days=7 - today.isoweekday() + weekday)
    else:
        day = today + timedelta(days=(weekday - today.isoweekday()) % 7)
    return day, day, (found.group(),)


def _whole_week(text: str, today: date) -> _Days | None:
    weeks, words = _named(text, _lists()["whole_weeks"])
    if weeks is None:
        return None
    monday = today - timedelta(days=today.isoweekday() - 1) + timedelta(weeks=int(weeks))
    return max(monday, today), monday + timedelta(days=6), words


def _date(text: str, today: date) -> _Days | None:
    found = _DATE.search(text)
    if found is not None:
        year, month, day = found.groups()
        return _safe_day(int(year or today.year), int(month), int(day), today=today, fixed=bool(year), words=found[0])
    found = _DAY_OF_MONTH.search(text)
    if found is None:
        return None
    return _safe_day(today.year, today.month, int(found[1]), today=today, fixed=False, words=found[0])


def _safe_day(year: int, month: int, day: int, *, today: date, fixed: bool, words: str) -> _Days | None:
    try:
        meant = date(year, month, day)
    except ValueError:
        return None
    if meant < today and not fixed:
        # 1月5日, said in December, is next year's; 3号, said on the 20th, is next month's.
        step = (year + 1, month) if "月" in words else (year + month // 12, month % 12 + 1)
        try:
            meant = date(*step, day)
        except ValueError:
            return None
    return meant, meant, (words,)


def _offset(text: str, today: date) -> _Days | None:
    # 大后天 contains 后天: the longest word counts.
    found = [(word, int(days)) for days, words in _lists()["days"].items() for word in words if word in text]
    if not found:
        return None
    word, days = max(found, key=lambda pair: len(pair[0]))
    day = today + timedelta(days=days)
    return day, day, (word,)


def _says_next(text: str, *, before: str) -> bool:
    head = text[: text.index(before)].rstrip(" 个")
    return head.endswith(tuple(_lists()["next_week"]))


@lru_cache(maxsize=1)
def _weekday_pattern() -> re.Pattern[str]:
    weeks = "|".join(_lists()["week_words"])
    days = "".join(day for day in _lists()["weekdays"] if day != "末")
    english = "|".join(_lists()["english_weekdays"])
    return re.compile(rf"(?:{weeks})(?P<day>[{days}])(?!天内|年)|(?P<english>{english})")


def _named(text: str, words_by_meaning: Mapping[Any, Sequence[str]]) -> tuple[Any | None, tuple[str, ...]]:
    for meaning, words in words_by_meaning.items():
        for word in words:
            if word in text:
                return meaning, (word,)
    return None, ()


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = read_yaml("slots.yaml")
    return lists
