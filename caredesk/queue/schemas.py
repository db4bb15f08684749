"""Wire shapes of routing that no event carries: the matcher's decisions, and what was taken out of its order."""

from __future__ import annotations

from datetime import datetime

from caredesk.events.shapes import Shape


class ScoreView(Shape):
    """What one rule of the policy said of a candidate; the smaller comes first."""

    rule: str
    value: float


class CandidateView(Shape):
    """One agent as the matcher saw them: excluded for the reasons given, or ranked by the scores."""

    staff_id: str
    name: str
    eligible: bool
    excluded: list[str]
    load: int
    capacity: int
    level: int
    idle_seconds: int
    rank: int | None
    state: str = ""
    scores: tuple[ScoreView, ...] = ()


class DecisionView(Shape):
    """Why this agent, or why nobody."""

    id: str
    at: datetime
    queue_name: str
    trigger: str
    chosen_staff_id: str | None
    chosen_name: str | None
    candidates: list[CandidateView]
    policy_version: int
    decided_by: str | None = None
    priority: int | None = None
    waited_seconds: int | None = None
    ring: int = 0


class ClaimView(Shape):
    """Work that an agent took before its turn: why, and past how many."""

    at: datetime
    conversation_id: str
    conversation_number: str
    queue_name: str
    staff_id: str
    staff_name: str
    reason: str
    passed_over: int
