"""The doctor's API about parcels: where the medicine of one's own patient is."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions.parcels import TellableParcel, parcels_for_doctor
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


@api.get("/patients/<patient_id>/parcels", responses={200: DoctorParcels})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_parcels(path: PatientPath) -> ResponseReturnValue:
    """Where the medicine of one's own patient is."""
    services = current_services()
    with read(services) as session:
        found = parcels_for_doctor(
            session,
            doctor_id=current_staff().doctor_id,
            patient_id=path.patient_id,
            now=services.clock.now(),
        )
        shown = DoctorParcels(parcels=[_parcel(one) for one in found])
    return answer(shown)


def _parcel(one: TellableParcel) -> DoctorParcel:
    return DoctorParcel(**told(one.standing), carrier=one.parcel.carrier, tail=one.parcel.number[-TAIL:])
