"""One's own signed-in browsers, for everybody who signs in."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission, sign_in_policy
from caredesk.accounts.schemas import OwnSessions
from caredesk.actions import staff_sessions
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write

api = APIBlueprint("sessions", __name__, url_prefix="/api/auth/sessions", abp_tags=[Tag(name="auth")])


class SessionPath(BaseModel):
    own_session_id: str = Field(max_length=60)


@api.get("", responses={200: OwnSessions})
@staff_guard(Permission.SIGNED_IN)
def get_own_sessions() -> ResponseReturnValue:
    """One's sessions: by which browser, from where, since when, and when last used."""
    services = current_services()
    idle, now = sign_in_policy(services.settings).session_idle, services.clock.now()
    with read(services) as session:
        page = staff_sessions.own_sessions(session, me=current_staff(), idle=idle, now=now)
    return answer(page)


@api.post("/<own_session_id>/end", responses={204: None})
@staff_guard(Permission.SIGNED_IN)
def post_end_session(path: SessionPath) -> ResponseReturnValue:
    """End one of one's own sessions."""
    with write(current_services(), actor=current_actor()) as work:
        staff_sessions.end_own_session(work, session_id=path.own_session_id)
    return no_content()
