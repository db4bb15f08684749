"""The screen pop: what the desk knows of a caller, masked, before anybody says a word (B51)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.actions.assist_views import views
from caredesk.actions.call_callers import find_caller
from caredesk.actions.families import family_card
from caredesk.actions.replies import AsStaff, can_see
from caredesk.actions.summaries import summaries
from caredesk.assistance import queries as assist_queries
from caredesk.conversations import family_queries, line_queries, queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.core.clock import clinic_time
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.events.shapes import ConversationSummary
from caredesk.patients import contact_queries as families
from caredesk.patients import queries as patient_queries
from caredesk.patients.rules import mask_child_name, mask_name, mask_phone
from caredesk.patients.schemas import AppointmentView, FamilyCard
from caredesk.telephony import caller_queries
from caredesk.telephony import queries as call_queries
from caredesk.telephony.errors import CallNotFound
from caredesk.telephony.models import Call
from caredesk.telephony.schemas import CallerLine, EarlierCall

EARLIER_SHOWN = 5

Tie = Literal["", "family", "nobody"]


@dataclass(frozen=True)
class Known:
    """What is known of a caller; empty parts where nothing is. `tie` is what somebody has said about who it is."""

    number: str
    tie: Tie = ""
    family: FamilyCard | None = None
    maybe: list[CallerLine] = field(default_factory=list)
    today: list[AppointmentView] = field(default_factory=list)
    requests: list[AssistRequestView] = field(default_factory=list)
    open_conversations: list[ConversationSummary] = field(default_factory=list)
    earlier: list[EarlierCall] = field(default_factory=list)


def caller_of(session: Session, *, conversation_id: str, who: AsStaff, now: datetime) -> Known:
    """Return what is known of the other side of a conversation's call; who may not see it finds no call."""
    conversation = queries.get_conversation(session, conversation_id=conversation_id)
    if not can_see(session, conversation, who=who):
        raise ConversationNotFound
    call = call_queries.find_last(session, conversation_id=conversation_id)
    if call is None:
        raise CallNotFound
    earlier = _earlier(session, call)
    tied = caller_queries.find_tie(session, conversation_id=conversation_id)
    tie: Tie = "" if tied is None else "family" if tied.guardian_id else "nobody"
    guardian_id = conversation.guardian_id
    if guardian_id is None:
        maybe = _maybe(session, call) if tied is None else []
        return Known(mask_phone(call.caller), tie, maybe=maybe, earlier=earlier)
    card = family_card(session, guardian_id=guardian_id, at=now)
    day = clinic_time(now).date()
    children = [one.patient.id for one in patient_queries.list_children(session, guardian_id=guardian_id)]
    requests = assist_queries.list_open_of_patients(session, patient_ids=children)
    open_ones = [
        one
        for one in family_queries.list_open_talks(session, guardian_id=guardian_id)
        if one.id != conversation_id and can_see(session, one, who=who)
    ]
    return Known(
        mask_phone(call.caller),
        tie,
        family=card,
        today=[one for one in card.appointments if clinic_time(one.starts_at).date() == day] if card else [],
        requests=views(session, requests) if requests else [],
        open_conversations=summaries(session, open_ones) if open_ones else [],
        earlier=earlier,
    )


def choices_of(session: Session, call: Call) -> list[str]:
    """Return the guardians whose number it may be: everybody who has it, else whom its earlier calls were about.

    Empty when nobody is known by it, and when it is one guardian's alone and not a choice.
    """
    caller = find_caller(session, number=call.caller)
    if caller.maybe or caller.guardian_id or not call.caller:
        return list(caller.maybe)
    earlier = _earlier_calls(session, call)
    talks = line_queries.load_conversations(session, ids={one.conversation_id for one in earlier})
    return sorted({one.guardian_id for one in talks.values() if one.guardian_id})


def _maybe(session: Session, call: Call) -> list[CallerLine]:
    ids = choices_of(session, call)
    found = {one.id: one for one in families.list_guardians(session, guardian_ids=ids)} if ids else {}
    return [
        CallerLine(
            guardian_id=id,
            name=mask_name(found[id].name),
            phone=mask_phone(found[id].phone),
            children=[
                mask_child_name(one.patient.name) for one in patient_queries.list_children(session, guardian_id=id)
            ],
        )
        for id in ids
        if id in found
    ]


def _earlier(session: Session, call: Call) -> list[EarlierCall]:
    calls = _earlier_calls(session, call)
    talks = line_queries.load_conversations(session, ids={one.conversation_id for one in calls})
    names = account_queries.names_of(session, staff_ids=[one.agent_id for one in calls if one.agent_id])
    return [
        EarlierCall(
            conversation_id=one.conversation_id,
            number=talks[one.conversation_id].number,
            at=one.started_at,
            direction="in" if one.direction == "in" else "out",
            disposition=one.disposition,
            agent_name=names.get(one.agent_id or ""),
            seconds=round(one.talk_seconds),
            category=talks[one.conversation_id].close_category,
            outcome=talks[one.conversation_id].close_outcome,
        )
        for one in calls
    ]


def _earlier_calls(session: Session, call: Call) -> Sequence[Call]:
    if not call.caller:
        return []
    return call_queries.list_earlier_of_number(session, number=call.caller, before=call.started_at, limit=EARLIER_SHOWN)
