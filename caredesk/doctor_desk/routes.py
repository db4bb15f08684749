"""The doctor's API: one's own day."""

from __future__ import annotations

from collections.abc import Mapping

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions.doctor_day import Booked, SessionToday
from caredesk.actions.staff_day import StaffDay, day_of_staff
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
    """The sessions of today that the signed-in person looks after, and their patients, masked."""
    services = current_services()
    now = services.clock.now()
    with read(services) as session:
        day = day_of_staff(session, who=current_staff(), at=now)
    shown = DoctorDay(
        role=day.role,
        doctor=_doctor(day),
        day=day.date,
        server_time=now,
        sessions=[_session(today, doctors=day.doctors) for today in day.sessions],
        others=[_patient(booked) for booked in day.others],
        desk=day.desk,
    )
    return answer(shown)


def _doctor(day: StaffDay) -> DoctorView:
    person = day.person
    return DoctorView(id=person.id, name=person.name, name_en=person.name_en, title=person.title)


def _session(today: SessionToday, *, doctors: Mapping[str, tuple[str, str]]) -> DoctorSession:
    row, department = today.line.session, today.line.department
    doctor, doctor_en = doctors.get(row.doctor_id or "", ("", ""))
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
        doctor=doctor,
        doctor_en=doctor_en,
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
