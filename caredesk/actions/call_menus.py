"""The menu that holds when a call arrives: the set-up, each queue's hours by the one evaluator, cancelled clinics."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions import clinic, hotline_setup
from caredesk.conversations import house_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.telephony.menu_rules import MenuNow, QueueNow, menu_of


def menu_now(session: Session, *, now: datetime, called: str) -> MenuNow:
    """Return what a caller is offered now. All of a hospital's numbers lead to one menu, whichever was `called`."""
    version, setup = hotline_setup.setup_now(session)
    queues = [queue for queue in queue_queries.list_queues(session) if queue.kind == "parent"]
    return menu_of(
        setup,
        version=version,
        hospital=house_queries.get_hospital(session).name,
        queues=[_queue_now(session, queue, now=now) for queue in queues],
        cancelled=_cancelled_today(session, now=now),
        now=now,
    )


def _queue_now(session: Session, queue: Queue, *, now: datetime) -> QueueNow:
    state = clinic.queue_state(session, queue, at=now)
    return QueueNow(
        id=queue.id,
        key=queue.key,
        name=queue.name,
        open=state.open,
        reason=state.reason,
        next_open=state.next_open,
    )


def _cancelled_today(session: Session, *, now: datetime) -> list[str]:
    """Return the departments of which nothing takes place any more today although something was planned."""
    return [
        today.department.name
        for today in clinic.hospital_overview(session, at=now)
        if any(line.session.ends_at > now for line in today.cancelled)
        and not any(line.session.ends_at > now for line in today.sessions)
    ]
