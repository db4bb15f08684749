"""SQL of what the pharmacy has in hand; apart from families' own parcels, which are asked about child by child."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from caredesk.patients.models import Parcel, Patient, Prescription
from caredesk.patients.parcel_rules import FINISHED


def list_under_way(session: Session, *, since: datetime, limit: int) -> list[tuple[Prescription, str]]:
    """Return prescriptions with their child's name of which no parcel has arrived, oldest first."""
    arrived = exists().where(Parcel.prescription_id == Prescription.id, Parcel.status.in_(FINISHED))
    query = (
        select(Prescription, Patient.name)
        .join(Patient, Patient.id == Prescription.patient_id)
        .where(Prescription.issued_at >= since, Prescription.status != "void", ~arrived)
        .order_by(Prescription.issued_at, Prescription.id)
        .limit(limit)
    )
    return [(prescription, name) for prescription, name in session.execute(query)]


def parcels_of(session: Session, *, prescription_ids: Sequence[str]) -> dict[str, list[Parcel]]:
    """Return the parcels of prescriptions, by prescription and number."""
    query = select(Parcel).where(Parcel.prescription_id.in_(prescription_ids)).order_by(Parcel.number)
    found: dict[str, list[Parcel]] = {}
    for parcel in session.scalars(query):
        found.setdefault(parcel.prescription_id, []).append(parcel)
    return found
