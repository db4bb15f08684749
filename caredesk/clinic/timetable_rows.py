"""Rows of a template file as windows: each cell is read on its own, so that all faults of a row are told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from caredesk.clinic.facts import Directory, Fault, ImportReport, Outcome, RowOutcome
from caredesk.clinic.schedule_rows import read_session
from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.timetable import TemplateFacts
from caredesk.clinic.words import find_holidays, find_swapped, find_weekday

TEMPLATE_COLUMNS = ("weekday", "department", "doctor", "start", "end", "kind")

_ANY_MONDAY = date(2026, 3, 2)
"""A row is read as a session of some week without holidays; only its times and people are kept."""


def read_template(
    rows: Sequence[SheetRow], *, directory: Directory, first: date
) -> tuple[list[TemplateFacts], Mapping[int, tuple[Fault, ...]]]:
    """Read a template file; a window without `from` is valid from the first date on."""
    faults: dict[int, tuple[Fault, ...]] = {}
    windows: list[TemplateFacts] = []
    lines: dict[object, int] = {}
    for row in rows:
        facts, wrong = _read(row, directory=directory, first=first)
        if facts is not None:
            wrong += _repeated_or_meeting(facts, windows, lines=lines)
        if facts is None or wrong:
            faults[row.line] = tuple(wrong)
        else:
            lines[facts] = row.line
            windows.append(facts)
    return windows, faults


def report_of(
    rows: Sequence[SheetRow], *, faults: Mapping[int, tuple[Fault, ...]], outcomes: Sequence[Outcome] = ()
) -> ImportReport:
    """Return the report of a template file, row by row; with a fault anywhere, only the faults are told."""
    if faults:
        return ImportReport(
            tuple(
                RowOutcome(row.line, "refused" if row.line in faults else "unchanged", faults.get(row.line, ()))
                for row in rows
            )
        )
    return ImportReport(tuple(RowOutcome(row.line, told) for row, told in zip(rows, outcomes, strict=True)))


def _read(row: SheetRow, *, directory: Directory, first: date) -> tuple[TemplateFacts | None, list[Fault]]:
    weekday, faults = find_weekday(row.cell("weekday")), []
    if weekday is None:
        faults.append(Fault("weekday_invalid", row.cell("weekday")[:60]))
    holidays = find_holidays(row.cell("holidays"))
    if holidays is None:
        faults.append(Fault("holidays_invalid", row.cell("holidays")[:60]))
    swapped = find_swapped(row.cell("swapped"))
    if swapped is None:
        faults.append(Fault("swapped_invalid", row.cell("swapped")[:60]))
    valid_from, valid_until = _date(row, "from", faults) or first, _date(row, "until", faults)
    if valid_until is not None and valid_until < valid_from:
        faults.append(Fault("until_before_from", valid_until.isoformat()))
    day = _ANY_MONDAY + timedelta(days=(weekday or 1) - 1)
    cells = {name: cell for name, cell in row.cells.items() if name != "status"}
    session, wrong = read_session(SheetRow(row.line, {**cells, "date": day.isoformat()}), directory=directory)
    faults += wrong
    if session is None or weekday is None or holidays is None or swapped is None or faults:
        return None, faults
    start, end = session.local_clock
    return TemplateFacts(
        department_id=session.department_id,
        doctor_id=session.doctor_id,
        weekday=weekday,
        starts=start,
        ends=end,
        kind=session.kind,
        slots=session.slots,
        on_holidays=holidays,
        swapped=None if swapped == "rest" else int(swapped),
        valid_from=valid_from,
        valid_until=valid_until,
        note=session.note,
    ), faults


def _date(row: SheetRow, column: str, faults: list[Fault]) -> date | None:
    word = row.cell(column)
    if not word:
        return None
    try:
        return date.fromisoformat(word.replace("/", "-"))
    except ValueError:
        faults.append(Fault(f"{column}_invalid", word[:60]))
        return None


def _repeated_or_meeting(
    facts: TemplateFacts, windows: Sequence[TemplateFacts], *, lines: Mapping[object, int]
) -> list[Fault]:
    for other in windows:
        if not _share_weeks(facts, other):
            continue
        if other.key == facts.key:
            return [Fault("duplicate", str(lines[other]))]
        if facts.doctor_id and other.doctor_id == facts.doctor_id and _meet(facts, other):
            return [Fault("overlap", f"{other.weekday} {other.starts:%H:%M}-{other.ends:%H:%M}")]
    return []


def _share_weeks(one: TemplateFacts, other: TemplateFacts) -> bool:
    return (one.valid_until or date.max) >= other.valid_from and (other.valid_until or date.max) >= one.valid_from


def _meet(one: TemplateFacts, other: TemplateFacts) -> bool:
    week = 7 * 24 * 60
    start, length = _minutes(one)
    other_start, other_length = _minutes(other)
    return (other_start - start) % week < length or (start - other_start) % week < other_length


def _minutes(facts: TemplateFacts) -> tuple[int, int]:
    """Return the minute of the week at which a window begins, and how long it lasts."""
    start, end = _of_day(facts.starts), _of_day(facts.ends)
    return (facts.weekday - 1) * 1440 + start, (end - start) % 1440 or 1440


def _of_day(clock: time) -> int:
    return clock.hour * 60 + clock.minute
