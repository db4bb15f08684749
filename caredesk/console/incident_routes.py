"""Incidents: everybody who works sees them, whoever leads the floor declares, works and ends them."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import incident_reports, incidents
from caredesk.continuity.schemas import (
    AddIncidentEntry,
    DeclareIncident,
    EndIncident,
    IncidentCourse,
    IncidentPath,
    IncidentReport,
    IncidentsPage,
)
from caredesk.edge.guards import current_actor, incident_guard, staff_guard
from caredesk.edge.incident_keeping import deed_of, page_now, store_or_keep
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write

TAG = Tag(name="incidents", description="Incidents and drills. Session cookie.")
api = APIBlueprint("incidents", __name__, url_prefix="/api/console/incidents", abp_tags=[TAG])


@api.get("", responses={200: IncidentsPage})
@incident_guard(Permission.WORK)
def get_incidents() -> ResponseReturnValue:
    """What goes on, what can be declared, what is over; while the database is away, as far as that is kept."""
    return answer(page_now())


@api.post("", responses={200: IncidentCourse})
@incident_guard(Permission.SEE_FLOOR)
def post_incident(body: DeclareIncident) -> ResponseReturnValue:
    """Declare an incident, or a drill of one; also while the database is away."""

    def declare() -> IncidentCourse:
        with write(current_services(), actor=current_actor()) as work:
            incident = incidents.declare(work, kind=body.kind, drill=body.drill, reason=body.reason)
            return incident_reports.course_of(work.session, incident)

    deed = deed_of(what="declared", text=incidents.words_of_reason(body.reason))
    return answer(store_or_keep(declare, deed=deed.model_copy(update={"kind": body.kind, "drill": body.drill})))


@api.post("/<incident_id>/entries", responses={200: IncidentCourse})
@incident_guard(Permission.SEE_FLOOR)
def post_entry(path: IncidentPath, body: AddIncidentEntry) -> ResponseReturnValue:
    """Note what was done, and do what it means; also while the database is away."""
    entry = {"incident_id": path.incident_id, "item": body.item, "text": incidents.words_of_entry(body.what, body.text)}

    def add() -> IncidentCourse:
        with write(current_services(), actor=current_actor()) as work:
            incident = incidents.add_entry(work, what=body.what, **entry)
            return incident_reports.course_of(work.session, incident)

    return answer(store_or_keep(add, deed=deed_of(what=body.what, **entry)))


@api.post("/<incident_id>/end", responses={200: IncidentReport})
@staff_guard(Permission.SEE_FLOOR)
def post_end(path: IncidentPath, body: EndIncident) -> ResponseReturnValue:
    """End an incident with what came of it; the answer is its report."""
    with write(current_services(), actor=current_actor()) as work:
        incident = incidents.end(work, incident_id=path.incident_id, text=body.text)
        report = incident_reports.keep_report(work, incident)
    return answer(report)


@api.get("/<incident_id>/report", responses={200: IncidentReport})
@staff_guard(Permission.WORK)
def get_report(path: IncidentPath) -> ResponseReturnValue:
    """The report: as it was made at the end, or as it stands."""
    services = current_services()
    with read(services) as session:
        report = incident_reports.report_of(session, incident_id=path.incident_id, now=services.clock.now())
    return answer(report)
