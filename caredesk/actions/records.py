"""Searching the records: by words, person, number and date, within what the searcher may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts.access_rules import Thing
from caredesk.actions import access
from caredesk.actions.replies import AsStaff
from caredesk.actions.summaries import summaries
from caredesk.conversations import search_queries
from caredesk.conversations.models import Conversation
from caredesk.conversations.search_queries import Sight, Sought
from caredesk.conversations.search_words import read_number, snippet_of, tidy_words
from caredesk.core.clock import CLINIC_ZONE, from_clinic
from caredesk.core.errors import BadInput
from caredesk.core.paging import read_cursor, write_cursor
from caredesk.events.shapes import ConversationSummary
from caredesk.patients import queries as patient_queries

PAGE = 20


@dataclass(frozen=True)
class Question:
    """A search as it was typed; empty fields do not matter. Dates are the clinic's days, both included."""

    text: str = ""
    person: str = ""
    number: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Hit:
    """A conversation that matches, and the words around what was found in it."""

    conversation: ConversationSummary
    snippet: str


@dataclass(frozen=True)
class Hits:
    """A page of what was found, newest first; `cursor` opens the next one."""

    hits: list[Hit]
    cursor: str | None


def search_records(session: Session, *, who: AsStaff, question: Question, cursor: str | None) -> Hits:
    """Return a page of the conversations that match and that the person may see, newest first."""
    after = read_cursor(cursor) if cursor else None
    sought = _sought(session, question)
    if sought is None:
        return Hits(hits=[], cursor=None)
    found = search_queries.search_conversations(
        session, sight=sight_of(session, who=who), sought=sought, after=after, limit=PAGE + 1
    )
    page = found[:PAGE]
    last = page[-1] if len(found) > PAGE else None
    return Hits(
        hits=_hits(session, page, text=sought.text),
        cursor=write_cursor(last.created_at, last.id) if last else None,
    )


def sight_of(session: Session, *, who: AsStaff, thing: Thing = Thing.CONVERSATION) -> Sight:
    """Return what a member of staff may see of a thing, as queries ask for it."""
    scope = access.scope_of(session, who=who, thing=thing)
    opened = () if scope.nothing or scope.everything else access.opened_by(session, who=who)
    return Sight(
        staff_id=who.staff_id,
        sees_floor=scope.everything,
        queue_ids=tuple(sorted(scope.queue_ids)),
        opened=tuple(opened),
        nothing=scope.nothing,
    )


def _sought(session: Session, question: Question) -> Sought | None:
    """Return what to look for, or None when a field was filled in with what nothing can match."""
    person, number = tidy_words(question.person), read_number(question.number)
    guardian_ids = patient_queries.list_guardian_ids_by_person(session, text=person) if person else None
    if (question.number.strip() and number is None) or (guardian_ids is not None and not guardian_ids):
        return None
    since, until = day_bounds(since=question.since, until=question.until)
    return Sought(
        text=tidy_words(question.text),
        number=number,
        guardian_ids=tuple(guardian_ids) if guardian_ids is not None else None,
        since=since,
        until=until,
    )


def day_bounds(*, since: date | None, until: date | None) -> tuple[datetime | None, datetime | None]:
    """Return when the first of two clinic days begins and when the last one has ended; the second is not included."""
    if since and until and since > until:
        raise BadInput(field="until")
    return _midnight(since) if since else None, _midnight(until, days_later=1) if until else None


def _midnight(day: date, *, days_later: int = 0) -> datetime:
    # The last day of the calendar has no day after it.
    if day.year >= date.max.year or day.year <= date.min.year:
        raise BadInput(field="date")
    return from_clinic(datetime.combine(day + timedelta(days=days_later), time.min, tzinfo=CLINIC_ZONE))


def _hits(session: Session, page: Sequence[Conversation], *, text: str | None) -> list[Hit]:
    said: dict[str, str] = {}
    if text is not None:
        said = search_queries.last_texts_with(session, conversation_ids=[c.id for c in page], text=text)
    return [
        Hit(conversation=summary, snippet=snippet_of(said.get(summary.id, summary.last_message), sought=text or ""))
        for summary in summaries(session, page)
    ]
