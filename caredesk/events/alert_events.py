"""Events of alerts; a file beside the catalogue, which lists them, because that is as long as a file may be."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caredesk.core.audience import Audience, agent, floors_of, queue, supervisors
from caredesk.core.event import StaffEvent
from caredesk.events.alert_codes import AlertCode
from caredesk.events.shapes import AlertView


class AlertRaised(StaffEvent):
    """Something needs a person's eye now: a red flag, a waiting reply past its limit, nobody ready (B35).

    `stage` is whom it calls: while it calls its agent, supervisors only see it. `floor_queue_id` is the queue of its
    talk, whose supervisors hear of it even while it calls one agent.
    """

    type: Literal["alert.raised"] = "alert.raised"
    alert_id: str = ""
    stage: Literal["agent", "supervisor", "webhook"] = "supervisor"
    code: AlertCode
    conversation_id: str | None = None
    staff_id: str | None = None
    queue_id: str | None = None
    floor_queue_id: str | None = None
    at: datetime

    def audiences(self) -> tuple[Audience, ...]:
        of_the_house = self.queue_id is None and self.conversation_id is None
        floors = (supervisors(),) if of_the_house else floors_of(self.queue_id, self.floor_queue_id)
        return (*floors, *_called(staff_id=self.staff_id, queue_id=self.queue_id))


class AlertChanged(StaffEvent):
    """An alert was acknowledged, has escalated to others, or its matter is over."""

    type: Literal["alert.changed"] = "alert.changed"
    alert: AlertView
    floor_queue_id: str | None = None

    def audiences(self) -> tuple[Audience, ...]:
        seen = self.alert
        of_the_house = seen.queue_id is None and seen.conversation_id is None
        floors = (supervisors(),) if of_the_house else floors_of(seen.queue_id, self.floor_queue_id)
        return (*floors, *_called(staff_id=seen.staff_id, queue_id=seen.queue_id))


def _called(*, staff_id: str | None, queue_id: str | None) -> tuple[Audience, ...]:
    return (*([agent(staff_id)] if staff_id else []), *([queue(queue_id)] if queue_id else []))
