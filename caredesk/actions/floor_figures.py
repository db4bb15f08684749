"""The floor's figures from rows: today's contacts once, and every figure from its one definition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.conversations import wait_queries
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.events.shapes import AgentView, QueueState
from caredesk.floor import figures
from caredesk.floor.figures import Contact, Share
from caredesk.floor.schemas import DeskFigures, QueueFigures, RateView
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue

AT_WORK = ("ready", "busy")


def contacts_today(session: Session, *, now: datetime) -> list[Contact]:
    """Return today's contacts that asked for a person: taken or gone since midnight, or waiting now."""
    limits = {q.id: timedelta(seconds=q.service_level_seconds) for q in queue_queries.list_queues(session)}
    rows = wait_queries.list_waits_since(session, since=_midnight(now))
    return [
        Contact(
            queue_id=row.queue_id,
            arrived_at=row.arrived_at,
            taken_at=row.taken_at,
            gone_at=row.closed_at if row.taken_at is None else None,
            limit=limits.get(row.queue_id, timedelta(0)),
            waiting=row.waiting,
            channel=row.channel,
        )
        for row in rows
    ]


def service_today(session: Session, *, now: datetime) -> Share:
    """Return today's service level over the queues that parents wait in: the wall's number, for every other screen."""
    parents = [queue for queue in queue_queries.list_queues(session) if queue.kind == "parent"]
    return service_of(session, queues=parents, now=now)


def service_of(session: Session, *, queues: Sequence[Queue], now: datetime) -> Share:
    """Return today's service level over some queues, counted by the store; the same as `figures.service_level`."""
    limits = {queue.id: queue.service_level_seconds for queue in queues}
    taken = wait_queries.count_taken(session, since=_midnight(now), limits=limits)
    return Share(taken.in_time, taken.answered)


def _midnight(now: datetime) -> datetime:
    """Return when the clinic's day began."""
    return from_clinic(clinic_time(now).replace(hour=0, minute=0, second=0, microsecond=0))


def desk_figures(
    contacts: Sequence[Contact], *, queues: Sequence[QueueState], agents: Sequence[AgentView]
) -> DeskFigures:
    """Return the wall's numbers over all queues that parents wait in."""
    parents = {queue.id: queue for queue in queues if queue.kind == "parent"}
    counted = [contact for contact in contacts if contact.queue_id in parents]
    serving = [agent for agent in agents if set(agent.queue_ids) & set(parents)]
    since = [queue.longest_wait_since for queue in parents.values() if queue.longest_wait_since]
    return DeskFigures(
        waiting=sum(queue.waiting for queue in parents.values()),
        longest_wait_since=min(since, default=None),
        service_level=rate(figures.service_level(counted)),
        answer_rate=rate(figures.answer_rate(counted)),
        abandonment=rate(figures.abandonment(counted)),
        calls_within_15=rate(figures.calls_within(counted, seconds=15)),
        calls_within_20=rate(figures.calls_within(counted, seconds=20)),
        average_wait_seconds=figures.average_wait(counted),
        occupancy=rate(figures.occupancy(_seats(serving))),
        ready_agents=sum(agent.connected and agent.state == "ready" for agent in serving),
        agents=sum(agent.connected and agent.state != "offline" for agent in serving),
    )


def queue_figures(contacts: Sequence[Contact], *, queue_id: str, agents: Sequence[AgentView]) -> QueueFigures:
    """Return one queue's figures of today."""
    counted = [contact for contact in contacts if contact.queue_id == queue_id]
    return QueueFigures(
        queue_id=queue_id,
        service_level=rate(figures.service_level(counted)),
        answer_rate=rate(figures.answer_rate(counted)),
        abandonment=rate(figures.abandonment(counted)),
        average_wait_seconds=figures.average_wait(counted),
        occupancy=rate(figures.occupancy(_seats([a for a in agents if queue_id in a.queue_ids]))),
    )


def _seats(agents: Sequence[AgentView]) -> list[tuple[int, int]]:
    return [(agent.load, agent.capacity) for agent in agents if agent.connected and agent.state in AT_WORK]


def rate(share: Share) -> RateView:
    """Return a rate as the wire has it."""
    return RateView(part=share.part, whole=share.whole, value=share.value)
