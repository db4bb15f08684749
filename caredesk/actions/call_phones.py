"""Phones: whose they are, their passwords, who can be rung, and what happens when one goes away (B52)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts import queries as account_queries
from caredesk.actions import call_engines, presence
from caredesk.actions.match_asking import ask_for_matches_of
from caredesk.core.ids import new_token
from caredesk.core.work import Work
from caredesk.telephony import phone_queries, queries
from caredesk.telephony.commands import PhoneBook, PhoneLine
from caredesk.telephony.facts import PhoneFact, PhoneKind, PhoneRegistered
from caredesk.telephony.models import Phone
from caredesk.telephony.schemas import PhoneUsers, PhoneView

REALM = "caredesk"
BROWSER_PREFIX = "w"
KINDS: tuple[PhoneKind, ...] = ("browser", "desk")


def take_phone_fact(work: Work, fact: PhoneFact) -> None:
    """Note that a phone can be rung, or that it cannot any more; who has no other phone left is not ready at once."""
    until = fact.expires_at if isinstance(fact, PhoneRegistered) else None
    noted = phone_queries.note_registered(work.session, user=fact.user, until=until, now=work.now)
    if noted is None:
        return
    _tell_of(work, noted)
    if until is None:
        _leave_if_without(work, staff_id=noted.phone.staff_id)
    elif noted.came_or_went:
        _match_if_first(work, noted.phone)


def _match_if_first(work: Work, phone: Phone) -> None:
    """Have the queues look at somebody who can be rung now and could not before.

    A registration is said again every few minutes by every phone, and a second phone makes nobody easier to reach: the
    queues are not asked for that.
    """
    users = phone_queries.registered_users(work.session, staff_id=phone.staff_id, now=work.now)
    if users == [phone.user]:
        ask_for_matches_of(work, staff_id=phone.staff_id, trigger="phone_registered")


def _tell_of(work: Work, noted: phone_queries.Noted) -> None:
    """Have the floor look again at somebody whose phone has come or gone; a registration that goes on is no news."""
    staff_id = noted.phone.staff_id
    if noted.came_or_went and presence_queries.list_agents_now(work.session, staff_ids=[staff_id]):
        presence.tell(work, staff_id=staff_id)


def lose(work: Work, *, staff_id: str, user: str, reason: str) -> None:
    """Note that a phone turned out not to be there: the one that was talked on, else every one of the agent's."""
    for phone in phone_queries.phones_of(work.session, staff_id=staff_id).values():
        if user in ("", phone.user) or reason == "media_lost":
            phone_queries.note_registered(work.session, user=phone.user, until=None, now=work.now)
    _leave_if_without(work, staff_id=staff_id)


def _leave_if_without(work: Work, *, staff_id: str) -> None:
    if not phone_queries.registered_users(work.session, staff_id=staff_id, now=work.now):
        presence.phone_lost(work, staff_id=staff_id)


def ringable(session: Session, *, staff_id: str, now: datetime) -> list[str]:
    """Return the users of somebody's phones that can be rung now, in the order in which they are tried."""
    if call_engines.find_up(session, now=now) is None:
        return []
    return phone_queries.registered_users(session, staff_id=staff_id, now=now)


def with_phone(session: Session, *, now: datetime) -> set[str]:
    """Return everybody who can be rung now; nobody while no engine is heard."""
    if call_engines.find_up(session, now=now) is None:
        return set()
    return phone_queries.with_phone(session, now=now)


# ---- passwords -------------------------------------------------------------------------------------------


def ensure(work: Work, *, staff_id: str) -> dict[str, Phone]:
    """Give somebody a number for a phone on the desk and one in the browser, unless they have them."""
    phones = phone_queries.phones_of(work.session, staff_id=staff_id)
    if not phones:
        number = phone_queries.next_number(work.session)
        users: dict[PhoneKind, str] = {"desk": str(number), "browser": f"{BROWSER_PREFIX}{number}"}
        for kind, user in users.items():
            phones[kind] = Phone(user=user, staff_id=staff_id, kind=kind, ha1="", version=0)
            work.session.add(phones[kind])
        work.session.flush()
    return phones


@dataclass(frozen=True)
class Issued:
    """A phone's user and its new password."""

    user: str
    secret: str


def issue_secret(work: Work, *, staff_id: str, kind: PhoneKind) -> Issued:
    """Return a new password of one of somebody's phones. It is told this once; only its hash is kept."""
    phone = ensure(work, staff_id=staff_id)[kind]
    secret = new_token()
    phone.ha1 = ha1_of(phone.user, secret=secret)
    phone.version = phone_queries.book_version(work.session) + 1
    phone_queries.note_registered(work.session, user=phone.user, until=None, now=work.now)
    work.session.flush()
    call_engines.phones_changed(work)
    return Issued(phone.user, secret)


def ha1_of(user: str, *, secret: str) -> str:
    """Return what an engine checks a password with. SIP's digest authentication is made of MD5 (RFC 3261, 22.4)."""
    return hashlib.md5(f"{user}:{REALM}:{secret}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Place:
    """Where browser phones register."""

    wss_url: str
    domain: str


def phone_view(session: Session, *, staff_id: str, now: datetime, place: Place) -> PhoneView:
    """Return somebody's own phone. There is a hotline once an engine has spoken to this desk."""
    engines, up = queries.list_engines(session), call_engines.find_up(session, now=now)
    phones = phone_queries.phones_of(session, staff_id=staff_id)
    users = {kind: phone.user for kind, phone in phones.items()}
    ringing = set(phone_queries.registered_users(session, staff_id=staff_id, now=now)) if up else set()
    return PhoneView(
        enabled=bool(engines),
        engine="up" if up else "down",
        troubles=up.troubles if up else [],
        capabilities=up.capabilities if up else [],
        wss_url=place.wss_url,
        users=PhoneUsers(browser=users.get("browser", ""), desk=users.get("desk", "")),
        registered=[kind for kind in KINDS if users.get(kind) in ringing],
        realm=REALM,
        domain=place.domain,
    )


def phone_book(session: Session) -> PhoneBook:
    """Return every phone that has a password and belongs to somebody who still works here."""
    phones = [one for one in phone_queries.list_phones(session) if one.ha1]
    names = account_queries.names_of_active(session, staff_ids=[one.staff_id for one in phones])
    lines = [
        PhoneLine(user=one.user, ha1=one.ha1, kind=one.kind, name=names[one.staff_id])
        for one in phones
        if one.staff_id in names
    ]
    return PhoneBook(version=phone_queries.book_version(session), realm=REALM, phones=lines)
