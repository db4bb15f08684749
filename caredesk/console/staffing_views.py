"""How rows and figures of staffing become what its page is sent."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions.staffing import coverage_on, need_on, roster_agents
from caredesk.actions.staffing_roster import from_data, shifts_of_week
from caredesk.console.staffing_schemas import (
    ProposalView,
    QueueNeedView,
    RosterWeek,
    agent_view,
    fault_view,
    lack_views,
    leave_view,
    shift_view,
)
from caredesk.staffing import queries
from caredesk.staffing.assumptions import default_assumptions
from caredesk.staffing.grid import grid_of
from caredesk.staffing.models import RosterProposal
from caredesk.staffing.rules import hours_by_agent, warnings_of


def week_view(session: Session, *, monday: date, now: datetime) -> RosterWeek:
    """Return a week with agents, shifts, leave, need, gaps, warnings, and its last proposal."""
    grid = grid_of(monday, days=7)
    need = need_on(session, grid=grid)
    covered = coverage_on(session, need)
    shifts = shifts_of_week(session, monday=monday)
    touching = shifts_of_week(session, monday=monday, around=timedelta(days=1))
    hours = hours_by_agent(shifts)
    agents = sorted(roster_agents(session).values(), key=lambda agent: agent.login)
    proposal, last = queries.last_proposal(session, week=monday), queries.last_change(session)
    return RosterWeek(
        monday=monday,
        starts_at=grid.starts_at,
        now=now,
        agents=[agent_view(agent, hours=hours.get(agent.staff_id, 0.0)) for agent in agents],
        shifts=[shift_view(s) for s in touching if s.starts_at < grid.ends_at and s.ends_at > grid.starts_at],
        leaves=[leave_view(one) for one in queries.list_leaves(session, since=grid.starts_at, until=grid.ends_at)],
        need=[int(n) for n in covered.need],
        rostered=[int(n) for n in covered.rostered],
        missing=[int(n) for n in covered.missing],
        queues=[
            QueueNeedView(
                queue_id=one.queue.id,
                name=one.queue.name,
                name_en=one.queue.name_en,
                contacts=[round(float(n), 2) for n in one.contacts],
                need=[int(n) for n in one.need],
                skilled=[int(n) for n in covered.skilled[one.queue.id]],
                learned_from=one.learned.contacts,
                handling_seconds=one.service.handling_seconds,
                patience_seconds=one.service.patience_seconds,
            )
            for one in need.queues
        ],
        warnings=[fault_view(one) for one in warnings_of(shifts, limits=default_assumptions().roster)],
        proposal=proposal_view(proposal) if proposal else None,
        undo_id=last.id if last else None,
    )


def proposal_view(row: RosterProposal) -> ProposalView:
    """Return a proposal as a difference."""
    told = row.outcome or {}
    return ProposalView.model_validate(
        {
            "id": row.id,
            "state": row.state,
            "added": [shift_view(from_data(one)) for one in told.get("added", [])],
            "removed": [shift_view(from_data(one)) for one in told.get("removed", [])],
            "missing_before": told.get("missing_before", 0),
            "missing_after": told.get("missing_after", 0),
            "lacks": lack_views(told.get("lacks", [])),
            "change_id": row.change_id,
        }
    )
