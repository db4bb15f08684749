"""Families at the desk: the masked card, and looking behind a mask for a reason, on the record (B61)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.access_rules import Thing
from caredesk.actions.parcels import parcel_status
from caredesk.actions.records import sight_of
from caredesk.actions.replies import AsStaff
from caredesk.actions.timeline import append_notice, changed
from caredesk.assistance import queries as assist_queries
from caredesk.clinic import queries as clinic_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations import search_queries
from caredesk.conversations.models import Conversation
from caredesk.conversations.rules import clean_text
from caredesk.core.clock import clinic_time
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.patients import queries, schemas
from caredesk.patients.errors import GuardianNotFound
from caredesk.patients.models import RevealRecord
from caredesk.patients.rules import RevealableField
from caredesk.patients.schemas import ClinicNames, FamilyCard, Masks

REASON_CHARACTERS = 200


def family_card(
    session: Session, *, guardian_id: str, at: datetime, masks: Masks = schemas.MASKED
) -> FamilyCard | None:
    """Return the masked card of a family, or None when there is no such guardian, or no longer."""
    guardian = queries.find_guardian(session, guardian_id=guardian_id)
    if guardian is None or guardian.erased_at is not None:
        return None
    names = ClinicNames(
        departments=clinic_queries.department_names(session), doctors=clinic_queries.doctor_names(session)
    )
    family = queries.family_of(session, guardian_id=guardian_id, at=at)
    standings = {parcel.id: parcel_status(parcel, now=at) for parcel in family.parcels}
    today = clinic_time(at).date()
    return schemas.family_card(family, names=names, today=today, standings=standings, masks=masks)


# ---- behind the mask -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curtain:
    """What somebody asks to see: a field of a guardian, or of the child or parcel `subject_id`, and why."""

    guardian_id: str
    field: RevealableField
    subject_id: str
    reason: str


@dataclass(frozen=True)
class Uncovered:
    """A value in the clear, and until when it may stay on the screen."""

    value: str
    until: datetime


@dataclass(frozen=True)
class Look:
    """One look behind a mask, for whoever audits it."""

    staff_id: str
    staff_name: str
    field: str
    reason: str
    conversation_id: str | None
    at: datetime
    until: datetime


def reveal(work: Work, *, who: AsStaff, curtain: Curtain, minutes: int) -> Uncovered:
    """Show one masked value for some minutes to somebody who deals with the family; colleagues see that it was done.

    Without a conversation of the family that the person may see, the family does not exist for them. Whoever calls a
    child's family up for a doctor may also see the number of the other parent, who has no conversation here.
    """
    reason = clean_text(curtain.reason, limit=REASON_CHARACTERS)
    seen = search_queries.find_conversation_of_guardian(
        work.session, guardian_id=curtain.guardian_id, sight=sight_of(work.session, who=who, thing=Thing.FAMILY)
    )
    seen = seen or _calling(work.session, who=who, curtain=curtain)
    if seen is None:
        raise GuardianNotFound
    value = queries.get_hidden_value(
        work.session, guardian_id=curtain.guardian_id, field=curtain.field, subject_id=curtain.subject_id
    )
    until = work.now + timedelta(minutes=minutes)
    _record(work, who=who, curtain=curtain, reason=reason, conversation_id=seen.id, until=until)
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=seen.id)
    fields = {"field": curtain.field, "name": work.actor.name, "reason": reason}
    append_notice(work, conversation, code="revealed", fields=fields)
    changed(work, conversation)
    return Uncovered(value=value, until=until)


def _calling(session: Session, *, who: AsStaff, curtain: Curtain) -> Conversation | None:
    """Return the talk of an open request for which this person calls the family; only a number helps there."""
    if curtain.field != "phone":
        return None
    children = [one.patient.id for one in queries.list_children(session, guardian_id=curtain.guardian_id)]
    open_ones = assist_queries.list_open_of_patients(session, patient_ids=children)
    talks = [conversation_queries.get_conversation(session, conversation_id=one.conversation_id) for one in open_ones]
    return next((talk for talk in talks if talk.status == "active" and talk.assignee_id == who.staff_id), None)


def _record(work: Work, *, who: AsStaff, curtain: Curtain, reason: str, conversation_id: str, until: datetime) -> None:
    record = RevealRecord(
        id=new_id(),
        staff_id=who.staff_id,
        guardian_id=curtain.guardian_id,
        field=curtain.field,
        subject_id=curtain.subject_id,
        conversation_id=conversation_id,
        reason=reason,
        at=work.now,
        until=until,
    )
    queries.add_reveal(work.session, record=record)
    revealed = f"reveal_record:{record.id}"
    work.attest(Deed("family.revealed", subject=f"guardian:{record.guardian_id}", why=record.field, record=revealed))


def list_reveals(session: Session, *, guardian_id: str) -> list[Look]:
    """Return who looked behind a family's masks, newest first."""
    return [_look(session, record) for record in queries.list_reveals(session, guardian_id=guardian_id)]


def _look(session: Session, record: RevealRecord) -> Look:
    staff = account_queries.find_staff(session, staff_id=record.staff_id)
    return Look(
        staff_id=record.staff_id,
        staff_name=staff.name if staff else "",
        field=record.field,
        reason=record.reason,
        conversation_id=record.conversation_id,
        at=record.at,
        until=record.until,
    )
