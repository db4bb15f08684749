"""One contact on its way through a simulated desk: what changes about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import simpy

from caredesk.queue.rules import WorkItem
from caredesk.sandbox.seats import Seat
from caredesk.sandbox.values import Contact

State = Literal["waiting", "offered", "served", "kept", "done"]
"""In the line, asked of an agent, in an agent's hands, kept as a message, or gone."""


@dataclass(eq=False)
class Job:
    """A contact and its state. `over` fires when the wait ends, however; times are microseconds."""

    contact: Contact
    item: WorkItem
    arrived: int
    over: simpy.Event
    state: State = "waiting"
    entered: bool = True
    message: bool = False
    outcome: str = ""
    ended: int | None = None
    agent: str | None = None
    seat: Seat | None = None
    offers: int = 0
    asked: dict[str, datetime] = field(default_factory=dict)
