"""All SQL of incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from caredesk.continuity.errors import IncidentNotFound
from caredesk.continuity.models import Incident, IncidentEntry
from caredesk.core.db import upsert_into


def put_incident(session: Session, *, values: dict[str, object]) -> Incident | None:
    """Declare an incident, or None when one of its sort goes on already: the index decides, also under races."""
    row = upsert_into(session, Incident).values(**values).on_conflict_do_nothing().returning(Incident.id)
    found = session.execute(row).first()
    return session.get(Incident, found[0]) if found else None


def lock_incident(session: Session, *, incident_id: str) -> Incident:
    """Return an incident, locked; raise IncidentNotFound when there is none."""
    query = select(Incident).where(Incident.id == incident_id).with_for_update(key_share=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise IncidentNotFound
    return found


def get_incident(session: Session, *, incident_id: str) -> Incident:
    found = session.get(Incident, incident_id)
    if found is None:
        raise IncidentNotFound
    return found


def list_open(session: Session) -> Sequence[Incident]:
    """Return what goes on, the real one before the drill."""
    query = select(Incident).where(Incident.ended_at.is_(None))
    return session.scalars(query.order_by(Incident.drill, Incident.declared_at)).all()


def list_ended(session: Session, *, limit: int) -> Sequence[Incident]:
    query = select(Incident).where(Incident.ended_at.is_not(None))
    return session.scalars(query.order_by(Incident.declared_at.desc(), Incident.id).limit(limit)).all()


def claim_response(session: Session, *, incident_id: str, now: datetime) -> bool:
    """Note when somebody began; False when somebody has already."""
    begun = update(Incident).where(Incident.id == incident_id, Incident.responded_at.is_(None))
    return session.execute(begun.values(responded_at=now).returning(Incident.id)).first() is not None


def find_entry(session: Session, *, entry_id: str) -> IncidentEntry | None:
    return session.get(IncidentEntry, entry_id)


def find_incident(session: Session, *, incident_id: str) -> Incident | None:
    return session.get(Incident, incident_id)


def list_entries(session: Session, *, incident_id: str) -> Sequence[IncidentEntry]:
    """Return what was done, in order."""
    query = select(IncidentEntry).where(IncidentEntry.incident_id == incident_id)
    return session.scalars(query.order_by(IncidentEntry.at, IncidentEntry.id)).all()
