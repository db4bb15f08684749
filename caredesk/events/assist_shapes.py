"""What both sides see of a doctor's request and of the attempts to reach a family."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caredesk.events.shapes import Shape


class LegView(Shape):
    """One attempt to reach a guardian; `to` is masked, `reason` and `outcome` are codes."""

    id: str
    step: int
    channel: Literal["in_app", "wechat", "sms", "telephone"]
    to: str
    relation: str
    attempt: int
    state: Literal["planned", "sending", "sent", "delivered", "answered", "failed", "skipped"]
    reason: str
    planned_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    ended_at: datetime | None
    outcome: str


class AssistRequestView(Shape):
    """A doctor's request as both sides see it; a screen drops one whose `version` is not greater than what it has."""

    id: str
    conversation_id: str
    number: str
    version: int
    head: int
    """The last number of the talk's stream that the doctor may read."""
    type_key: str
    type: str
    type_en: str
    staff_id: str | None
    raised_by: str
    appointment_id: str | None
    child: str
    """The patient's masked name; empty when the request is about nobody."""
    state: Literal["waiting", "left", "accepted", "calling", "promised", "arrived", "withdrawn", "closed"]
    assignee_name: str | None
    urged: bool
    raised_at: datetime
    accepted_at: datetime | None
    accept_due_at: datetime | None
    attempt_due_at: datetime | None
    report_due_at: datetime | None
    promised_at: datetime | None
    answer_by: datetime | None
    """When the desk will look at a request that was left while the assistants' queue was closed."""
    arrived_at: datetime | None
    arrived_by: str
    ended_at: datetime | None
    outcome: str
    unread: int
    """Words of the assistants that the doctor has not read."""
    score: int | None
    legs: list[LegView]
