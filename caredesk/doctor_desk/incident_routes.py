"""The incidents that go on, for those who see patients meanwhile: what it is and since when, and nothing to be done."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import incidents
from caredesk.continuity.schemas import OpenIncidents
from caredesk.edge.guards import staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read

TAG = Tag(name="doctor", description="The doctor's desk. Session cookie.")
api = APIBlueprint("doctor_incidents", __name__, url_prefix="/api/doctor", abp_tags=[TAG])


@api.get("/incidents", responses={200: OpenIncidents})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_open_incidents() -> ResponseReturnValue:
    """The incident and the drill that go on, the real one first."""
    with read(current_services()) as session:
        shown = [incidents.view_of(one) for one in incidents.list_open(session)]
    return answer(OpenIncidents(open=shown))
