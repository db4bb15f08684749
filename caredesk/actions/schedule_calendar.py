"""The calendar's stretch of days: sessions with who is booked, marks, the last changes, and the people behind them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from caredesk.actions import staffing
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic import schedule_queries
from caredesk.clinic.models import ClinicSession, ScheduleImport
from caredesk.clinic.schemas import (
    CalendarCoverage,
    CalendarWeek,
    DayView,
    DepartmentRow,
    DoctorRow,
    RecordedChange,
    SessionView,
)
from caredesk.clinic.workdays import calendar_day
from caredesk.core.clock import from_clinic
from caredesk.patients import queries as patient_queries

CHANGES_SHOWN = 20


def calendar_of(session: Session, *, first: date, days: int, now: datetime) -> CalendarWeek:
    """Return everything the calendar shows of so many days from a date on."""
    last = first + timedelta(days=days - 1)
    since, until = _midnight(first), _midnight(last + timedelta(days=1))
    lines = clinic_queries.list_sessions(session, since=since, until=until)
    booked = patient_queries.count_booked(session, session_ids=[line.session.id for line in lines])
    doctors = clinic_queries.list_doctors(session)
    return CalendarWeek(
        first=first,
        last=last,
        now=now,
        version=schedule_queries.schedule_version(session),
        days=[_day(first + timedelta(days=offset)) for offset in range(days)],
        departments=[
            DepartmentRow(id=row.id, name=row.name, name_en=row.name_en)
            for row in clinic_queries.list_departments(session)
        ],
        doctors=[
            DoctorRow(id=row.id, name=row.name, name_en=row.name_en, department_id=row.department_id, title=row.title)
            for row in doctors
        ],
        sessions=[session_view(line.session, booked=booked.get(line.session.id, 0)) for line in lines],
        changes=[recorded(row) for row in clinic_queries.list_imports(session, limit=CHANGES_SHOWN)],
    )


def coverage_of_days(session: Session, *, first: date, days: int) -> CalendarCoverage:
    """Return need and roster of the same days: what stands behind the sessions."""
    since = _midnight(first)
    quarters = staffing.coverage(session, since=since, until=_midnight(first + timedelta(days=days)))
    return CalendarCoverage(
        starts_at=since,
        need=[quarter.need for quarter in quarters],
        rostered=[quarter.rostered for quarter in quarters],
        missing=[quarter.missing for quarter in quarters],
    )


def session_view(row: ClinicSession, *, booked: int) -> SessionView:
    """Return a session as the calendar shows it."""
    return SessionView(
        id=row.id,
        department_id=row.department_id,
        doctor_id=row.doctor_id,
        day=row.day,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        kind=row.kind,
        status=row.status,
        slots=row.slots,
        booked=booked,
        note=row.note,
        origin=row.origin,
    )


def recorded(row: ScheduleImport) -> RecordedChange:
    """Return a recorded change of the schedule."""
    return RecordedChange(
        id=row.id,
        at=row.at,
        by=row.actor_name,
        kind=row.kind,
        source=row.source if row.kind != "undo" else "",
        added=row.added,
        changed=row.changed,
        cancelled=row.cancelled,
        undone=row.undone_by is not None,
    )


def _day(day: date) -> DayView:
    kind = calendar_day(day)
    return DayView(day=day, workday=kind.workday, holiday=kind.holiday, swapped=kind.swapped, known=kind.known)


def _midnight(day: date) -> datetime:
    return from_clinic(datetime.combine(day, time()))
