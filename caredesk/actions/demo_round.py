"""A session of now for the demo: at any hour and on any day one of its doctors has families to call.

Where the clinic is open the demo's own sessions do; at other times one is added, and says that it is the demo's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.models import Staff
from caredesk.actions import schedule
from caredesk.actions.demo_files import DemoFolder
from caredesk.actions.doctor_day import SessionToday, day_of_doctor
from caredesk.actions.family_imports import import_appointments
from caredesk.assistance.broadcast_rules import WAITING
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.queries import SessionLine
from caredesk.clinic.schedule_edits import SessionEdit
from caredesk.clinic.sheet import SheetRow
from caredesk.conversations import house_queries
from caredesk.core.work import Work
from caredesk.patients.incoming import AppointmentRow

BEHIND, AHEAD = timedelta(minutes=30), timedelta(hours=2, minutes=30)
QUARTER = 15
VISITS = 5
FIRST, SLOT = timedelta(minutes=-5), timedelta(minutes=10)
"""The first family is due already and has checked in; the others follow in the next three quarters of an hour."""
NOTE = "演示加诊"


def begin_round(work: Work, folder: Path) -> str | None:
    """See to it that a doctor of the demo has families to call now; return that doctor's login."""
    if not house_queries.get_hospital(work.session).demo:
        return None
    logins = [row.cell("login") for row in DemoFolder(folder).table("staff.csv", required=("login",))]
    known = {one.login: one for one in account_queries.list_staff(work.session) if one.active and one.doctor_id}
    doctors = [known[login] for login in logins if login in known]
    for doctor in doctors:
        if any(_has_families(one) for one in _today(work.session, doctor, at=work.now)):
            return doctor.login
    families = DemoFolder(folder).table("families.csv", required=("guardian_id", "child_id"))
    for doctor in doctors:
        if not _sits(work.session, doctor, at=work.now):
            _book(work, line=_sit_down(work, doctor), families=families)
            return doctor.login
    # Everybody sits and has seen all their families: somebody gets a few more.
    for doctor in doctors:
        for one in _today(work.session, doctor, at=work.now):
            if one.running:
                _book(work, line=one.line, families=families)
                return doctor.login
    return None


def _today(session: Session, doctor: Staff, *, at: datetime) -> list[SessionToday]:
    return day_of_doctor(session, doctor_id=doctor.doctor_id, at=at).sessions


def _has_families(today: SessionToday) -> bool:
    return today.running and any(one.appointment.status in WAITING for one in today.booked)


def _sits(session: Session, doctor: Staff, *, at: datetime) -> bool:
    """Tell whether a doctor has a session at any time of the one that would be added."""
    lines = clinic_queries.list_sessions(session, since=at - BEHIND - SLOT, until=at + AHEAD + SLOT)
    return any(line.session.doctor_id == doctor.doctor_id for line in lines)


def _sit_down(work: Work, doctor: Staff) -> SessionLine:
    known = clinic_queries.find_doctor(work.session, doctor_id=doctor.doctor_id or "")
    quarter = work.now.replace(minute=work.now.minute // QUARTER * QUARTER, second=0, microsecond=0)
    added = SessionEdit(
        department_id=known.department_id if known else None,
        doctor_id=doctor.doctor_id,
        starts_at=quarter - BEHIND,
        ends_at=quarter + AHEAD,
        slots=VISITS,
        note=NOTE,
    )
    cause = schedule.Cause("hand", NOTE)
    schedule.change_schedule(work, lambda session: schedule.plan_by_hand(session, [added]), cause=cause)
    lines = clinic_queries.list_sessions(work.session, since=work.now, until=work.now + SLOT)
    return next(line for line in lines if line.session.doctor_id == doctor.doctor_id)


def _book(work: Work, *, line: SessionLine, families: Sequence[SheetRow]) -> None:
    """Give the session a family for each place; no family comes twice."""
    of_each = list({row.cell("guardian_id"): row for row in reversed(families)}.values())[::-1][:VISITS]
    rows = [
        AppointmentRow(
            appointment_id=f"R{line.session.id}-{turn + 1}",
            child_id=row.cell("child_id"),
            guardian_id=row.cell("guardian_id"),
            department_id=line.session.department_id,
            doctor_id=line.session.doctor_id,
            clinic_session_id=line.session.id,
            starts_at=(work.now + FIRST + turn * SLOT).replace(second=0, microsecond=0),
            status="booked" if turn else "checked_in",
            kind="video",
            number_in_line=turn + 1,
        )
        for turn, row in enumerate(of_each)
    ]
    import_appointments(work, rows)
