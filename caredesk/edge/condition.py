"""How the desk's dependencies stand, as this process knows it: kept in memory, so that it can be told without them.

The one place that says it. Looks come from `caredesk/infra/lookout.py`; a process without one knows of no trouble
and refuses nothing beforehand.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from caredesk.continuity.incident_rules import outages
from caredesk.continuity.rules import Standing, after_look, is_settled
from caredesk.edge.store_faults import refusal_for
from caredesk.events.continuity_shapes import DependencyName, DependencyProblem, DependencyTrouble, DeskCondition

DATABASE = "database"


class Condition:
    """Takes looks, gives the standing of each dependency, and refuses what cannot work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standings: dict[str, Standing] = {}
        self._doubts: dict[str, str] = {}
        self.doubted = threading.Event()
        """Set when a transaction or the bot met a fault: whoever looks should look now."""
        self.notice = ""
        """The kind of the incident that parents are told of; empty: none."""

    def note(self, seen: Mapping[str, str], *, at: datetime) -> bool:
        """Take what one look saw of each dependency; tell whether any of them stands differently now."""
        with self._lock:
            before = {name: one.problem for name, one in self._standings.items() if one.problem}
            for name, problem in seen.items():
                self._standings[name] = after_look(self._standings.get(name, Standing()), seen=problem, at=at)
            return before != {name: one.problem for name, one in self._standings.items() if one.problem}

    @property
    def is_settled(self) -> bool:
        """Tell whether the last looks say what is told, so that there is no hurry to look again."""
        with self._lock:
            return not self._doubts and all(is_settled(one) for one in self._standings.values())

    def problem_of(self, name: str) -> str:
        """Return what is wrong with a dependency; empty when it is well or nobody looks at it."""
        return self._standings.get(name, Standing()).problem

    def now(self) -> DeskCondition:
        """Return what fails now, the longest first."""
        with self._lock:
            down = [(name, one) for name, one in self._standings.items() if one.problem and one.since]
        troubles = [
            DependencyTrouble(
                name=cast(DependencyName, name),
                problem=cast(DependencyProblem, one.problem),
                since=cast(datetime, one.since),
                suggests_at=cast(datetime, one.since) + outages()[name].after,
                incident_kind=outages()[name].kind,
            )
            for name, one in sorted(down, key=lambda pair: (str(pair[1].since), pair[0]))
        ]
        return DeskCondition(troubles=troubles)

    def readings(self) -> list[tuple[str, bool, float]]:
        """Return of each dependency whether it fails, and since when in seconds of Unix time; 0 while it is well."""
        with self._lock:
            known = sorted(self._standings.items())
        return [
            (name, bool(one.problem), one.since.timestamp() if one.problem and one.since else 0.0)
            for name, one in known
        ]

    # ---- what transactions meet ------------------------------------------------------------------------------

    def doubt(self, name: str, *, problem: str) -> None:
        """Note that something was met while working, not while looking."""
        self._doubts[name] = problem
        self.doubted.set()

    def doubt_store(self, problem: str) -> None:
        """Note what a transaction met at the database."""
        self.doubt(DATABASE, problem=problem)

    def doubt_of(self, name: str) -> str:
        """Return what was last met and not yet looked into."""
        return self._doubts.get(name, "")

    def trust(self, name: str) -> None:
        """Forget a doubt: it was looked into."""
        self._doubts.pop(name, None)

    # ---- what cannot work is refused at once -----------------------------------------------------------------

    def admit_write(self) -> None:
        """Raise StoreUnavailable while the database is known not to take anything."""
        problem = self.problem_of(DATABASE)
        if problem:
            raise refusal_for(problem)

    def admit_read(self) -> None:
        """Raise StoreAway while the database is known not to answer."""
        if self.problem_of(DATABASE) == "away":
            raise refusal_for("away")
