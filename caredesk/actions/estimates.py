"""Waits that are told, and how honest they were: each first estimate is kept and compared with what came true."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from caredesk.actions.summaries import place_of, service_of
from caredesk.conversations.models import Conversation
from caredesk.core.clock import clinic_time
from caredesk.core.work import Work
from caredesk.events.shapes import WaitEstimate
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import WaitForecast
from caredesk.queue.rules import Honesty, Told, estimate_wait, honesty_of


def keep_forecast(work: Work, conversation: Conversation) -> WaitEstimate:
    """Keep the wait that somebody who has just joined a line is told, and return it."""
    work.session.flush()
    queue_id = conversation.queue_id or ""
    position = place_of(work.session, conversation)
    service = service_of(work.session, queue_id=queue_id)
    wait = estimate_wait(
        position=position,
        slots=service.slots,
        free_slots=service.free_slots,
        handling_seconds=service.handling_seconds,
    )
    forecast = WaitForecast(
        conversation_id=conversation.id,
        queue_id=queue_id,
        at=work.now,
        position=position,
        low_seconds=wait.low_seconds,
        high_seconds=wait.high_seconds,
        actual_seconds=None,
    )
    queue_queries.keep_forecast(work.session, forecast=forecast)
    return WaitEstimate(position=position, low_minutes=wait.low_minutes, high_minutes=wait.high_minutes)


@dataclass(frozen=True)
class HonestyOfDay:
    """How honest the waits were that one queue told on one day of the clinic."""

    queue_key: str
    queue_name: str
    day: date
    honesty: Honesty


def honesty(session: Session, *, since: datetime, until: datetime) -> list[HonestyOfDay]:
    """Return, for each queue and day, how many of the told ranges held; waits given up are not counted."""
    queues = {queue.id: queue for queue in queue_queries.list_queues(session)}
    told: dict[tuple[str, date], list[Told]] = defaultdict(list)
    for one in queue_queries.list_settled_forecasts(session, since=since, until=until):
        if one.low_seconds is not None and one.high_seconds is not None and one.actual_seconds is not None:
            wait = Told(one.low_seconds, one.high_seconds, one.actual_seconds)
            told[one.queue_id, clinic_time(one.at).date()].append(wait)
    return [
        HonestyOfDay(queues[queue_id].key, queues[queue_id].name, day, honesty_of(waits))
        for (queue_id, day), waits in sorted(told.items(), key=lambda one: (one[0][1], queues[one[0][0]].position))
    ]
