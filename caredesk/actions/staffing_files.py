"""Rosters in and out as files: an import tells every row's fate and changes all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions.staffing import roster_agents
from caredesk.actions.staffing_roster import AROUND, change_roster
from caredesk.core.work import Work
from caredesk.knowledge_base.errors import UnreadableTable
from caredesk.knowledge_base.files import table_of
from caredesk.staffing import queries
from caredesk.staffing.assumptions import default_assumptions
from caredesk.staffing.errors import RosterFileUnreadable
from caredesk.staffing.files import REQUIRED, column_named, read_row
from caredesk.staffing.rules import RosterFault, ShiftFacts, shift_faults

MOST_ROWS = 5000


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row's fate: added, unchanged or refused; a refused one says why."""

    line: int
    outcome: str
    fault: RosterFault | None = None


@dataclass(frozen=True)
class ImportedRoster:
    """An import's report; `change_id` is what an undo needs, and is None when nothing was changed."""

    rows: tuple[ImportedRow, ...]
    change_id: str | None = None

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return sum(row.outcome == "refused" for row in self.rows)


def read_roster_file(content: bytes, *, name: str) -> list[tuple[int, dict[str, str]]]:
    """Return a file's rows by line, their columns named; raises when it is no roster."""
    try:
        table = table_of(content, name=name)
    except UnreadableTable as error:
        raise RosterFileUnreadable(reason=str(error.fields.get("reason", ""))) from error
    named = {heading: column_named(heading) for heading in table.columns}
    missing = [column for column in REQUIRED if column not in named.values()]
    if missing:
        raise RosterFileUnreadable(reason="columns", columns=missing)
    if len(table.rows) > MOST_ROWS:
        raise RosterFileUnreadable(reason="too_many_rows")
    return [(row.number, {named[h]: cell for h, cell in row.cells.items() if h in named}) for row in table.rows]


def import_roster(work: Work, rows: Sequence[tuple[int, dict[str, str]]], *, dry_run: bool = False) -> ImportedRoster:
    """Add a file's shifts: all of them, or none when a row is refused. Those that are there already change nothing."""
    queries.lock_roster(work.session)
    report, added = _judge(work.session, rows, now=work.now)
    if dry_run or not added or any(row.outcome == "refused" for row in report):
        return ImportedRoster(tuple(report))
    change = change_roster(work, kind="import", removed=[], added=added)
    return ImportedRoster(tuple(report), change.id)


def _judge(
    session: Session, rows: Sequence[tuple[int, dict[str, str]]], *, now: datetime
) -> tuple[list[ImportedRow], list[ShiftFacts]]:
    agents, limits = roster_agents(session), default_assumptions().roster
    told = [(line, read_row(cells, agents=agents)) for line, cells in rows]
    shifts = [one for _, one in told if isinstance(one, ShiftFacts)]
    if not shifts:
        return [ImportedRow(line, "refused", one) for line, one in told if isinstance(one, RosterFault)], []
    since, until = min(s.starts_at for s in shifts) - AROUND, max(s.ends_at for s in shifts) + AROUND
    there = _Near(queries.list_shifts(session, since=since, until=until))
    leaves = queries.list_leaves(session, since=since, until=until)
    report: list[ImportedRow] = []
    added: list[ShiftFacts] = []
    coming = _Near()
    for line, one in told:
        if isinstance(one, RosterFault):
            report.append(ImportedRow(line, "refused", one))
        elif any(one.same_as(other) for other in there.around(one)):
            report.append(ImportedRow(line, "unchanged"))
        else:
            beside = [*there.around(one), *coming.around(one)]
            faults = shift_faults(one, others=beside, leaves=leaves, agents=agents, limits=limits, now=now)
            report.append(ImportedRow(line, "refused" if faults else "added", faults[0] if faults else None))
            added.append(one)
            coming.add(one)
    return report, added


class _Near:
    """Shifts by agent and day, so that a long file is not compared row by row with all of itself."""

    def __init__(self, shifts: Iterable[ShiftFacts] = ()) -> None:
        self._by_day: dict[tuple[str, date], list[ShiftFacts]] = {}
        for shift in shifts:
            self.add(shift)

    def add(self, shift: ShiftFacts) -> None:
        """Keep a shift under the day on which it begins."""
        self._by_day.setdefault((shift.staff_id, shift.starts_at.date()), []).append(shift)

    def around(self, shift: ShiftFacts) -> list[ShiftFacts]:
        """Return the agent's shifts of the day, the day before and the day after: no shift is longer than a day."""
        days = (shift.starts_at.date() + timedelta(days=n) for n in (-1, 0, 1))
        return [other for day in days for other in self._by_day.get((shift.staff_id, day), [])]
