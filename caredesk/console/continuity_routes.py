"""The standby list, also while the database is away."""

from __future__ import annotations

from flask import g
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.actions import standby
from caredesk.console.who import as_staff
from caredesk.continuity.schemas import StandbyPage
from caredesk.edge.guards import current_actor, kept_standby, standby_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.transactions import write

TAG = Tag(name="continuity", description="What is there when the database is not. Session cookie.")
api = APIBlueprint("continuity", __name__, url_prefix="/api/console", abp_tags=[TAG])


@api.get("/standby", responses={200: StandbyPage})
@standby_guard
def get_standby() -> ResponseReturnValue:
    """Who waits, whom to call back, how doctors are called: as it is now, else as it was kept last."""
    return answer(g.standby or _page())


def _page() -> StandbyPage:
    try:
        with write(current_services(), actor=current_actor()) as work:
            return standby.page_of(work, who=as_staff())
    except StoreUnavailable:
        # Nothing can be put into the audit now; the kept list remembers who looked.
        return kept_standby()
