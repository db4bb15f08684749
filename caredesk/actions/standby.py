"""The standby list: who waits, whom to call back and how doctors are called, kept for when the database is away.

It says no more than the console's lists do to the same person, and holds for every signed-in browser what that is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import queries as accounts
from caredesk.accounts.models import Staff, StaffSession
from caredesk.accounts.rules import CLINICAL, Permission, permissions_of
from caredesk.actions import call_backs, desk, incident_reports
from caredesk.actions.replies import AsStaff
from caredesk.continuity.rules import is_standby_usable
from caredesk.continuity.schemas import (
    StandbyCallBack,
    StandbyKept,
    StandbyPage,
    StandbyPerson,
    StandbyPhone,
    StandbyWaiting,
)
from caredesk.core.deed import Deed
from caredesk.core.ids import token_hash
from caredesk.core.work import Work
from caredesk.events.shapes import ConversationSummary
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.telephony.callback_schemas import CallBackView


def take(session: Session, *, now: datetime, idle: timedelta) -> StandbyKept:
    """Return the list as it is now, with what each signed-in browser may see of it."""
    staff = {one.id: one for one in accounts.list_staff(session) if one.active}
    queues = {queue.id: queue for queue in queue_queries.list_queues(session)}
    waiting: dict[str, StandbyWaiting] = {}
    owed: dict[str, StandbyCallBack] = {}
    seen: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    people = []
    for opened in accounts.list_sessions(session, idle=idle, now=now):
        person = staff.get(opened.staff_id)
        if person is None or Permission.WORK not in permissions_of(person.roles) or opened.locked_at is not None:
            continue
        if person.id not in seen:
            who = _who(person)
            rows = {one.id: _waiting(one, queues=queues) for one in desk.waiting(session, who=who)}
            calls = {one.conversation_id: _call_back(one) for one in call_backs.list_owed(session, who=who)}
            waiting, owed = waiting | rows, owed | calls
            seen[person.id] = frozenset(rows), frozenset(calls)
        people.append(_person(opened, person=person, sees=seen[person.id], idle=idle))
    return StandbyKept(
        taken_at=now,
        people=tuple(people),
        waiting=tuple(waiting.values()),
        call_backs=tuple(owed.values()),
        phones=tuple(_phones(staff.values())),
        incidents=tuple(incident_reports.open_courses(session)),
        kinds=tuple(incident_reports.kinds_shown(session)),
    )


@dataclass(frozen=True)
class KeptPage:
    """What is kept for somebody, and for whom."""

    staff_id: str
    page: StandbyPage


def page_for(kept: StandbyKept, *, token_hash: str, now: datetime) -> KeptPage | None:
    """Return what is kept for the browser of this token; None when nobody knows it, or it has been left alone.

    The times are those of the last keeping: while nobody can look, nobody is signed in for longer than then.
    """
    person = person_of(kept, token_hash=token_hash, now=now)
    if person is None:
        return None
    page = StandbyPage(
        taken_at=kept.taken_at,
        at=now,
        live=False,
        waiting=[one for one in kept.waiting if one.conversation_id in person.waiting],
        call_backs=[one for one in kept.call_backs if one.conversation_id in person.call_backs],
        phones=list(kept.phones),
    )
    return KeptPage(person.staff_id, page)


def person_of(kept: StandbyKept, *, token_hash: str, now: datetime) -> StandbyPerson | None:
    """Return who this browser's token was when the list was kept; None when nobody, or for too long ago."""
    if not is_standby_usable(taken_at=kept.taken_at, now=now):
        return None
    return next((one for one in kept.people if one.token_hash == token_hash and now < one.until), None)


def note_looks(work: Work, *, staff_ids: Iterable[str]) -> None:
    """Put looks at the kept list into the audit, which was away when they happened."""
    for staff_id in staff_ids:
        work.attest(Deed("standby.viewed", subject=f"staff:{staff_id}", why="kept"))


def page_of(work: Work, *, who: AsStaff) -> StandbyPage:
    """Return the list for somebody from the database itself, and put the look into the audit."""
    work.attest(Deed("standby.viewed", subject=f"staff:{who.staff_id}"))
    queues = {queue.id: queue for queue in queue_queries.list_queues(work.session)}
    return StandbyPage(
        taken_at=work.now,
        at=work.now,
        live=True,
        waiting=[_waiting(one, queues=queues) for one in desk.waiting(work.session, who=who)],
        call_backs=[_call_back(one) for one in call_backs.list_owed(work.session, who=who)],
        phones=_phones(one for one in accounts.list_staff(work.session) if one.active),
    )


def _who(person: Staff) -> AsStaff:
    sees_floor = Permission.SEE_FLOOR in permissions_of(person.roles)
    return AsStaff(staff_id=person.id, sees_floor=sees_floor, roles=frozenset(person.roles))


def _person(
    opened: StaffSession, *, person: Staff, sees: tuple[frozenset[str], frozenset[str]], idle: timedelta
) -> StandbyPerson:
    return StandbyPerson(
        token_hash=opened.token_hash,
        csrf_hash=token_hash(opened.csrf_token),
        staff_id=opened.staff_id,
        name=person.name,
        leads=Permission.SEE_FLOOR in permissions_of(person.roles),
        until=min(opened.expires_at, opened.last_seen_at + idle),
        waiting=sees[0],
        call_backs=sees[1],
    )


def _waiting(one: ConversationSummary, *, queues: dict[str, Queue]) -> StandbyWaiting:
    queue = queues.get(one.queue_id or "")
    return StandbyWaiting(
        conversation_id=one.id,
        number=one.number,
        title=one.title,
        channel=one.channel,
        queue_name=queue.name if queue else "",
        queue_name_en=queue.name_en if queue else "",
        status=one.status,
        since=one.arrived_at,
        promised_at=one.promised_at,
        flags=list(one.flags),
    )


def _call_back(one: CallBackView) -> StandbyCallBack:
    shared = {name: getattr(one, name) for name in StandbyCallBack.model_fields}
    return StandbyCallBack.model_validate(shared)


def _phones(staff: Iterable[Staff]) -> list[StandbyPhone]:
    clinical = {role.value for role in CLINICAL}
    called = [one for one in staff if one.phone and clinical & set(one.roles)]
    return [
        StandbyPhone(name=one.name, name_en=one.name_en, roles=sorted(clinical & set(one.roles)), phone=one.phone)
        for one in sorted(called, key=lambda one: (one.name, one.id))
    ]
