"""Erasing families and holding records: looked up by whoever serves families, allowed or lifted by somebody else."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import erasing, holds
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.retention.schemas import (
    AskErasure,
    ErasurePreviews,
    PhoneQuery,
    PlaceHold,
    RetentionPage,
)

TAG = Tag(name="retention", description="Erasures by two people and legal holds. Writes carry X-CSRF-Token.")
api = APIBlueprint("retention", __name__, url_prefix="/api/console/retention", abp_tags=[TAG])


class ErasurePath(BaseModel):
    erasure_id: str = Field(max_length=36)


class HoldPath(BaseModel):
    hold_id: str = Field(max_length=36)


@api.get("", responses={200: RetentionPage})
@staff_guard(Permission.ALLOW_ERASURES)
def get_retention() -> ResponseReturnValue:
    """Erasures and holds, what waits for somebody first; no value of any family."""
    staff_id = current_staff().staff_id
    with read(current_services()) as session:
        page = RetentionPage(
            erasures=erasing.list_erasures(session, staff_id=staff_id),
            holds=holds.list_holds(session, staff_id=staff_id),
        )
    return answer(page)


@api.post("/previews", responses={200: ErasurePreviews})
@staff_guard(Permission.ERASE_FAMILIES)
@limited("reveal", by="staff")
def post_erasure_preview(body: PhoneQuery) -> ResponseReturnValue:
    """The families of exactly this number, masked: what would go, what the law keeps, what stands in the way."""
    with write(current_services(), actor=current_actor()) as work:
        found = erasing.preview_erasure(work, phone=body.phone)
    return answer(ErasurePreviews(families=found))


@api.post("/erasures", responses={204: None})
@staff_guard(Permission.ERASE_FAMILIES)
def post_erasure(body: AskErasure) -> ResponseReturnValue:
    """Ask that a family be erased; nothing goes before somebody else says yes."""
    with write(current_services(), actor=current_actor()) as work:
        erasing.ask_erasure(work, guardian_id=body.guardian_id, ground=body.ground)
    return no_content()


@api.post("/erasures/<erasure_id>/allow", responses={204: None})
@staff_guard(Permission.ALLOW_ERASURES)
def post_erasure_allowed(path: ErasurePath) -> ResponseReturnValue:
    """Say the second yes; 403 for whoever asked. It begins at once and cannot be taken back."""
    with write(current_services(), actor=current_actor()) as work:
        erasing.allow_erasure(work, erasure_id=path.erasure_id)
    return no_content()


@api.post("/erasures/<erasure_id>/refuse", responses={204: None})
@staff_guard(Permission.ALLOW_ERASURES)
def post_erasure_refused(path: ErasurePath) -> ResponseReturnValue:
    """Say no, or take one's own wish back."""
    with write(current_services(), actor=current_actor()) as work:
        erasing.refuse_erasure(work, erasure_id=path.erasure_id)
    return no_content()


@api.post("/holds", responses={204: None})
@staff_guard(Permission.ERASE_FAMILIES)
def post_hold(body: PlaceHold) -> ResponseReturnValue:
    """Hold a family, or a conversation by its number: nothing of it goes until somebody else lifts it."""
    with write(current_services(), actor=current_actor()) as work:
        if body.guardian_id:
            holds.hold_family(work, guardian_id=body.guardian_id, reason=body.reason)
        else:
            holds.hold_conversation(work, number=body.conversation_number, reason=body.reason)
    return no_content()


@api.post("/holds/<hold_id>/lift", responses={204: None})
@staff_guard(Permission.ALLOW_ERASURES)
def post_hold_lifted(path: HoldPath) -> ResponseReturnValue:
    """Lift a hold; 403 for whoever placed it."""
    with write(current_services(), actor=current_actor()) as work:
        holds.lift_hold(work, hold_id=path.hold_id)
    return no_content()
