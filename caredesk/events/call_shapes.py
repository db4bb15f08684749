"""What the console sees of a telephone call."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caredesk.events.shapes import Shape

CallStateName = Literal["ringing_in", "menu", "waiting", "ringing", "talking", "held", "consulting", "wrap_up", "ended"]


class CallLegView(Shape):
    """One phone of a call, and whether it was answered."""

    id: str
    role: Literal["agent", "consult", "patient", "listener"]
    staff_id: str | None
    name: str
    state: Literal["dialling", "ringing", "up", "over"]


class CallView(Shape):
    """A call as staff see it; a screen drops one whose `version` is not greater than what it has.

    `caller` is the other side's number, masked, whoever dialled; empty when it was withheld. `held_at` is since when
    the caller holds, `place` the place in the line while nobody has been asked. `is_call_back` marks a call of ours
    that the caller had asked for instead of waiting.
    """

    id: str
    conversation_id: str
    version: int
    direction: Literal["in", "out"]
    is_call_back: bool
    state: CallStateName
    caller: str
    agent_id: str | None
    agent_name: str | None
    started_at: datetime
    queued_at: datetime | None
    ringing_at: datetime | None
    bridged_at: datetime | None
    held_at: datetime | None
    ended_at: datetime | None
    wrap_up_until: datetime | None
    place: int | None
    recording_on: bool
    recording_id: str
    disposition: str | None
    hung_up_by: str | None
    legs: list[CallLegView]
