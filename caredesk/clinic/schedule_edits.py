"""Changes of the schedule by hand, and the way back: pure plans of what becomes of which session, or why it may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from caredesk.clinic.errors import NothingToUndo, SessionNotFound, SessionRefused
from caredesk.clinic.facts import ImportReport, KnownSession, RowOutcome, SessionFacts
from caredesk.clinic.schedule import PlannedChange, SchedulePlan, outcome_of
from caredesk.clinic.schedule_rows import LONGEST, kind_at
from caredesk.core.clock import clinic_time


@dataclass(frozen=True, slots=True)
class SessionEdit:
    """What a person wants of one session; None leaves as it is. Without `session_id` it is a new one."""

    session_id: str | None = None
    department_id: str | None = None
    doctor_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    cancelled: bool | None = None
    slots: int | None = None
    note: str | None = None


def plan_edits(edits: Sequence[SessionEdit], *, known: Sequence[KnownSession]) -> SchedulePlan:
    """Plan changes by hand against the sessions around them; all of them, or a refusal that names what is wrong."""
    by_id = {session.id: session for session in known}
    changes = [_planned(edit, by_id=by_id) for edit in edits]
    _refuse_collisions(changes, known=known)
    return plan_of(changes)


def plan_of(changes: Iterable[PlannedChange]) -> SchedulePlan:
    """Return a plan of changes that did not come from rows of a file."""
    found = list(changes)
    outcomes = tuple(RowOutcome(number, change.outcome) for number, change in enumerate(found, start=1))
    return SchedulePlan(ImportReport(outcomes), tuple(c for c in found if c.outcome != "unchanged"))


def _planned(edit: SessionEdit, *, by_id: Mapping[str, KnownSession]) -> PlannedChange:
    known = by_id.get(edit.session_id) if edit.session_id else None
    if edit.session_id and known is None:
        raise SessionNotFound
    facts = _edited(known.facts, edit) if known else _new(edit)
    length = facts.ends_at - facts.starts_at
    if length <= timedelta():
        raise SessionRefused(fault="end_before_start", value=f"{clinic_time(facts.ends_at):%H:%M}")
    if length > LONGEST:
        raise SessionRefused(fault="too_long", value=f"{length.total_seconds() / 3600:g} h")
    return PlannedChange(outcome_of(facts, known=known), facts, known)


def _edited(facts: SessionFacts, edit: SessionEdit) -> SessionFacts:
    starts_at = edit.starts_at or facts.starts_at
    ends_at = edit.ends_at or facts.ends_at
    status = facts.status
    if edit.cancelled is not None:
        status = "cancelled" if edit.cancelled else "scheduled"
    return replace(
        facts,
        doctor_id=edit.doctor_id or facts.doctor_id,
        day=clinic_time(starts_at).date(),
        starts_at=starts_at,
        ends_at=ends_at,
        kind=facts.kind if starts_at == facts.starts_at else kind_of(starts_at, ends_at),
        status=status,
        slots=facts.slots if edit.slots is None else edit.slots,
        note=facts.note if edit.note is None else edit.note,
    )


def _new(edit: SessionEdit) -> SessionFacts:
    if edit.department_id is None or edit.starts_at is None or edit.ends_at is None:
        raise SessionRefused(fault="incomplete", value="")
    return SessionFacts(
        department_id=edit.department_id,
        doctor_id=edit.doctor_id,
        day=clinic_time(edit.starts_at).date(),
        starts_at=edit.starts_at,
        ends_at=edit.ends_at,
        kind=kind_of(edit.starts_at, edit.ends_at),
        status="cancelled" if edit.cancelled else "added",
        slots=edit.slots,
        note=edit.note or "",
    )


def kind_of(starts_at: datetime, ends_at: datetime) -> str:
    """Return the part of the day that a session belongs to."""
    start, end = clinic_time(starts_at), clinic_time(ends_at)
    if end.date() > start.date() and end.hour > 0:
        return "night"
    return kind_at(timedelta(hours=start.hour, minutes=start.minute))


def _refuse_collisions(changes: Sequence[PlannedChange], *, known: Sequence[KnownSession]) -> None:
    """Nobody is in two places at once, and nothing stands in the schedule twice."""
    replaced = {change.known.id for change in changes if change.known}
    staying = [session.facts for session in known if session.id not in replaced]
    for number, change in enumerate(changes):
        others = [*staying, *(other.facts for other in changes[:number])]
        for other in others:
            if other.key == change.facts.key or (_same_people(other, change.facts) and other.meets(change.facts)):
                raise SessionRefused(fault="overlap", value=_when(other))


def _same_people(one: SessionFacts, other: SessionFacts) -> bool:
    if not (one.takes_place and other.takes_place):
        return False
    return one.doctor_id is not None and one.doctor_id == other.doctor_id


def _when(facts: SessionFacts) -> str:
    return f"{facts.day} {clinic_time(facts.starts_at):%H:%M}-{clinic_time(facts.ends_at):%H:%M}"


# ---- the way back ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastChange:
    """One session before and after a change that may be taken back, and as it is now."""

    before: SessionFacts | None
    after: SessionFacts
    now: KnownSession


def plan_undo(past: Sequence[PastChange], *, around: Sequence[KnownSession]) -> SchedulePlan:
    """Plan the reverse of a change. What it added is cancelled; whatever changed again since stops the way back."""
    if not past or any(change.now.facts != change.after for change in past):
        raise NothingToUndo
    changes = [_reversed(change) for change in past]
    _refuse_collisions(changes, known=around)
    return plan_of(changes)


def _reversed(change: PastChange) -> PlannedChange:
    facts = change.before or replace(change.after, status="cancelled")
    return PlannedChange(outcome_of(facts, known=change.now), facts, change.now)
