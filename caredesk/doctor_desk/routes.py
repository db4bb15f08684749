"""The doctor's API: one's own day."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions.doctor_day import Booked, Day, SessionToday, day_of_doctor
from caredesk.doctor_desk.schemas import DoctorDay, DoctorSession, DoctorView, PatientLine
from caredesk.edge.guards import current_staff, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read
from caredesk.patients.words import age_words

TAG = Tag(name="doctor", description="The doctor's desk. Session cookie.")
api = APIBlueprint("doctor", __name__, url_prefix="/api/doctor", abp_tags=[TAG])


@api.get("/today", responses={200: DoctorDay})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_today() -> ResponseReturnValue:
    """The signed-in doctor's sessions of today and their patients, masked."""
    services = current_services()
    now = services.clock.now()
    with read(services) as session:
        day = day_of_doctor(session, doctor_id=current_staff().doctor_id, at=now)
    shown = DoctorDay(
        doctor=_doctor(day),
        day=day.date,
        server_time=now,
        sessions=[_session(today) for today in day.sessions],
        others=[_patient(booked) for booked in day.others],
        desk=day.desk,
    )
    return answer(shown)


def _doctor(day: Day) -> DoctorView:
    doctor = day.doctor
    return DoctorView(id=doctor.id, name=doctor.name, name_en=doctor.name_en, title=doctor.title)


def _session(today: SessionToday) -> DoctorSession:
    row, department = today.line.session, today.line.department
    return DoctorSession(
        id=row.id,
        department=department.name,
        department_en=department.name_en,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        kind=row.kind,
        status=row.status,
        running=today.running,
        patients=[_patient(booked) for booked in today.booked],
    )


def _patient(booked: Booked) -> PatientLine:
    appointment = booked.appointment
    return PatientLine(
        appointment_id=appointment.id,
        patient_id=appointment.patient_id,
        child=booked.child,
        sex=booked.sex,
        age=age_words(booked.age, language="zh"),
        age_en=age_words(booked.age, language="en"),
        starts_at=appointment.starts_at,
        kind=appointment.kind,
        status=appointment.status,
        number_in_line=appointment.number_in_line,
        online=booked.online,
        last_seen_at=booked.last_seen_at,
    )
