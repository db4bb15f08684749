"""Signing in and out of the staff surfaces: the cookie's whole life is in this file.

A sign-in that needs more than the password goes on in `sign_in_routes`.
"""

from __future__ import annotations

import logging

from flask import request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from werkzeug.wrappers import Response

from caredesk.accounts.errors import WrongPassword
from caredesk.accounts.rules import Permission, sign_in_policy
from caredesk.accounts.schemas import HalfOpen, SignedIn
from caredesk.actions import presence
from caredesk.actions.accounts import (
    SignInOpened,
    SignInRefused,
    change_password,
    check_password,
    choose_password,
    password_owner,
    sign_in,
    sign_out,
)
from caredesk.actions.sign_in_steps import SignInHalf
from caredesk.console.schemas import ChangePassword, Me, SignIn
from caredesk.core.work import SYSTEM, Work
from caredesk.edge.guards import current_staff, open_to_all, session_cookie_name, staff_guard, staff_of_cookies
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write

log = logging.getLogger(__name__)

TAG = Tag(name="auth", description="Signing in and out of the staff surfaces.")
api = APIBlueprint("auth", __name__, url_prefix="/api/auth", abp_tags=[TAG])


@api.post("/sign-in", responses={200: Me, 202: HalfOpen}, summary="Sign in")
@open_to_all(reason="Whoever signs in is not signed in yet.")
@limited("sign_in", by="address")
def post_sign_in(body: SignIn) -> ResponseReturnValue:
    """Open a session and set its cookie, or answer with the ticket of the next step."""
    return let_in(_try_to_sign_in(body))


def let_in(outcome: SignInOpened | SignInHalf | SignInRefused) -> ResponseReturnValue:
    """Answer what has become of a sign-in, after the commit."""
    current_services().meters.sign_ins.labels(_said(outcome)).inc()
    if isinstance(outcome, SignInHalf):
        return answer(half_view(outcome), status=202)
    if isinstance(outcome, SignInRefused):
        log.info("sign-in refused", extra={"code": outcome.error.code, "address": request.remote_addr})
        raise outcome.error
    log.info("signed in", extra={"staff_id": outcome.signed_in.staff_id, "address": request.remote_addr})
    response = answer(me_view(outcome.signed_in))
    set_session_cookie(response, token=outcome.token)
    return response


@api.post("/sign-out", responses={204: None}, summary="Sign out")
@staff_guard(Permission.SIGNED_IN, even_locked=True)
def post_sign_out() -> ResponseReturnValue:
    """End this session and take the cookie back."""
    me = current_staff()
    with write(current_services(), actor=me.actor()) as work:
        sign_out(work, session_id=me.session_id, staff_id=me.staff_id)
        if me.may(Permission.WORK):
            presence.leave(work, staff_id=me.staff_id)
    response = no_content()
    _drop_cookie(response)
    return response


@api.get("/me", responses={200: Me}, summary="Who am I")
@staff_guard(Permission.SIGNED_IN)
def get_me() -> ResponseReturnValue:
    """Say who is signed in, with the token that writes must carry."""
    return answer(me_view(current_staff()))


@api.post("/password", responses={204: None}, summary="Change one's own password")
@staff_guard(Permission.SIGNED_IN)
@limited("password.change", by="staff")
def post_password(body: ChangePassword) -> ResponseReturnValue:
    """Replace one's own password; other sessions end."""
    me, services = current_staff(), current_services()
    with read(services) as session:
        check = check_password(session, login=me.login, password=body.current)
        owner = password_owner(session, staff_id=me.staff_id)
    # First of all, or "the same as now" would tell a stranger at an open screen what the password is.
    if check.staff_id is None:
        raise WrongPassword
    new_hash = choose_password(body.new, owner=owner)
    with write(services, actor=me.actor()) as work:
        change_password(work, session_id=me.session_id, check=check, new_hash=new_hash)
    log.info("password changed", extra={"staff_id": me.staff_id})
    return no_content()


def _said(outcome: SignInOpened | SignInHalf | SignInRefused) -> str:
    if isinstance(outcome, SignInHalf):
        return outcome.step.value
    return outcome.error.code if isinstance(outcome, SignInRefused) else "opened"


def _try_to_sign_in(body: SignIn) -> SignInOpened | SignInHalf | SignInRefused:
    services = current_services()
    with read(services) as session:
        check = check_password(session, login=body.login, password=body.password)
    with write(services, actor=SYSTEM) as work:
        outcome = sign_in(
            work,
            check=check,
            address=request.remote_addr or "",
            user_agent=request.user_agent.string,
            policy=sign_in_policy(services.settings),
        )
        forget_session_before(work, outcome=outcome)
    return outcome


def forget_session_before(work: Work, *, outcome: SignInOpened | SignInHalf | SignInRefused) -> None:
    """End the session that this browser had: it is about to forget its cookie, and nobody could ever end that one."""
    if not isinstance(outcome, SignInOpened):
        return
    cookies, settings = request.headers.get("Cookie", ""), current_services().settings
    before = staff_of_cookies(work.session, cookies=cookies, settings=settings, now=work.now)
    if before:
        sign_out(work, session_id=before.session_id, staff_id=before.staff_id)


def half_view(half: SignInHalf) -> HalfOpen:
    """Return what comes next."""
    return HalfOpen(ticket=half.ticket, step=half.step, expires_at=half.expires_at)


def me_view(signed_in: SignedIn) -> Me:
    """Return who is signed in."""
    return Me(
        staff_id=signed_in.staff_id,
        login=signed_in.login,
        name=signed_in.name,
        name_en=signed_in.name_en,
        roles=sorted(signed_in.roles),
        permissions=sorted(signed_in.permissions),
        csrf_token=signed_in.csrf_token,
    )


def set_session_cookie(response: Response, *, token: str) -> None:
    """Give a browser its session."""
    settings = current_services().settings
    response.set_cookie(
        session_cookie_name(settings),
        token,
        max_age=settings.session_hours * 3600,
        path="/",
        httponly=True,
        secure=settings.secure_cookies,
        # Strict would drop the cookie on links that arrive from WeCom or mail.
        samesite="Lax",
    )


def _drop_cookie(response: Response) -> None:
    settings = current_services().settings
    name = session_cookie_name(settings)
    response.delete_cookie(name, path="/", httponly=True, secure=settings.secure_cookies, samesite="Lax")
