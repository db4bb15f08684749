"""What a family that was vouched for sees of itself: next appointments and parcels under way, names masked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions.families import family_card
from caredesk.patients.parcel_rules import ParcelStatus, promised
from caredesk.patients.schemas import AppointmentView, ParcelTold, ParcelView
from caredesk.widget.schemas import AppointmentLine, KnownFamily, ParcelLine


def known_family(session: Session, *, guardian_id: str | None, at: datetime) -> KnownFamily | None:
    """Return the family's own view, or None for an anonymous visitor."""
    card = family_card(session, guardian_id=guardian_id, at=at) if guardian_id else None
    if card is None:
        return None
    return KnownFamily(
        greeting_name=card.guardian.name,
        appointments=[
            _appointment(a) for a in card.appointments if a.status in ("booked", "checked_in", "in_progress")
        ],
        parcels=[_parcel(p, at=at) for p in card.parcels if p.status != "delivered"],
    )


def _appointment(row: AppointmentView) -> AppointmentLine:
    return AppointmentLine(
        child=row.child, department=row.department, doctor=row.doctor, starts_at=row.starts_at, status=row.status
    )


def _parcel(row: ParcelView, *, at: datetime) -> ParcelLine:
    told = {name: getattr(row, name) for name in ParcelTold.model_fields}
    standing = ParcelStatus(**told)
    return ParcelLine(**told, number=row.number, carrier=row.carrier, eta=promised(row.eta, standing=standing, now=at))
