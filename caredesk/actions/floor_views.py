"""What the wallboard shows at one instant: queues, agents, figures, alerts, the clinic's pulse, the next two hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts.access_rules import Scope, is_within
from caredesk.actions import alerts, floor_figures, floor_people, floor_trail, staffing, webhooks
from caredesk.actions.clinic import hospital_overview
from caredesk.actions.summaries import agent_views, queue_view, summaries
from caredesk.clinic.queries import SessionLine
from caredesk.conversations import wait_queries
from caredesk.conversations.models import Conversation
from caredesk.floor import queries
from caredesk.floor.rules import PlannedVisit, overrun_minutes
from caredesk.floor.schemas import FloorView, PulseSession, StaffingQuarter
from caredesk.patients.visit_queries import SessionVisit, list_visits_of
from caredesk.queue import queries as queue_queries

AHEAD = timedelta(hours=2)
CONVERSATIONS_SHOWN = 200


def floor_view(session: Session, *, staff_id: str, now: datetime, scope: Scope | None = None) -> FloorView:
    """Return the floor; screens fetch it after every reconnect and apply events to it until then.

    Counts are the whole house's. Of talks, alerts and deeds it tells those within `scope`; without one, all.
    """
    seen = _Seen(scope or Scope(staff_id, everything=True))
    queues = [queue_view(session, queue, at=now) for queue in queue_queries.list_queues(session)]
    agents = agent_views(session)
    contacts = floor_figures.contacts_today(session, now=now)
    return FloorView(
        server_time=now,
        queues=queues,
        agents=agents,
        conversations=summaries(session, seen.talks(wait_queries.list_live(session, limit=CONVERSATIONS_SHOWN))),
        figures=floor_figures.desk_figures(contacts, queues=queues, agents=agents),
        by_queue=[floor_figures.queue_figures(contacts, queue_id=queue.id, agents=agents) for queue in queues],
        alerts=alerts.alerts_within(session, scope=seen.scope),
        notices=floor_people.list_notices(session, now=now),
        sessions=pulse(session, now=now),
        staffing=_staffing(session, now=now),
        actions=[
            one for one in floor_trail.last_actions(session) if seen.is_told_of(one.queue_id, one.conversation_id)
        ],
        post=webhooks.undelivered(session),
        guest_of=queries.guest_of(session, staff_id=staff_id),
        seen_queue_ids=None if seen.scope.everything else sorted(seen.scope.queue_ids),
    )


@dataclass(frozen=True)
class _Seen:
    """What of the floor somebody is told, by how far they reach."""

    scope: Scope

    def talks(self, rows: Sequence[Conversation]) -> list[Conversation]:
        return [row for row in rows if is_within(self.scope, queue_id=row.queue_id, assignee_id=row.assignee_id)]

    def is_told_of(self, queue_id: str | None, conversation_id: str | None) -> bool:
        """Tell whether a deed is theirs: of one of their queues, or of no talk at all."""
        return is_within(self.scope, queue_id=queue_id, assignee_id=None) or (queue_id or conversation_id) is None


def _staffing(session: Session, *, now: datetime) -> list[StaffingQuarter]:
    quarters = staffing.coverage(session, since=now, until=now + AHEAD)
    return [StaffingQuarter(starts_at=q.starts_at, need=q.need, rostered=q.rostered) for q in quarters]


# ---- the clinic's pulse ----------------------------------------------------------------------------------


def pulse(session: Session, *, now: datetime) -> list[PulseSession]:
    """Return today's sessions with how far they are and the conversations that their families have with the desk."""
    lines = [line for department in hospital_overview(session, at=now) for line in department.sessions]
    visits = list_visits_of(session, session_ids=[line.session.id for line in lines])
    by_session: dict[str, list[SessionVisit]] = {}
    for visit in visits:
        by_session.setdefault(visit.session_id, []).append(visit)
    open_of = wait_queries.list_open_of(session, guardian_ids=sorted({visit.guardian_id for visit in visits}))
    talking = {guardian_id for guardian_id, _ in open_of}
    return [_pulse(line, by_session.get(line.session.id, []), talking=talking, now=now) for line in lines]


def _pulse(line: SessionLine, visits: list[SessionVisit], *, talking: set[str], now: datetime) -> PulseSession:
    row, doctor = line.session, line.doctor
    left = sum(not visit.done for visit in visits)
    return PulseSession(
        session_id=row.id,
        department=line.department.name,
        department_en=line.department.name_en,
        doctor=doctor.name if doctor else "",
        doctor_en=doctor.name_en if doctor else "",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=row.status,
        visits=len(visits),
        waiting_visits=left,
        contacts=len({visit.guardian_id for visit in visits} & talking),
        overrun_minutes=overrun_minutes(
            [PlannedVisit(visit.starts_at, visit.done) for visit in visits],
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            slots=row.slots,
            now=now,
        ),
    )
