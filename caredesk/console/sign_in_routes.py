"""Going on with a sign-in whose password was right: the second factor, adding one, or a new password."""

from __future__ import annotations

import logging

from flask import request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import sign_in_policy
from caredesk.accounts.schemas import HalfOpen, OfferedFactor, TicketCode, TicketPassword, WithTicket
from caredesk.actions import half_sign_in
from caredesk.actions.accounts import Place, choose_password
from caredesk.actions.sign_in_steps import SignInHalf
from caredesk.console.auth_routes import forget_session_before, half_view, let_in, me_view, set_session_cookie
from caredesk.console.schemas import EnrolledIn, Me
from caredesk.core.work import SYSTEM
from caredesk.edge.guards import open_to_all
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write

log = logging.getLogger(__name__)

api = APIBlueprint("sign_in", __name__, url_prefix="/api/auth/sign-in", abp_tags=[Tag(name="auth")])

WHY = "Whoever signs in is not signed in yet; the ticket of the first step stands for the password."


@api.post("/code", responses={200: Me, 202: HalfOpen}, summary="Show the second factor")
@open_to_all(reason=WHY)
@limited("sign_in", by="address")
def post_code(body: TicketCode) -> ResponseReturnValue:
    """Go on with a code of the authenticator, or one of recovery."""
    with write(current_services(), actor=SYSTEM) as work:
        outcome = half_sign_in.give_code(work, ticket=body.ticket, code=body.code, place=_place())
        forget_session_before(work, outcome=outcome)
    return let_in(outcome)


@api.post("/factor", responses={200: OfferedFactor}, summary="Be offered the second factor that is demanded")
@open_to_all(reason=WHY)
@limited("sign_in", by="address")
def post_factor(body: WithTicket) -> ResponseReturnValue:
    """Offer a second factor to somebody whose role demands one."""
    with write(current_services(), actor=SYSTEM) as work:
        offered = half_sign_in.offer_factor(work, ticket=body.ticket, policy=_place().policy)
    return answer(offered)


@api.post("/factor/confirm", responses={200: EnrolledIn}, summary="Prove the second factor with its first code")
@open_to_all(reason=WHY)
@limited("sign_in", by="address")
def post_factor_confirm(body: TicketCode) -> ResponseReturnValue:
    """Add the offered factor and go on; the recovery codes are told here and never again."""
    with write(current_services(), actor=SYSTEM) as work:
        enrolled = half_sign_in.confirm_factor(work, ticket=body.ticket, code=body.code, place=_place())
        forget_session_before(work, outcome=enrolled.outcome)
    codes, outcome = enrolled.codes.codes, enrolled.outcome
    if isinstance(outcome, SignInHalf):
        return answer(EnrolledIn(codes=codes, me=None, half=half_view(outcome)))
    log.info("signed in", extra={"staff_id": outcome.signed_in.staff_id, "address": request.remote_addr})
    response = answer(EnrolledIn(codes=codes, me=me_view(outcome.signed_in), half=None))
    set_session_cookie(response, token=outcome.token)
    return response


@api.post("/password", responses={200: Me, 202: HalfOpen}, summary="Choose a new password on the way in")
@open_to_all(reason=WHY)
@limited("sign_in", by="address")
def post_new_password(body: TicketPassword) -> ResponseReturnValue:
    """Choose a password of one's own in place of one that somebody else knows, or that is too old."""
    services = current_services()
    with read(services) as session:
        owner = half_sign_in.owner_of(session, ticket=body.ticket, now=services.clock.now())
    new_hash = choose_password(body.new, owner=owner)
    with write(services, actor=SYSTEM) as work:
        outcome = half_sign_in.choose_anew(work, ticket=body.ticket, new_hash=new_hash, place=_place())
        forget_session_before(work, outcome=outcome)
    return let_in(outcome)


def _place() -> Place:
    policy = sign_in_policy(current_services().settings)
    return Place(request.remote_addr or "", request.user_agent.string, policy)
