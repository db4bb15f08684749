"""Passkeys: one's own, signing in with one, and opening a locked screen with one."""

from __future__ import annotations

import logging

from flask import request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.errors import BadPasskey, PasskeysOff
from caredesk.accounts.passkeys import Party, party_at
from caredesk.accounts.rules import Permission, sign_in_policy
from caredesk.accounts.schemas import (
    HalfOpen,
    MadePasskey,
    NamePasskey,
    OwnPasskeys,
    PasskeyToMake,
    PasskeyToUse,
    PasskeyView,
    UsedPasskey,
    WantPasskey,
)
from caredesk.actions import passkeys
from caredesk.actions.accounts import Place, check_password
from caredesk.console.auth_routes import forget_session_before, let_in
from caredesk.console.schemas import Me
from caredesk.core.work import SYSTEM
from caredesk.edge.guards import current_actor, current_staff, open_to_all, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write

log = logging.getLogger(__name__)

api = APIBlueprint("passkeys", __name__, url_prefix="/api/auth", abp_tags=[Tag(name="auth")])

WHY = "Whoever signs in is not signed in yet."


class PasskeyPath(BaseModel):
    passkey_id: str = Field(max_length=60)


# ---- one's own -------------------------------------------------------------------------------------------


@api.get("/passkeys", responses={200: OwnPasskeys})
@staff_guard(Permission.SIGNED_IN)
def get_passkeys() -> ResponseReturnValue:
    """One's own passkeys, and whether more can be made here."""
    with read(current_services()) as session:
        own = passkeys.own_passkeys(session, staff_id=current_actor().id, offered=find_party() is not None)
    return answer(own)


@api.post("/passkeys/challenge", responses={200: PasskeyToMake})
@staff_guard(Permission.SIGNED_IN)
@limited("factor", by="staff")
def post_want_passkey(body: WantPasskey) -> ResponseReturnValue:
    """Begin to add a passkey, on one's password."""
    me, services, party = current_staff(), current_services(), _party()
    with read(services) as session:
        check = check_password(session, login=me.login, password=body.password)
    with write(services, actor=current_actor()) as work:
        wanted = passkeys.want(work, me=me, check=check, party=party)
    return answer(wanted)


@api.post("/passkeys", responses={200: PasskeyView})
@staff_guard(Permission.SIGNED_IN)
@limited("factor", by="staff")
def post_passkey(body: MadePasskey) -> ResponseReturnValue:
    """Keep the key that one's device has made."""
    party = _party()
    with write(current_services(), actor=current_actor()) as work:
        added = passkeys.add(work, me=current_staff(), made=body, party=party)
    if isinstance(added, BadPasskey):
        raise added
    return answer(added)


@api.put("/passkeys/<passkey_id>", responses={204: None})
@staff_guard(Permission.SIGNED_IN)
def put_passkey(path: PasskeyPath, body: NamePasskey) -> ResponseReturnValue:
    """Call one of one's own passkeys something else."""
    with write(current_services(), actor=current_actor()) as work:
        passkeys.rename(work, passkey_id=path.passkey_id, name=body.name)
    return no_content()


@api.post("/passkeys/<passkey_id>/remove", responses={204: None})
@staff_guard(Permission.SIGNED_IN)
def post_remove_passkey(path: PasskeyPath) -> ResponseReturnValue:
    """Let one of one's own passkeys open nothing any more."""
    with write(current_services(), actor=current_actor()) as work:
        passkeys.remove(work, passkey_id=path.passkey_id)
    return no_content()


# ---- using one -------------------------------------------------------------------------------------------


@api.post("/sign-in/passkey/challenge", responses={200: PasskeyToUse}, summary="Begin to sign in with a passkey")
@open_to_all(reason=WHY)
@limited("sign_in", by="address")
def post_sign_in_challenge() -> ResponseReturnValue:
    """Return what a device must sign; it tells nothing about who has one."""
    party = _party()
    with write(current_services(), actor=SYSTEM) as work:
        asked = passkeys.ask(work, party=party, purpose="sign_in")
    return answer(asked)


@api.post("/sign-in/passkey", responses={200: Me, 202: HalfOpen}, summary="Sign in with a passkey")
@open_to_all(reason=WHY)
@limited("sign_in", by="address")
def post_sign_in_passkey(body: UsedPasskey) -> ResponseReturnValue:
    """Open a session for whose passkey has signed."""
    services, party = current_services(), _party()
    place = Place(request.remote_addr or "", request.user_agent.string, sign_in_policy(services.settings))
    with write(services, actor=SYSTEM) as work:
        outcome = passkeys.sign_in(work, used=body, party=party, place=place)
        forget_session_before(work, outcome=outcome)
    return let_in(outcome)


@api.post("/lock/passkey/challenge", responses={200: PasskeyToUse}, summary="Begin to open one's screen with a passkey")
@staff_guard(Permission.SIGNED_IN, even_locked=True)
@limited("sign_in", by="address")
def post_open_challenge() -> ResponseReturnValue:
    """Return what one's device must sign to open this session's screen."""
    party = _party()
    with write(current_services(), actor=current_actor()) as work:
        asked = passkeys.ask(work, party=party, purpose="open", session_id=current_staff().session_id)
    return answer(asked)


@api.post("/lock/passkey", responses={204: None}, summary="Open one's locked screen with a passkey")
@staff_guard(Permission.SIGNED_IN, even_locked=True)
@limited("sign_in", by="address")
def post_open_passkey(body: UsedPasskey) -> ResponseReturnValue:
    """Go on with what one's own device has signed."""
    party = _party()
    with write(current_services(), actor=current_actor()) as work:
        refused = passkeys.open_screen(work, me=current_staff(), used=body, party=party)
    if refused is not None:
        raise refused
    return no_content()


# ---- helpers ---------------------------------------------------------------------------------------------


def find_party() -> Party | None:
    """Return for whom devices sign here: the public address; without one, this machine by its name."""
    public = current_services().settings.public_url
    if public:
        return party_at(public)
    # A made-up Host opens nothing: a key is bound to the name that it was made for, by its own device.
    own = party_at(request.host_url)
    return own if own is not None and own.id == "localhost" else None


def _party() -> Party:
    party = find_party()
    if party is None:
        raise PasskeysOff
    return party
