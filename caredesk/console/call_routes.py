"""The console's API of calls and of one's own phone: who calls, what is done with a call, calls of our own."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import call_phones, call_ties, calls_desk, calls_out, cloud_calls_out
from caredesk.actions.call_callers_known import caller_of
from caredesk.actions.call_views import call_view
from caredesk.console.call_schemas import CallerView, SayWhoCalls
from caredesk.console.schemas import ConversationPath
from caredesk.console.who import as_staff
from caredesk.conversations import queries as conversation_queries
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.events.call_shapes import CallView
from caredesk.telephony.schemas import (
    AskColleague,
    CallOut,
    PhoneSecret,
    PhoneView,
    SecretFor,
    SendTones,
    StandBeside,
    TransferCall,
)

TAG = Tag(name="calls", description="Telephone calls and one's own phone. Writes carry X-CSRF-Token.")
api = APIBlueprint("calls", __name__, url_prefix="/api/desk", abp_tags=[TAG])


# ---- one's own phone -------------------------------------------------------------------------------------


@api.get("/phone", responses={200: PhoneView})
@staff_guard(Permission.WORK)
def get_phone() -> ResponseReturnValue:
    """One's own phone, and whether the hotline is at work."""
    services = current_services()
    with read(services) as session:
        shown = call_phones.phone_view(session, staff_id=as_staff().staff_id, now=services.clock.now(), place=_place())
    if services.call_centre is not None:
        shown = shown.model_copy(update={"calls_by": "call_centre"})
    return answer(shown)


def _place() -> call_phones.Place:
    """Return where a browser registers: the hotline's own address, else the host under which this page is open."""
    settings = current_services().settings
    host = settings.hotline_public_address or urlsplit(f"//{request.host}").hostname or "localhost"
    named = f"[{host}]" if ":" in host else host
    wss = f"wss://{named}:{settings.hotline_wss_port}" if settings.hotline_wss_port else ""
    return call_phones.Place(wss_url=wss, domain=host)


@api.post("/phone/secret", responses={200: PhoneSecret})
@staff_guard(Permission.WORK, by_hand=False)
@limited("call", by="staff")
def post_secret(body: SecretFor) -> ResponseReturnValue:
    """Issue a new password of one of one's phones, told this once; the one before is worth nothing from now on."""
    with write(current_services(), actor=current_actor()) as work:
        issued = call_phones.issue_secret(work, staff_id=as_staff().staff_id, kind=body.kind)
    return answer(PhoneSecret(user=issued.user, secret=issued.secret))


# ---- calls -----------------------------------------------------------------------------------------------


@api.post("/calls", responses={200: CallView})
@staff_guard(Permission.WORK)
@limited("call", by="staff")
def post_call(body: CallOut) -> ResponseReturnValue:
    """Call somebody: the own phone rings first, whoever makes it ring."""
    whom = calls_out.Whom(body.number, body.guardian_id, body.request_id, body.conversation_id)
    centre = current_services().call_centre
    with write(current_services(), actor=current_actor()) as work:
        if centre is not None:
            call = cloud_calls_out.call_out(work, who=as_staff(), whom=whom, provider=centre.provider)
        else:
            call = calls_out.call_out(work, who=as_staff(), whom=whom)
        conversation = conversation_queries.get_conversation(work.session, conversation_id=call.conversation_id)
        shown = call_view(work.session, call, conversation=conversation)
    return answer(shown)


@api.get("/calls/<conversation_id>", responses={200: CallView})
@staff_guard(Permission.WORK)
def get_call(path: ConversationPath) -> ResponseReturnValue:
    """The newest call of a conversation."""
    with read(current_services()) as session:
        shown = calls_desk.view_of(session, conversation_id=path.conversation_id, who=as_staff())
    return answer(shown)


@api.get("/calls/<conversation_id>/caller", responses={200: CallerView})
@staff_guard(Permission.WORK)
def get_caller(path: ConversationPath) -> ResponseReturnValue:
    """Who calls, masked, for the moment before the answer (B51)."""
    return answer(_caller(path.conversation_id))


@api.put("/calls/<conversation_id>/caller", responses={200: CallerView})
@staff_guard(Permission.WORK)
def put_caller(path: ConversationPath, body: SayWhoCalls) -> ResponseReturnValue:
    """Say which of the families that may be calling it is, or that it is none of them."""
    said = call_ties.Said(body.guardian_id)
    with write(current_services(), actor=current_actor()) as work:
        call_ties.tie(work, conversation_id=path.conversation_id, who=as_staff(), said=said)
    return answer(_caller(path.conversation_id))


@api.delete("/calls/<conversation_id>/caller", responses={200: CallerView})
@staff_guard(Permission.WORK)
def delete_caller(path: ConversationPath) -> ResponseReturnValue:
    """Take back what was said about who calls."""
    with write(current_services(), actor=current_actor()) as work:
        call_ties.untie(work, conversation_id=path.conversation_id, who=as_staff())
    return answer(_caller(path.conversation_id))


def _caller(conversation_id: str) -> CallerView:
    services = current_services()
    with read(services) as session:
        known = caller_of(session, conversation_id=conversation_id, who=as_staff(), now=services.clock.now())
    return CallerView(
        knowledge="known" if known.family else "maybe" if known.maybe else "unknown",
        number=known.number,
        tie=known.tie,
        family=known.family,
        maybe=known.maybe,
        today=known.today,
        requests=known.requests,
        open_conversations=known.open_conversations,
        earlier=known.earlier,
    )


@api.post("/calls/<conversation_id>/hold", responses={200: CallView})
@staff_guard(Permission.WORK)
def post_hold(path: ConversationPath) -> ResponseReturnValue:
    """Put the caller on hold."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.hold(work, conversation_id=path.conversation_id, who=as_staff(), on=True)
    return answer(shown)


@api.post("/calls/<conversation_id>/resume", responses={200: CallView})
@staff_guard(Permission.WORK)
def post_resume(path: ConversationPath) -> ResponseReturnValue:
    """Take the caller off hold."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.hold(work, conversation_id=path.conversation_id, who=as_staff(), on=False)
    return answer(shown)


@api.post("/calls/<conversation_id>/hangup", responses={200: CallView})
@staff_guard(Permission.WORK)
def post_hangup(path: ConversationPath) -> ResponseReturnValue:
    """End the call."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.hang_up(work, conversation_id=path.conversation_id, who=as_staff())
    return answer(shown)


@api.post("/calls/<conversation_id>/transfer", responses={200: CallView})
@staff_guard(Permission.WORK)
def post_transfer(path: ConversationPath, body: TransferCall) -> ResponseReturnValue:
    """Give the caller to a queue or a colleague without asking first."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.transfer(
            work,
            conversation_id=path.conversation_id,
            who=as_staff(),
            target_kind=body.target_kind,
            target_id=body.target_id,
            note=body.note,
        )
    return answer(shown)


@api.post("/calls/<conversation_id>/consult", responses={200: CallView})
@staff_guard(Permission.WORK)
def post_consult(path: ConversationPath, body: AskColleague) -> ResponseReturnValue:
    """Ask a colleague while the caller holds."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.consult(work, conversation_id=path.conversation_id, who=as_staff(), staff_id=body.staff_id)
    return answer(shown)


@api.post("/calls/<conversation_id>/complete", responses={200: CallView})
@staff_guard(Permission.WORK)
def post_complete(path: ConversationPath) -> ResponseReturnValue:
    """Leave the caller to the colleague who was asked."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.complete(work, conversation_id=path.conversation_id, who=as_staff())
    return answer(shown)


@api.post("/calls/<conversation_id>/cancel-consult", responses={200: CallView})
@staff_guard(Permission.WORK)
def post_cancel_consult(path: ConversationPath) -> ResponseReturnValue:
    """Go back to the caller."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.cancel_consult(work, conversation_id=path.conversation_id, who=as_staff())
    return answer(shown)


@api.post("/calls/<conversation_id>/digits", responses={200: CallView})
@staff_guard(Permission.WORK)
def post_digits(path: ConversationPath, body: SendTones) -> ResponseReturnValue:
    """Press keys towards the other side."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.send_digits(work, conversation_id=path.conversation_id, who=as_staff(), digits=body.digits)
    return answer(shown)


@api.post("/calls/<conversation_id>/listen", responses={200: CallView})
@staff_guard(Permission.SEE_FLOOR)
def post_listen(path: ConversationPath, body: StandBeside) -> ResponseReturnValue:
    """Stand beside a call as a supervisor, if the engine can."""
    with write(current_services(), actor=current_actor()) as work:
        shown = calls_desk.listen(work, conversation_id=path.conversation_id, who=as_staff(), mode=body.mode)
    return answer(shown)
