"""Incidents: declared with a reason, answered within half an hour, worked by a checklist, ended with a report (B65).

A drill is the same in everything but one: parents see nothing of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy.orm import Session

from caredesk.continuity import queries
from caredesk.continuity.errors import IncidentEnded, IncidentGoesOn
from caredesk.continuity.incident_rules import (
    BEGINS,
    LONGEST_NOTE,
    LONGEST_REASON,
    RESPOND_WITHIN,
    EntryKind,
    Kind,
    known_kind,
    known_step,
    said,
)
from caredesk.continuity.models import Incident, IncidentEntry
from caredesk.conversations.rules import tidy_text
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.continuity_events import IncidentChanged
from caredesk.events.continuity_shapes import IncidentView


def declare(work: Work, *, kind: str, drill: bool, reason: str, incident_id: str = "") -> Incident:
    """Declare an incident, or a drill of one; raise IncidentGoesOn while one of its sort goes on.

    A real one ends the drill that may go on: nobody shall have to ask which is which. With `incident_id` it has been
    known by that already, and so is the entry of its declaration.
    """
    known_kind(kind)
    why = words_of_reason(reason)
    if not drill:
        for other in queries.list_open(work.session):
            if other.drill:
                _close(work, other, text=why)
    values = {
        "id": incident_id or new_id(),
        "kind": kind,
        "drill": drill,
        "reason": why,
        "declared_at": work.now,
        "declared_by": work.actor.name,
        "respond_by": work.now + RESPOND_WITHIN,
        "lead_name": work.actor.name,
        "tells_parents": False,
    }
    incident = queries.put_incident(work.session, values=values)
    if incident is None:
        raise IncidentGoesOn
    work.attest(Deed("incident.declared", subject=f"incident:{incident.id}", why="drill" if drill else kind))
    _write_down(work, incident, what="declared", text=why, entry_id=incident_id)
    return incident


def add_entry(work: Work, *, incident_id: str, what: EntryKind, item: str, text: str, entry_id: str = "") -> Incident:
    """Note what was done, and do what it means: begin, tell parents or tell them no more, take the lead."""
    incident = _lock_open(work, incident_id=incident_id)
    is_step = what in ("ticked", "unticked")
    step = known_step(known_kind(incident.kind), step=item) if is_step else ""
    words = words_of_entry(what, text)
    if what in BEGINS:
        _begin(work, incident)
    if what in ("parents_told", "parents_untold"):
        incident.tells_parents = what == "parents_told"
    if what == "taken_over":
        incident.lead_name = work.actor.name
    _write_down(work, incident, what=what, item=step, text=words, entry_id=entry_id)
    return incident


def add_late(work: Work, *, incident_id: str, what: str, item: str, text: str, entry_id: str) -> Incident:
    """Note what was done about an incident that is over by now, or that came second; it moves nothing."""
    incident = queries.lock_incident(work.session, incident_id=incident_id)
    _write_down(work, incident, what=what, item=item, text=text[:LONGEST_NOTE], entry_id=entry_id)
    return incident


def end(work: Work, *, incident_id: str, text: str) -> Incident:
    """End an incident with what came of it; its report is made now, and its sum goes into the audit's chain."""
    incident = _lock_open(work, incident_id=incident_id)
    _close(work, incident, text=_words(text, longest=LONGEST_NOTE, what="text"))
    return incident


def words_of_reason(reason: str) -> str:
    """Return a reason as it is kept; raise IncidentWordsInvalid when it says nothing or too much."""
    return _words(reason, longest=LONGEST_REASON, what="reason")


def words_of_entry(what: str, text: str) -> str:
    """Return the words of an entry as they are kept; only a note must have some."""
    return _words(text, longest=LONGEST_NOTE, what="text") if what == "noted" or text.strip() else ""


def _words(text: str, *, longest: int, what: str) -> str:
    """Return words as they are kept; refuse what says nothing or too much, before it is looked through."""
    known = said(text, longest=longest, what=what)
    return said(tidy_text(known), longest=longest, what=what)


def _close(work: Work, incident: Incident, *, text: str) -> None:
    incident.ended_at, incident.tells_parents = work.now, False
    _write_down(work, incident, what="ended", text=text)


def sum_of(text: str) -> str:
    """Return the sum by which a report is known."""
    return hashlib.sha256(text.encode()).hexdigest()


def _lock_open(work: Work, *, incident_id: str) -> Incident:
    incident = queries.lock_incident(work.session, incident_id=incident_id)
    if incident.ended_at is not None:
        raise IncidentEnded
    return incident


def _begin(work: Work, incident: Incident) -> None:
    if queries.claim_response(work.session, incident_id=incident.id, now=work.now):
        work.session.refresh(incident, attribute_names=["responded_at"])


def _write_down(
    work: Work, incident: Incident, *, what: str, item: str = "", text: str = "", entry_id: str = ""
) -> None:
    entry = IncidentEntry(
        id=entry_id or new_id(),
        incident_id=incident.id,
        at=work.now,
        by_name=work.actor.name,
        what=what,
        item=item,
        text=text,
    )
    work.session.add(entry)
    work.session.flush()
    work.emit(IncidentChanged(incident=view_of(incident)))


# ---- what is shown ---------------------------------------------------------------------------------------


def view_of(incident: Incident) -> IncidentView:
    """Return an incident as screens see it."""
    kind = known_kind(incident.kind)
    plain = ("id", "kind", "drill", "reason", "declared_at", "declared_by", "respond_by", "responded_at")
    more = ("lead_name", "tells_parents", "ended_at")
    values = {name: getattr(incident, name) for name in (*plain, *more)}
    return IncidentView(**values, kind_zh=kind.name.zh, kind_en=kind.name.en)


def list_open(session: Session) -> Sequence[Incident]:
    """Return what goes on, the real one before the drill."""
    return queries.list_open(session)


def told_to_parents(session: Session) -> Kind | None:
    """Return the kind of the incident that parents are told of, if they are; never of a drill."""
    telling = [one for one in queries.list_open(session) if one.tells_parents and not one.drill]
    return known_kind(telling[0].kind) if telling else None
