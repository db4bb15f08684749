"""The console's API about a family's parcels: ask again, enter a number, note what the carrier said."""

from __future__ import annotations

from datetime import datetime

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import parcel_notes
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.parcel_jobs import manner_of
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import write
from caredesk.events.shapes import Shape
from caredesk.patients.carriers import list_carriers
from caredesk.patients.parcel_rules import ParcelState

TAG = Tag(name="parcels", description="Parcels of a family that somebody deals with.")
api = APIBlueprint("parcels", __name__, url_prefix="/api/console", abp_tags=[TAG])


class FamilyPath(BaseModel):
    guardian_id: str = Field(max_length=36)


class ParcelPath(FamilyPath):
    parcel_id: str = Field(max_length=36)


class EnterParcel(Shape):
    """A parcel's number as somebody reads it out."""

    prescription_id: str = Field(max_length=36)
    carrier_code: str = Field(min_length=1, max_length=40)
    number: str = Field(min_length=1, max_length=60)


class NoteParcel(Shape):
    """What the carrier said on the telephone."""

    status: ParcelState
    text: str = Field(min_length=1, max_length=200)


class ParcelAsked(Shape):
    """Whether the carrier is being asked, or from when on it can be asked again."""

    asked: bool
    next_at: datetime


class CarrierView(Shape):
    """A carrier that medicines travel with."""

    code: str
    name: str
    name_en: str


class Carriers(Shape):
    """Every carrier, and whether a tracking service is set up that can be asked."""

    carriers: list[CarrierView]
    can_ask: bool


@api.get("/carriers", responses={200: Carriers})
@staff_guard(Permission.WORK)
def get_carriers() -> ResponseReturnValue:
    """The carriers that can be chosen when a parcel is entered by hand."""
    known = [CarrierView(code=one.code, name=one.zh, name_en=one.en) for one in list_carriers()]
    return answer(Carriers(carriers=known, can_ask=current_services().parcels is not None))


@api.post("/families/<guardian_id>/parcels")
@staff_guard(Permission.WORK)
@limited("parcel.write", by="staff")
def post_parcel(path: FamilyPath, body: EnterParcel) -> ResponseReturnValue:
    """Enter the parcel of a prescription by hand; colleagues see that it was done."""
    new = parcel_notes.NewParcel(body.prescription_id, body.carrier_code, body.number)
    with write(current_services(), actor=current_actor()) as work:
        parcel_notes.enter_parcel(work, who=as_staff(), guardian_id=path.guardian_id, new=new)
    return no_content()


@api.post("/families/<guardian_id>/parcels/<parcel_id>/refresh", responses={200: ParcelAsked})
@staff_guard(Permission.WORK)
@limited("parcel.write", by="staff")
def post_refresh(path: ParcelPath) -> ResponseReturnValue:
    """Have the carrier asked now; the answer arrives as an event."""
    services = current_services()
    with write(services, actor=current_actor()) as work:
        asking = parcel_notes.refresh_parcel(
            work,
            who=as_staff(),
            guardian_id=path.guardian_id,
            parcel_id=path.parcel_id,
            manner=manner_of(services),
        )
    return answer(ParcelAsked(asked=asking.soon, next_at=asking.next_at))


@api.post("/families/<guardian_id>/parcels/<parcel_id>/notes")
@staff_guard(Permission.WORK)
@limited("parcel.write", by="staff")
def post_note(path: ParcelPath, body: NoteParcel) -> ResponseReturnValue:
    """Note what the carrier said on the telephone."""
    with write(current_services(), actor=current_actor()) as work:
        parcel_notes.note_parcel(
            work,
            who=as_staff(),
            guardian_id=path.guardian_id,
            parcel_id=path.parcel_id,
            status=body.status,
            text=body.text,
        )
    return no_content()
