"""Who may open what: its table for the security officer, what was opened for the auditor, and opening at work."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.access_schemas import (
    AccessDifference,
    AccessPage,
    ChangeAccess,
    CheckAccess,
    OpenTalk,
    OwnAccess,
    OwnOpening,
    ReviewOpening,
)
from caredesk.accounts.rules import Permission
from caredesk.actions import access_desk, access_openings
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write

TAG = Tag(name="access", description="Who may open what, and what was opened beyond it. Writes carry X-CSRF-Token.")
api = APIBlueprint("access", __name__, url_prefix="/api/console/access", abp_tags=[TAG])


class OpeningPath(BaseModel):
    opening_id: str = Field(max_length=60)


@api.get("", responses={200: AccessPage})
@staff_guard(Permission.SEE_ACCOUNTS)
def get_access() -> ResponseReturnValue:
    """The table that holds, what it means for each person, and what was opened beyond it."""
    services = current_services()
    with read(services) as session:
        page = access_desk.access_page(session, now=services.clock.now())
    return answer(page)


@api.post("/check", responses={200: AccessDifference})
@staff_guard(Permission.GIVE_ROLES)
def post_access_check(body: CheckAccess) -> ResponseReturnValue:
    """What a new table would change, and for whom; nothing happens."""
    with read(current_services()) as session:
        found = access_desk.difference(session, table=body.table)
    return answer(found)


@api.post("", responses={200: AccessPage})
@staff_guard(Permission.GIVE_ROLES)
def post_access(body: ChangeAccess) -> ResponseReturnValue:
    """Let a new table hold; 409 when another holds meanwhile. Whom it concerns signs in anew."""
    services = current_services()
    with write(services, actor=current_actor()) as work:
        access_desk.change_table(work, table=body.table, expected=body.expected, note=body.note)
        page = access_desk.access_page(work.session, now=work.now)
    return answer(page)


@api.post("/openings/<opening_id>/review", responses={204: None})
@staff_guard(Permission.READ_AUDIT)
def post_access_review(path: OpeningPath, body: ReviewOpening) -> ResponseReturnValue:
    """Say what a look at an opening found; the first word stands."""
    with write(current_services(), actor=current_actor()) as work:
        access_desk.review_opening(work, opening_id=path.opening_id, verdict=body.verdict)
    return no_content()


@api.get("/mine", responses={200: OwnAccess})
@staff_guard(Permission.WORK)
def get_own_access() -> ResponseReturnValue:
    """For what I may open talks beyond my reach, and what I have open now."""
    with read(current_services()) as session:
        found = access_openings.own_access(session, who=as_staff())
    return answer(found)


@api.post("/mine", responses={200: OwnOpening})
@staff_guard(Permission.WORK)
@limited("reveal", by="staff")
def post_own_opening(body: OpenTalk) -> ResponseReturnValue:
    """Open a talk by its number for a purpose, for some time, on the record."""
    with write(current_services(), actor=current_actor()) as work:
        opened = access_openings.open_talk(work, who=as_staff(), wish=body)
    return answer(opened)
