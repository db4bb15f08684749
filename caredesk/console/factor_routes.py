"""One's own second factor, for everybody who signs in."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.accounts.schemas import GivenCode, OfferedFactor, OwnFactor, RecoveryCodes, WantFactor
from caredesk.actions import second_factors
from caredesk.actions.accounts import check_password
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write

TAG = Tag(name="auth", description="Signing in and out of the staff surfaces.")
api = APIBlueprint("factors", __name__, url_prefix="/api/auth/second-factor", abp_tags=[TAG])


@api.get("", responses={200: OwnFactor})
@staff_guard(Permission.SIGNED_IN)
def get_own_factor() -> ResponseReturnValue:
    """Whether one has a second factor, and from when one must."""
    with read(current_services()) as session:
        own = second_factors.own_factor(session, staff_id=current_actor().id)
    return answer(own)


@api.post("", responses={200: OfferedFactor})
@staff_guard(Permission.SIGNED_IN)
@limited("factor", by="staff")
def post_want_factor(body: WantFactor) -> ResponseReturnValue:
    """Be offered a second factor, or another one in place of that before."""
    services = current_services()
    with read(services) as session:
        check = check_password(session, login=current_staff().login, password=body.password)
    with write(services, actor=current_actor()) as work:
        offered = second_factors.want(work, check=check, code=body.code)
    return answer(offered)


@api.post("/confirm", responses={200: RecoveryCodes})
@staff_guard(Permission.SIGNED_IN)
@limited("factor", by="staff")
def post_confirm_factor(body: GivenCode) -> ResponseReturnValue:
    """Let the offered factor count, on its first code; recovery codes are told here and never again."""
    with write(current_services(), actor=current_actor()) as work:
        codes = second_factors.confirm(work, staff_id=work.actor.id, code=body.code)
    return answer(codes)


@api.post("/codes", responses={200: RecoveryCodes})
@staff_guard(Permission.SIGNED_IN)
@limited("factor", by="staff")
def post_renew_codes(body: GivenCode) -> ResponseReturnValue:
    """Have ten new recovery codes; the old ones open nothing any more."""
    with write(current_services(), actor=current_actor()) as work:
        codes = second_factors.renew_codes(work, code=body.code)
    return answer(codes)


@api.post("/remove", responses={204: None})
@staff_guard(Permission.SIGNED_IN)
@limited("factor", by="staff")
def post_remove_factor(body: GivenCode) -> ResponseReturnValue:
    """Go without a second factor, unless one's role demands one."""
    with write(current_services(), actor=current_actor()) as work:
        second_factors.give_up(work, code=body.code)
    return no_content()
