"""Expected errors of the policy sandbox."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class ScenarioInvalid(BadInput):
    """A scenario of generated traffic cannot be understood; `problems` says each by its place."""

    code = "sandbox.scenario_invalid"


class RosterInvalid(BadInput):
    """A roster cannot be understood; `problems` says each by its place."""

    code = "sandbox.roster_invalid"


class PeriodInvalid(BadInput):
    """The period ends before it begins, or is longer than `most_days`."""

    code = "sandbox.period_invalid"


class TrafficEmpty(BadInput):
    """Nobody came in this period, so there is nothing to replay."""

    code = "sandbox.traffic_empty"


class NobodyWorks(BadInput):
    """No agent of the roster is there in this period."""

    code = "sandbox.nobody_works"


class SimulationNotFound(NotFound):
    """There is no such run."""

    code = "sandbox.not_found"


class SimulationOver(Conflict):
    """The run has ended or was cancelled before."""

    code = "sandbox.over"


class SimulationRunning(Conflict):
    """A run is under way; the next one begins when it has ended."""

    code = "sandbox.running"
