"""Where the demo's appointments fall: into real sessions of the schedule around now, wherever now may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from caredesk.actions.demo_files import offset_length
from caredesk.clinic.queries import SessionLine
from caredesk.clinic.sheet import SheetRow
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.patients.incoming import AppointmentRow

SLOT = timedelta(minutes=15)
"""A visit by video is planned for a quarter of an hour."""

USUAL_HOUR = time(9, 30)


@dataclass(frozen=True)
class _Place:
    """Who sees the child, in which session, and when."""

    department_id: str
    doctor_id: str | None
    session_id: str | None
    starts_at: datetime


def place_visit(row: SheetRow, *, sessions: Sequence[SessionLine], now: datetime) -> AppointmentRow:
    """Turn a row with an offset into an appointment.

    Offsets in minutes are visits of this hour: they move to whoever holds a session then. Offsets in days keep their
    doctor and move to the doctor's nearest session.
    """
    length = offset_length(row.cell("offset"))
    wanted = now + length
    soon = row.cell("offset").endswith("m")
    place = (soon and _running(row, sessions=sessions, wanted=wanted)) or _nearest(
        row, sessions=sessions, wanted=wanted, past=length < timedelta()
    )
    return AppointmentRow(
        appointment_id=row.cell("appointment_id"),
        child_id=row.cell("child_id"),
        guardian_id=row.cell("guardian_id"),
        department_id=place.department_id,
        doctor_id=place.doctor_id,
        clinic_session_id=place.session_id,
        starts_at=place.starts_at,
        status=_plausible(row.cell("status"), starts_at=place.starts_at, now=now),
        kind=row.cell("kind"),
        number_in_line=row.cell("number_in_line"),
    )


def _running(row: SheetRow, *, sessions: Sequence[SessionLine], wanted: datetime) -> _Place | None:
    open_then = [line for line in sessions if line.session.starts_at <= wanted < line.session.ends_at]
    if not open_then:
        return None
    department, doctor = row.cell("department"), row.cell("doctor")
    best = min(open_then, key=lambda line: (line.session.doctor_id != doctor, line.department.id != department))
    starts_at = wanted.replace(minute=wanted.minute // 5 * 5, second=0, microsecond=0)
    return _Place(best.department.id, best.session.doctor_id, best.session.id, max(starts_at, best.session.starts_at))


def _nearest(row: SheetRow, *, sessions: Sequence[SessionLine], wanted: datetime, past: bool) -> _Place:
    own = sorted(
        (line for line in sessions if line.session.doctor_id == row.cell("doctor")),
        key=lambda line: line.session.starts_at,
    )
    before = [line for line in own if line.session.ends_at <= wanted]
    after = [line for line in own if line.session.starts_at >= wanted]
    chosen = before[-1:] if past else after[:1]
    turn = (int(row.cell("number_in_line") or 1) - 1) * SLOT
    if not chosen:
        # Older than the schedule reaches back: the visit is remembered without its session.
        usual = from_clinic(datetime.combine(clinic_time(wanted).date(), USUAL_HOUR))
        return _Place(row.cell("department"), row.cell("doctor") or None, None, usual + turn)
    session = chosen[0].session
    return _Place(
        session.department_id, session.doctor_id, session.id, min(session.starts_at + turn, session.ends_at - SLOT)
    )


def _plausible(status: str, *, starts_at: datetime, now: datetime) -> str:
    """Keep a status that can be true at this time: nobody has been seen tomorrow, or checked in hours ahead."""
    if starts_at > now and status in ("in_progress", "done", "missed"):
        return "booked"
    if starts_at > now + timedelta(minutes=30) and status == "checked_in":
        return "booked"
    return status
