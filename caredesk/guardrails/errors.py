"""Expected errors of the guardrails."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class DraftHeld(Conflict):
    """A reply should be looked at again: `kinds` names what was found, `places` where, as 3-8 in characters."""

    code = "guardrail.held"


class WeekNotReadable(BadInput):
    """A week is named as 2026-W48."""

    code = "guardrail.week_not_readable"


class FindingNotFound(NotFound):
    """No such finding."""

    code = "guardrail.finding_not_found"
