"""Leave on the roster: noted, altered, taken back; each a change of the roster that is undone like one of shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from caredesk.actions.staffing import roster_agents
from caredesk.conversations.rules import tidy_text
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import RosterChanged
from caredesk.staffing import queries
from caredesk.staffing.errors import ChangeNotUndoable, RosterRefused
from caredesk.staffing.models import RosterChange
from caredesk.staffing.rules import LeaveFacts, leave_faults

LEAVE = "leave"
"""Marks a leave among the shifts of a recorded change."""


def put_leave(work: Work, leave: LeaveFacts) -> LeaveFacts:
    """Note that an agent is away, or alter the leave with this id; refused over shifts, which are to be moved first."""
    queries.lock_roster(work.session)
    before = [queries.get_leave(work.session, leave_id=leave.id)] if leave.id else []
    check_leave(work.session, leave, now=work.now)
    for old in before:
        queries.remove_leave(work.session, leave_id=old.id)
    kept = queries.add_leave(work.session, replace(leave, reason=tidy_text(leave.reason)))
    _record(work, removed=before, added=[kept])
    return kept


def remove_leave(work: Work, *, leave_id: str) -> RosterChange:
    """Take a leave back."""
    queries.lock_roster(work.session)
    leave = queries.get_leave(work.session, leave_id=leave_id)
    queries.remove_leave(work.session, leave_id=leave_id)
    return _record(work, removed=[leave], added=[])


def check_leave(session: Session, leave: LeaveFacts, *, now: datetime) -> None:
    """Refuse a leave with the first thing that is wrong with it."""
    shifts = []
    if leave.starts_at < leave.ends_at:
        shifts = queries.list_shifts(session, since=leave.starts_at, until=leave.ends_at)
    agents = roster_agents(session)
    for fault in leave_faults(leave, shifts=shifts, agents=agents, now=now):
        name = agents[fault.staff_id].name if fault.staff_id in agents else ""
        raise RosterRefused(reason=fault.code, agent=name, value=fault.value)


def undo_leaves(work: Work, *, added: Sequence[LeaveFacts], removed: Sequence[LeaveFacts]) -> None:
    """Take back what a change did to leave; refused when a leave was altered since, or shifts lie there now."""
    for leave in added:
        if queries.find_leave(work.session, leave_id=leave.id) != leave:
            raise ChangeNotUndoable
        queries.remove_leave(work.session, leave_id=leave.id)
    for leave in removed:
        check_leave(work.session, leave, now=work.now)
        queries.add_leave(work.session, leave)


def _record(work: Work, *, removed: Sequence[LeaveFacts], added: Sequence[LeaveFacts]) -> RosterChange:
    change = RosterChange(
        id=new_id(),
        at=work.now,
        actor_id=work.actor.id,
        actor_name=work.actor.name,
        kind="edit",
        removed=[leave_as_data(leave) for leave in removed],
        added=[leave_as_data(leave) for leave in added],
    )
    work.session.add(change)
    work.session.flush()
    staff_ids = sorted({leave.staff_id for leave in (*removed, *added)})
    work.emit(RosterChanged(change_id=change.id, kind=LEAVE, by=work.actor.name, staff_ids=staff_ids))
    return change


# ---- leave as data ---------------------------------------------------------------------------------------


def leave_as_data(leave: LeaveFacts) -> dict[str, Any]:
    """Return a leave as it is kept in a change."""
    return {
        "kind": LEAVE,
        "id": leave.id,
        "staff_id": leave.staff_id,
        "starts_at": leave.starts_at.isoformat(),
        "ends_at": leave.ends_at.isoformat(),
        "reason": leave.reason,
    }


def is_leave(told: dict[str, Any]) -> bool:
    """Tell whether a change keeps a leave here, and not a shift."""
    return told.get("kind") == LEAVE


def leave_from_data(told: dict[str, Any]) -> LeaveFacts:
    """Return the leave that a change keeps."""
    starts_at, ends_at = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
    return LeaveFacts(told["staff_id"], starts_at, ends_at, told["reason"], told["id"])
