"""The console's API of evidence: a conversation sealed, and the two people that an unmasked export needs."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import export_approvals
from caredesk.console.evidence_page import evidence_pages
from caredesk.console.schemas import ConversationPath
from caredesk.console.who import as_staff
from caredesk.edge.audit_export import read_out
from caredesk.edge.evidence_export import Wanted, seal_evidence
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.evidence.schemas import ApprovalPath, Approvals, ApprovalView, AskForApproval, BundleQuery, DecideApproval

TAG = Tag(name="evidence", description="Sealed bundles, and exports that need two people. Session cookie.")
api = APIBlueprint("evidence", __name__, url_prefix="/api/console", abp_tags=[TAG])


@api.get("/conversations/<conversation_id>/evidence.zip")
@staff_guard(Permission.EXPORT_RECORDS)
@limited("evidence.take_out", by="staff")
def get_evidence(path: ConversationPath, query: BundleQuery) -> Response:
    """Take a conversation out as a sealed bundle; its timeline and the audit keep that it was done."""
    wanted = Wanted(path.conversation_id, as_staff(), query.purpose, query.approval)
    sealed = seal_evidence(current_services(), actor=current_actor(), wanted=wanted, pages=evidence_pages)
    response = Response(read_out(sealed.file), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{sealed.name}"'
    return response


@api.get("/conversations/<conversation_id>/export-approvals", responses={200: Approvals})
@staff_guard(Permission.EXPORT_RECORDS)
def get_export_approvals(path: ConversationPath) -> ResponseReturnValue:
    """The recent requests for this conversation without masks, newest first."""
    services = current_services()
    with read(services) as session:
        found = export_approvals.approvals_of(
            session, conversation_id=path.conversation_id, who=as_staff(), now=services.clock.now()
        )
    return answer(Approvals(approvals=found))


@api.post("/conversations/<conversation_id>/export-approvals", responses={200: ApprovalView})
@staff_guard(Permission.EXPORT_RECORDS)
@limited("evidence.take_out", by="staff")
def post_export_approval(path: ConversationPath, body: AskForApproval) -> ResponseReturnValue:
    """Ask a second person for this conversation without masks."""
    with write(current_services(), actor=current_actor()) as work:
        asked = export_approvals.ask_for_approval(
            work, conversation_id=path.conversation_id, who=as_staff(), purpose=body.purpose, reason=body.reason
        )
    return answer(asked)


@api.get("/export-approvals", responses={200: Approvals})
@staff_guard(Permission.APPROVE_EXPORTS)
def get_waiting_approvals() -> ResponseReturnValue:
    """What waits for a second person, oldest first."""
    services = current_services()
    with read(services) as session:
        found = export_approvals.waiting_approvals(session, viewer_id=current_actor().id, now=services.clock.now())
    return answer(Approvals(approvals=found))


@api.post("/export-approvals/<approval_id>/decision", responses={200: ApprovalView})
@staff_guard(Permission.APPROVE_EXPORTS)
def post_approval_decision(path: ApprovalPath, body: DecideApproval) -> ResponseReturnValue:
    """Say yes or no to somebody else's request."""
    actor = current_actor()
    with write(current_services(), actor=actor) as work:
        decided = export_approvals.decide_approval(
            work, approval_id=path.approval_id, staff_id=actor.id, approve=body.approve
        )
    return answer(decided)
