"""The audit for auditors: search, one entry in its chain, how the chain stands, reading it whole, taking it out.

Nothing is shown before it stands in the audit itself that it was.
"""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import audit_desk
from caredesk.actions.audit_desk import AuditQuestion, IsSigned
from caredesk.actions.records import day_bounds
from caredesk.audit.rules import Anchor
from caredesk.audit.schemas import AuditDetail, AuditPage, AuditPath, AuditQuery, AuditSpan, AuditState
from caredesk.audit.signing import is_signed
from caredesk.edge.audit_export import export_audit, read_out
from caredesk.edge.audit_jobs import own_keys
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write

TAG = Tag(name="audit", description="Who did and who saw what, for auditors. Session cookie.")
api = APIBlueprint("audit", __name__, url_prefix="/api/console/audit", abp_tags=[TAG])


@api.get("", responses={200: AuditState})
@staff_guard(Permission.READ_AUDIT)
def get_audit() -> ResponseReturnValue:
    """How the chain stands, and by whom one may search."""
    services = current_services()
    with read(services) as session:
        state = audit_desk.audit_state(session, is_signed=_by_own_key(), now=services.clock.now())
    return answer(state)


@api.get("/entries", responses={200: AuditPage})
@staff_guard(Permission.READ_AUDIT)
@limited("search", by="staff")
def get_audit_entries(query: AuditQuery) -> ResponseReturnValue:
    """Search by person, deed, subject, why and day; newest first."""
    question = AuditQuestion(**query.model_dump(exclude={"before"}))
    with read(current_services()) as session:
        page = audit_desk.search_audit(session, question=question, before=query.before)
    with write(current_services(), actor=current_actor()) as work:
        audit_desk.note_audit_search(work, question=question)
    return answer(page)


@api.get("/entries/<number>", responses={200: AuditDetail})
@staff_guard(Permission.READ_AUDIT)
def get_audit_entry(path: AuditPath) -> ResponseReturnValue:
    """One entry with its place in the chain."""
    with read(current_services()) as session:
        detail = audit_desk.audit_detail(session, number=path.number, is_signed=_by_own_key())
    with write(current_services(), actor=current_actor()) as work:
        audit_desk.note_audit_look(work, number=path.number)
    return answer(detail)


@api.post("/checks", responses={204: None})
@staff_guard(Permission.READ_AUDIT)
@limited("audit.take_out", by="staff")
def post_audit_check() -> ResponseReturnValue:
    """Have the whole chain read; the state tells when it is done."""
    with write(current_services(), actor=current_actor()) as work:
        audit_desk.ask_for_check(work)
    return no_content()


@api.get("/export")
@staff_guard(Permission.READ_AUDIT)
@limited("audit.take_out", by="staff")
def get_audit_export(query: AuditSpan) -> Response:
    """Take entries out with their proof: entries, anchors, public key, and a script that checks them by itself."""
    services = current_services()
    since, until = day_bounds(since=query.since, until=query.until)
    with write(services, actor=current_actor()) as work:
        audit_desk.note_audit_export(work)
    archive = export_audit(services, since=since, until=until)
    response = Response(read_out(archive), mimetype="application/zip")
    day = services.clock.now().strftime("%Y%m%d")
    response.headers["Content-Disposition"] = f'attachment; filename="caredesk-audit-{day}.zip"'
    return response


def _by_own_key() -> IsSigned:
    public = own_keys(current_services()).public

    def by_own_key(anchor: Anchor) -> bool:
        return is_signed(anchor, public=public)

    return by_own_key
