"""Taking work out of its order, for who serves the queue; and the report of it, for supervisors."""

from __future__ import annotations

from datetime import timedelta

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import claims
from caredesk.actions.summaries import summary_of
from caredesk.console.schemas import Changed, ConversationPath
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import Shape
from caredesk.queue.schemas import ClaimView

TAG = Tag(name="claims", description="Work taken out of its order. Writes carry X-CSRF-Token.")
api = APIBlueprint("claims", __name__, url_prefix="/api/console", abp_tags=[TAG])


class Claim(Shape):
    """Why somebody is served before their turn."""

    reason: str = Field(max_length=200)


class ClaimsQuery(BaseModel):
    """How many days to look back."""

    days: int = Field(default=14, ge=1, le=366)


class ClaimReport(Shape):
    """What was taken out of its order, the newest first."""

    claims: list[ClaimView]


@api.post("/conversations/<conversation_id>/claim", responses={200: Changed})
@staff_guard(Permission.WORK)
def post_claim(path: ConversationPath, body: Claim) -> ResponseReturnValue:
    """Take somebody who waits before their turn; 409 unless the policy allows it."""
    with write(current_services(), actor=current_actor()) as work:
        claimed = claims.claim_work(work, conversation_id=path.conversation_id, who=as_staff(), reason=body.reason)
        shown = Changed(conversation=summary_of(work.session, claimed))
    return answer(shown)


@api.get("/claims", responses={200: ClaimReport})
@staff_guard(Permission.SEE_FLOOR)
def get_claims(query: ClaimsQuery) -> ResponseReturnValue:
    """Who took what out of its order, why, and past how many."""
    services = current_services()
    until = services.clock.now()
    with read(services) as session:
        found = claims.claims_between(session, since=until - timedelta(days=query.days), until=until, who=as_staff())
    return answer(ClaimReport(claims=found))
