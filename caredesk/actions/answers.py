"""Turning knowledge entries into message bodies, for the bot and for agents alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions import clinic
from caredesk.actions.live_answers import Completed
from caredesk.clinic.queries import SessionLine as ScheduledSession
from caredesk.events.shapes import AnswerBody, AnswerPart, Choice, SessionLine
from caredesk.knowledge_base.models import KbEntry

SESSIONS_SHOWN = 6


def answer_body(
    entry: KbEntry,
    *,
    related: Sequence[Choice],
    said: Completed | None = None,
    also: Sequence[AnswerPart] = (),
) -> AnswerBody:
    """Return an entry as an answer with its source, owner and validity (B47), completed by live data if there are."""
    part = answer_part(entry, said=said or Completed(entry.answer))
    return AnswerBody(**part.model_dump(), related=list(related), also=list(also))


def answer_part(entry: KbEntry, *, said: Completed) -> AnswerPart:
    """Return an entry as one answer of several."""
    return AnswerPart(
        entry_id=entry.id,
        question=entry.question,
        text=_with_files(said.text, entry=entry),
        source=entry.source,
        owner=entry.owner,
        valid_until=entry.valid_until.isoformat() if entry.valid_until else None,
        live=said.note,
    )


def _with_files(text: str, *, entry: KbEntry) -> str:
    """Return an answer with its attachments below, each as a link on a line of its own."""
    links = [f"[{file['name']}](/api/knowledge/files/{file['id']})" for file in entry.attachments or ()]
    return "\n\n".join([text, *links])


def sessions_ahead(session: Session, *, at: datetime) -> list[SessionLine]:
    """Return today's sessions that are running or still to come, soonest first, for somebody who needs a doctor."""
    lines = [line for today in clinic.hospital_overview(session, at=at) for line in today.sessions]
    ahead = sorted((line for line in lines if line.session.ends_at > at), key=lambda line: line.session.starts_at)
    return [_session_line(line) for line in ahead[:SESSIONS_SHOWN]]


def _session_line(line: ScheduledSession) -> SessionLine:
    return SessionLine(
        department=line.department.name,
        doctor=line.doctor.name if line.doctor else "",
        starts_at=line.session.starts_at,
        ends_at=line.session.ends_at,
    )
