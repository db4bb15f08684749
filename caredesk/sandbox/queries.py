"""All SQL of the sandbox: its runs, and recorded conversations as traffic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from caredesk.conversations.line_queries import was_put_off
from caredesk.conversations.models import Conversation
from caredesk.queue.models import Queue
from caredesk.sandbox.errors import SimulationNotFound
from caredesk.sandbox.models import SimulationRun
from caredesk.sandbox.recorded import Recorded

UNDER_WAY = ("waiting", "running")


def get_run(session: Session, *, run_id: str) -> SimulationRun:
    """Return a run, or raise."""
    run = session.get(SimulationRun, run_id)
    if run is None:
        raise SimulationNotFound
    return run


def list_runs(session: Session, *, limit: int) -> Sequence[SimulationRun]:
    """Return the newest runs."""
    query = select(SimulationRun).order_by(SimulationRun.asked_at.desc(), SimulationRun.id.desc()).limit(limit)
    return session.scalars(query).all()


def is_running(session: Session) -> bool:
    """Tell whether a run waits or is under way."""
    query = select(SimulationRun.id).where(SimulationRun.state.in_(UNDER_WAY)).limit(1)
    return session.scalar(query) is not None


def note_progress(session: Session, *, run_id: str, done: int) -> bool:
    """Note how far a run is; False when nobody wants it any more."""
    change = update(SimulationRun).where(SimulationRun.id == run_id, SimulationRun.state.in_(UNDER_WAY))
    noted = session.execute(change.values(state="running", done=done).returning(SimulationRun.id))
    return noted.first() is not None


def claim_end(session: Session, *, run_id: str, now: datetime, **values: Any) -> bool:  # noqa: ANN401
    """End a run that waits or is under way; False when it has ended before."""
    change = update(SimulationRun).where(SimulationRun.id == run_id, SimulationRun.state.in_(UNDER_WAY))
    ended = session.execute(change.values(finished_at=now, **values).returning(SimulationRun.id))
    return ended.first() is not None


def list_recorded(session: Session, *, since: datetime, until: datetime, now: datetime) -> list[Recorded]:
    """Return the conversations that asked for a person in a period, as they went."""
    query = (
        select(Conversation, Queue, was_put_off())
        .join(Queue, Queue.id == Conversation.queue_id)
        .where(Conversation.arrived_at >= since, Conversation.arrived_at < until)
        .order_by(Conversation.arrived_at, Conversation.id)
    )
    return [
        _recorded(conversation, queue=queue, put_off=bool(put_off), now=now)
        for conversation, queue, put_off in session.execute(query)
    ]


def _recorded(one: Conversation, *, queue: Queue, put_off: bool, now: datetime) -> Recorded:
    arrived_at = one.arrived_at or one.created_at
    ended: Literal["answered", "abandoned", "otherwise"] = "otherwise"
    if not put_off and one.assigned_at is not None:
        ended = "answered"
    elif not put_off and one.closed_at is not None:
        ended = "abandoned"
    # How long somebody with a promise stood in the line is not kept: nothing is claimed about it.
    over = arrived_at if put_off else one.assigned_at or one.closed_at or now
    handled = (one.closed_at - one.assigned_at).total_seconds() if one.assigned_at and one.closed_at else None
    return Recorded(
        id=one.id,
        queue=queue.key,
        channel=one.channel,
        arrived_at=arrived_at,
        priority=one.priority,
        language=one.language,
        preferred_agent=one.preferred_agent_id,
        waited_seconds=max(0.0, (over - arrived_at).total_seconds()),
        ended=ended,
        handling_seconds=handled,
        skills=tuple(queue.skills.split()),
    )
