"""What a hospital's system hands in: families, appointments and prescriptions by the hospital's own numbers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from caredesk.patients.parcel_rules import ParcelState

Relation = Literal[
    "mother",
    "father",
    "paternal_grandmother",
    "paternal_grandfather",
    "maternal_grandmother",
    "maternal_grandfather",
    "guardian",
]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


class Incoming(BaseModel):
    """Base of rows that come in; columns nobody asked for are left alone."""

    model_config = ConfigDict(frozen=True)


class FamilyRow(Incoming):
    """One guardian of one child; who has several children stands in several rows."""

    guardian_id: Number
    guardian: Name
    phone: str = Field(default="", max_length=30)
    id_number: Annotated[str | None, BeforeValidator(_blank_is_none)] = Field(default=None, max_length=30)
    relation: Relation
    child_id: Number
    child: Name
    birth_date: Annotated[date | None, BeforeValidator(_blank_is_none)] = None
    sex: Literal["female", "male", "unknown"] = "unknown"


class AppointmentRow(Incoming):
    """One booked visit. Department and doctor are the clinic's ids."""

    appointment_id: Number
    child_id: Number
    guardian_id: Number
    department_id: Number
    doctor_id: str | None = None
    clinic_session_id: str | None = None
    starts_at: AwareDatetime
    status: Literal["booked", "checked_in", "in_progress", "done", "cancelled", "missed"] = "booked"
    kind: Literal["text", "video", "visit"] = "video"
    number_in_line: Annotated[int | None, BeforeValidator(_blank_is_none)] = Field(default=None, ge=1)


class ItemRow(Incoming):
    """One medicine of a prescription."""

    name: Name
    quantity: Name


class TraceRow(Incoming):
    """One report of the carrier."""

    at: AwareDatetime
    text: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ParcelRow(Incoming):
    """The parcel of a prescription."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    carrier: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    carrier_code: Annotated[str, StringConstraints(max_length=40)] = ""
    status: ParcelState
    eta: AwareDatetime | None = None
    address: str = Field(default="", max_length=300)
    trace: tuple[TraceRow, ...] = ()


class PrescriptionRow(Incoming):
    """One prescription, with its parcel when it is sent home."""

    prescription_id: Number
    child_id: Number
    doctor_id: str | None = None
    issued_at: AwareDatetime
    status: Literal["issued", "reviewed", "dispensed", "void"] = "issued"
    items: tuple[ItemRow, ...]
    parcel: ParcelRow | None = None
