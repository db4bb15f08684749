"""What the doctor's desk receives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from caredesk.events.shapes import QueueState, Shape


class DoctorView(Shape):
    """Who is signed in: a doctor of the clinic, or somebody of the staff."""

    id: str
    name: str
    name_en: str
    title: str


class PatientLine(Shape):
    """One appointment of today: the child masked, and whether the family has our page open now."""

    appointment_id: str
    patient_id: str
    child: str
    sex: str
    age: str
    age_en: str
    starts_at: datetime
    kind: str
    status: str
    number_in_line: int | None
    online: bool
    last_seen_at: datetime | None
    """When the family last had our page open; null when they never had."""


class DoctorSession(Shape):
    """One of the doctor's sessions with who has booked into it."""

    id: str
    department: str
    department_en: str
    starts_at: datetime
    ends_at: datetime
    kind: str
    status: str
    running: bool
    patients: list[PatientLine]
    doctor: str = ""
    """Whose session it is, where it is another's."""
    doctor_en: str = ""


class DoctorDay(Shape):
    """Somebody's own day at the clinic, and how the desk stands that looks after the families."""

    role: Literal["doctor", "nurse", "pharmacist"]
    doctor: DoctorView
    day: date
    server_time: datetime
    sessions: list[DoctorSession]
    others: list[PatientLine]
    """Appointments of today that belong to none of the sessions."""
    desk: list[QueueState]
    """The queues that serve the departments of these sessions, or the general one."""
