"""How calling one's own patients went, by the same definitions as on the supervisor's floor."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import call_up_figures
from caredesk.assistance.call_up_schemas import CallUpTally
from caredesk.edge.guards import current_staff, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read

TAG = Tag(name="doctor", description="The doctor's desk. Session cookie.")
api = APIBlueprint("doctor_figures", __name__, url_prefix="/api/doctor", abp_tags=[TAG])


class FiguresQuery(BaseModel):
    """Of how many days up to now."""

    days: Annotated[int, Field(ge=1, le=366)] = 7


@api.get("/figures", responses={200: CallUpTally})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_own_figures(query: FiguresQuery) -> ResponseReturnValue:
    """How long own patients took to come online, and how long one waited for them; who is no doctor has none."""
    services = current_services()
    now = services.clock.now()
    with read(services) as session:
        shown = call_up_figures.figures_of_doctor(
            session, doctor_id=current_staff().doctor_id or "", since=now - timedelta(days=query.days), until=now
        )
    return answer(shown)
