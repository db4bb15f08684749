"""All SQL of the roster, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from caredesk.core.ids import new_id
from caredesk.staffing.errors import LeaveNotFound, ProposalNotFound, ShiftNotFound
from caredesk.staffing.grid import Stretch
from caredesk.staffing.models import Leave, RosterChange, RosterProposal, Shift, ShiftBreak, StaffingAssumptions
from caredesk.staffing.rules import LeaveFacts, ShiftFacts

ROSTER_LOCK = 7_205_104
"""Any number that nothing else locks by."""

# ---- shifts ----------------------------------------------------------------------------------------------


def list_shifts(
    session: Session, *, since: datetime, until: datetime, staff_ids: Iterable[str] | None = None
) -> list[ShiftFacts]:
    """Return the shifts that share time with a stretch, by start; of some agents only when they are named."""
    wanted = select(Shift).where(Shift.starts_at < until, Shift.ends_at > since)
    if staff_ids is not None:
        wanted = wanted.where(Shift.staff_id.in_(list(staff_ids)))
    rows = session.scalars(wanted.order_by(Shift.starts_at, Shift.id)).all()
    breaks = _breaks_of(session, shift_ids=[row.id for row in rows])
    return [_facts(row, breaks.get(row.id, ())) for row in rows]


def lock_roster(session: Session) -> None:
    """Let one change of the roster at a time be checked and written; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(ROSTER_LOCK)))


def find_shift(session: Session, *, shift_id: str) -> ShiftFacts | None:
    """Return a shift, if it is still there."""
    row = session.scalars(select(Shift).where(Shift.id == shift_id)).first()
    return _facts(row, _breaks_of(session, shift_ids=[row.id]).get(row.id, ())) if row else None


def get_shift(session: Session, *, shift_id: str) -> ShiftFacts:
    """Return a shift."""
    found = find_shift(session, shift_id=shift_id)
    if found is None:
        raise ShiftNotFound
    return found


def add_shift(session: Session, shift: ShiftFacts) -> ShiftFacts:
    """Keep a shift under its id, or a new one; return it with its id."""
    row = Shift(id=shift.id or new_id(), staff_id=shift.staff_id, starts_at=shift.starts_at, ends_at=shift.ends_at)
    session.add(row)
    session.flush()
    for one in shift.breaks:
        session.add(ShiftBreak(id=new_id(), shift_id=row.id, starts_at=one.starts_at, ends_at=one.ends_at))
    session.flush()
    return ShiftFacts(shift.staff_id, shift.starts_at, shift.ends_at, shift.breaks, row.id)


def remove_shift(session: Session, *, shift_id: str) -> None:
    """Remove a shift with its breaks."""
    session.execute(delete(ShiftBreak).where(ShiftBreak.shift_id == shift_id))
    session.execute(delete(Shift).where(Shift.id == shift_id))


def _breaks_of(session: Session, *, shift_ids: Sequence[str]) -> dict[str, tuple[Stretch, ...]]:
    found: dict[str, list[Stretch]] = {}
    for start in range(0, len(shift_ids), 500):
        some = shift_ids[start : start + 500]
        rows = session.scalars(select(ShiftBreak).where(ShiftBreak.shift_id.in_(some)).order_by(ShiftBreak.starts_at))
        for row in rows:
            found.setdefault(row.shift_id, []).append(Stretch(row.starts_at, row.ends_at))
    return {shift_id: tuple(breaks) for shift_id, breaks in found.items()}


def _facts(row: Shift, breaks: tuple[Stretch, ...]) -> ShiftFacts:
    return ShiftFacts(row.staff_id, row.starts_at, row.ends_at, breaks, row.id)


# ---- leave -----------------------------------------------------------------------------------------------


def list_leaves(session: Session, *, since: datetime, until: datetime) -> list[LeaveFacts]:
    """Return the leave that shares time with a stretch."""
    rows = session.scalars(
        select(Leave).where(Leave.starts_at < until, Leave.ends_at > since).order_by(Leave.starts_at, Leave.id)
    )
    return [LeaveFacts(row.staff_id, row.starts_at, row.ends_at, row.reason, row.id) for row in rows]


def add_leave(session: Session, leave: LeaveFacts) -> LeaveFacts:
    """Keep a leave under its id, or a new one; return it with its id."""
    row = Leave(
        id=leave.id or new_id(),
        staff_id=leave.staff_id,
        starts_at=leave.starts_at,
        ends_at=leave.ends_at,
        reason=leave.reason,
    )
    session.add(row)
    session.flush()
    return LeaveFacts(row.staff_id, row.starts_at, row.ends_at, row.reason, row.id)


def find_leave(session: Session, *, leave_id: str) -> LeaveFacts | None:
    """Return a leave, if it is still there."""
    row = session.get(Leave, leave_id)
    return LeaveFacts(row.staff_id, row.starts_at, row.ends_at, row.reason, row.id) if row else None


def get_leave(session: Session, *, leave_id: str) -> LeaveFacts:
    """Return a leave."""
    found = find_leave(session, leave_id=leave_id)
    if found is None:
        raise LeaveNotFound
    return found


def remove_leave(session: Session, *, leave_id: str) -> None:
    """Remove a leave."""
    session.execute(delete(Leave).where(Leave.id == leave_id))


# ---- changes and proposals -------------------------------------------------------------------------------


def find_change(session: Session, *, change_id: str) -> RosterChange | None:
    """Return a change of the roster, if there is one."""
    return session.get(RosterChange, change_id)


def last_change(session: Session) -> RosterChange | None:
    """Return the last change that was not undone, by its id: a clock that was set back must not hide it."""
    return session.scalars(
        select(RosterChange).where(RosterChange.undone_at.is_(None)).order_by(RosterChange.id.desc()).limit(1)
    ).first()


def claim_undo(session: Session, *, change_id: str, now: datetime) -> bool:
    """Mark a change as undone; tell whether it was not before."""
    done = session.execute(
        update(RosterChange)
        .where(RosterChange.id == change_id, RosterChange.undone_at.is_(None))
        .values(undone_at=now)
        .returning(RosterChange.id)
    )
    return done.first() is not None


def newest_assumptions(session: Session) -> StaffingAssumptions | None:
    """Return the version of the assumptions that holds, if anybody has changed them."""
    return session.scalars(select(StaffingAssumptions).order_by(StaffingAssumptions.version.desc()).limit(1)).first()


def list_assumptions(session: Session, *, limit: int = 20) -> Sequence[StaffingAssumptions]:
    """Return the versions of the assumptions, newest first."""
    newest = select(StaffingAssumptions).order_by(StaffingAssumptions.version.desc())
    return session.scalars(newest.limit(limit)).all()


def get_proposal(session: Session, *, proposal_id: str) -> RosterProposal:
    """Return a proposal."""
    row = session.get(RosterProposal, proposal_id)
    if row is None:
        raise ProposalNotFound
    return row


def last_proposal(session: Session, *, week: date) -> RosterProposal | None:
    """Return the newest proposal of a week."""
    return session.scalars(
        select(RosterProposal)
        .where(RosterProposal.week == week)
        .order_by(RosterProposal.asked_at.desc(), RosterProposal.id.desc())
        .limit(1)
    ).first()


def claim_proposal(session: Session, *, proposal_id: str, change_id: str) -> bool:
    """Mark a ready proposal as applied by a change; tell whether it was ready."""
    done = session.execute(
        update(RosterProposal)
        .where(RosterProposal.id == proposal_id, RosterProposal.state == "ready")
        .values(state="applied", change_id=change_id)
        .returning(RosterProposal.id)
    )
    return done.first() is not None
