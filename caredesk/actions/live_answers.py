"""Answers completed by live data: every provider by name, and what it is asked and gives.

A provider never guesses: when its data are missing, old, or belong to somebody it does not know, it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions import live_clinic, live_family, live_graph, live_hours
from caredesk.actions.live_parts import LiveAnswer, LiveQuestion, WhichOne
from caredesk.chatbot.replies import Language
from caredesk.chatbot.slots import Slots
from caredesk.conversations.models import Conversation
from caredesk.events.shapes import LiveNote
from caredesk.knowledge_base.models import KbEntry

Provider = Callable[[Session, LiveQuestion], LiveAnswer | WhichOne]

PROVIDERS: Mapping[str, Provider] = {
    "clinic_sessions": live_clinic.tell_sessions,
    "clinic_overview": live_clinic.tell_overview,
    "holidays": live_clinic.tell_holidays,
    "service_hours": live_hours.tell_service_hours,
    "queue_place": live_family.tell_place,
    "parcels": live_family.tell_parcels,
    "fees": live_graph.tell_fees,
    "steps": live_graph.tell_steps,
    "documents": live_graph.tell_documents,
}


@dataclass(frozen=True)
class Completed:
    """What is said for an entry: its own words, or those of live data with a note on where they come from."""

    text: str
    note: LiveNote | None = None


def complete(
    session: Session, *, entry: KbEntry, conversation: Conversation, slots: Slots, words: str, now: datetime
) -> Completed | WhichOne:
    """Return an entry's answer, completed by its provider when it is bound to one."""
    provider = PROVIDERS.get(entry.live)
    if provider is None:
        return Completed(entry.answer)
    language: Language = "en" if conversation.language == "en" else "zh"
    question = LiveQuestion(
        entry_id=entry.id,
        slots=slots,
        words=words,
        guardian_id=conversation.guardian_id,
        language=language,
        now=now,
    )
    told = provider(session, question)
    if isinstance(told, WhichOne):
        return told
    text = told.text if told.whole else f"{told.text}\n\n{entry.answer}"
    return Completed(text, LiveNote(provider=entry.live, state=told.state, as_of=told.as_of, source=told.source))
