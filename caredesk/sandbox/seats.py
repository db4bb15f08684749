"""An agent's seat in a simulation: what is held, and the integrals behind occupancy. Time is in microseconds."""

from __future__ import annotations

from datetime import datetime

from caredesk.queue.policy import Policy
from caredesk.queue.rules import Candidate, is_exclusive, weight_of
from caredesk.sandbox.values import Agent, Attendance

MICRO = 1_000_000


class Seat:
    """What changes about one agent. `candidate` is the agent as the matcher sees them."""

    def __init__(self, agent: Agent, *, now: datetime, counted_from: int) -> None:
        self.agent = agent
        self.answered = 0
        self.missed_in_a_row = 0
        self.on_shift = False
        self.on_break = False
        self.there = 0
        self.busy = 0.0
        self._counted_to = counted_from
        self._load = 0
        self._exclusive = False
        self._idle_since = now
        self.candidate = self._seen()

    @property
    def holds(self) -> bool:
        """Tell whether anything is held."""
        return self._load > 0 or self._exclusive

    def count_to(self, at: int) -> None:
        """Carry the integrals on to an instant; before every change, and at the end."""
        span = at - self._counted_to
        if span <= 0:
            return
        self._counted_to = at
        if self.holds or (self.on_shift and not self.on_break):
            self.there += span
            self.busy += span * self._share()

    def _share(self) -> float:
        return 1.0 if self._exclusive else min(1.0, self._load / self.agent.capacity)

    def take(self, channel: str, *, policy: Policy) -> None:
        """Hold a piece of work, as `claim_slot` does."""
        self._exclusive = self._exclusive or is_exclusive(channel, policy=policy)
        self._load += weight_of(channel, policy=policy)
        self.candidate = self._seen()

    def give_back(self, channel: str, *, policy: Policy, now: datetime) -> None:
        """Hold it no longer, as `free_slot` does."""
        if is_exclusive(channel, policy=policy):
            self._exclusive = False
        self._load -= weight_of(channel, policy=policy)
        self._idle_since = now
        self.candidate = self._seen()

    def turn(self, *, now: datetime, on_shift: bool | None = None, on_break: bool | None = None) -> None:
        """Come, go, or change between ready and break."""
        self.on_shift = self.on_shift if on_shift is None else on_shift
        self.on_break = self.on_break if on_break is None else on_break
        if self.on_shift and not self.on_break:
            self._idle_since = now
        self.candidate = self._seen()

    def attendance(self) -> Attendance:
        """Return what the period was for this agent."""
        name, answered = self.agent.name, self.answered
        return Attendance(self.agent.id, name, self.there / MICRO, self.busy / MICRO, answered)

    def _seen(self) -> Candidate:
        state = "ready" if self.on_shift and not self.on_break else "break" if self.on_shift else "offline"
        return Candidate(
            staff_id=self.agent.id,
            name=self.agent.name,
            state=state,
            connected=self.on_shift,
            may_reply=True,
            load=self._load,
            capacity=self.agent.capacity,
            idle_since=self._idle_since,
            levels=self.agent.levels,
            languages=self.agent.languages,
            exclusive=self._exclusive,
        )
