"""The family's card as staff see it: masked on the server, names of departments and doctors passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from caredesk.events.shapes import Shape
from caredesk.patients.models import Appointment, Guardian, Parcel, Patient, Prescription
from caredesk.patients.parcel_rules import Knowledge, ParcelStatus, steps_of
from caredesk.patients.rules import age_on, mask_address, mask_child_name, mask_id_number, mask_name, mask_phone
from caredesk.patients.words import age_words

Mask = Callable[[str], str]


@dataclass(frozen=True)
class Masks:
    """What is shown instead of a family's values."""

    name: Mask = mask_name
    child: Mask = mask_child_name
    phone: Mask = mask_phone
    id_number: Mask = mask_id_number
    address: Mask = mask_address


MASKED = Masks()
UNMASKED = Masks(name=str, child=str, phone=str, id_number=str, address=str)
"""Shows values as they are: only for an export that a second person has allowed (B61)."""


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
    """One report of where a parcel was, and whose it is: the carrier's, the hospital's or a colleague's."""

    at: datetime
    text: str
    source: str


class ParcelTold(Shape):
    """What everybody is told of a parcel, in the same words: the family, the bot, the desk and the doctor.

    With `knowledge` stale or unknown the place is not to be shown as if it were true now.
    """

    status: str
    knowledge: Knowledge
    last_at: datetime | None
    last_text: str
    silent_days: int
    heard_at: datetime | None
    source: str


class ParcelView(ParcelTold):
    """Medicine on its way home; the address is masked. `looked_after`: the desk is asking why it does not move."""

    id: str
    prescription_id: str
    child: str
    number: str
    carrier: str
    carrier_code: str
    eta: datetime | None
    address: str
    trace: list[TraceView]
    looked_after: bool


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


def family_card(
    family: Family,
    *,
    names: ClinicNames,
    today: date,
    standings: Mapping[str, ParcelStatus],
    masks: Masks = MASKED,
) -> FamilyCard:
    """Return the masked card of a family; `today` is the clinic's date, `standings` what may be told of each parcel."""
    children = {child.patient.id: masks.child(child.patient.name) for child in family.children}
    patient_of = {prescription.id: prescription.patient_id for prescription in family.prescriptions}
    return FamilyCard(
        guardian=guardian_view(family.guardian, masks=masks),
        children=[child_view(child, today=today, masks=masks) for child in family.children],
        appointments=[
            appointment_view(row, child=children.get(row.patient_id, ""), names=names) for row in family.appointments
        ],
        prescriptions=[
            prescription_view(row, child=children.get(row.patient_id, ""), names=names) for row in family.prescriptions
        ],
        parcels=[
            parcel_view(
                row,
                child=children.get(patient_of.get(row.prescription_id, ""), ""),
                standing=standings[row.id],
                masks=masks,
            )
            for row in family.parcels
        ],
    )


def guardian_view(guardian: Guardian, *, masks: Masks = MASKED) -> GuardianView:
    """Mask a guardian."""
    return GuardianView(
        id=guardian.id,
        name=masks.name(guardian.name),
        phone=masks.phone(guardian.phone),
        id_number=masks.id_number(guardian.id_number or ""),
    )


def child_view(child: ChildOfFamily, *, today: date, masks: Masks = MASKED) -> ChildView:
    """Mask a child."""
    age = age_on(child.patient.birth_date, day=today)
    return ChildView(
        id=child.patient.id,
        name=masks.child(child.patient.name),
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


def parcel_view(row: Parcel, *, child: str, standing: ParcelStatus, masks: Masks = MASKED) -> ParcelView:
    """Show a parcel with its address masked."""
    return ParcelView(
        **told(standing),
        id=row.id,
        prescription_id=row.prescription_id,
        child=child,
        number=row.number,
        carrier=row.carrier,
        carrier_code=row.carrier_code or "",
        eta=row.eta,
        address=masks.address(row.address),
        trace=[TraceView(at=step.at, text=step.text, source=step.source) for step in steps_of(row.trace)],
        looked_after=bool(row.stuck_key),
    )


def told(standing: ParcelStatus) -> dict[str, Any]:
    """Return the fields of `ParcelTold`, for every shape that tells of a parcel."""
    return asdict(standing)
