"""Gathering what a bundle says about a conversation: its record, what belongs to it, and the audit of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.access_rules import Thing
from caredesk.actions import assist_views
from caredesk.actions.exports import ExportDocument, export_conversation
from caredesk.actions.replies import AsStaff, can_see
from caredesk.assistance import queries as assist_queries
from caredesk.audit import queries as audit_queries
from caredesk.audit.rules import Entry
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations import search_queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import Conversation
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.events.shapes import Shape
from caredesk.evidence.rules import Kind, Purpose
from caredesk.knowledge_base import queries as knowledge_queries
from caredesk.patients import queries as patient_queries
from caredesk.patients.schemas import MASKED, UNMASKED, Masks
from caredesk.telephony import callback_queries, recording_queries
from caredesk.telephony import queries as call_queries
from caredesk.telephony.models import Call
from caredesk.telephony.recording_models import Recording

PLAYS_TOLD = 500


class ToldCall(Shape):
    """One call: when what happened, and who spoke. `number` is the other side's."""

    id: str
    direction: str
    number: str
    agent: str
    started_at: datetime
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    talk_seconds: float
    disposition: str
    hung_up_by: str


class ToldRecording(Shape):
    """A recording by its sum; `deleted_at` when its time was over and its sound is gone."""

    id: str
    call_id: str
    kind: str
    seconds: float
    size: int
    sha256: str
    kept_at: datetime
    deleted_at: datetime | None


class ToldLook(Shape):
    """Somebody looked behind a mask, or listened: what, why, when."""

    what: str
    name: str
    why: str
    at: datetime


class ToldKnowledge(Shape):
    """The words that the assistant answered with, as they were served then."""

    entry_id: str
    version: int
    question: str
    answer: str
    source: str
    owner: str
    published_at: datetime | None
    cited_at: datetime


class CallBackOwed(Shape):
    """A call that the desk promised, and what came of it."""

    asked_at: datetime
    state: str
    attempts: int
    last_at: datetime | None
    ended_at: datetime | None


class EvidenceContext(Shape):
    """What belongs to a conversation besides its record; `about.json` of a bundle."""

    purpose: Purpose
    calls: list[ToldCall]
    recordings: list[ToldRecording]
    listened: list[ToldLook]
    revealed: list[ToldLook]
    request: AssistRequestView | None
    call_back: CallBackOwed | None
    knowledge: list[ToldKnowledge]


@dataclass(frozen=True)
class Evidence:
    """A conversation as it is sealed: its record, what belongs to it, and what the audit is asked for."""

    record: ExportDocument
    context: EvidenceContext
    subjects: tuple[str, ...]
    """Whatever of the audit is about this."""
    family: str
    """The family as the audit names it; empty when nobody is known."""
    records: frozenset[str]
    """Which rows behind the family's entries are this conversation's."""
    heard: bool
    """Whether the recordings' sound is for whoever seals it; what the table keeps from them no second person gives."""


def find_evidence(session: Session, *, kind: Kind, thing_id: str) -> str:
    """Return the conversation that a conversation's id or number, a call's or a request's id stands for."""
    if kind == "call":
        call = call_queries.find_call(session, call_id=thing_id)
        found = call.conversation_id if call else ""
    elif kind == "request":
        found = assist_queries.get_request(session, request_id=thing_id).conversation_id
    else:
        numbered = search_queries.ids_by_number(session, number=thing_id)
        found = numbered[0] if len(numbered) == 1 else thing_id
    if conversation_queries.find_conversation(session, conversation_id=found) is None:
        raise ConversationNotFound
    return found


def gather_evidence(
    work: Work, *, conversation_id: str, who: AsStaff, purpose: Purpose, approval_id: str = ""
) -> Evidence:
    """Return all that is sealed about a conversation, on the record; masked without a second person's yes."""
    record = export_conversation(
        work, conversation_id=conversation_id, who=who, form="zip", approval_id=approval_id, purpose=purpose
    )
    work.attest(Deed("evidence.sealed", subject=f"conversation:{conversation_id}", why=purpose))
    conversation = conversation_queries.get_conversation(work.session, conversation_id=conversation_id)
    heard = can_see(work.session, conversation, who=who, thing=Thing.RECORDING)
    return _evidence(work.session, conversation, record=record, purpose=purpose, heard=heard)


def _evidence(
    session: Session, conversation: Conversation, *, record: ExportDocument, purpose: Purpose, heard: bool
) -> Evidence:
    masks: Masks = MASKED if record.masked else UNMASKED
    calls = call_queries.list_of_conversations(session, conversation_ids=[conversation.id])
    recordings = recording_queries.list_recordings_of(session, conversation_id=conversation.id)
    reveals = patient_queries.list_reveals_in(session, conversation_id=conversation.id)
    names = account_queries.names_of(
        session, staff_ids={one.staff_id for one in reveals} | {one.agent_id for one in calls if one.agent_id}
    )
    context = EvidenceContext(
        purpose=purpose,
        calls=[_call(one, names=names, masks=masks) for one in calls],
        recordings=[_recording(one) for one in recordings],
        listened=_listened(session, recordings),
        revealed=[
            ToldLook(what=one.field, name=names.get(one.staff_id, ""), why=one.reason, at=one.at) for one in reveals
        ],
        request=_request(session, conversation),
        call_back=_call_back(session, conversation),
        knowledge=_knowledge(session, record=record),
    )
    return Evidence(
        record,
        context,
        subjects=(f"conversation:{conversation.id}", *(f"recording:{one.id}" for one in recordings)),
        family=f"guardian:{conversation.guardian_id}" if conversation.guardian_id else "",
        records=frozenset({f"conversation:{conversation.id}", *(f"reveal_record:{one.id}" for one in reveals)}),
        heard=heard,
    )


def audit_of(session: Session, *, evidence: Evidence) -> list[Entry]:
    """Return the audit's entries about a conversation in order, the looks at its family from within it among them."""
    found = list(audit_queries.list_about(session, subjects=evidence.subjects))
    if evidence.family:
        family = audit_queries.list_about(session, subjects=[evidence.family])
        found += [entry for entry in family if entry.record in evidence.records]
    return sorted(found, key=lambda entry: entry.number)


def _call(call: Call, *, names: dict[str, str], masks: Masks) -> ToldCall:
    return ToldCall(
        id=call.id,
        direction=call.direction,
        number=masks.phone(call.caller),
        agent=names.get(call.agent_id or "", ""),
        started_at=call.started_at,
        answered_at=call.answered_at,
        bridged_at=call.bridged_at,
        ended_at=call.ended_at,
        talk_seconds=call.talk_seconds,
        disposition=call.disposition,
        hung_up_by=call.hung_up_by,
    )


def _recording(recording: Recording) -> ToldRecording:
    return ToldRecording(
        id=recording.id,
        call_id=recording.call_id,
        kind=recording.kind,
        seconds=recording.seconds,
        size=recording.size,
        sha256=recording.sha256,
        kept_at=recording.kept_at,
        deleted_at=recording.deleted_at,
    )


def _listened(session: Session, recordings: Sequence[Recording]) -> list[ToldLook]:
    plays = [
        play
        for one in recordings
        for play in recording_queries.list_plays(session, recording_id=one.id, limit=PLAYS_TOLD)
    ]
    looks = (ToldLook(what=one.recording_id, name=one.staff_name, why=one.purpose, at=one.at) for one in plays)
    return sorted(looks, key=lambda one: one.at)


def _request(session: Session, conversation: Conversation) -> AssistRequestView | None:
    request = assist_queries.find_of_conversation(session, conversation_id=conversation.id)
    return assist_views.view_of(session, request, conversation=conversation) if request else None


def _call_back(session: Session, conversation: Conversation) -> CallBackOwed | None:
    owed = callback_queries.find_call_back(session, conversation_id=conversation.id)
    if owed is None:
        return None
    return CallBackOwed(
        asked_at=owed.asked_at,
        state=owed.state,
        attempts=owed.attempts,
        last_at=owed.last_at,
        ended_at=owed.ended_at,
    )


def _knowledge(session: Session, *, record: ExportDocument) -> list[ToldKnowledge]:
    cited = {(turn.entry_id, turn.at) for turn in record.bot_turns if turn.entry_id}
    told = (_served(session, entry_id=entry_id, at=at) for entry_id, at in sorted(cited, key=lambda one: one[1]))
    return [one for one in told if one is not None]


def _served(session: Session, *, entry_id: str, at: datetime) -> ToldKnowledge | None:
    """Return an entry of the knowledge base as it was served at an instant, if its version is still known."""
    versions = knowledge_queries.list_versions(session, entry_id=entry_id)
    published = [one for one in versions if one.published_at is not None and one.published_at <= at]
    if not published:
        return None
    served = max(published, key=lambda one: (one.published_at or at, one.version))
    return ToldKnowledge(
        entry_id=entry_id,
        version=served.version,
        question=served.question,
        answer=served.answer,
        source=served.source,
        owner=served.owner,
        published_at=served.published_at,
        cited_at=at,
    )


def names_of_deeds(session: Session, *, entries: Iterable[Entry]) -> dict[str, str]:
    """Return the names of the members of staff who did these, by id."""
    return account_queries.names_of(session, staff_ids={one.actor_id for one in entries if one.actor_kind == "staff"})
