"""Rows of families, their appointments, prescriptions and parcels, and of every look behind a mask."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id
from caredesk.core.sealed import BlindIndex, HoldsPersonal, SealedDate, SealedText
from caredesk.patients.rules import phone_digits, phone_tail


class Guardian(HoldsPersonal, Base):
    """The adult who acts for a child. `external_id` is the hospital's own number, vouched for by its signed token.

    A number is found by `phone_index` as a whole and by `phone_tail`, its last four digits.
    """

    __tablename__ = "guardian"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(SealedText("guardian.name", pieces=True))
    phone: Mapped[str] = mapped_column(SealedText("guardian.phone"), default="")
    phone_index: Mapped[str] = mapped_column(
        BlindIndex("guardian.phone_index", of="phone", by=phone_digits),
        default="",
        server_default=text("''"),
        index=True,
    )
    phone_tail: Mapped[str] = mapped_column(
        BlindIndex("guardian.phone_tail", of="phone", by=phone_tail), default="", index=True
    )
    id_number: Mapped[str | None] = mapped_column(SealedText("guardian.id_number"))
    # Since when this row is empty: the family was erased, and what points here must stay true.
    erased_at: Mapped[datetime | None]

    def key_holder(self) -> str:
        return self.id


class Patient(HoldsPersonal, Base):
    """The child. `sex` is `female`, `male` or `unknown`."""

    __tablename__ = "patient"
    __table_args__ = (CheckConstraint("sex in ('female','male','unknown')", name="sex"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(SealedText("patient.name", pieces=True))
    birth_date: Mapped[date | None] = mapped_column(SealedDate("patient.birth_date"))
    sex: Mapped[str] = mapped_column(String(8), default="unknown")
    erased_at: Mapped[datetime | None]

    def key_holder(self) -> str:
        return self.id


class Guardianship(Base):
    """Who acts for whom. `relation` is a code such as `mother` or `grandfather`."""

    __tablename__ = "guardianship"

    guardian_id: Mapped[str] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"), primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True, index=True)
    relation: Mapped[str] = mapped_column(String(20), default="guardian")


class Appointment(Base):
    """A booked visit: in writing, by video or in person. Ids of clinic rows are the clinic island's."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("status in ('booked','checked_in','in_progress','done','cancelled','missed')", name="status"),
        CheckConstraint("kind in ('text','video','visit')", name="kind"),
        Index("ix_appointment_guardian_id_starts_at", "guardian_id", "starts_at"),
        Index("ix_appointment_department_id_starts_at", "department_id", "starts_at"),
        Index("ix_appointment_starts_at", "starts_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), index=True)
    guardian_id: Mapped[str] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"))
    department_id: Mapped[str] = mapped_column(String(60))
    doctor_id: Mapped[str | None] = mapped_column(String(60), index=True)
    clinic_session_id: Mapped[str | None] = mapped_column(Id, index=True)
    starts_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12), default="booked")
    kind: Mapped[str] = mapped_column(String(8), default="video")
    number_in_line: Mapped[int | None]


class Prescription(Base):
    """What a doctor prescribed. `items` are `{name, quantity}`; `status` is issued, reviewed, dispensed or void."""

    __tablename__ = "prescription"
    __table_args__ = (
        CheckConstraint("status in ('issued','reviewed','dispensed','void')", name="status"),
        Index("ix_prescription_issued_at", "issued_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), index=True)
    issued_at: Mapped[datetime]
    doctor_id: Mapped[str | None] = mapped_column(String(60))
    items: Mapped[list[dict[str, Any]]]
    status: Mapped[str] = mapped_column(String(12), default="issued")


class Parcel(HoldsPersonal, Base):
    """Medicine on its way home. `trace` are `{at, text, source}`, oldest first, times in ISO form.

    `carrier_code` is the tracking service's name of the carrier, empty while nobody knows it. `moved_at` is the time
    of the newest step; `heard_at` when the carrier last answered, `asked_at` when it was last asked and `fault` what
    was wrong then. `stuck_key` is the desk's own request while it asks why the parcel does not move.
    """

    __tablename__ = "parcel"
    __table_args__ = (
        CheckConstraint(
            "status in ('packed','shipped','in_transit','out_for_delivery','delivered','returned','trouble')",
            name="status",
        ),
        Index("ix_parcel_status_next_ask_at", "status", "next_ask_at"),
        Index("ix_parcel_status_moved_at", "status", "moved_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    prescription_id: Mapped[str] = mapped_column(ForeignKey("prescription.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    carrier: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20), default="packed")
    eta: Mapped[datetime | None]
    trace: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    address: Mapped[str] = mapped_column(SealedText("parcel.address"), default="")
    carrier_code: Mapped[str] = mapped_column(String(40), default="")
    moved_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    next_ask_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    subscribed_at: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(String(60), default="")
    stuck_key: Mapped[str] = mapped_column(String(80), default="")

    def key_holder(self) -> str:
        return self.prescription_id


class RevealRecord(Base):
    """One look behind a mask: who, at what, of whom, why, and until when it stays uncovered (B61)."""

    __tablename__ = "reveal_record"
    __table_args__ = (
        Index("ix_reveal_record_guardian_id_at", "guardian_id", "at"),
        Index("ix_reveal_record_conversation_id", "conversation_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id, index=True)
    guardian_id: Mapped[str] = mapped_column(ForeignKey("guardian.id"))
    field: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(36), default="")
    conversation_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    until: Mapped[datetime]
