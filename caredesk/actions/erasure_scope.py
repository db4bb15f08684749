"""What belongs to a family that is to be erased: children, conversations, calls; what would go and what stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.assistance import erasure_queries as assist_queries
from caredesk.conversations import erasure_queries as talk_queries
from caredesk.conversations.models import Conversation
from caredesk.patients import erasure_queries as queries
from caredesk.patients.models import Patient
from caredesk.patients.rules import phone_digits
from caredesk.retention import queries as retention_queries
from caredesk.retention.classes import CONVERSATION, class_of
from caredesk.retention.rules import barriers_of, later_by
from caredesk.retention.schemas import Counted, Staying
from caredesk.telephony import erasure_queries as call_queries


@dataclass(frozen=True)
class Scope:
    """A guardian, the children that nobody else acts for, and all conversations of and about them."""

    guardian_id: str
    children: Sequence[Patient]
    about: tuple[str, ...]
    """Talks of colleagues about the children."""
    conversations: Sequence[Conversation]

    @property
    def child_ids(self) -> list[str]:
        return [child.id for child in self.children]

    @property
    def conversation_ids(self) -> list[str]:
        return [one.id for one in self.conversations]


def scope_of(session: Session, *, guardian_id: str) -> Scope:
    """Return what belongs to a family."""
    children = queries.list_own_children(session, guardian_id=guardian_id)
    about = tuple(assist_queries.talks_about(session, patient_ids=[child.id for child in children]))
    found = talk_queries.list_of_family(session, guardian_id=guardian_id, also=about)
    return Scope(guardian_id, children, about, found)


def numbers_of(session: Session, *, guardian_id: str, phone: str) -> list[str]:
    """Return a family's number in the ways in which calls may have written it; none when another family has it too."""
    digits = phone_digits(phone)
    if not digits or len(queries.list_guardians_by_phone(session, phone=phone)) > 1:
        return []
    return sorted({digits, phone, f"+86{digits}", f"86{digits}", f"0{digits}"})


def holdable(scope: Scope) -> list[str]:
    """Return the ids of all of a family that a hold may be placed on."""
    return [scope.guardian_id, *scope.child_ids, *scope.conversation_ids]


def barriers(session: Session, scope: Scope, *, now: datetime) -> list[str]:
    """Return why a family cannot be erased yet."""
    held = retention_queries.list_standing_holds(session, subject_ids=holdable(scope))
    prescriptions = queries.prescription_ids_of(session, patient_ids=scope.child_ids)
    return barriers_of(
        held=bool(held),
        open_conversations=sum(one.status != "closed" for one in scope.conversations),
        visits=queries.count_appointments(session, guardian_id=scope.guardian_id, to_come_after=now),
        parcels=queries.count_parcels(session, prescription_ids=prescriptions, under_way=True),
    )


def kept_until(conversation: Conversation) -> datetime | None:
    """Return until when the law keeps a conversation; None for one that goes on."""
    if conversation.closed_at is None:
        return None
    return later_by(conversation.closed_at, period=class_of(CONVERSATION).period)


def would_go(session: Session, scope: Scope, *, phone: str) -> list[Counted]:
    """Count what an erasure would take, by kind."""
    prescriptions = queries.prescription_ids_of(session, patient_ids=scope.child_ids)
    numbers = numbers_of(session, guardian_id=scope.guardian_id, phone=phone)
    calls = call_queries.list_calls_of(session, conversation_ids=scope.conversation_ids, numbers=numbers)
    counts = {
        "person": 1 + len(scope.children),
        "conversation": sum(one.erased_at is None for one in scope.conversations),
        "call_number": len(calls),
        "prescription": len(prescriptions),
        "parcel": queries.count_parcels(session, prescription_ids=prescriptions),
        "visit": len(talk_queries.visitor_ids_of(session, guardian_id=scope.guardian_id)),
    }
    return [Counted(code=code, count=count) for code, count in counts.items() if count]


def would_stay(scope: Scope, *, now: datetime) -> list[Staying]:
    """Return what the law keeps when the family is erased now."""
    ends = [until for one in scope.conversations if (until := kept_until(one)) is not None and until > now]
    return [Staying(code=CONVERSATION, count=len(ends), until=max(ends))] if ends else []
