"""Requests of doctors in the console: the card, what came of an attempt; and the types, for the administrator."""

from __future__ import annotations

from typing import Annotated, Any

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from caredesk.accounts.rules import Permission
from caredesk.actions import assist_desk, assist_rounds, request_types
from caredesk.actions.assist_views import view_of, views
from caredesk.assistance import queries
from caredesk.assistance.call_up_schemas import Outcome
from caredesk.assistance.schemas import AssistCard, RequestTypeLine, RequestTypes, SessionToCall
from caredesk.console.schemas import ConversationPath
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.events.shapes import Shape

TAG = Tag(name="assist requests", description="Doctors' requests, for assistants. Writes carry X-CSRF-Token.")
api = APIBlueprint("assist", __name__, url_prefix="/api/console/assist", abp_tags=[TAG])


class Outcomes(Shape):
    """What came of an attempt; `leg_id` names the telephone task it answers."""

    outcome: Outcome
    promised_at: AwareDatetime | None = None
    leg_id: Annotated[str, Field(max_length=40)] | None = None


class OpenRequests(Shape):
    """The open requests of the whole desk, oldest first."""

    requests: list[AssistRequestView]


class SessionsToCall(Shape):
    """Sessions whose families may be called now, by their beginning."""

    sessions: list[SessionToCall]


class SessionPath(BaseModel):
    session_id: Annotated[str, Field(max_length=36)]


class CallRound(Shape):
    """Whom of a session to bring online, under the client's own key: sent twice it is one call."""

    client_key: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[\w-]+$")]
    appointment_ids: Annotated[list[Annotated[str, Field(max_length=36)]], Field(min_length=1, max_length=10)]


class TypePath(BaseModel):
    """A type in a path."""

    key: Annotated[str, Field(min_length=1, max_length=40)]


class ChangeType(BaseModel):
    """A type as it shall be; it is read by its own parser, whose faults name their place."""

    expected: int = Field(ge=0, le=1_000_000)
    type: dict[str, Any]


@api.get("/<conversation_id>", responses={200: AssistCard})
@staff_guard(Permission.WORK)
def get_card(path: ConversationPath) -> ResponseReturnValue:
    """The card of a request."""
    services = current_services()
    with read(services) as session:
        card = assist_desk.card_of(
            session, conversation_id=path.conversation_id, who=as_staff(), at=services.clock.now()
        )
    return answer(card)


@api.post("/<conversation_id>/outcome", responses={200: AssistRequestView})
@staff_guard(Permission.WORK)
def post_outcome(path: ConversationPath, body: Outcomes) -> ResponseReturnValue:
    """Say what came of an attempt to reach the family."""
    what = assist_desk.Report(outcome=body.outcome, promised_at=body.promised_at, leg_id=body.leg_id)
    with write(current_services(), actor=current_actor()) as work:
        request = assist_desk.report(work, conversation_id=path.conversation_id, who=as_staff(), what=what)
        view = view_of(work.session, request)
    return answer(view)


@api.get("/sessions", responses={200: SessionsToCall})
@staff_guard(Permission.WORK)
def get_sessions() -> ResponseReturnValue:
    """The sessions of now with everybody who still waits, for assistants."""
    services = current_services()
    with read(services) as session:
        found = assist_rounds.sessions_to_call(session, who=as_staff(), at=services.clock.now())
    return answer(SessionsToCall(sessions=found))


@api.post("/sessions/<session_id>/calls", responses={200: OpenRequests})
@staff_guard(Permission.WORK)
@limited("doctor.act", by="staff")
def post_calls(path: SessionPath, body: CallRound) -> ResponseReturnValue:
    """Begin to bring chosen families of a session online."""
    with write(current_services(), actor=current_actor()) as work:
        raised = assist_rounds.call_round(
            work,
            who=as_staff(),
            session_id=path.session_id,
            appointment_ids=body.appointment_ids,
            client_key=body.client_key,
        )
        shown = OpenRequests(requests=views(work.session, raised))
    return answer(shown)


@api.get("/open", responses={200: OpenRequests})
@staff_guard(Permission.SEE_FLOOR)
def get_open() -> ResponseReturnValue:
    """Every open request, oldest first, for whoever watches the floor."""
    with read(current_services()) as session:
        shown = OpenRequests(requests=assist_desk.open_requests(session, who=as_staff()))
    return answer(shown)


@api.get("/types", responses={200: RequestTypes})
@staff_guard(Permission.EDIT_REQUEST_TYPES)
def get_types() -> ResponseReturnValue:
    """Every type of request, for whoever edits them."""
    with read(current_services()) as session:
        shown = _types(session)
    return answer(shown)


@api.put("/types/<key>", responses={200: RequestTypes})
@staff_guard(Permission.EDIT_REQUEST_TYPES)
def put_request_type(path: TypePath, body: ChangeType) -> ResponseReturnValue:
    """Change a type, or add one; 409 when it was changed meanwhile."""
    with write(current_services(), actor=current_actor()) as work:
        request_types.change_type(work, key=path.key, data=body.type, expected=body.expected)
        shown = _types(work.session)
    return answer(shown)


def _types(session: Session) -> RequestTypes:
    versions = queries.versions_of_types(session)
    lines = [RequestTypeLine(type=one, version=versions.get(one.key, 0)) for one in queries.list_types(session)]
    return RequestTypes(types=lines)
