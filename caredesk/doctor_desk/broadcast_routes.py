"""The doctor's message to all families who wait for a session: looked at first, sent once, counted."""

from __future__ import annotations

from typing import Annotated

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from caredesk.accounts.rules import Permission
from caredesk.actions import broadcasts
from caredesk.assistance.broadcast_schemas import BroadcastPreview, BroadcastView, What
from caredesk.doctor_desk.request_schemas import ClientKey
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.services import guarding_bot
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import Shape

TAG = Tag(name="doctor broadcasts", description="A doctor's message to all waiting families. Session cookie.")
api = APIBlueprint("doctor_broadcasts", __name__, url_prefix="/api/doctor/broadcasts", abp_tags=[TAG])


class PreviewBroadcast(Shape):
    """What is to be said, and to whom."""

    clinic_session_id: Annotated[str, Field(max_length=36)]
    what: What


class SendBroadcast(PreviewBroadcast):
    """The same, under the client's own key: sent twice it is one message."""

    client_key: ClientKey


class OwnBroadcasts(Shape):
    """What was said today, newest first."""

    broadcasts: list[BroadcastView]


@api.get("", responses={200: OwnBroadcasts})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_broadcasts() -> ResponseReturnValue:
    """Own messages of today and how many families each has reached."""
    services = current_services()
    with read(services) as session:
        shown = OwnBroadcasts(broadcasts=broadcasts.sent_today(session, who=current_staff(), at=services.clock.now()))
    return answer(shown)


@api.post("/preview", responses={200: BroadcastPreview})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("doctor.act", by="staff")
def post_preview(body: PreviewBroadcast) -> ResponseReturnValue:
    """How many families a message would go to; the words are judged, nothing is sent."""
    services = current_services()
    what = broadcasts.checked(body.what, bot=guarding_bot(services))
    with read(services) as session:
        shown = broadcasts.preview(
            session, who=current_staff(), session_id=body.clinic_session_id, what=what, at=services.clock.now()
        )
    return answer(shown)


@api.post("", responses={200: BroadcastView})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("doctor.broadcast", by="staff")
def post_broadcast(body: SendBroadcast) -> ResponseReturnValue:
    """Say something to all families who wait for a session."""
    services = current_services()
    what = broadcasts.checked(body.what, bot=guarding_bot(services))
    with write(services, actor=current_actor()) as work:
        sent = broadcasts.send(
            work,
            who=current_staff(),
            session_id=body.clinic_session_id,
            what=what,
            client_key=body.client_key,
        )
        [view] = broadcasts.views(work.session, [sent])
    return answer(view)
