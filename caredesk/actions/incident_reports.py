"""What is shown of incidents: the page of what goes on, and the report of each with its figures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions.incidents import sum_of, view_of
from caredesk.continuity import queries
from caredesk.continuity.incident_rules import Kind, Wait, kinds, known_kind, ticked_steps, wait_figures
from caredesk.continuity.incident_rules import Words as TwoWords
from caredesk.continuity.models import Incident, IncidentEntry
from caredesk.continuity.schemas import (
    Bilingual,
    IncidentCourse,
    IncidentEntryView,
    IncidentFigures,
    IncidentKindView,
    IncidentReport,
    IncidentsPage,
    IncidentStep,
)
from caredesk.conversations import house_queries
from caredesk.conversations import outage_queries as conversations
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.floor import outage_queries as floor

MISSED = frozenset({"promise_due", "reply_overdue", "waits_too_long"})
"""Alerts that say that something promised was not kept."""
ENDED_SHOWN = 20


def incidents_page(session: Session, *, may_lead: bool) -> IncidentsPage:
    """Return what goes on with its checklist, what can be declared, and what is over."""
    return IncidentsPage(
        open=open_courses(session),
        kinds=kinds_shown(session),
        ended=[view_of(one) for one in queries.list_ended(session, limit=ENDED_SHOWN)],
        may_lead=may_lead,
        live=True,
    )


def open_courses(session: Session) -> list[IncidentCourse]:
    """Return what goes on, with its checklist and its log."""
    return [course_of(session, one) for one in queries.list_open(session)]


def kinds_shown(session: Session) -> list[IncidentKindView]:
    """Return what can be declared; what parents are told names the hospital's number."""
    hotline = house_queries.get_hospital(session).hotline
    return [
        IncidentKindView(key=kind.key, name=_both(kind.name), parents=_both(kind.parents.with_hotline(hotline)))
        for kind in kinds().values()
    ]


def course_of(session: Session, incident: Incident) -> IncidentCourse:
    """Return an incident with its checklist and its log."""
    kind = known_kind(incident.kind)
    entries = queries.list_entries(session, incident_id=incident.id)
    done = ticked_steps((one.what, one.item) for one in entries)
    return IncidentCourse(
        incident=view_of(incident),
        steps=[IncidentStep(key=key, words=_both(words), done=key in done) for key, words in kind.steps],
        entries=[_entry(one, kind=kind) for one in entries],
    )


def report_of(session: Session, *, incident_id: str, now: datetime) -> IncidentReport:
    """Return the report of an incident: as it was made at the end, or while it goes on as it stands."""
    incident = queries.get_incident(session, incident_id=incident_id)
    if incident.report is not None:
        return IncidentReport.model_validate(incident.report)
    return _make(session, incident, until=incident.ended_at or now, final=False)


def keep_report(work: Work, incident: Incident) -> IncidentReport:
    """Make the report of an incident that has just ended, keep it, and put its sum into the audit."""
    report = _make(work.session, incident, until=work.now, final=True)
    incident.report = report.model_dump(mode="json")
    work.attest(Deed("incident.ended", subject=f"incident:{incident.id}", record=f"sha256:{report.sum}"))
    return report


def _make(session: Session, incident: Incident, *, until: datetime, final: bool) -> IncidentReport:
    course = course_of(session, incident)
    figures = _figures(session, incident, until=until)
    told = course.model_dump_json() + figures.model_dump_json()
    return IncidentReport(course=course, figures=figures, sum=sum_of(told), final=final)


def _figures(session: Session, incident: Incident, *, until: datetime) -> IncidentFigures:
    first = incident.declared_at
    rows = conversations.list_waits(session, first=first, last=until)
    waits = wait_figures([Wait(row.arrived_at, row.assigned_at, row.closed_at) for row in rows], until=until)
    responded = incident.responded_at
    return IncidentFigures(
        minutes=round((until - first).total_seconds() / 60),
        response_minutes=round((responded - first).total_seconds() / 60) if responded else None,
        waited=waits.waited,
        lost=waits.lost,
        longest_wait_seconds=waits.longest_seconds,
        promises_missed=floor.count_raised(session, codes=MISSED, first=first, last=until),
    )


def _entry(entry: IncidentEntry, *, kind: Kind) -> IncidentEntryView:
    step = dict(kind.steps).get(entry.item)
    return IncidentEntryView(
        at=entry.at, by_name=entry.by_name, what=entry.what, step=_both(step) if step else None, text=entry.text
    )


def _both(words: TwoWords) -> Bilingual:
    return Bilingual(zh=words.zh, en=words.en)
