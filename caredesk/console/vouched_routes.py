"""Signing in on another system's word: the hospital's token, and the hospital's WeCom."""

from __future__ import annotations

import hmac
import logging

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field
from werkzeug.wrappers import Response

from caredesk.accounts.rules import sign_in_policy
from caredesk.actions.accounts import Place, SignInOpened, sign_out
from caredesk.actions.vouched_sign_in import Refusal, Vouched, note_refusal, sign_in_vouched
from caredesk.console.auth_routes import me_view, set_session_cookie
from caredesk.console.passkey_routes import find_party
from caredesk.console.schemas import Me
from caredesk.core.errors import NotFound
from caredesk.core.ids import new_token
from caredesk.core.work import SYSTEM
from caredesk.edge.guards import open_to_all, staff_of_cookies
from caredesk.edge.identity import IdentityRefused, staff_token_of
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import Shape

log = logging.getLogger(__name__)

api = APIBlueprint("vouched", __name__, url_prefix="/api/auth", abp_tags=[Tag(name="auth")])

STATE_SECONDS = 600
BACK = "/api/auth/wecom/callback"


class WorkLoginMissing(NotFound):
    """Nobody signs in by WeCom here."""

    code = "auth.no_wecom"


class SignInWays(Shape):
    """By which ways one may sign in, beside the password."""

    wecom: bool
    passkey: bool


class SignInByToken(Shape):
    """A token that the hospital has signed for one of its staff."""

    token: str = Field(min_length=1, max_length=4000)


class BroughtBack(Shape):
    """What WeCom sends people back with."""

    code: str = Field(default="", max_length=512)
    state: str = Field(default="", max_length=128)


@api.get("/ways", responses={200: SignInWays})
@open_to_all(reason="The door of the doctor's desk shows which ways there are.")
def get_sign_in_ways() -> ResponseReturnValue:
    """Which ways of signing in there are."""
    return answer(SignInWays(wecom=current_services().work_login is not None, passkey=find_party() is not None))


@api.post("/token", responses={200: Me}, summary="Sign in by the hospital's token")
@open_to_all(reason="Whoever signs in is not signed in yet.")
@limited("sign_in", by="address")
def post_sign_in_token(body: SignInByToken) -> ResponseReturnValue:
    """Open a session for whom the hospital's own system vouches; a token is good once."""
    services = current_services()
    try:
        token = staff_token_of(services, token=body.token)
    except IdentityRefused as refused:
        with write(services, actor=SYSTEM) as work:
            note_refusal(work, way="token", reason=str(refused.fields["reason"]), address=_address())
        raise
    outcome = _sign_in(Vouched("token", token.by, token.subject, token.fingerprint, token.expires_at))
    if not isinstance(outcome, SignInOpened):
        raise IdentityRefused(reason=outcome)
    response = answer(me_view(outcome.signed_in))
    set_session_cookie(response, token=outcome.token)
    return response


@api.get("/wecom", responses={302: None}, summary="Go to the hospital's WeCom")
@open_to_all(reason="Whoever signs in is not signed in yet.")
@limited("sign_in", by="address")
def get_wecom() -> ResponseReturnValue:
    """Send a browser to WeCom, with a word that it must bring back."""
    services = current_services()
    if services.work_login is None:
        raise WorkLoginMissing
    state = new_token()
    home = services.settings.public_url or request.host_url
    response = redirect(services.work_login.door(back=f"{home.rstrip('/')}{BACK}", state=state))
    _set_state(response, state=state, seconds=STATE_SECONDS)
    return response


@api.get("/wecom/callback", responses={302: None}, summary="Come back from the hospital's WeCom")
@open_to_all(reason="Whoever signs in is not signed in yet.")
@limited("sign_in", by="address")
def get_wecom_callback(query: BroughtBack) -> ResponseReturnValue:
    """Open a session for whom WeCom names, or lead to the door with what was wrong."""
    if current_services().work_login is None:
        raise WorkLoginMissing
    outcome = _come_back(query)
    if isinstance(outcome, SignInOpened):
        response = redirect("/doctor")
        set_session_cookie(response, token=outcome.token)
    else:
        response = redirect(f"/doctor#sign_in={outcome}")
    # One word is good for one way back.
    _set_state(response, state="", seconds=0)
    return response


def _come_back(query: BroughtBack) -> SignInOpened | Refusal:
    services = current_services()
    brought = request.cookies.get(_state_cookie(), "").encode("utf-8", "replace")
    if not brought or not query.code or not hmac.compare_digest(brought, query.state.encode("utf-8", "replace")):
        return _refuse_wecom("state")
    # Outside any transaction: a provider may take its time.
    user = services.work_login.user_of(code=query.code) if services.work_login is not None else None
    if user is None or user.error:
        return _refuse_wecom("code" if user and user.error == "code" else _fault(user.error if user else ""))
    return _sign_in(Vouched("wecom", "wecom", user.user_id))


def _fault(error: str) -> Refusal:
    return "outsider" if error == "outsider" else "provider"


def _refuse_wecom(reason: Refusal) -> Refusal:
    with write(current_services(), actor=SYSTEM) as work:
        note_refusal(work, way="wecom", reason=reason, address=_address())
    return reason


def _sign_in(vouched: Vouched) -> SignInOpened | Refusal:
    services = current_services()
    policy = sign_in_policy(services.settings)
    place = Place(_address(), request.user_agent.string, policy)
    cookies = request.headers.get("Cookie", "")
    with read(services) as session:
        before = staff_of_cookies(session, cookies=cookies, settings=services.settings, now=services.clock.now())
    with write(services, actor=SYSTEM) as work:
        outcome = sign_in_vouched(work, vouched=vouched, place=place)
        # The browser is about to forget the cookie of the session it had; nobody could ever end that one.
        if before and isinstance(outcome, SignInOpened):
            sign_out(work, session_id=before.session_id, staff_id=before.staff_id)
    if isinstance(outcome, SignInOpened):
        log.info("signed in", extra={"staff_id": outcome.signed_in.staff_id, "way": vouched.way})
    return outcome


def _address() -> str:
    return request.remote_addr or ""


def _state_cookie() -> str:
    return "__Host-caredesk_wecom" if current_services().settings.secure_cookies else "caredesk_wecom"


def _set_state(response: Response, *, state: str, seconds: int) -> None:
    secure = current_services().settings.secure_cookies
    # Lax, because the way back begins at another site.
    response.set_cookie(_state_cookie(), state, max_age=seconds, path="/", httponly=True, secure=secure, samesite="Lax")
