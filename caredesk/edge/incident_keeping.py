"""Deeds about incidents, kept by the database when it takes them and else by the journal, and shown from both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from flask import g

from caredesk.accounts.rules import Permission
from caredesk.actions import incident_reports
from caredesk.continuity.errors import IncidentNotKept
from caredesk.continuity.journal_rules import after_deed, followed
from caredesk.continuity.schemas import IncidentCourse, IncidentsPage, JournalDeed, StandbyPerson
from caredesk.core.ids import new_id
from caredesk.edge.guards import current_staff
from caredesk.edge.respond import current_services
from caredesk.edge.store_faults import StoreAway, StoreUnavailable
from caredesk.edge.transactions import read
from caredesk.events.continuity_events import IncidentChanged


def page_now() -> IncidentsPage:
    """Return what goes on, what can be declared and what is over; behind an incident guard."""
    deeds = _deeds()
    page = _page()
    if not deeds:
        return page
    return page.model_copy(update={"open": followed(page.open, deeds=deeds), "live": False})


def store_or_keep(store: Callable[[], IncidentCourse], *, deed: JournalDeed) -> IncidentCourse:
    """Carry out a command, or keep the deed when the database takes none; return the course as it is now.

    While the journal holds something, whatever follows goes there too: the database gets all of it in order.
    """
    services = current_services()
    if not _deeds() and _kept_person() is None:
        try:
            return store()
        except StoreUnavailable:
            if services.journal is None:
                raise
    if services.journal is None:
        raise IncidentNotKept
    courses = after_deed(page_now().open, deed=deed)
    services.journal.append(deed)
    course = next(one for one in courses if one.incident.id == deed.incident_id)
    services.push.deliver([IncidentChanged(incident=course.incident)])
    return course


def deed_of(*, what: str, incident_id: str = "", item: str = "", text: str = "") -> JournalDeed:
    """Return what the person behind the request does; a declaration is known by its own id."""
    own = new_id()
    person = _kept_person()
    staff_id, name = (person.staff_id, person.name) if person else (current_staff().staff_id, current_staff().name)
    told = {"what": what, "incident_id": incident_id or own, "item": item, "text": text}
    at = current_services().clock.now()
    return JournalDeed.model_validate({"id": own, "at": at, "staff_id": staff_id, "name": name, **told})


def _page() -> IncidentsPage:
    services, person = current_services(), _kept_person()
    may_lead = person.leads if person else current_staff().may(Permission.SEE_FLOOR)
    try:
        with read(services) as session:
            return incident_reports.incidents_page(session, may_lead=may_lead)
    except StoreUnavailable:
        kept = services.standby.last() if services.standby else None
        if kept is None:
            raise StoreAway from None
        shown = {"open": list(kept.incidents), "kinds": list(kept.kinds), "ended": []}
        return IncidentsPage(**shown, may_lead=may_lead, live=False)


def _deeds() -> Sequence[JournalDeed]:
    journal = current_services().journal
    return journal.deeds() if journal else []


def _kept_person() -> StandbyPerson | None:
    return cast("StandbyPerson | None", g.get("kept_person"))
