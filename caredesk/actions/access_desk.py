"""The table of who may open what, for the security officer: how it stands, what a new one would change, changing it.

Who reaches less or more by a new table signs in anew, for open screens hear by the old one (ADR 0042).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import access_queries, queries
from caredesk.accounts import access_rules as rules
from caredesk.accounts.access_errors import AccessInvalid, AccessMoved, OwnOpening
from caredesk.accounts.access_models import AccessOpening
from caredesk.accounts.access_rules import REACHING, AccessTable, Purpose, Reach, Scope, Service, Thing
from caredesk.accounts.access_schemas import (
    AccessDifference,
    AccessPage,
    AccessVersion,
    DepartmentView,
    OpenedByPerson,
    OpeningView,
    PersonReach,
    ReachChange,
    Verdict,
)
from caredesk.accounts.models import Staff
from caredesk.clinic import queries as clinic_queries
from caredesk.conversations import search_queries
from caredesk.conversations.rules import tidy_text
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.events.catalogue import SignedOut
from caredesk.queue import queries as queue_queries

VERSIONS_SHOWN = 20
OPENINGS_SHOWN = 100
COUNTED = timedelta(days=30)
NOTE_LENGTH = 200


@dataclass(frozen=True)
class House:
    """Everybody who sees families, with whom they serve; and how many queues there are."""

    people: Sequence[tuple[Staff, Service]]
    queue_count: int


def house_of(session: Session) -> House:
    """Return everybody who has an account and a role that sees families at the console."""
    served = queue_queries.queue_ids_of_all(session)
    departments_of = queue_queries.departments_by_queue(session)
    people = [
        (staff, Service(staff.id, frozenset(staff.roles), frozenset(served.get(staff.id, ())), departments_of))
        for staff in queries.list_staff(session)
        if staff.active and not set(REACHING).isdisjoint(staff.roles)
    ]
    return House(people, len(queue_queries.list_queues(session)))


# ---- how it stands ---------------------------------------------------------------------------------------


def access_page(session: Session, *, now: datetime) -> AccessPage:
    """Return the table that holds, what it means for each person, and what was opened beyond it."""
    version, table = access_queries.table_now(session)
    house, names = house_of(session), {staff.id: staff.name for staff in queries.list_staff(session)}
    departments = clinic_queries.department_names(session)
    return AccessPage(
        version=version,
        table=table,
        roles=list(REACHING),
        things=list(Thing),
        reaches=list(Reach),
        purposes=list(Purpose),
        departments=[DepartmentView(id=id, name=zh, name_en=en) for id, (zh, en) in sorted(departments.items())],
        queue_count=house.queue_count,
        people=[_person(staff, service, table=table, house=house) for staff, service in house.people],
        versions=[
            AccessVersion(version=one.version, note=one.note, made_by=one.made_by, made_at=one.made_at)
            for one in access_queries.list_versions(session, limit=VERSIONS_SHOWN)
        ],
        openings=_openings(session, names=names),
        unreviewed=access_queries.count_unreviewed(session),
        opened=[
            OpenedByPerson(staff_id=staff_id, name=names.get(staff_id, ""), count=count)
            for staff_id, count in access_queries.count_by_person(session, since=now - COUNTED)
        ],
    )


def _person(staff: Staff, service: Service, *, table: AccessTable, house: House) -> PersonReach:
    scopes = _scopes(table, service=service)
    return PersonReach(
        staff_id=staff.id,
        name=staff.name,
        roles=sorted(staff.roles),
        serves=sorted(rules.departments_stated(table, staff_id=staff.id)),
        whole_house=rules.served_by(table, service=service) is None,
        queues={thing: _width(scope, house=house) for thing, scope in scopes.items() if not scope.nothing},
    )


def _scopes(table: AccessTable, *, service: Service) -> dict[Thing, Scope]:
    return {thing: rules.scope_of(table, service=service, thing=thing) for thing in Thing}


def _width(scope: Scope, *, house: House) -> int:
    return house.queue_count if scope.everything else len(scope.queue_ids)


def _openings(session: Session, *, names: dict[str, str]) -> list[OpeningView]:
    rows = access_queries.list_openings(session, limit=OPENINGS_SHOWN)
    numbers = search_queries.numbers_of(session, conversation_ids={row.conversation_id for row in rows})
    return [_opening(row, name=names.get(row.staff_id, ""), number=numbers[row.conversation_id]) for row in rows]


def _opening(row: AccessOpening, *, name: str, number: str) -> OpeningView:
    return OpeningView(
        id=row.id,
        staff_id=row.staff_id,
        name=name,
        number=number,
        purpose=Purpose(row.purpose),
        reason=row.reason,
        opened_at=row.opened_at,
        until=row.until,
        verdict="fine" if row.verdict == "fine" else "questioned" if row.verdict else "",
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
    )


# ---- changing it -----------------------------------------------------------------------------------------


def difference(session: Session, *, table: AccessTable) -> AccessDifference:
    """Return what a table would change, for whom; refuse one that names what there is not."""
    _check(session, table)
    _, before = access_queries.table_now(session)
    house = house_of(session)
    changes = [
        change for staff, service in house.people for change in _changes(staff, service, before, table, house=house)
    ]
    differs = {"purposes": _purposes(before) != _purposes(table), "minutes": before.minutes != table.minutes}
    settings = [name for name, differ in differs.items() if differ]
    return AccessDifference.model_validate({"people": changes, "settings": settings})


def _purposes(table: AccessTable) -> dict[str, set[Purpose]]:
    return {row.role: set(row.purposes) for row in table.roles}


def _changes(
    staff: Staff, service: Service, before: AccessTable, after: AccessTable, *, house: House
) -> list[ReachChange]:
    old, new = _scopes(before, service=service), _scopes(after, service=service)
    return [
        ReachChange(
            staff_id=staff.id,
            name=staff.name,
            thing=thing,
            before=0 if old[thing].nothing else _width(old[thing], house=house),
            after=0 if new[thing].nothing else _width(new[thing], house=house),
            everything_before=old[thing].everything,
            everything_after=new[thing].everything,
        )
        for thing in Thing
        if old[thing] != new[thing]
    ]


def change_table(work: Work, *, table: AccessTable, expected: int, note: str) -> int:
    """Let a new table hold from now on and return its version; one that changes nothing is not kept.

    Made from a version that holds no longer, it is refused: nobody overwrites what they have not seen.
    """
    version, before = access_queries.table_now(work.session)
    if version != expected:
        raise AccessMoved(version=version)
    changed = difference(work.session, table=table)
    if table == before:
        return version
    tidy = tidy_text(note).strip()[:NOTE_LENGTH]
    kept = access_queries.claim_version(
        work.session, after=version, table=table, note=tidy, by=work.actor.name[:60], now=work.now
    )
    if kept is None:
        raise AccessMoved(version=version + 1)
    for staff_id in sorted({change.staff_id for change in changed.people}):
        queries.end_sessions(work.session, staff_id=staff_id)
        work.emit(SignedOut(staff_id=staff_id))
    work.attest(Deed("access.changed", record=f"access_policy:{kept}"))
    return kept


def _check(session: Session, table: AccessTable) -> None:
    if sorted(row.role for row in table.roles) != sorted(REACHING):
        raise AccessInvalid(subject="role")
    departments = set(clinic_queries.department_names(session))
    if any(not departments.issuperset(row.departments) for row in table.serves):
        raise AccessInvalid(subject="department")
    named = [row.staff_id for row in table.serves]
    known = {staff.id for staff in queries.list_staff(session, staff_ids=named)}
    if len(named) != len(set(named)) or not known.issuperset(named):
        raise AccessInvalid(subject="account")


# ---- looking at what was opened --------------------------------------------------------------------------


def review_opening(work: Work, *, opening_id: str, verdict: Verdict) -> None:
    """Say what a look at somebody else's opening found; the first word stands."""
    if access_queries.get_opening(work.session, opening_id=opening_id).staff_id == work.actor.id:
        raise OwnOpening
    reviewed = access_queries.claim_review(
        work.session, opening_id=opening_id, verdict=verdict, by=work.actor.name[:60], now=work.now
    )
    if reviewed:
        work.attest(Deed("access.reviewed", why=verdict, record=f"access_opening:{opening_id}"))
