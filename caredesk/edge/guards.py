"""Who may call a view. Every route carries one guard; a route without one fails the tests.

A guard lets in first and reads the payload afterwards, so that a stranger learns nothing about what a route expects.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from ipaddress import ip_address
from typing import Literal, cast
from urllib.parse import urlsplit

from flask import g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.http import parse_cookie

from caredesk.accounts.errors import ScreenLocked
from caredesk.accounts.rules import Permission, sign_in_policy
from caredesk.accounts.schemas import SignedIn
from caredesk.actions import idle_lock, standby
from caredesk.actions.accounts import find_signed_in, is_touch_due, touch_session
from caredesk.continuity.errors import StandbyMissing
from caredesk.continuity.schemas import StandbyPage, StandbyPerson
from caredesk.conversations.queries import find_visitor_by_token_hash
from caredesk.core.doing import note
from caredesk.core.errors import Refused, SignInNeeded
from caredesk.core.ids import token_hash
from caredesk.core.work import SYSTEM, Actor
from caredesk.edge.condition import DATABASE
from caredesk.edge.errors import CsrfMismatch, ForeignSite, TokenWrong, VisitUnknown
from caredesk.edge.payload import annotations_of_parts, declared_parts, read_parts
from caredesk.edge.respond import current_services
from caredesk.edge.services import Services
from caredesk.edge.signatures import is_known
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.transactions import read, write
from caredesk.settings import Settings

View = Callable[..., ResponseReturnValue]

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Guard:
    """What a view carries as `__guard__`, for the tests that walk all routes."""

    kind: Literal["open", "visitor", "staff", "staff_or_loopback", "integration", "engine"]
    permission: Permission | None = None
    reason: str = ""
    even_locked: bool = False


# ---- guards ----------------------------------------------------------------------------------------------


def open_to_all(*, reason: str) -> Callable[[View], View]:
    """Let everyone in, for a reason that is written down. Writes of other sites' pages are refused all the same."""
    return lambda view: _guarded(view, guard=Guard("open", reason=reason), admit=_admit_anyone)


def visitor_guard(view: View) -> View:
    """Let in whoever holds a visit's bearer token; cookies count for nothing here."""
    return _guarded(view, guard=Guard("visitor"), admit=_admit_visitor)


def staff_guard(permission: Permission, *, even_locked: bool = False, by_hand: bool = True) -> Callable[[View], View]:
    """Let in signed-in staff with the permission; writes must come from our own pages with the CSRF token.

    A locked screen is answered `even_locked` only. Writes count as deeds of a person, unless pages make them without
    any: those are not `by_hand`.
    """
    return lambda view: _guarded(
        view,
        guard=Guard("staff", permission=permission, even_locked=even_locked),
        admit=lambda: _admit_staff(permission, even_locked=even_locked, by_hand=by_hand),
    )


def standby_guard(view: View) -> View:
    """Let in whoever works here; while the database is away, whomever the kept list knows by the same cookie."""
    guard = Guard("staff", permission=Permission.WORK)
    return _guarded(view, guard=guard, admit=_admit_by_standby)


def incident_guard(permission: Permission) -> Callable[[View], View]:
    """Let in staff with the permission; while the database is away, by the kept list with the same cookie and token."""
    guard = Guard("staff", permission=permission)
    return lambda view: _guarded(view, guard=guard, admit=lambda: _admit_for_incidents(permission))


def integration_guard(view: View) -> View:
    """Let in the hospital's own system, by the bearer token that was made on first start or set; nobody else."""
    return _guarded(view, guard=Guard("integration"), admit=_admit_integration)


def engine_guard(view: View) -> View:
    """Let in the telephone engine, by the bearer secret that it shares with the desk; nobody else."""
    return _guarded(view, guard=Guard("engine"), admit=_admit_engine)


def staff_or_loopback(view: View) -> View:
    """Let in programs on this machine, such as a metrics collector, and staff who may see metrics."""
    guard = Guard("staff_or_loopback", permission=Permission.SEE_METRICS)
    return _guarded(view, guard=guard, admit=_admit_staff_or_loopback)


def current_actor() -> Actor:
    """Return who is behind the current request; only behind a visitor or staff guard is that known."""
    return cast(Actor, g.actor)


def current_staff() -> SignedIn:
    """Return the signed-in member of staff behind the current request; only behind a staff guard."""
    return cast(SignedIn, g.signed_in)


# ---- the same checks for sockets -------------------------------------------------------------------------


def actor_of_visitor_token(session: Session, *, token: str) -> Actor | None:
    """Return the visitor who holds a bearer token."""
    visitor = find_visitor_by_token_hash(session, token_hash=token_hash(token)) if token else None
    return Actor(kind="visitor", id=visitor.id, name=visitor.name) if visitor else None


def staff_of_cookies(session: Session, *, cookies: str, settings: Settings, now: datetime) -> SignedIn | None:
    """Return the member of staff whose live session a `Cookie` header names."""
    token = parse_cookie(cookies).get(session_cookie_name(settings))
    return find_signed_in(session, token=token, idle=sign_in_policy(settings).session_idle, now=now) if token else None


def is_screen_shut(services: Services, session: Session, *, screen: idle_lock.Screen, now: datetime) -> bool:
    """Tell whether a session is locked or due to be.

    While the database takes no deeds nobody can show that they are here: then only what was locked before counts, for
    who waits must be seen in trouble above all (B65).
    """
    if services.condition.problem_of(DATABASE):
        return screen.locked_at is not None
    return idle_lock.is_shut(session, screen=screen, policy=sign_in_policy(services.settings), now=now)


def is_csrf_token(given: str, *, signed_in: SignedIn) -> bool:
    """Compare with the session's CSRF token in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), signed_in.csrf_token.encode())


def is_own_site(*, origin: str | None, fetch_site: str | None, host: str, settings: Settings) -> bool:
    """Tell whether a request comes from our own page, or from no page at all.

    Browsers say so in `Sec-Fetch-Site`; older ones only in `Origin`. Programs send neither, and no cookies either
    unless they were given one on purpose.
    """
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    if origin is None:
        return True
    return urlsplit(origin).netloc in {host, urlsplit(settings.public_url).netloc} - {""}


def session_cookie_name(settings: Settings) -> str:
    """Return the cookie's name; over HTTPS the prefix keeps sibling domains from planting one (RFC 6265bis)."""
    return "__Host-caredesk_session" if settings.secure_cookies else "caredesk_session"


def bearer_token() -> str:
    """Return the token of the `Authorization: Bearer` header, or an empty string."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


# ---- how they work ---------------------------------------------------------------------------------------


def _guarded(view: View, *, guard: Guard, admit: Callable[[], None]) -> View:
    parts = declared_parts(view)

    @wraps(view)
    def guarded(**path_values: object) -> ResponseReturnValue:
        admit()
        return view(**read_parts(parts, path_values=path_values))

    # flask-openapi3 reads the annotations for its document, and leaves the reading of requests to us.
    guarded.__annotations__ = annotations_of_parts(view)
    guarded.__dict__.update(__guard__=guard, __delay_validate_request__=True)
    return guarded


def _admit_anyone() -> None:
    if request.method in WRITES:
        _refuse_foreign_site()


def _admit_visitor() -> None:
    with read(current_services()) as session:
        actor = actor_of_visitor_token(session, token=bearer_token())
    if actor is None:
        raise VisitUnknown
    g.actor = actor


def _admit_integration() -> None:
    _admit_bearer(current_services().fhir_token)


def _admit_engine() -> None:
    _admit_bearer(current_services().hooks.hotline)


def _admit_bearer(expected: str) -> None:
    if not is_known(bearer_token(), secret=expected):
        raise TokenWrong


def _admit_staff(permission: Permission, *, even_locked: bool = False, by_hand: bool = True) -> None:
    signed_in, shut = _require_signed_in()
    if shut:
        signed_in = _locked(signed_in)
        if not even_locked:
            raise ScreenLocked
    if request.method in WRITES:
        _refuse_foreign_site()
        if not is_csrf_token(request.headers.get("X-CSRF-Token", ""), signed_in=signed_in):
            raise CsrfMismatch
    if not signed_in.may(permission):
        raise Refused(permission=str(permission))
    if not shut:
        _note_use(signed_in, is_deed=by_hand and request.method in WRITES)
    g.signed_in, g.actor = signed_in, signed_in.actor()


def _admit_by_standby() -> None:
    g.standby = None
    try:
        _admit_staff(Permission.WORK)
    except StoreUnavailable:
        g.standby = kept_standby()


def _admit_for_incidents(permission: Permission) -> None:
    g.kept_person = None
    try:
        _admit_staff(permission)
    except StoreUnavailable:
        person = _kept_person()
        if person is None:
            raise
        if request.method in WRITES:
            _refuse_foreign_site()
            if not hmac.compare_digest(token_hash(request.headers.get("X-CSRF-Token", "")), person.csrf_hash):
                raise CsrfMismatch from None
        if permission is Permission.SEE_FLOOR and not person.leads:
            raise Refused(permission=str(permission)) from None
        g.kept_person, g.actor = person, Actor("staff", person.staff_id, person.name)


def _kept_person() -> StandbyPerson | None:
    services = current_services()
    token = parse_cookie(request.headers.get("Cookie", "")).get(session_cookie_name(services.settings))
    kept = services.standby.last() if services.standby else None
    if kept is None or not token:
        return None
    return standby.person_of(kept, token_hash=token_hash(token), now=services.clock.now())


def kept_standby() -> StandbyPage:
    """Return what is kept for the browser of this request; raise StandbyMissing when that is nothing."""
    services = current_services()
    token = parse_cookie(request.headers.get("Cookie", "")).get(session_cookie_name(services.settings))
    page = services.standby.show(token_hash=token_hash(token)) if services.standby and token else None
    if page is None:
        raise StandbyMissing
    return page


def _admit_staff_or_loopback() -> None:
    if not _is_from_this_machine():
        _admit_staff(Permission.SEE_METRICS)


def _is_from_this_machine() -> bool:
    # A proxy on this machine connects from loopback too, on behalf of the whole world; it leaves these marks.
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _require_signed_in() -> tuple[SignedIn, bool]:
    """Return who is signed in, and whether their screen is locked or due to be."""
    services = current_services()
    now = services.clock.now()
    with read(services) as session:
        signed_in = staff_of_cookies(
            session, cookies=request.headers.get("Cookie", ""), settings=services.settings, now=now
        )
        shut = signed_in is not None and is_screen_shut(services, session, screen=signed_in, now=now)
    if signed_in is None:
        raise SignInNeeded
    note(staff_id=signed_in.staff_id)
    return signed_in, shut


def _note_use(signed_in: SignedIn, *, is_deed: bool) -> None:
    services = current_services()
    now = services.clock.now()
    deed_due = is_deed and idle_lock.is_deed_due(signed_in, now=now)
    if not deed_due and not is_touch_due(signed_in, now=now):
        return
    # Who can still look must not be sent away because that cannot be noted.
    with suppress(StoreUnavailable), write(services, actor=signed_in.actor()) as work:
        if deed_due:
            idle_lock.note_deed(work, session_id=signed_in.session_id)
        else:
            touch_session(work, session_id=signed_in.session_id)


def _locked(signed_in: SignedIn) -> SignedIn:
    """Return somebody whose screen is locked; where it was only due to be, it is locked now."""
    if signed_in.locked_at is not None:
        return signed_in
    services = current_services()
    with suppress(StoreUnavailable), write(services, actor=SYSTEM) as work:
        idle_lock.lock_left_alone(work, session_id=signed_in.session_id, staff_id=signed_in.staff_id)
    return replace(signed_in, locked_at=services.clock.now())


def _refuse_foreign_site() -> None:
    own = is_own_site(
        origin=request.headers.get("Origin"),
        fetch_site=request.headers.get("Sec-Fetch-Site"),
        host=request.host,
        settings=current_services().settings,
    )
    if not own:
        raise ForeignSite
