"""Wire shapes of the floor that no event carries: the wallboard whole, figures, pulse, trail, post of the webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caredesk.events.shapes import AgentView, AlertView, ConversationSummary, NoticeView, QueueState, Shape


class RateView(Shape):
    """A rate with its parts, so that every number can say what it is made of (B60)."""

    part: int
    whole: int
    value: float | None


class QueueFigures(Shape):
    """A queue's figures of today. Definitions by name stand in `caredesk/floor/figures.py`."""

    queue_id: str
    service_level: RateView
    answer_rate: RateView
    abandonment: RateView
    average_wait_seconds: float | None
    occupancy: RateView


class DeskFigures(Shape):
    """The wall's numbers, over all queues of parents."""

    waiting: int
    longest_wait_since: datetime | None
    service_level: RateView
    answer_rate: RateView
    abandonment: RateView
    calls_within_15: RateView
    calls_within_20: RateView
    average_wait_seconds: float | None
    occupancy: RateView
    ready_agents: int
    agents: int


class PulseSession(Shape):
    """A clinic session of today: how far it is, and whether it will run over.

    `waiting_visits` are booked visits that are not over; `contacts` are open conversations of families who have a
    visit in it. `overrun_minutes` is how long after its end the last visit will be over at today's pace.
    """

    session_id: str
    department: str
    department_en: str
    doctor: str
    doctor_en: str
    starts_at: datetime
    ends_at: datetime
    status: str
    visits: int
    waiting_visits: int
    contacts: int
    overrun_minutes: int | None


class StaffingQuarter(Shape):
    """A quarter of an hour: how many agents are needed, and how many are rostered."""

    starts_at: datetime
    need: float
    rostered: int


class ActionView(Shape):
    """What a supervisor did, to whom, and why."""

    at: datetime
    by_name: str
    what: str
    conversation_id: str | None
    staff_id: str | None
    queue_id: str | None
    reason: str


class DeliveryView(Shape):
    """One piece of post for the hospital's systems that is not delivered."""

    id: str
    subject: str
    type: str
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    last_error: str
    made_at: datetime


class FloorView(Shape):
    """Everything the wallboard shows, at one instant."""

    server_time: datetime
    queues: list[QueueState]
    agents: list[AgentView]
    conversations: list[ConversationSummary]
    figures: DeskFigures
    by_queue: list[QueueFigures]
    alerts: list[AlertView]
    notices: list[NoticeView]
    sessions: list[PulseSession]
    staffing: list[StaffingQuarter]
    actions: list[ActionView]
    post: list[DeliveryView]
    guest_of: list[str]
    seen_queue_ids: list[str] | None
    """The queues whose talks are told; None is the whole house."""
