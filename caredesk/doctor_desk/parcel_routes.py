"""The doctor's API about parcels: where the medicine of one's own patient is."""

from __future__ import annotations

from datetime import datetime

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions.assist_about import home_of
from caredesk.actions.parcels import TellableParcel, parcels_for_doctor
from caredesk.actions.staff_day import Dispensed, pharmacy_work
from caredesk.edge.guards import current_staff, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read
from caredesk.events.shapes import Shape
from caredesk.patients.schemas import ParcelTold, told

TAG = Tag(name="doctor", description="The doctor's desk. Session cookie.")
api = APIBlueprint("doctor_parcels", __name__, url_prefix="/api/doctor", abp_tags=[TAG])

TAIL = 4


class PatientPath(BaseModel):
    patient_id: str = Field(max_length=36)


class DoctorParcel(ParcelTold):
    """A parcel of one's own patient: the same as the family is told, and of its number only the end."""

    carrier: str
    tail: str


class DoctorParcels(Shape):
    """The parcels of one child, newest prescription first."""

    parcels: list[DoctorParcel]


class PharmacyLine(Shape):
    """A prescription on its way; the child masked, and of the hospital's own number only what the pharmacy uses."""

    id: str
    number: str
    child: str
    issued_at: datetime
    status: str
    items: int
    """How many medicines are on it; which, is nobody's business here."""
    parcels: list[DoctorParcel]


class PharmacyWork(Shape):
    """What has not arrived yet, who waits longest first."""

    lines: list[PharmacyLine]


@api.get("/pharmacy", responses={200: PharmacyWork})
@staff_guard(Permission.SEE_PHARMACY)
def get_pharmacy() -> ResponseReturnValue:
    """Which prescriptions and parcels are on their way."""
    services = current_services()
    with read(services) as session:
        found = pharmacy_work(session, at=services.clock.now())
        shown = PharmacyWork(lines=[_line(one) for one in found])
    return answer(shown)


def _line(one: Dispensed) -> PharmacyLine:
    row = one.prescription
    return PharmacyLine(
        id=row.id,
        number=row.external_id or "",
        child=one.child,
        issued_at=row.issued_at,
        status=row.status,
        items=len(row.items),
        parcels=[_parcel(parcel) for parcel in one.parcels],
    )


@api.get("/patients/<patient_id>/parcels", responses={200: DoctorParcels})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_parcels(path: PatientPath) -> ResponseReturnValue:
    """Where the medicine of one's own patient is."""
    services = current_services()
    with read(services) as session:
        found = parcels_for_doctor(
            session,
            doctor_id=current_staff().doctor_id,
            department_id=home_of(current_staff()),
            patient_id=path.patient_id,
            now=services.clock.now(),
        )
        shown = DoctorParcels(parcels=[_parcel(one) for one in found])
    return answer(shown)


def _parcel(one: TellableParcel) -> DoctorParcel:
    return DoctorParcel(**told(one.standing), carrier=one.parcel.carrier, tail=one.parcel.number[-TAIL:])
