"""What the wallboard and the alerts send and receive."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from caredesk.console.schemas import ClientKey
from caredesk.events.shapes import AlertView, NoticeView, Shape

Reason = Annotated[str, Field(min_length=1, max_length=200)]


class Because(Shape):
    """Why something is done."""

    reason: Reason


class SetHours(Shape):
    """Open or close a queue by hand until a time."""

    kind: Literal["open", "closed"]
    ends_at: datetime
    reason: Reason


class SetAgentState(Shape):
    """Set somebody else's state; they are told who did it and why."""

    state: Literal["ready", "busy", "break", "offline"]
    reason: Reason


class PostFloorNotice(Shape):
    """Words for the agents of a queue, or for all."""

    queue_id: str | None = Field(default=None, max_length=36)
    text: str = Field(max_length=2000)


class MoveWork(Shape):
    """Bring work to another queue or agent."""

    target_kind: Literal["agent", "queue"]
    target_id: str = Field(max_length=36)
    reason: Reason


class Reprioritise(Shape):
    """Change the class of waiting work."""

    to: Literal["ordinary", "doctor", "urgent"]
    reason: Reason


class Whisper(Shape):
    """Words for the agent that the parent never receives."""

    client_key: ClientKey
    text: str


class MyAlerts(Shape):
    """What calls for the person who asks: open alerts that concern them, and the notices of this shift."""

    alerts: list[AlertView]
    notices: list[NoticeView]


class QueuePath(BaseModel):
    queue_id: str = Field(max_length=36)


class StaffPath(BaseModel):
    staff_id: str = Field(max_length=36)


class AlertPath(BaseModel):
    alert_id: str = Field(max_length=36)


class NoticePath(BaseModel):
    notice_id: str = Field(max_length=36)


class DeliveryPath(BaseModel):
    delivery_id: str = Field(max_length=36)
