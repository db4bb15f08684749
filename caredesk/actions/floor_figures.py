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

AT_WORK = ("ready", "busy")


def contacts_today(session: Session, *, now: datetime, queue_id: str | None = None) -> list[Contact]:
    """Return today's contacts that asked for a person: taken or gone since midnight, or waiting now."""
    midnight = from_clinic(clinic_time(now).replace(hour=0, minute=0, second=0, microsecond=0))
    limits = {q.id: timedelta(seconds=q.service_level_seconds) for q in queue_queries.list_queues(session)}
    rows = wait_queries.list_waits_since(session, since=midnight, queue_id=queue_id)
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
    parents = {queue.id for queue in queue_queries.list_queues(session) if queue.kind == "parent"}
    return figures.service_level(one for one in contacts_today(session, now=now) if one.queue_id in parents)


def level_of(contacts: Sequence[Contact]) -> Share:
    """Return the service level of contacts."""
    return figures.service_level(contacts)


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
