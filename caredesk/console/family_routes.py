"""The console's API about families: looking behind a mask, and replies that are filled for the family."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import desk
from caredesk.actions.canned import Speaker, canned_replies
from caredesk.actions.families import Curtain, reveal
from caredesk.console.schemas import CannedReplies, ConversationPath, Revealed, RevealField
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write

TAG = Tag(name="families", description="What staff see of families. Masked unless revealed for a reason.")
api = APIBlueprint("families", __name__, url_prefix="/api/console", abp_tags=[TAG])


class FamilyPath(BaseModel):
    guardian_id: str = Field(max_length=36)


@api.post("/families/<guardian_id>/reveal", responses={200: Revealed})
@staff_guard(Permission.REVEAL)
@limited("reveal", by="staff")
def post_reveal(path: FamilyPath, body: RevealField) -> ResponseReturnValue:
    """Uncover one masked value for some minutes; the reason is recorded and colleagues see that it was done."""
    services = current_services()
    curtain = Curtain(guardian_id=path.guardian_id, field=body.field, subject_id=body.subject_id, reason=body.reason)
    with write(services, actor=current_actor()) as work:
        uncovered = reveal(work, who=as_staff(), curtain=curtain, minutes=services.settings.reveal_minutes)
    return answer(Revealed(value=uncovered.value, until=uncovered.until))


@api.get("/conversations/<conversation_id>/canned-replies", responses={200: CannedReplies})
@staff_guard(Permission.WORK)
def get_canned_replies(path: ConversationPath) -> ResponseReturnValue:
    """Canned replies in the conversation's language, with their variables filled."""
    services, me = current_services(), current_staff()
    with read(services) as session:
        conversation = desk.get_visible(session, conversation_id=path.conversation_id, who=as_staff())
        replies = canned_replies(
            session,
            conversation=conversation,
            speaker=Speaker(name=me.name, name_en=me.name_en),
            at=services.clock.now(),
        )
    return answer(CannedReplies(replies=replies))
