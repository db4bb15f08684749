"""The roster: one change of it is one row that can be undone; what cannot be is refused and nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from caredesk.actions.staffing import roster_agents
from caredesk.actions.staffing_leave import is_leave, leave_from_data, undo_leaves
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import RosterChanged
from caredesk.staffing import queries
from caredesk.staffing.assumptions import default_assumptions
from caredesk.staffing.errors import ChangeNotUndoable, RosterRefused
from caredesk.staffing.grid import Stretch
from caredesk.staffing.models import RosterChange
from caredesk.staffing.rules import (
    LeaveFacts,
    RosterFault,
    ShiftFacts,
    clinic_midnight,
    default_breaks,
    moved_to_week,
    shift_faults,
)

Kind = Literal["edit", "copy", "import", "proposal"]

AROUND = timedelta(days=2)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Copied:
    """What copying a week did: the change, if anything was copied, and what could not be."""

    change: RosterChange | None
    skipped: tuple[RosterFault, ...]


# ---- shifts ----------------------------------------------------------------------------------------------


def put_shift(work: Work, shift: ShiftFacts, *, with_breaks: bool = True) -> RosterChange:
    """Add a shift, or bring the one with its id to what is said. `with_breaks` gives a long shift its usual break."""
    removed = [queries.get_shift(work.session, shift_id=shift.id)] if shift.id else []
    breaks = default_breaks(shift.stretch, limits=default_assumptions().roster) if with_breaks else shift.breaks
    told = ShiftFacts(shift.staff_id, shift.starts_at, shift.ends_at, breaks, shift.id)
    return change_roster(work, kind="edit", removed=removed, added=[told])


def remove_shift(work: Work, *, shift_id: str) -> RosterChange:
    """Take a shift off the roster."""
    shift = queries.get_shift(work.session, shift_id=shift_id)
    return change_roster(work, kind="edit", removed=[shift], added=[])


def copy_week(work: Work, *, source: date, target: date) -> Copied:
    """Copy the shifts of a week to another; those that leave or another shift forbids are skipped and told."""
    queries.lock_roster(work.session)
    shifts = shifts_of_week(work.session, monday=source)
    agents, leaves = roster_agents(work.session), _leaves_around(work.session, monday=target)
    there = list(shifts_of_week(work.session, monday=target, around=AROUND))
    added: list[ShiftFacts] = []
    skipped: list[RosterFault] = []
    for shift in moved_to_week(shifts, monday=target):
        if any(shift.same_as(other) for other in there):
            continue
        faults = shift_faults(
            shift,
            others=[*there, *added],
            leaves=leaves,
            agents=agents,
            limits=default_assumptions().roster,
            now=work.now,
        )
        skipped += faults[:1]
        added += [] if faults else [shift]
    change = change_roster(work, kind="copy", removed=[], added=added) if added else None
    return Copied(change, tuple(skipped))


def change_roster(
    work: Work, *, kind: Kind, removed: Sequence[ShiftFacts], added: Sequence[ShiftFacts]
) -> RosterChange:
    """Take shifts away and put others there, all or none; keep the change so that it can be undone."""
    queries.lock_roster(work.session)
    check_shifts(work.session, added=added, without={shift.id for shift in removed}, now=work.now)
    for shift in removed:
        queries.remove_shift(work.session, shift_id=shift.id)
    kept = [queries.add_shift(work.session, shift) for shift in added]
    change = RosterChange(
        id=new_id(),
        at=work.now,
        actor_id=work.actor.id,
        actor_name=work.actor.name,
        kind=kind,
        removed=[as_data(shift) for shift in removed],
        added=[as_data(shift) for shift in kept],
    )
    work.session.add(change)
    work.session.flush()
    _tell(work, change)
    return change


def undo_change(work: Work, *, change_id: str) -> RosterChange:
    """Take a change back: what it added goes, what it removed returns; refused when its shifts were altered since."""
    queries.lock_roster(work.session)
    change = queries.find_change(work.session, change_id=change_id)
    if change is None or not queries.claim_undo(work.session, change_id=change_id, now=work.now):
        raise ChangeNotUndoable
    undo_leaves(
        work,
        added=[leave_from_data(one) for one in change.added if is_leave(one)],
        removed=[leave_from_data(one) for one in change.removed if is_leave(one)],
    )
    added = [from_data(one) for one in change.added if not is_leave(one)]
    removed = [from_data(one) for one in change.removed if not is_leave(one)]
    for shift in added:
        if queries.find_shift(work.session, shift_id=shift.id) != shift:
            raise ChangeNotUndoable
    check_shifts(work.session, added=removed, without={shift.id for shift in added}, now=work.now)
    for shift in added:
        queries.remove_shift(work.session, shift_id=shift.id)
    for shift in removed:
        queries.add_shift(work.session, shift)
    work.session.refresh(change)
    _tell(work, change)
    return change


def check_shifts(session: Session, *, added: Sequence[ShiftFacts], without: set[str], now: datetime) -> None:
    """Refuse with the first fault of any shift beside what is rostered and beside each other."""
    if not added:
        return
    since, until = min(s.starts_at for s in added) - AROUND, max(s.ends_at for s in added) + AROUND
    others = [s for s in queries.list_shifts(session, since=since, until=until) if s.id not in without]
    leaves = queries.list_leaves(session, since=since, until=until)
    agents, limits = roster_agents(session), default_assumptions().roster
    for place, shift in enumerate(added):
        beside = [*others, *added[:place]]
        for fault in shift_faults(shift, others=beside, leaves=leaves, agents=agents, limits=limits, now=now):
            name = agents[fault.staff_id].name if fault.staff_id in agents else ""
            raise RosterRefused(reason=fault.code, agent=name, value=fault.value)


def shifts_of_week(session: Session, *, monday: date, around: timedelta = timedelta()) -> list[ShiftFacts]:
    """Return the shifts that begin in a week, or that touch it and the time around it."""
    since = clinic_midnight(monday)
    shifts = queries.list_shifts(session, since=since - around, until=since + WEEK + around)
    return [shift for shift in shifts if around or since <= shift.starts_at < since + WEEK]


# ---- shifts as data --------------------------------------------------------------------------------------


def as_data(shift: ShiftFacts) -> dict[str, Any]:
    """Return a shift as it is kept in a change."""
    return {
        "id": shift.id,
        "staff_id": shift.staff_id,
        "starts_at": shift.starts_at.isoformat(),
        "ends_at": shift.ends_at.isoformat(),
        "breaks": [[one.starts_at.isoformat(), one.ends_at.isoformat()] for one in shift.breaks],
    }


def from_data(told: dict[str, Any]) -> ShiftFacts:
    """Return the shift that a change keeps."""
    breaks = tuple(Stretch(*(datetime.fromisoformat(at) for at in one)) for one in told["breaks"])
    starts_at, ends_at = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
    return ShiftFacts(told["staff_id"], starts_at, ends_at, breaks, told["id"])


def _leaves_around(session: Session, *, monday: date) -> list[LeaveFacts]:
    since = clinic_midnight(monday)
    return queries.list_leaves(session, since=since, until=since + WEEK + AROUND)


def _tell(work: Work, change: RosterChange) -> None:
    staff_ids = sorted({one["staff_id"] for one in (*change.removed, *change.added)})
    work.emit(RosterChanged(change_id=change.id, kind=change.kind, by=work.actor.name, staff_ids=staff_ids))
