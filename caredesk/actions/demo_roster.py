"""The demo hospital's roster: a week's pattern over last, this and next week, with gaps that a proposal can close."""

from __future__ import annotations

from datetime import timedelta

from caredesk.accounts import queries as account_queries
from caredesk.actions.demo_files import DemoFolder
from caredesk.actions.staffing_roster import change_roster
from caredesk.clinic.sheet import SheetRow
from caredesk.core.clock import clinic_time
from caredesk.core.work import Work
from caredesk.staffing import queries
from caredesk.staffing.assumptions import default_assumptions
from caredesk.staffing.files import read_times
from caredesk.staffing.grid import monday_of
from caredesk.staffing.rules import ShiftFacts, default_breaks

WEEKS = (-1, 0, 1)


def load_roster(work: Work, files: DemoFolder) -> int:
    """Lay the pattern over the weeks around now; a desk that has any roster is left alone."""
    if queries.last_change(work.session) is not None:
        return 0
    rows = files.table("roster.csv", required=("weekday", "login", "start", "end"))
    people = {staff.login: staff.id for staff in account_queries.list_staff(work.session) if staff.active}
    shifts = [
        _shift(work, row, staff_id=people[row.cell("login")], week=week)
        for week in WEEKS
        for row in rows
        if row.cell("login") in people
    ]
    if shifts:
        change_roster(work, kind="import", removed=[], added=shifts)
    return len(shifts)


def _shift(work: Work, row: SheetRow, *, staff_id: str, week: int) -> ShiftFacts:
    monday = monday_of(clinic_time(work.now).date())
    day = monday + timedelta(days=7 * week + int(row.cell("weekday")) - 1)
    stretch = read_times(day, row.cell("start"), row.cell("end"))
    return ShiftFacts(
        staff_id, stretch.starts_at, stretch.ends_at, default_breaks(stretch, limits=default_assumptions().roster)
    )
