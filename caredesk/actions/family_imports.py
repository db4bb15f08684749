"""Families, their appointments and prescriptions as a hospital's system hands them in, by its own numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from caredesk.actions.parcels import put_parcel
from caredesk.core.work import Work
from caredesk.patients import queries
from caredesk.patients.carriers import code_of
from caredesk.patients.errors import FamilyUnknown
from caredesk.patients.incoming import AppointmentRow, FamilyRow, ParcelRow, PrescriptionRow
from caredesk.patients.models import Appointment, Guardian, Patient, Prescription
from caredesk.patients.parcel_rules import Report, Step
from caredesk.patients.queries import Keyed, Outcome


@dataclass
class FamilyReport:
    """How many rows an import added, changed and left as they were."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def note(self, *outcomes: Outcome) -> None:
        """Count one row: added or changed when any part of it was."""
        told: tuple[Outcome, ...] = ("added", "changed")
        self.outcomes[next((outcome for outcome in told if outcome in outcomes), "unchanged")] += 1

    @property
    def changes(self) -> int:
        """Return how many rows changed anything."""
        return self.outcomes["added"] + self.outcomes["changed"]


def import_families(work: Work, rows: Sequence[FamilyRow]) -> FamilyReport:
    """Add guardians and children, or bring them up to date; nobody is removed."""
    report = FamilyReport()
    for row in rows:
        guardian, guardian_outcome = queries.put_by_external_id(
            work.session,
            Guardian,
            external_id=row.guardian_id,
            name=row.guardian,
            phone=row.phone,
            id_number=row.id_number,
        )
        child, child_outcome = queries.put_by_external_id(
            work.session, Patient, external_id=row.child_id, name=row.child, birth_date=row.birth_date, sex=row.sex
        )
        bond = queries.put_guardianship(
            work.session, guardian_id=guardian.id, patient_id=child.id, relation=row.relation
        )
        report.note(guardian_outcome, child_outcome, bond)
    return report


def import_appointments(work: Work, rows: Sequence[AppointmentRow]) -> FamilyReport:
    """Add appointments of known families, or bring them up to date."""
    guardians = _known(work, Guardian, numbers=[row.guardian_id for row in rows])
    children = _known(work, Patient, numbers=[row.child_id for row in rows])
    report = FamilyReport()
    for row in rows:
        _, outcome = queries.put_by_external_id(
            work.session,
            Appointment,
            external_id=row.appointment_id,
            patient_id=children[row.child_id],
            guardian_id=guardians[row.guardian_id],
            **row.model_dump(exclude={"appointment_id", "child_id", "guardian_id"}),
        )
        report.note(outcome)
    return report


def import_prescriptions(work: Work, rows: Sequence[PrescriptionRow]) -> FamilyReport:
    """Add prescriptions of known children with their parcels, or bring them up to date."""
    children = _known(work, Patient, numbers=[row.child_id for row in rows])
    report = FamilyReport()
    for row in rows:
        prescription, outcome = queries.put_by_external_id(
            work.session,
            Prescription,
            external_id=row.prescription_id,
            patient_id=children[row.child_id],
            issued_at=row.issued_at,
            doctor_id=row.doctor_id,
            items=[item.model_dump() for item in row.items],
            status=row.status,
        )
        sent = [_put_parcel(work, row.parcel, prescription_id=prescription.id)] if row.parcel else []
        report.note(outcome, *sent)
    return report


def _put_parcel(work: Work, parcel: ParcelRow, *, prescription_id: str) -> Outcome:
    return put_parcel(
        work,
        prescription_id=prescription_id,
        number=parcel.number,
        facts={
            "carrier": parcel.carrier,
            "carrier_code": parcel.carrier_code or code_of(parcel.carrier),
            "eta": parcel.eta,
            "address": parcel.address,
        },
        report=Report(parcel.status, tuple(Step(step.at, step.text) for step in parcel.trace)),
    )


def _known(work: Work, model: type[Keyed], *, numbers: Sequence[str]) -> dict[str, str]:
    ids = queries.ids_by_external_id(work.session, model, external_ids=numbers)
    unknown = sorted(set(numbers) - ids.keys())
    if unknown:
        raise FamilyUnknown(numbers=unknown)
    return ids
