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
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write

TAG = Tag(name="incidents", description="Incidents and drills. Session cookie.")
api = APIBlueprint("incidents", __name__, url_prefix="/api/console/incidents", abp_tags=[TAG])


@api.get("", responses={200: IncidentsPage})
@staff_guard(Permission.WORK)
def get_incidents() -> ResponseReturnValue:
    """What goes on, what can be declared, what is over."""
    may_lead = current_staff().may(Permission.SEE_FLOOR)
    with read(current_services()) as session:
        page = incident_reports.incidents_page(session, may_lead=may_lead)
    return answer(page)


@api.post("", responses={200: IncidentCourse})
@staff_guard(Permission.SEE_FLOOR)
def post_incident(body: DeclareIncident) -> ResponseReturnValue:
    """Declare an incident, or a drill of one."""
    with write(current_services(), actor=current_actor()) as work:
        incident = incidents.declare(work, kind=body.kind, drill=body.drill, reason=body.reason)
        shown = incident_reports.course_of(work.session, incident)
    return answer(shown)


@api.post("/<incident_id>/entries", responses={200: IncidentCourse})
@staff_guard(Permission.SEE_FLOOR)
def post_entry(path: IncidentPath, body: AddIncidentEntry) -> ResponseReturnValue:
    """Note what was done, and do what it means."""
    with write(current_services(), actor=current_actor()) as work:
        incident = incidents.add_entry(
            work, incident_id=path.incident_id, what=body.what, item=body.item, text=body.text
        )
        shown = incident_reports.course_of(work.session, incident)
    return answer(shown)


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
