"""Signing in and out by the hospital's provider of identities (OpenID Connect)."""

from __future__ import annotations

import hmac
import logging

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field
from werkzeug.wrappers import Response

from caredesk.accounts.rules import Permission, sign_in_policy
from caredesk.actions.accounts import Place, SignInOpened, sign_out
from caredesk.actions.sign_on import SignOnRefusal, refuse, sign_on
from caredesk.console.auth_routes import set_session_cookie
from caredesk.core.errors import NotFound
from caredesk.core.ids import new_token
from caredesk.core.ports import SignOn, SignOnUser
from caredesk.core.work import SYSTEM
from caredesk.edge.guards import open_to_all, staff_of_cookies
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import Shape

log = logging.getLogger(__name__)

api = APIBlueprint("sign_on", __name__, url_prefix="/api/auth/oidc", abp_tags=[Tag(name="auth")])

STATE_SECONDS = 600
STATE, CAME_BY = "caredesk_oidc", "caredesk_came_by"
BACK, DOOR = "/api/auth/oidc/callback", "/console/sign-in"


class SignOnMissing(NotFound):
    """Nobody signs in by a provider of identities here."""

    code = "auth.no_oidc"


class SignOnWay(Shape):
    """Whether one may sign in by the hospital's provider."""

    offered: bool


class BroughtBack(Shape):
    """What the provider sends people back with."""

    code: str = Field(default="", max_length=2048)
    state: str = Field(default="", max_length=128)


@api.get("", responses={200: SignOnWay}, summary="Whether one may sign in by the hospital's provider")
@open_to_all(reason="The sign-in page shows which ways there are.")
def get_sign_on() -> ResponseReturnValue:
    """Whether there is a provider."""
    return answer(SignOnWay(offered=current_services().sign_on is not None))


@api.get("/door", responses={302: None}, summary="Go to the hospital's provider")
@open_to_all(reason="Whoever signs in is not signed in yet.")
@limited("sign_in", by="address")
def get_sign_on_door() -> ResponseReturnValue:
    """Send a browser to the provider, with words that only it knows when it comes back."""
    state, nonce, verifier = new_token(), new_token(), new_token()
    door = _provider().door(back=_home(BACK), state=state, nonce=nonce, verifier=verifier)
    if not door:
        return redirect(f"{DOOR}#oidc={_refused('provider')}")
    response = redirect(door)
    _set(response, STATE, value=f"{state}.{nonce}.{verifier}", seconds=STATE_SECONDS)
    return response


@api.get("/callback", responses={302: None}, summary="Come back from the hospital's provider")
@open_to_all(reason="Whoever signs in is not signed in yet.")
@limited("sign_in", by="address")
def get_sign_on_callback(query: BroughtBack) -> ResponseReturnValue:
    """Open a session for whom the provider names, or lead to the door with what was wrong."""
    outcome = _come_back(_provider(), query=query)
    if isinstance(outcome, SignInOpened):
        asks = outcome.signed_in.may(Permission.SEE_DOCTOR_DESK) and not outcome.signed_in.may(Permission.WORK)
        response = redirect("/doctor" if asks else "/console")
        set_session_cookie(response, token=outcome.token)
        _set(response, CAME_BY, value="oidc", seconds=current_services().settings.session_hours * 3600)
    else:
        response = redirect(f"{DOOR}#oidc={outcome}")
    # One word is good for one way back.
    _set(response, STATE, value="", seconds=0)
    return response


@api.get("/sign-out", responses={302: None}, summary="Sign out at the hospital's provider, too")
@open_to_all(reason="The session here has ended already; the provider asks by itself.")
@limited("sign_in", by="address")
def get_sign_on_end() -> ResponseReturnValue:
    """Lead who came by the provider to where it signs them out, and everybody else to the door."""
    came = request.cookies.get(_cookie(CAME_BY)) == "oidc"
    response = redirect((_provider().farewell(back=_home(DOOR)) if came else "") or DOOR)
    _set(response, CAME_BY, value="", seconds=0)
    return response


def _come_back(provider: SignOn, *, query: BroughtBack) -> SignInOpened | SignOnRefusal:
    state, _, words = request.cookies.get(_cookie(STATE), "").partition(".")
    nonce, _, verifier = words.partition(".")
    same = hmac.compare_digest(state.encode("utf-8", "replace"), query.state.encode("utf-8", "replace"))
    if not (state and nonce and verifier and query.code and same):
        return _refused("state")
    # Outside any transaction: a provider may take its time.
    user = provider.user_of(code=query.code, back=_home(BACK), nonce=nonce, verifier=verifier)
    return _refused(user.error) if user.error else _sign_in(user)


def _sign_in(user: SignOnUser) -> SignInOpened | SignOnRefusal:
    services = current_services()
    place = Place(request.remote_addr or "", request.user_agent.string, sign_in_policy(services.settings))
    cookies = request.headers.get("Cookie", "")
    with read(services) as session:
        before = staff_of_cookies(session, cookies=cookies, settings=services.settings, now=services.clock.now())
    with write(services, actor=SYSTEM) as work:
        outcome = sign_on(work, user=user, place=place)
        # The browser is about to forget the cookie of the session it had; nobody could ever end that one.
        if before and isinstance(outcome, SignInOpened):
            sign_out(work, session_id=before.session_id, staff_id=before.staff_id)
    if isinstance(outcome, SignInOpened):
        log.info("signed in", extra={"staff_id": outcome.signed_in.staff_id, "way": "oidc"})
    return outcome


def _refused(reason: SignOnRefusal) -> SignOnRefusal:
    with write(current_services(), actor=SYSTEM) as work:
        return refuse(work, reason=reason)


def _provider() -> SignOn:
    provider = current_services().sign_on
    if provider is None:
        raise SignOnMissing
    return provider


def _home(path: str) -> str:
    home = current_services().settings.public_url or request.host_url
    return f"{home.rstrip('/')}{path}"


def _cookie(name: str) -> str:
    return f"__Host-{name}" if current_services().settings.secure_cookies else name


def _set(response: Response, name: str, *, value: str, seconds: int) -> None:
    secure, hidden = current_services().settings.secure_cookies, name != CAME_BY
    # Lax, because the way back begins at another site. By which way somebody came their page may know.
    response.set_cookie(_cookie(name), value, max_age=seconds, path="/", httponly=hidden, secure=secure, samesite="Lax")
