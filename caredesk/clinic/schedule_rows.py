"""Rows of a schedule file as sessions: each cell is read on its own, so that all faults of a row are told at once."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from caredesk.clinic.facts import Directory, Fault, SessionFacts
from caredesk.clinic.sheet import EXTRA_CELLS, SheetRow
from caredesk.clinic.words import find_kind, find_status, fold
from caredesk.core.clock import clinic_time, from_clinic

COLUMNS = ("department", "doctor", "date", "start", "end", "kind", "status")

LONGEST = timedelta(hours=14)
"""Nobody holds a longer session; more is a slip such as 20:00 to 18:00."""

ACROSS_MIDNIGHT = ("evening", "night")
YEARS = range(2000, 2100)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0?0:00(?::00)?)?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")
_NUMBER = re.compile(r"\d{1,6}")


def read_session(row: SheetRow, *, directory: Directory) -> tuple[SessionFacts | None, tuple[Fault, ...]]:
    """Read a row as a session, or return everything that is wrong with it."""
    reader = _RowReader(row, directory)
    facts = reader.session()
    return (None, tuple(reader.faults)) if reader.faults else (facts, ())


class _RowReader:
    """Reads the cells of one row and keeps what is wrong with them."""

    def __init__(self, row: SheetRow, directory: Directory) -> None:
        self.row = row
        self.directory = directory
        self.faults: list[Fault] = []

    def session(self) -> SessionFacts | None:
        if self.row.cell(EXTRA_CELLS):
            self._refuse("too_many_cells")
        for word in self.row.cells.values():
            # A cell that computes says something else tomorrow, and to every program something of its own.
            if word.lstrip().startswith("="):
                self._refuse("formula", word)
        if self.faults:
            return None
        department_id = self._department()
        doctor_id = self._doctor(department_id)
        day, start, end = self._date(), self._clock("start"), self._clock("end")
        kind, status, slots = self._kind(start), self._status(), self._slots()
        if day is None or start is None or end is None or department_id is None or kind is None:
            return None
        starts_at, ends_at = _at(day, start), _at(day, end)
        if end <= start and kind in ACROSS_MIDNIGHT and end != start:
            ends_at += timedelta(days=1)
        self._check_length(starts_at, ends_at)
        return SessionFacts(
            department_id=department_id,
            doctor_id=doctor_id,
            day=day,
            starts_at=starts_at,
            ends_at=ends_at,
            kind=kind,
            status=status,
            slots=slots,
            note=self.row.cell("note"),
        )

    def _refuse(self, code: str, value: str = "") -> None:
        self.faults.append(Fault(code, value[:60]))

    def _department(self) -> str | None:
        word = self.row.cell("department")
        found = self.directory.find_department(word)
        if found is None:
            self._refuse("department_unknown" if word else "department_missing", word)
        return found

    def _doctor(self, department_id: str | None) -> str | None:
        word = self.row.cell("doctor")
        if not word:
            return None
        found = self.directory.find_doctors(word, department_id=department_id)
        if not found:
            self._refuse("doctor_unknown", word)
        # In an unknown department nobody can be told from a namesake; the department is fault enough.
        elif len(found) > 1 and department_id is not None:
            self._refuse("doctor_ambiguous", word)
        return found[0] if found else None

    def _date(self) -> date | None:
        word = self.row.cell("date")
        match = _DATE.fullmatch(fold(word))
        try:
            day = date(*map(int, match.groups())) if match else None
        except ValueError:
            day = None
        if day is None or day.year not in YEARS:
            self._refuse("date_invalid", word)
            return None
        return day

    def _clock(self, column: str) -> timedelta | None:
        word = self.row.cell(column)
        match = _TIME.fullmatch(fold(word))
        length = timedelta(hours=int(match[1]), minutes=int(match[2])) if match and int(match[2]) < 60 else None
        # 24:00 is how a schedule writes the end of a day.
        limit = timedelta(days=1) if column == "end" else timedelta(hours=23, minutes=59)
        if length is None or length > limit:
            self._refuse(f"{column}_invalid", word)
            return None
        return length

    def _kind(self, start: timedelta | None) -> str | None:
        word = self.row.cell("kind")
        if not word:
            return kind_at(start) if start is not None else None
        found = find_kind(word)
        if found is None:
            self._refuse("kind_unknown", word)
        return found

    def _status(self) -> str:
        word = self.row.cell("status")
        found = find_status(word) if word else "scheduled"
        if found is None:
            self._refuse("status_unknown", word)
        return found or "scheduled"

    def _slots(self) -> int | None:
        word = self.row.cell("slots")
        if word and not _NUMBER.fullmatch(fold(word)):
            self._refuse("slots_invalid", word)
            return None
        return int(fold(word)) if word else None

    def _check_length(self, starts_at: datetime, ends_at: datetime) -> None:
        if ends_at <= starts_at:
            self._refuse("end_before_start", f"{clinic_time(ends_at):%H:%M}")
        elif ends_at - starts_at > LONGEST:
            self._refuse("too_long", f"{(ends_at - starts_at).total_seconds() / 3600:g} h")


def _at(day: date, clock: timedelta) -> datetime:
    return from_clinic(datetime.combine(day, time()) + clock)


def kind_at(start: timedelta) -> str:
    """Return the part of the day that a session belongs to when nobody says so."""
    hour = start // timedelta(hours=1)
    return "morning" if hour < 12 else "afternoon" if hour < 17 else "evening"
