"""SQL of how far a clinic session's visits are, which the floor's pulse shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from caredesk.patients.models import Appointment

COUNTED = ("booked", "checked_in", "in_progress", "done")


@dataclass(frozen=True, slots=True)
class SessionVisit:
    """One booked visit: in which session, whose, when, and whether it is over."""

    session_id: str
    guardian_id: str
    starts_at: datetime
    done: bool


def list_visits_of(session: Session, *, session_ids: Sequence[str]) -> list[SessionVisit]:
    """Return the visits of clinic sessions that are to come, go on or are over; not those that fell away."""
    columns = (Appointment.clinic_session_id, Appointment.guardian_id, Appointment.starts_at, Appointment.status)
    counted = Appointment.status.in_(COUNTED)
    rows = session.execute(select(*columns).where(Appointment.clinic_session_id.in_(session_ids), counted))
    return [SessionVisit(which, who, at, status == "done") for which, who, at, status in rows if which]
