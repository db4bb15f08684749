"""What was done about incidents while the database was away: put into it afterwards, in order, with the true times."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from caredesk.actions import incidents
from caredesk.continuity import queries
from caredesk.continuity.errors import IncidentEnded, IncidentGoesOn, IncidentWordsInvalid
from caredesk.continuity.incident_rules import EntryKind, known_kind
from caredesk.continuity.models import Incident
from caredesk.continuity.schemas import JournalDeed
from caredesk.core.deed import Deed
from caredesk.core.work import Work


def replay(work: Work, *, deed: JournalDeed) -> Incident | None:
    """Do what a deed did, as of then; None when it has been done already.

    The audit says when it is put in and, in its record, when it was done: its own order is that of its entries. What
    cannot be done any more (another was declared first, or the incident is over) is noted in the log.
    """
    if queries.find_entry(work.session, entry_id=deed.id) is not None:
        return None
    then = replace(work, now=deed.at)
    incident = _declare(then, deed) if deed.what == "declared" else _add(then, deed)
    done_at = deed.at.isoformat(timespec="seconds")
    work.attest(Deed("incident.replayed", subject=f"incident:{incident.id}", why=deed.what, record=f"done:{done_at}"))
    return incident


def _declare(then: Work, deed: JournalDeed) -> Incident:
    try:
        return incidents.declare(then, kind=deed.kind, drill=deed.drill, reason=deed.text, incident_id=deed.incident_id)
    except IncidentGoesOn:
        # Two servers, or another machine: both declared it. One goes on, and knows of the other.
        first = next(one for one in queries.list_open(then.session) if one.drill == deed.drill)
        words = f"{known_kind(deed.kind).name.zh} · {deed.text}"
        return incidents.add_late(then, incident_id=first.id, what="declared", item="", text=words, entry_id=deed.id)


def _add(then: Work, deed: JournalDeed) -> Incident:
    incident_id = _where(then, deed)
    try:
        return incidents.add_entry(
            then,
            incident_id=incident_id,
            what=cast(EntryKind, deed.what),
            item=deed.item,
            text=deed.text,
            entry_id=deed.id,
        )
    except (IncidentEnded, IncidentWordsInvalid):
        # It is over by now, or is of another kind that has other steps.
        return incidents.add_late(
            then, incident_id=incident_id, what=deed.what, item=deed.item, text=deed.text, entry_id=deed.id
        )


def _where(then: Work, deed: JournalDeed) -> str:
    """Return the incident that a deed is about now: where its declaration came second, the one that came first."""
    if queries.find_incident(then.session, incident_id=deed.incident_id) is not None:
        return deed.incident_id
    declared = queries.find_entry(then.session, entry_id=deed.incident_id)
    return declared.incident_id if declared is not None else deed.incident_id
