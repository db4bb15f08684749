"""What staff do about a family's parcels: enter a number, note what the carrier said, have it asked again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from caredesk.actions import parcels
from caredesk.actions.parcel_asking import Asking, Manner, ask_soon, have_asked
from caredesk.actions.records import sight_of
from caredesk.actions.replies import AsStaff
from caredesk.actions.timeline import append_notice, changed
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations import search_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.patients import parcel_queries as queries
from caredesk.patients.carriers import find_carrier
from caredesk.patients.errors import (
    CarrierUnknown,
    GuardianNotFound,
    ParcelNumberOdd,
    ParcelTaken,
    ParcelWordsMissing,
)
from caredesk.patients.models import Parcel
from caredesk.patients.parcel_rules import tidy_number, tidy_text

TAIL = 4


@dataclass(frozen=True)
class NewParcel:
    """A parcel that staff enter by hand: of which prescription, with whom, under which number."""

    prescription_id: str
    carrier_code: str
    number: str


def enter_parcel(work: Work, *, who: AsStaff, guardian_id: str, new: NewParcel) -> str:
    """Add the parcel of a family's prescription; return its id."""
    conversation = _dealing(work.session, who=who, guardian_id=guardian_id)
    prescription = queries.get_prescription_of(
        work.session, prescription_id=new.prescription_id, guardian_id=guardian_id
    )
    number, carrier = tidy_number(new.number), find_carrier(new.carrier_code)
    if number is None:
        raise ParcelNumberOdd
    if carrier is None:
        raise CarrierUnknown
    if queries.find_by_number(work.session, number=number) is not None:
        raise ParcelTaken
    parcel = queries.add_parcel(
        work.session,
        prescription_id=prescription.id,
        number=number,
        carrier=carrier.zh,
        carrier_code=carrier.code,
        status="shipped",
        trace=[],
        moved_at=work.now,
    )
    have_asked(work, parcel_id=parcel.id)
    _noted(work, parcel, conversation=conversation)
    return parcel.id


def note_parcel(work: Work, *, who: AsStaff, guardian_id: str, parcel_id: str, status: str, text: str) -> None:
    """Note what somebody learned of a family's parcel by telephone; a later word of the carrier counts more."""
    conversation = _dealing(work.session, who=who, guardian_id=guardian_id)
    parcel = queries.lock_parcel_of(work.session, parcel_id=parcel_id, guardian_id=guardian_id)
    if not tidy_text(text):
        raise ParcelWordsMissing
    parcels.note(work, parcel, status=status, text=text)
    _noted(work, parcel, conversation=conversation)


def refresh_parcel(work: Work, *, who: AsStaff, guardian_id: str, parcel_id: str, manner: Manner) -> Asking:
    """Have the carrier asked about a family's parcel now, if it was not asked a moment ago."""
    _dealing(work.session, who=who, guardian_id=guardian_id)
    return ask_soon(work, parcel_id=parcel_id, guardian_id=guardian_id, manner=manner)


def _dealing(session: Session, *, who: AsStaff, guardian_id: str) -> Conversation:
    """Return the conversation in which somebody deals with a family; without one the family does not exist."""
    found = search_queries.find_conversation_of_guardian(
        session, guardian_id=guardian_id, sight=sight_of(session, who=who.acting())
    )
    if found is None:
        raise GuardianNotFound
    return found


def _noted(work: Work, parcel: Parcel, *, conversation: Conversation) -> None:
    parcels.tell(work, parcel)
    locked = conversation_queries.lock_conversation(work.session, conversation_id=conversation.id)
    fields = {"name": work.actor.name, "tail": parcel.number[-TAIL:], "status": parcel.status}
    append_notice(work, locked, code="parcel.noted", fields=fields)
    changed(work, locked)
