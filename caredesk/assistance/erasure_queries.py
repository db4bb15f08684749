"""All SQL that takes a family from requests, call-ups, messages to all, consents and marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from caredesk.assistance.broadcast_models import BroadcastLeg
from caredesk.assistance.call_up_models import CallUpLeg, ContactConsent, ContactMark
from caredesk.assistance.models import AssistRequest


def talks_about(session: Session, *, patient_ids: Collection[str]) -> Sequence[str]:
    """Return the conversations in which colleagues asked about these children."""
    query = select(AssistRequest.conversation_id).where(AssistRequest.patient_id.in_(list(patient_ids)))
    return session.scalars(query).all()


def forget_contacts(session: Session, *, guardian_id: str, patient_ids: Collection[str]) -> int:
    """Remove consents and marks, and take addresses and words from what was sent and asked; return what went."""
    ids = list(patient_ids)
    consents = delete(ContactConsent).where(ContactConsent.guardian_id == guardian_id)
    gone = session.execute(consents.returning(ContactConsent.channel)).all()
    session.execute(delete(ContactMark).where(ContactMark.guardian_id == guardian_id))
    legs = CallUpLeg.guardian_id == guardian_id
    session.execute(update(CallUpLeg).where(legs).values(to="", number_key=""))
    session.execute(update(BroadcastLeg).where(BroadcastLeg.guardian_id == guardian_id).values(to=""))
    asked = or_(AssistRequest.guardian_id == guardian_id, AssistRequest.patient_id.in_(ids))
    session.execute(update(AssistRequest).where(asked).values(form={}, comment=""))
    return len(gone)
