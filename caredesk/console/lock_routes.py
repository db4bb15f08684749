"""The lock of one's own screen: how it stands, that a person is here, locking it, opening it. All pages share these."""

from __future__ import annotations

import logging
from dataclasses import replace

from flask import request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission, sign_in_policy
from caredesk.accounts.schemas import LockView, OpenLock
from caredesk.actions import idle_lock
from caredesk.actions.accounts import check_password
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write

log = logging.getLogger(__name__)

api = APIBlueprint("lock", __name__, url_prefix="/api/auth/lock", abp_tags=[Tag(name="auth")])


@api.get("", responses={200: LockView}, summary="How the lock of one's screen stands")
@staff_guard(Permission.SIGNED_IN, even_locked=True)
def get_lock() -> ResponseReturnValue:
    """Whose screen it is, whether it is locked, and when it will be. Asking is no deed."""
    return answer(_view())


@api.post("/deed", responses={200: LockView}, summary="Tell that a person is here")
@staff_guard(Permission.SIGNED_IN)
def post_deed() -> ResponseReturnValue:
    """Note that somebody reads or types here, where nothing else is asked for; the guard has noted it already."""
    return answer(_view(fresh=True))


@api.post("", responses={204: None}, summary="Lock one's screen")
@staff_guard(Permission.SIGNED_IN)
def post_lock() -> ResponseReturnValue:
    """Lock the screen before one leaves it; not during a call."""
    with write(current_services(), actor=current_actor()) as work:
        idle_lock.lock_by_hand(work, me=current_staff())
    return no_content()


@api.post("/open", responses={204: None}, summary="Open one's locked screen")
@staff_guard(Permission.SIGNED_IN, even_locked=True)
@limited("sign_in", by="address")
def post_open(body: OpenLock) -> ResponseReturnValue:
    """Go on after the password was right; wrong ones are counted as at the door."""
    me, services = current_staff(), current_services()
    with read(services) as session:
        check = check_password(session, login=me.login, password=body.password)
    with write(services, actor=current_actor()) as work:
        refused = idle_lock.open_by_password(
            work,
            me=me,
            check=check,
            address=request.remote_addr or "",
            policy=sign_in_policy(services.settings),
        )
    if refused is not None:
        log.info("screen not opened", extra={"code": refused.error.code, "staff_id": me.staff_id})
        raise refused.error
    return no_content()


def _view(*, fresh: bool = False) -> LockView:
    services = current_services()
    policy, now = sign_in_policy(services.settings), services.clock.now()
    me = current_staff()
    if fresh:
        me = replace(me, deed_at=now)
    with read(services) as session:
        return idle_lock.lock_view(session, me=me, policy=policy, now=now)
