"""A visitor comes: anonymous, or vouched for by the embedding site; what they see first and what came before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session

from caredesk.actions.call_up_watch import note_presence
from caredesk.actions.summaries import patient_view
from caredesk.actions.timeline import patient_message
from caredesk.conversations import queries
from caredesk.conversations.models import Conversation, Visitor
from caredesk.core.ids import new_id, new_token, token_hash
from caredesk.core.outbox import list_events_after
from caredesk.core.work import Work
from caredesk.events.shapes import Choice, PatientConversation, PatientMessage
from caredesk.knowledge_base import queries as knowledge
from caredesk.patients import queries as patients

TOP_QUESTIONS = 6
ASKED_WITHIN = timedelta(days=30)
HISTORY_SHOWN = 30
CATCH_UP_PAGE = 500
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Opened:
    """A visit: the visitor, and the bearer token if it was made just now."""

    visitor: Visitor
    token: str | None


def open_visit(work: Work, *, visitor_id: str | None, external_id: str | None, language: str) -> Opened:
    """Resume the visit of a known token, or start one.

    `external_id` is the guardian whom a signed identity names. A token that belongs to another family is left alone
    and a new visit is started: two families on one device never share a conversation.
    """
    guardian_id = _guardian_id(work, external_id=external_id)
    visitor = queries.lock_visitor(work.session, visitor_id=visitor_id) if visitor_id else None
    if visitor is not None and guardian_id is not None and visitor.guardian_id not in (None, guardian_id):
        visitor = None
    if visitor is None:
        return _new_visit(work, guardian_id=guardian_id, language=language)
    visitor.last_seen_at, visitor.language = work.now, language
    if guardian_id is not None and visitor.guardian_id is None:
        visitor.guardian_id = guardian_id
        _adopt(work, visitor=visitor)
    work.session.flush()
    note_presence(work, guardian_id=visitor.guardian_id, acted=True)
    return Opened(visitor, None)


def _guardian_id(work: Work, *, external_id: str | None) -> str | None:
    if external_id is None:
        return None
    guardian = patients.find_guardian_by_external_id(work.session, external_id=external_id)
    return guardian.id if guardian else None


def _new_visit(work: Work, *, guardian_id: str | None, language: str) -> Opened:
    token = new_token()
    visitor = Visitor(
        id=new_id(),
        token_hash=token_hash(token),
        guardian_id=guardian_id,
        name="",
        language=language,
        created_at=work.now,
        last_seen_at=work.now,
    )
    work.session.add(visitor)
    work.session.flush()
    note_presence(work, guardian_id=guardian_id, acted=True)
    return Opened(visitor, token)


def _adopt(work: Work, *, visitor: Visitor) -> None:
    """Give the open conversation of a visitor who has just become known to the family."""
    conversation = queries.find_open_conversation(work.session, visitor_id=visitor.id)
    if conversation is not None:
        conversation.guardian_id = visitor.guardian_id


def touch_visitor(work: Work, *, visitor_id: str) -> None:
    """Note that the visitor is here; the doctor's list shows them as online."""
    visitor = queries.lock_visitor(work.session, visitor_id=visitor_id)
    visitor.last_seen_at = work.now
    note_presence(work, guardian_id=visitor.guardian_id)


# ---- looking -----------------------------------------------------------------------------------------------


def open_conversation_of(session: Session, *, visitor_id: str, now: datetime) -> PatientConversation | None:
    found = queries.find_open_conversation(session, visitor_id=visitor_id)
    return patient_view(session, found, now=now) if found else None


def history_of(session: Session, *, visitor: Visitor, now: datetime) -> list[PatientConversation]:
    """Return the visitor's conversations, newest first."""
    found = queries.list_conversations_of_visitors(session, visitor_ids=[visitor.id], limit=HISTORY_SHOWN)
    return [patient_view(session, conversation, now=now) for conversation in found]


def transcript_of(session: Session, *, conversation: Conversation) -> list[PatientMessage]:
    """Return everything on the visitor's timeline."""
    return [patient_message(e) for e in queries.list_patient_entries(session, conversation_id=conversation.id)]


@dataclass(frozen=True)
class Missed:
    """A page of events after a number, and the head of the stream at the same instant."""

    events: Sequence[dict[str, object]]
    head: int
    more: bool


def missed_by_patient(session: Session, *, conversation: Conversation, after: int) -> Missed:
    """Return exactly the visitor's events after a number (B21)."""
    stream = f"patient:{conversation.id}"
    return _missed(session, stream=stream, after=after, head=conversation.patient_seq)


def missed_by_staff(session: Session, *, conversation: Conversation, after: int) -> Missed:
    """Return exactly the staff's events after a number (B21)."""
    return _missed(session, stream=f"staff:{conversation.id}", after=after, head=conversation.staff_seq)


def _missed(session: Session, *, stream: str, after: int, head: int) -> Missed:
    events = list_events_after(session, stream=stream, after=after, limit=CATCH_UP_PAGE)
    return Missed(events=events, head=head, more=len(events) == CATCH_UP_PAGE)


def top_questions(session: Session, *, at: datetime) -> list[Choice]:
    """Return the most asked questions of the last month, filled up with the base's own first ones."""
    asked = queries.most_asked(session, since=at - ASKED_WITHIN, limit=TOP_QUESTIONS)
    known = knowledge.served_questions(session, entry_ids=asked, at=at)
    usual = knowledge.usual_questions(session, at=at, limit=TOP_QUESTIONS)
    chosen = {entry_id: known[entry_id] for entry_id in asked if entry_id in known} | usual
    return [Choice(entry_id=entry_id, question=words) for entry_id, words in islice(chosen.items(), TOP_QUESTIONS)]
