"""Proposals for a week: asked for, thought out by a job outside any transaction, applied as one change."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from caredesk.actions.staffing import need_on, roster_agents
from caredesk.actions.staffing_roster import as_data, change_roster, from_data, shifts_of_week
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import RosterChanged
from caredesk.staffing import queries
from caredesk.staffing.assumptions import default_assumptions
from caredesk.staffing.errors import ProposalStale
from caredesk.staffing.grid import grid_of, monday_of
from caredesk.staffing.models import RosterProposal
from caredesk.staffing.proposal import Plan, Task
from caredesk.staffing.rules import hours_by_agent

SOLVER_SECONDS = 14.0
"""Together with reading and writing it stays below twenty seconds."""


def ask_proposal(work: Work, *, week: date) -> RosterProposal:
    """Ask for a proposal for the week of a date; a job thinks of it."""
    row = RosterProposal(id=new_id(), week=monday_of(week), state="waiting", asked_at=work.now, asked_by=work.actor.id)
    work.session.add(row)
    work.session.flush()
    work.enqueue("propose_roster", {"proposal_id": row.id})
    return row


def task_for(session: Session, *, week: date, now: datetime, seconds: float = SOLVER_SECONDS) -> Task:
    """Gather what the solver needs to know of a week."""
    assumptions = default_assumptions()
    grid = grid_of(monday_of(week), days=7)
    need = need_on(session, grid=grid)
    return Task(
        grid=grid,
        need=need.pool,
        queue_need=need.by_queue,
        agents=roster_agents(session),
        shifts=tuple(shifts_of_week(session, monday=monday_of(week))),
        leaves=tuple(queries.list_leaves(session, since=grid.starts_at, until=grid.ends_at)),
        limits=assumptions.roster,
        costs=assumptions.costs,
        now=now,
        seconds=seconds,
    )


def find_task(session: Session, *, proposal_id: str, now: datetime) -> Task | None:
    """Return what a waiting proposal asks for; None when it is gone or was thought of before."""
    row = session.get(RosterProposal, proposal_id)
    return task_for(session, week=row.week, now=now) if row is not None and row.state == "waiting" else None


def keep_plan(work: Work, *, proposal_id: str, plan: Plan | None) -> None:
    """Keep what the solver found; without a plan the proposal has failed and says so."""
    row = queries.get_proposal(work.session, proposal_id=proposal_id)
    if row.state != "waiting":
        return
    row.state = "failed" if plan is None else "ready"
    row.done_at = work.now
    row.outcome = None if plan is None else plan_as_data(plan)
    work.session.flush()
    work.emit(RosterChanged(change_id=row.id, kind="proposed", by="", staff_ids=[]))


def apply_proposal(work: Work, *, proposal_id: str) -> RosterProposal:
    """Bring a ready proposal onto the roster, if what it would change is still as it was."""
    queries.lock_roster(work.session)
    row = queries.get_proposal(work.session, proposal_id=proposal_id)
    if row.state != "ready" or row.outcome is None:
        raise ProposalStale
    removed = [from_data(one) for one in row.outcome["removed"]]
    if any(queries.find_shift(work.session, shift_id=shift.id) != shift for shift in removed):
        raise ProposalStale
    added = [from_data(one) for one in row.outcome["added"]]
    change = change_roster(work, kind="proposal", removed=removed, added=added)
    if not queries.claim_proposal(work.session, proposal_id=proposal_id, change_id=change.id):
        raise ProposalStale
    work.session.refresh(row)
    return row


def plan_as_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as it is kept and shown."""
    lacks = [
        asdict(one) | {"starts_at": one.starts_at.isoformat(), "ends_at": one.ends_at.isoformat()} for one in plan.lacks
    ]
    return {
        "removed": [as_data(shift) for shift in plan.removed],
        "added": [as_data(shift) for shift in plan.added],
        "missing_before": plan.missing_before,
        "missing_after": plan.missing_after,
        "lacks": lacks,
        "hours_added": hours_by_agent(plan.added),
    }
