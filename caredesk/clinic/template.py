"""The weekly template: which sessions a clinic holds on which weekday, laid out over real dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.workdays import MONDAY, calendar_day

TEMPLATE_COLUMNS = ("weekday", "department", "doctor", "start", "end", "kind")


def lay_out(template: Sequence[SheetRow], *, first: date, last: date) -> list[SheetRow]:
    """Return rows of a schedule file for every date from first to last.

    Public holidays have only what the template's column `holidays` marks with `yes`; a Saturday or Sunday worked in
    exchange has Monday's sessions, because the State Council names the date and not the weekday it stands for.
    """
    rows: list[SheetRow] = []
    for day in _days(first, last):
        for row in template:
            if _holds(row, day=day):
                cells = {**row.cells, "date": day.isoformat(), "status": "scheduled"}
                rows.append(SheetRow(len(rows) + 2, cells))
    return rows


def overridden(rows: Sequence[SheetRow], *, by: Sequence[SheetRow]) -> list[SheetRow]:
    """Return the rows with each dated exception in place of the session it speaks of, or beside the others."""
    exceptions = {_identity(row): row for row in by}
    kept = [row for row in rows if _identity(row) not in exceptions]
    return [SheetRow(line, row.cells) for line, row in enumerate([*kept, *by], start=2)]


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _holds(row: SheetRow, *, day: date) -> bool:
    kind = calendar_day(day)
    always = row.cell("holidays") == "yes"
    weekday = day.isoweekday()
    if kind.holiday and not always:
        return False
    if kind.swapped and not always:
        weekday = MONDAY
    return row.cell("weekday") == str(weekday)


def _identity(row: SheetRow) -> tuple[str, ...]:
    return tuple(row.cell(column) for column in ("date", "department", "doctor", "start", "kind"))
