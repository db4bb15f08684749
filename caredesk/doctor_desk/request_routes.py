"""The doctor's requests: raise, follow, write, urge, withdraw, rate. Nobody sees another doctor's."""

from __future__ import annotations

from datetime import timedelta

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import assist
from caredesk.actions.assist_about import Wish
from caredesk.actions.assist_pictures import picture_for_asker
from caredesk.actions.assist_views import view_of, views
from caredesk.actions.timeline import patient_message
from caredesk.assistance import queries
from caredesk.conversations import queries as conversation_queries
from caredesk.core.clock import clinic_time
from caredesk.doctor_desk.request_schemas import (
    OwnRequests,
    PicturePath,
    RaiseRequest,
    RateRequest,
    ReadUpTo,
    RequestKinds,
    RequestPath,
    RequestTalk,
    SayToAssistant,
    ShownPicture,
)
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.picture_files import PictureForm, PictureLink, show_to_staff, take_picture
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.events.shapes import PatientMessage

TAG = Tag(name="doctor requests", description="What doctors ask of the assistants. Session cookie.")
api = APIBlueprint("doctor_requests", __name__, url_prefix="/api/doctor", abp_tags=[TAG])

SHORT_NIGHT = timedelta(hours=6)
"""What was asked late in the evening is still shown after midnight."""


@api.get("/request-types", responses={200: RequestKinds})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_request_types() -> ResponseReturnValue:
    """What the signed-in person may ask for."""
    with read(current_services()) as session:
        kinds = queries.list_types(session)
    mine = [kind for kind in kinds if kind.active and set(kind.roles) & current_staff().roles]
    return answer(RequestKinds(types=mine))


@api.get("/requests", responses={200: OwnRequests})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_requests() -> ResponseReturnValue:
    """Own requests that are open, and those of today."""
    services = current_services()
    now = services.clock.now()
    morning = clinic_time(now).replace(hour=0, minute=0, second=0, microsecond=0)
    with read(services) as session:
        found = queries.list_of_staff(session, staff_id=current_staff().staff_id, since=morning - SHORT_NIGHT)
        shown = OwnRequests(requests=views(session, found))
    return answer(shown)


@api.post("/requests", responses={200: AssistRequestView})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("doctor.act", by="staff")
def post_request(body: RaiseRequest) -> ResponseReturnValue:
    """Ask the assistants for something."""
    wish = Wish(type_key=body.type_key, appointment_id=body.appointment_id, form=body.form, pictures=body.pictures)
    with write(current_services(), actor=current_actor()) as work:
        request = assist.raise_request(work, who=current_staff(), wish=wish, client_key=body.client_key)
        view = view_of(work.session, request)
    return answer(view)


@api.get("/requests/<request_id>", responses={200: RequestTalk})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_request(path: RequestPath) -> ResponseReturnValue:
    """One request with its talk."""
    with read(current_services()) as session:
        request = queries.get_request_of(session, request_id=path.request_id, staff_id=current_staff().staff_id)
        entries = conversation_queries.list_patient_entries(session, conversation_id=request.conversation_id)
        shown = RequestTalk(request=view_of(session, request), messages=[patient_message(one) for one in entries])
    return answer(shown)


@api.post("/requests/<request_id>/messages", responses={200: PatientMessage})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("doctor.act", by="staff")
def post_words(path: RequestPath, body: SayToAssistant) -> ResponseReturnValue:
    """Write to the assistant."""
    services = current_services()
    with write(services, actor=current_actor()) as work:
        entry = assist.say(
            work,
            request_id=path.request_id,
            staff_id=current_staff().staff_id,
            client_key=body.client_key,
            what=assist.Saying(body.text, body.picture_id, limit=services.settings.message_characters),
        )
        view = patient_message(entry)
    return answer(view)


@api.post("/requests/<request_id>/read")
@staff_guard(Permission.SEE_DOCTOR_DESK, by_hand=False)
@limited("doctor.act", by="staff")
def post_read_up_to(path: RequestPath, body: ReadUpTo) -> ResponseReturnValue:
    """Note how far the talk was read."""
    with write(current_services(), actor=current_actor()) as work:
        assist.mark_read(work, request_id=path.request_id, staff_id=current_staff().staff_id, up_to=body.up_to)
    return no_content()


@api.post("/requests/<request_id>/urge", responses={200: AssistRequestView})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("doctor.act", by="staff")
def post_urge(path: RequestPath) -> ResponseReturnValue:
    """Ask for haste."""
    with write(current_services(), actor=current_actor()) as work:
        request = assist.urge(work, request_id=path.request_id, staff_id=current_staff().staff_id)
        view = view_of(work.session, request)
    return answer(view)


@api.post("/requests/<request_id>/withdraw", responses={200: AssistRequestView})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("doctor.act", by="staff")
def post_withdraw(path: RequestPath) -> ResponseReturnValue:
    """Take the request back."""
    with write(current_services(), actor=current_actor()) as work:
        request = assist.withdraw(work, request_id=path.request_id, staff_id=current_staff().staff_id)
        view = view_of(work.session, request)
    return answer(view)


@api.post("/requests/<request_id>/rating", responses={200: AssistRequestView})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("doctor.act", by="staff")
def post_request_rating(path: RequestPath, body: RateRequest) -> ResponseReturnValue:
    """Say how well it was helped."""
    with write(current_services(), actor=current_actor()) as work:
        request = assist.rate(
            work,
            request_id=path.request_id,
            staff_id=current_staff().staff_id,
            score=body.score,
            comment=body.comment,
        )
        view = view_of(work.session, request)
    return answer(view)


@api.post("/pictures", responses={200: ShownPicture})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("picture.upload", by="staff")
def post_request_picture(form: PictureForm) -> ResponseReturnValue:
    """Upload a picture, to be shown to an assistant by its id."""
    picture = take_picture(form)
    return answer(ShownPicture(picture_id=picture.id, width=picture.width, height=picture.height))


@api.get("/pictures/<picture_id>")
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_request_picture(path: PicturePath, query: PictureLink) -> ResponseReturnValue:
    """One's own picture, or one in the talk of one's own request: a link for this session and two minutes."""
    with read(current_services()) as session:
        picture = picture_for_asker(session, picture_id=path.picture_id, staff_id=current_staff().staff_id)
    return show_to_staff(picture, link=query)
