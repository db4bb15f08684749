"""Watching a queue's own alerts: level in danger, nobody ready, longest wait; at every change and as time passes."""

from __future__ import annotations

from datetime import timedelta

from caredesk.accounts import presence_queries
from caredesk.actions import alerts, clinic, floor_figures
from caredesk.conversations import wait_queries
from caredesk.core.work import Work
from caredesk.floor import queries
from caredesk.floor.rules import LONGEST_WAIT, NOBODY_AFTER, QUEUE_ALERTS, QueueNow, matter_of, queue_alerts
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue


def watch_queue(work: Work, *, queue_id: str) -> None:
    """Raise and end a queue's own alerts as it stands now, and look again when waiting alone changes something."""
    queue = queue_queries.get_queue(work.session, queue_id=queue_id)
    line, level = _line(work, queue=queue), floor_figures.service_of(work.session, queues=[queue], now=work.now)
    now = QueueNow(
        open=clinic.queue_state(work.session, queue, at=work.now).open,
        waiting=line.waiting,
        ready=_ready(work, queue=queue),
        longest_wait=work.now - line.since if line.since else timedelta(0),
        answered=level.whole,
        in_time=level.part,
        late_already=line.late_already,
    )
    _bring_in_line(work, queue=queue, now=now)
    if line.next_moment is not None and now.open:
        # A level is missed after its limit, not at it.
        later = line.next_moment + timedelta(seconds=1)
        work.enqueue("watch_queue", {"queue_id": queue.id}, due_at=later, key=f"watch-later:{queue.id}")


def _line(work: Work, *, queue: Queue) -> wait_queries.LineTally:
    limit = timedelta(seconds=queue.service_level_seconds)
    pauses = (NOBODY_AFTER, limit, LONGEST_WAIT)
    return wait_queries.tally_line(work.session, queue_id=queue.id, now=work.now, limit=limit, pauses=pauses)


def _ready(work: Work, *, queue: Queue) -> int:
    skilled = queue_queries.skills_of_queue(work.session, queue_id=queue.id)
    agents = presence_queries.list_agents_now(work.session, staff_ids=skilled)
    # Who is busy with families is at work: only breaks and absence leave a queue to itself.
    return sum(agent.connected and agent.presence.state in ("ready", "busy") for agent in agents)


def _bring_in_line(work: Work, *, queue: Queue, now: QueueNow) -> None:
    about = {"conversation_id": None, "staff_id": None, "queue_id": queue.id}
    names = {matter_of(code, **about): code for code in QUEUE_ALERTS}
    raised = {alert.code: alert.id for alert in queries.list_open_alerts(work.session, matters=list(names))}
    standing = queue_alerts(now, raised=raised)
    for code in QUEUE_ALERTS:
        if code in standing:
            alerts.raise_alert(work, code=code, queue_id=queue.id)
        elif code in raised:
            alerts.end(work, alert_id=raised[code])
