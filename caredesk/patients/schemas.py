"""The family's card as staff see it: masked on the server, names of departments and doctors passed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from caredesk.events.shapes import Shape
from caredesk.patients.models import Appointment, Guardian, Parcel, Patient, Prescription
from caredesk.patients.rules import age_on, mask_address, mask_child_name, mask_id_number, mask_name, mask_phone
from caredesk.patients.words import age_words


class GuardianView(Shape):
    """The adult, masked."""

    id: str
    name: str
    phone: str
    id_number: str


class ChildView(Shape):
    """A child, masked; the birthday is told as an age only."""

    id: str
    name: str
    sex: str
    age: str
    age_en: str
    relation: str


class AppointmentView(Shape):
    """A booked visit; `child` is the masked name."""

    id: str
    patient_id: str
    child: str
    department: str
    department_en: str
    doctor: str
    doctor_en: str
    starts_at: datetime
    status: str
    kind: str
    number_in_line: int | None


class PrescriptionItem(Shape):
    """One medicine and how much of it."""

    name: str
    quantity: str


class PrescriptionView(Shape):
    """What a doctor prescribed."""

    id: str
    child: str
    doctor: str
    doctor_en: str
    issued_at: datetime
    items: list[PrescriptionItem]
    status: str


class TraceView(Shape):
    """One report of the carrier."""

    at: datetime
    text: str


class ParcelView(Shape):
    """Medicine on its way home; the address is masked."""

    id: str
    prescription_id: str
    child: str
    number: str
    carrier: str
    status: str
    eta: datetime | None
    address: str
    trace: list[TraceView]


class FamilyCard(Shape):
    """Everything the console shows of a known family, masked."""

    guardian: GuardianView
    children: list[ChildView]
    appointments: list[AppointmentView]
    prescriptions: list[PrescriptionView]
    parcels: list[ParcelView]


class ChildOfFamily(NamedTuple):
    """A child and how the guardian is related to it."""

    patient: Patient
    relation: str


@dataclass(frozen=True)
class Family:
    """A family's rows as `queries.family_of` found them, not masked: never sent as they are."""

    guardian: Guardian
    children: Sequence[ChildOfFamily]
    appointments: Sequence[Appointment]
    prescriptions: Sequence[Prescription]
    parcels: Sequence[Parcel]


@dataclass(frozen=True)
class ClinicNames:
    """Names of departments and doctors by id, in both languages: the clinic's, handed in by an action."""

    departments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    doctors: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def department(self, department_id: str) -> tuple[str, str]:
        return self.departments.get(department_id, (department_id, department_id))

    def doctor(self, doctor_id: str | None) -> tuple[str, str]:
        return self.doctors.get(doctor_id or "", ("", ""))


def family_card(family: Family, *, names: ClinicNames, today: date) -> FamilyCard:
    """Return the masked card of a family; `today` is the clinic's date, for the ages."""
    children = {child.patient.id: mask_child_name(child.patient.name) for child in family.children}
    patient_of = {prescription.id: prescription.patient_id for prescription in family.prescriptions}
    return FamilyCard(
        guardian=guardian_view(family.guardian),
        children=[child_view(child, today=today) for child in family.children],
        appointments=[
            appointment_view(row, child=children.get(row.patient_id, ""), names=names) for row in family.appointments
        ],
        prescriptions=[
            prescription_view(row, child=children.get(row.patient_id, ""), names=names) for row in family.prescriptions
        ],
        parcels=[
            parcel_view(row, child=children.get(patient_of.get(row.prescription_id, ""), "")) for row in family.parcels
        ],
    )


def guardian_view(guardian: Guardian) -> GuardianView:
    """Mask a guardian."""
    return GuardianView(
        id=guardian.id,
        name=mask_name(guardian.name),
        phone=mask_phone(guardian.phone),
        id_number=mask_id_number(guardian.id_number or ""),
    )


def child_view(child: ChildOfFamily, *, today: date) -> ChildView:
    """Mask a child."""
    age = age_on(child.patient.birth_date, day=today)
    return ChildView(
        id=child.patient.id,
        name=mask_child_name(child.patient.name),
        sex=child.patient.sex,
        age=age_words(age, language="zh"),
        age_en=age_words(age, language="en"),
        relation=child.relation,
    )


def appointment_view(row: Appointment, *, child: str, names: ClinicNames) -> AppointmentView:
    """Show an appointment with the names of its department and doctor."""
    department, department_en = names.department(row.department_id)
    doctor, doctor_en = names.doctor(row.doctor_id)
    return AppointmentView(
        id=row.id,
        patient_id=row.patient_id,
        child=child,
        department=department,
        department_en=department_en,
        doctor=doctor,
        doctor_en=doctor_en,
        starts_at=row.starts_at,
        status=row.status,
        kind=row.kind,
        number_in_line=row.number_in_line,
    )


def prescription_view(row: Prescription, *, child: str, names: ClinicNames) -> PrescriptionView:
    """Show a prescription."""
    doctor, doctor_en = names.doctor(row.doctor_id)
    return PrescriptionView(
        id=row.id,
        child=child,
        doctor=doctor,
        doctor_en=doctor_en,
        issued_at=row.issued_at,
        items=[PrescriptionItem(name=str(item["name"]), quantity=str(item["quantity"])) for item in row.items],
        status=row.status,
    )


def parcel_view(row: Parcel, *, child: str) -> ParcelView:
    """Show a parcel with its address masked."""
    return ParcelView(
        id=row.id,
        prescription_id=row.prescription_id,
        child=child,
        number=row.number,
        carrier=row.carrier,
        status=row.status,
        eta=row.eta,
        address=mask_address(row.address),
        trace=[TraceView(at=datetime.fromisoformat(step["at"]), text=step["text"]) for step in row.trace],
    )
